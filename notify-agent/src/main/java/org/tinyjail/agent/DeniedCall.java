package org.tinyjail.agent;

import java.util.Optional;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** A call that the policy denies, with all that is known of it; may be kept. */
final class DeniedCall {
  private final Arch arch;
  private final SyscallData data;
  private final Action action;
  private final String executable;
  private final String comm;
  private final int process;
  private final String callSite;
  private final String arguments;
  private final DenialRecord denied;
  private final DenialRecord continued;

  private DeniedCall(
      Notification call,
      SyscallData data,
      Arch arch,
      Action action,
      MemoryView memory,
      SpoolWriter spool) {
    Caller caller = call.caller();
    this.arch = arch;
    this.data = data;
    this.action = action;
    this.executable = caller.executable();
    this.comm = caller.comm();
    this.process = call.process();
    this.callSite = caller.callSite(data.instructionPointer());
    this.arguments = ArgumentDecoder.decode(data, memory);
    int image = image(caller, spool);
    int killed = kills(action) ? Wire.DENIAL_KILLED : 0;
    this.denied = DenialRecord.of(data, memory, call.thread(), image, action, killed);
    this.continued =
        DenialRecord.of(data, memory, call.thread(), image, action, Wire.DENIAL_CONTINUED);
  }

  /** Reads all there is to know; empty if the caller is gone, or of no known architecture. */
  static Optional<DeniedCall> read(
      Notification call, Action action, PointerTable pointers, SpoolWriter spool) {
    PointerTable.Rule rule = pointers.rule(call.archValue(), call.number());
    MemoryView memory = rule == null ? MemoryView.NOTHING : call.memory(rule);
    SyscallData data = rule == null ? call.data() : rule.withoutUnused(call.data());
    Optional<DeniedCall> read =
        Arch.of(call.archValue(), call.number())
            .map(arch -> new DeniedCall(call, data, arch, action, memory, spool));
    return call.isWaiting() ? read : Optional.empty();
  }

  /** Whether a process does not survive the denial. */
  static boolean kills(Action action) {
    return action instanceof Action.KillProcess
        || action instanceof Action.KillThread
        || action instanceof Action.Trap;
  }

  private int image(Caller caller, SpoolWriter spool) {
    TargetProcess process = caller.targetProcess();
    if (process.id() == 0) {
      return 0;
    }
    if (process.recordedAs() == 0) {
      ModuleMap modules = process.modules();
      byte[] maps = modules == null ? new byte[0] : modules.lines();
      process.recordedAs(spool.image(process.id(), executable, comm, maps));
    }
    return process.recordedAs();
  }

  Arch arch() {
    return arch;
  }

  SyscallData data() {
    return data;
  }

  Action action() {
    return action;
  }

  String syscall() {
    return arch.hasTable()
        ? SyscallTable.of(arch).nameOrNumber(data.number())
        : "syscall_" + data.number();
  }

  String arguments() {
    return arguments;
  }

  String executable() {
    return executable;
  }

  String comm() {
    return comm;
  }

  int process() {
    return process;
  }

  String callSite() {
    return callSite;
  }

  /** The answer that denies it. */
  Verdict denial() {
    return EnforcingDecider.denial(action, process);
  }

  /** Writes it down; afterwards it may be answered. */
  Denial record(SpoolWriter spool, boolean carriedOut) {
    SpoolWriter.Written written = spool.denial(carriedOut ? continued : denied);
    return new Denial(
        executable,
        comm,
        process,
        arch,
        syscall(),
        data,
        arguments,
        callSite,
        action,
        carriedOut,
        written.count(),
        written.first(),
        written.last());
  }
}

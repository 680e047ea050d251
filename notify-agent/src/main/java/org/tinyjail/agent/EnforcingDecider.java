package org.tinyjail.agent;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.tinyjail.model.Action;
import org.tinyjail.model.Denial;
import org.tinyjail.model.SyscallData;

/**
 * Holds a target to a policy, and records each denial before it is answered: what the target has
 * been told is never lost.
 */
public final class EnforcingDecider implements Decider {
  private static final Verdict ALLOWED =
      Verdict.unsafeContinue("the policy allows it by number and registers");
  private static final Verdict COMPLAINED =
      Verdict.unsafeContinue("complain: nothing is denied, all is recorded");

  private final Function<SyscallData, Action> policy;
  private final PointerTable pointers;
  private final SpoolWriter spool;
  private final boolean complain;
  private final Consumer<Denial> watcher;

  /**
   * @param policy the answer to each call, such as {@code Policy::actionFor}
   * @param complain whether denied calls are carried out all the same
   * @param watcher is told of each denial, after it is recorded and before it is answered; must be
   *     quick, as the target waits
   */
  public EnforcingDecider(
      Function<SyscallData, Action> policy,
      PointerTable pointers,
      SpoolWriter spool,
      boolean complain,
      Consumer<Denial> watcher) {
    this.policy = policy;
    this.pointers = pointers;
    this.spool = spool;
    this.complain = complain;
    this.watcher = watcher;
  }

  @Override
  public Verdict decide(Notification call) {
    Action action = action(call);
    if (!action.denies()) {
      return ALLOWED;
    }
    read(call, action).ifPresent(denied -> record(denied, complain));
    return complain ? COMPLAINED : denial(action, call.process());
  }

  /** Recorded as decided by the supervisor itself, so that nobody looks for it in the policy. */
  @Override
  public void refused(Notification call, Action action) {
    read(call, Action.NOTIFY).ifPresent(denied -> record(denied, false));
  }

  /** What the policy says to a call. */
  Action action(Notification call) {
    return policy.apply(call.data());
  }

  /** All there is to know of a call that {@code action} denies; empty if the caller is gone. */
  Optional<DeniedCall> read(Notification call, Action action) {
    return DeniedCall.read(call, action, pointers, spool);
  }

  /** Records the call; the answer that denies it. */
  Verdict deny(DeniedCall call) {
    record(call, false);
    return call.denial();
  }

  private void record(DeniedCall call, boolean carriedOut) {
    watcher.accept(call.record(spool, carriedOut));
  }

  /**
   * The answer that an action stands for where user space gives it.
   *
   * @param process who asked; 0 if unknown
   */
  static Verdict denial(Action action, int process) {
    if (action instanceof Action.Fail fail) {
      return fail.errno() == 0 ? Verdict.value(0) : Verdict.fail(fail.errno());
    } else if (action instanceof Action.Trace) {
      // As the kernel does where nobody traces.
      return Verdict.fail(Action.ENOSYS);
    } else if (action instanceof Action.Notify) {
      return Verdict.fail(Action.EPERM);
    }
    kill(process);
    return Verdict.fail(Action.EPERM);
  }

  /** A notification cannot be answered by SIGSYS; a process that must die, dies. */
  private static void kill(int process) {
    if (process > 0) {
      ProcessHandle.of(process).ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}

package org.tinyjail.cli;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.tinyjail.agent.PointerTable;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.bpf.Options;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/**
 * Loads what commands need, without doing anything: the launcher makes a class-data archive of it.
 */
final class WarmUp {
  private WarmUp() {}

  static int run() {
    Policy policy =
        Policy.of(
            Action.fail(Action.EPERM),
            List.of(
                Rule.allow("read"),
                new Rule(
                    "socket",
                    List.of(ArgCondition.masked(0, ArgCondition.INT_MASK, 2)),
                    Action.ALLOW)));
    byte[] json = OciSeccompJson.write(policy);
    Policy read = read(json);
    int size =
        BpfCompiler.compile(read, Options.notifying(Arch.current()).withFreeExec())
                .instructions()
                .size()
            + PointerTable.of(read.architecturesOn(Arch.current())).hashCode();
    for (Command command : Commands.all()) {
      size += Help.of(command).getBytes(StandardCharsets.UTF_8).length;
    }
    return size == 0 ? ExitCode.FAILED : ExitCode.DONE;
  }

  private static Policy read(byte[] json) {
    try {
      return OciSeccompJson.read(json, "warm-up", false);
    } catch (PolicyFormatException e) {
      throw new IllegalStateException("what was written cannot be read", e);
    }
  }
}

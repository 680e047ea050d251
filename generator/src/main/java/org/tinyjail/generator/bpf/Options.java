package org.tinyjail.generator.bpf;

import org.tinyjail.model.Arch;

/**
 * For what a filter is compiled.
 *
 * @param machine the architecture it will run on
 * @param form who answers denials
 * @param freeExec whether {@code execve} and {@code execveat} go to the supervisor unless the
 *     policy always allows them; it decides by the verdict program, save for the launch's own
 */
public record Options(Arch machine, Form form, boolean freeExec) {
  public Options {
    if (!machine.hasTable()) {
      throw new IllegalArgumentException("no system call numbers for " + machine.scmpName());
    }
    if (freeExec && form == Form.VERDICT) {
      throw new IllegalArgumentException("only a supervisor can let an execve pass");
    }
  }

  /** Who answers denials. */
  public enum Form {
    /** The kernel: the policy's own actions. */
    VERDICT,
    /** A supervisor, for what would fail or notify; killing, trapping, tracing and logging stay. */
    NOTIFYING,
    /** A supervisor, for everything that is not allowed or logged: it records and lets it pass. */
    COMPLAINING
  }

  /** The policy's own actions, answered by the kernel. */
  public static Options verdict(Arch machine) {
    return new Options(machine, Form.VERDICT, false);
  }

  /** For a supervisor that answers denials by the verdict program. */
  public static Options notifying(Arch machine) {
    return new Options(machine, Form.NOTIFYING, false);
  }

  /** For a supervisor that records denials and lets them pass. */
  public static Options complaining(Arch machine) {
    return new Options(machine, Form.COMPLAINING, false);
  }

  /** The same, where the supervisor also decides on {@code execve}. */
  public Options withFreeExec() {
    return new Options(machine, form, true);
  }
}

package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Colours of a report: on a terminal only, and not where {@code NO_COLOR} is set. */
final class Colours {
  private static final Map<Check.State, String> OF_STATE =
      Map.of(
          Check.State.OK, "32",
          Check.State.PARTIAL, "33",
          Check.State.MISSING, "31",
          Check.State.UNKNOWN, "36");

  private final boolean on;

  private Colours(boolean on) {
    this.on = on;
  }

  static Colours of(Context context) {
    boolean wanted = context.environment().getOrDefault("NO_COLOR", "").isEmpty();
    return new Colours(wanted && isTerminal(Path.of("/proc/self/fd/1")));
  }

  /** System.console() wants a terminal on standard input too. */
  static boolean isTerminal(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().matches("/dev/(pts/|tty|console).*");
    } catch (IOException e) {
      return false;
    }
  }

  String of(Check.State state) {
    return paint(OF_STATE.getOrDefault(state, "0"), state.label());
  }

  String bold(String text) {
    return paint("1", text);
  }

  private String paint(String code, String text) {
    return on ? "\033[" + code + "m" + text + "\033[0m" : text;
  }
}

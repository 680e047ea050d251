package org.tinyjail.cli;

import java.util.Locale;
import org.tinyjail.model.Action;
import org.tinyjail.model.Constants;

/** Actions as options name them and as reports show them. */
final class Actions {
  private Actions() {}

  /** {@code errno EPERM}, {@code kill_process}, {@code allow}. */
  static String show(Action action) {
    String word = action.scmpName().substring("SCMP_ACT_".length()).toLowerCase(Locale.ROOT);
    if (action instanceof Action.Fail fail) {
      return "errno "
          + Constants.name("errno", fail.errno()).orElseGet(() -> String.valueOf(fail.errno()));
    }
    return word;
  }

  /** Reads the word after {@code option}: errno, kill, log, notify, trap or allow. */
  static Action parse(String option, String word) throws CommandException {
    return switch (word) {
      case "errno" -> Action.fail(Action.EPERM);
      case "kill" -> Action.KILL_PROCESS;
      case "log" -> Action.LOG;
      case "notify" -> Action.NOTIFY;
      case "trap" -> Action.TRAP;
      case "allow" -> Action.ALLOW;
      default ->
          throw CommandException.usage(
              option + " wants errno, kill, log, notify, trap or allow, was \"" + word + "\"");
    };
  }
}

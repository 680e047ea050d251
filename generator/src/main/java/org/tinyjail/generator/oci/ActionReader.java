package org.tinyjail.generator.oci;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Constants;

/** Reads an action and its errno, which may come before it, as a number or as a name. */
final class ActionReader {
  private static final List<String> ACTIONS =
      List.of(
          "SCMP_ACT_KILL",
          "SCMP_ACT_KILL_PROCESS",
          "SCMP_ACT_KILL_THREAD",
          "SCMP_ACT_TRAP",
          "SCMP_ACT_ERRNO",
          "SCMP_ACT_TRACE",
          "SCMP_ACT_ALLOW",
          "SCMP_ACT_LOG",
          "SCMP_ACT_NOTIFY");

  private static final int MAX_ERRNO = 4095;
  private static final int MAX_TRACE = 0xffff;

  private final JsonInput in;
  private final String errnoField;
  private final String errnoNameField;
  private String name = "";
  private int errno = Action.EPERM;
  private @Nullable Position errnoAt;
  private String errnoFound = "";

  /**
   * Reads from {@code in}.
   *
   * @param errnoField the field with the number, as in OCI profiles
   * @param errnoNameField the field with the name, as Podman has it beside
   */
  ActionReader(JsonInput in, String errnoField, String errnoNameField) {
    this.in = in;
    this.errnoField = errnoField;
    this.errnoNameField = errnoNameField;
  }

  void readName() throws PolicyFormatException {
    name = in.string("an action such as SCMP_ACT_ALLOW");
    if (!ACTIONS.contains(name)) {
      throw in.unknown("action", name, ACTIONS);
    }
  }

  void readErrno() throws PolicyFormatException {
    take(errnoField, (int) in.unsigned("an errno", MAX_TRACE));
  }

  void readErrnoName() throws PolicyFormatException {
    String word = in.string("the name of an errno such as \"EPERM\"");
    Map<String, Long> known = Constants.set("errno");
    Long number = known.get(word);
    if (number == null) {
      throw in.unknown("errno", word, known.keySet(), "a name such as EPERM");
    }
    take(errnoNameField, number.intValue());
  }

  private void take(String field, int number) throws PolicyFormatException {
    if (errnoAt != null && errno != number) {
      throw in.error(
          "\""
              + field
              + "\" is "
              + number
              + ", but \""
              + errnoFound
              + "\" is "
              + errno
              + "; wanted one of them");
    }
    errnoAt = in.position();
    errno = number;
    errnoFound = field;
  }

  Action action() throws PolicyFormatException {
    boolean fails = name.equals("SCMP_ACT_ERRNO");
    boolean traces = name.equals("SCMP_ACT_TRACE");
    if (errnoAt != null && !fails && !traces) {
      throw in.error(
          errnoAt,
          "\""
              + errnoFound
              + "\" beside "
              + name
              + "; it belongs to SCMP_ACT_ERRNO and SCMP_ACT_TRACE only");
    }
    if (errnoAt != null && fails && errno > MAX_ERRNO) {
      throw in.error(errnoAt, "found " + errno + "; wanted an errno, 0 to " + MAX_ERRNO);
    }
    return switch (name) {
      case "SCMP_ACT_ERRNO" -> Action.fail(errno);
      case "SCMP_ACT_TRACE" -> Action.trace(errno);
      case "SCMP_ACT_KILL_PROCESS" -> Action.KILL_PROCESS;
      case "SCMP_ACT_TRAP" -> Action.TRAP;
      case "SCMP_ACT_ALLOW" -> Action.ALLOW;
      case "SCMP_ACT_LOG" -> Action.LOG;
      case "SCMP_ACT_NOTIFY" -> Action.NOTIFY;
      default -> Action.KILL_THREAD;
    };
  }
}

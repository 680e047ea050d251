package org.tinyjail.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Names and types of a call's arguments.
 *
 * <p>Source: {@code syscall-args.tsv}, whose header explains the types.
 *
 * @param syscall the call
 * @param parameters in order, at most six
 */
public record SyscallSignature(String syscall, List<Parameter> parameters) {
  private static final Map<String, SyscallSignature> TABLE = load();

  public SyscallSignature {
    parameters = List.copyOf(parameters);
  }

  /**
   * One argument.
   *
   * @param name as in the manual page
   * @param type its kind: the part before the first {@code :} or {@code @}
   * @param detail what follows that sign; may be empty
   */
  public record Parameter(String name, String type, String detail) {}

  /** The signature of {@code syscall}; one without parameters if it is not known. */
  public static SyscallSignature of(String syscall) {
    SyscallSignature known = TABLE.get(syscall);
    return known != null ? known : new SyscallSignature(syscall, List.of());
  }

  /** The signature of {@code syscall} on {@code arch}, which may have one of its own. */
  public static SyscallSignature of(String syscall, Arch arch) {
    SyscallSignature own = TABLE.get(syscall + "@" + arch.label());
    return own != null ? new SyscallSignature(syscall, own.parameters()) : of(syscall);
  }

  /** All signatures of the table. */
  public static Iterable<SyscallSignature> all() {
    return TABLE.values();
  }

  private static Map<String, SyscallSignature> load() {
    Map<String, SyscallSignature> table = new HashMap<>();
    for (String[] row : Tables.body("syscall-args.tsv")) {
      List<Parameter> parameters = new ArrayList<>();
      for (int i = 1; i < row.length; i++) {
        parameters.add(parameter(row[i]));
      }
      table.put(row[0], new SyscallSignature(row[0], parameters));
    }
    return table;
  }

  private static Parameter parameter(String text) {
    int colon = text.indexOf(':');
    String type = text.substring(colon + 1);
    int detail = 0;
    while (detail < type.length() && type.charAt(detail) != ':' && type.charAt(detail) != '@') {
      detail++;
    }
    return new Parameter(
        text.substring(0, colon),
        type.substring(0, detail),
        detail < type.length() ? type.substring(detail + 1) : "");
  }
}

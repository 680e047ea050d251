package org.tinyjail.generator.groups;

import java.util.List;

/**
 * A named set of system calls.
 *
 * @param name with the sign, such as {@code @file-read}
 * @param description one line, without a full stop
 * @param source whose group it is: {@code tiny-jail}, or systemd with its version
 * @param members in the order of the table
 */
public record Group(String name, String description, String source, List<Member> members) {
  public Group {
    if (!name.startsWith("@")) {
      throw new IllegalArgumentException("the name of a group begins with @, was " + name);
    }
    members = List.copyOf(members);
  }
}

package org.tinyjail.generator.elf;

import java.util.List;

/** Which parts of a file hold its constants and variables. */
final class Data {
  private Data() {}

  /**
   * The loaded segments that are not executable; all of them where constants lie among the code, as
   * linkers did before 2018 and do with {@code -z noseparate-code}.
   */
  static List<Segment> segments(ElfFile file) {
    Segment first = file.loaded().isEmpty() ? null : file.loaded().get(0);
    boolean among = first != null && first.isExecutable();
    return file.loaded().stream().filter(s -> among || !s.isExecutable()).toList();
  }
}

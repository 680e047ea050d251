package org.tinyjail.generator.elf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a compiler has put into a program so that a fuzzer sees which edges a run takes. */
public enum Instrumentation {
  /** Nothing that is known here, or a static program: nobody can listen in that. */
  NONE,
  /**
   * Calls of {@code __sanitizer_cov_trace_pc_guard} (clang), {@code __sanitizer_cov_trace_pc} (gcc)
   * or {@code __sanitizer_cov_trace_cmp}: {@code -fsanitize-coverage=}.
   */
  CALLBACKS,
  /** AFL's: the counters are in System V shared memory whose number is in {@code __AFL_SHM_ID}. */
  AFL;

  private static final byte[] AFL_VARIABLE = "__AFL_SHM_ID\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * What a program has; of both, AFL's.
   *
   * @throws ElfException if the file is damaged
   */
  public static Instrumentation of(ElfFile file) throws ElfException {
    Optional<DynamicSection> dynamic = file.dynamic();
    if (dynamic.isEmpty()) {
      return NONE;
    }
    if (dynamic.get().importsAnyOf("shmat") && holds(file, AFL_VARIABLE)) {
      return AFL;
    }
    boolean calls =
        dynamic.get().symbols().stream()
            .anyMatch(symbol -> symbol.name().startsWith("__sanitizer_cov_trace_"));
    return calls ? CALLBACKS : NONE;
  }

  /** Looked for in code too: there afl-gcc has it. */
  private static boolean holds(ElfFile file, byte[] wanted) throws ElfException {
    for (Segment segment : file.loaded()) {
      ByteBuffer bytes = file.bytes(segment);
      for (int at = 0; at + wanted.length <= bytes.limit(); at++) {
        if (bytes.get(at) == wanted[0]
            && bytes.slice(at, wanted.length).equals(ByteBuffer.wrap(wanted))) {
          return true;
        }
      }
    }
    return false;
  }
}

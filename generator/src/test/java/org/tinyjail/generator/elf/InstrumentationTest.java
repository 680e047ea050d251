package org.tinyjail.generator.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What compilers have put into programs is recognised. */
class InstrumentationTest {
  private static final String SOURCE =
      """
      #include <stdlib.h>
      #include <sys/shm.h>
      #ifdef IN_CODE
      __asm__(".text; .string \\"__AFL_SHM_ID\\"");
      #endif
      #ifdef CALLED
      __attribute__((weak)) void __sanitizer_cov_trace_pc(void) {}
      __attribute__((weak)) void __sanitizer_cov_trace_pc_guard(unsigned *guard) {}
      __attribute__((weak)) void __sanitizer_cov_trace_cmp4(unsigned a, unsigned b) {}
      void (*volatile used)(unsigned, unsigned) = __sanitizer_cov_trace_cmp4;
      #endif
      #ifdef WANTED
      void __sanitizer_cov_trace_pc(void) __attribute__((weak));
      #endif
      int main(void) {
      #ifdef WANTED
        if (__sanitizer_cov_trace_pc) __sanitizer_cov_trace_pc();
      #endif
      #ifdef ATTACHES
        char *map = shmat(1, 0, 0);
        if (map != (void *) -1) map[0] = 1;
      #endif
      #ifdef ASKS
        return getenv("__AFL_SHM_ID") != 0;
      #endif
        return 0;
      }
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -O1                         | NONE
          -DATTACHES                  | NONE
          -DASKS                      | NONE
          -DATTACHES -DASKS           | AFL
          -DATTACHES -DIN_CODE        | AFL
          -DATTACHES -DASKS -static   | NONE
          -DCALLED -rdynamic          | CALLBACKS
          -DCALLED -rdynamic -s       | CALLBACKS
          -DCALLED                    | NONE
          -DCALLED -rdynamic -static  | NONE
          -DWANTED                    | CALLBACKS
          -DATTACHES -DASKS -DWANTED  | AFL
          """)
  void whatAProgramIsBuiltWithIsSeen(String flags, Instrumentation wanted) throws Exception {
    Path program = Programs.compile(directory, SOURCE, flags.split(" +"));
    assertThat(Instrumentation.of(ElfFile.read(program))).isEqualTo(wanted);
  }
}

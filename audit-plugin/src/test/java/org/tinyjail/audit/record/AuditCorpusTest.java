package org.tinyjail.audit.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ugly records, each with what is said of it: see {@code corpora/README.md}. */
class AuditCorpusTest {
  private static final String NOTHING = "nothing";

  static List<Path> files() throws IOException {
    return AuditCase.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void anUglyRecordIsReadOrRefusedWithItsByteAsWrittenDown(Path file) throws IOException {
    AuditCase ugly = AuditCase.read(file);
    List<String> said =
        ugly.isMessage()
            ? Said.ofMessage(RecordParser.SECCOMP_TYPE, ugly.input())
            : Said.ofLog(ugly.input());
    assertThat(ugly.says())
        .as("# says: of %s", file)
        .isEqualTo(said.isEmpty() ? List.of(NOTHING) : said);
  }

  @Test
  void everyFileIsOfAFormThatIsRead() throws IOException {
    assertThat(AuditCase.files())
        .hasSizeGreaterThan(45)
        .allMatch(file -> file.toString().matches(".*/[a-z0-9-]+\\.(log|hex)"));
  }
}

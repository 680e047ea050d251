package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of files for executables, whose own names a target may choose. */
class ExecutablePoliciesTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "/usr/bin/sh, sh",
        "/usr/bin/sh;/opt/bin/ls, ls sh",
        "/opt/bin/sh;/usr/bin/sh;/usr/bin/ls, bin-sh ls usr-bin-sh",
        "/b-x;/a/b/x;/c/x, b-x c-x a-b-x",
        "/a/x;/a/x (deleted), a-x a-x-2",
        "/tmp/a b\u001b[31m\u202e, a_b__31m_",
        "/tmp/..;/, .. unknown",
        "``, unknown",
        "(more than 1024 files), _more_than_1024_files_",
      })
  void aNameIsShortPlainAndUsedOnce(String executables, String names) {
    assertThat(ExecutablePolicies.names(List.of(executables.split(";", -1))).keySet())
        .containsExactlyInAnyOrder(names.split(" "));
  }

  @Test
  void aNameFitsAFileAndThereAreNotTooMany() {
    List<String> many = IntStream.range(0, 2000).mapToObj(i -> "/" + "x".repeat(200) + i).toList();
    assertThat(ExecutablePolicies.names(many))
        .hasSize(ExecutablePolicies.MOST)
        .allSatisfy((name, path) -> assertThat(name).hasSizeLessThan(100))
        .containsValue(many.get(0));
  }
}

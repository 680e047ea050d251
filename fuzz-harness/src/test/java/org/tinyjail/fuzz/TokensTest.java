package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokensTest {
  private static List<String> tokens(List<String> strings) {
    return Tokens.of(strings).stream()
        .map(token -> new String(token, StandardCharsets.US_ASCII))
        .toList();
  }

  @Test
  void keywordsComeFirstThenMarksWordsAndTheRest() {
    List<String> strings =
        List.of(
            "/dev/null",
            "always",
            "iso-8859-1",
            "SELECT",
            "<?xml",
            "NOT NULL",
            "Content-Type:",
            "%PDF-",
            "GET ",
            "HTTP/1.1",
            "true",
            "&&",
            ".json",
            "xmlns:",
            "#include",
            "getName",
            "json",
            "1.2.3",
            "GET");
    assertThat(tokens(strings))
        .containsExactly(
            "SELECT",
            "NOT NULL",
            "xmlns:",
            "HTTP/1.1",
            "Content-Type:",
            "%PDF-",
            ".json",
            "<?xml",
            "#include",
            "json",
            "true",
            "always",
            "iso-8859-1",
            "getName",
            "&&",
            "GET",
            "/dev/null",
            "1.2.3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cannot open file",
        "Usage: app [OPTION]... FILE",
        "%s: %d",
        "value=%-5lu",
        "../src/main.c",
        "/build/app-1.0/src/parse.cc",
        "parse.y.c:17",
        "libc.so.6",
        "GLIBC_2.34",
        "memcpy@GLIBC_2.14",
        "_ZN4core3fmt9Formatter3padE",
        "_ZNSt6vectorIiE",
        "_RNvCs1234_7mycrate3foo",
        "__libc_start_main",
        "_ITM_registerTMCloneTable",
        "N10__cxxabiv117__class_type_infoE",
        "GCC: (Debian 12.2.0) 12.2.0",
        "AWAVAUATUSH",
        "[]A\\A]A^A_",
        "ATAUD",
        "CPE1",
        ".dynstr",
        ".note.gnu.build-id",
        "!u",
        "D$0H",
        "uHL9",
        "x",
        "aaaaaa",
        "caf\u00e9",
        "tab\there",
        "",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
      })
  void sentencesFormatsSourcesSymbolsAndMachineCodeAreNone(String string) {
    assertThat(tokens(List.of(string))).isEmpty();
  }

  @Test
  void theOrderOfTheStringsDoesNotMatterAndThereAreAtMost512() {
    List<String> strings =
        new ArrayList<>(IntStream.range(0, 2000).mapToObj(i -> "KEY_A" + i).toList());
    List<String> first = tokens(strings);
    Collections.shuffle(strings, new Random(1));
    assertThat(tokens(strings)).isEqualTo(first).hasSize(512);
  }
}

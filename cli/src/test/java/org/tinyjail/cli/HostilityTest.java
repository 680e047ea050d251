package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The map of cases to tests is whole, and names tests that there are. */
class HostilityTest {
  private static final Path MAP = Path.of("src/test/resources/hostility.tsv");
  private static final int CASES = 30;
  private static final Pattern TEST = Pattern.compile("\\n  void (\\w+)\\(");
  private static final Pattern NUMBER = Pattern.compile("(?:^case|And)(\\d\\d)");

  /**
   * @param tests {@code Class.method}; none where the case does not concern us
   * @param reason why not
   */
  private record Case(int number, String what, List<String> tests, String reason) {
    static Case of(String line) {
      List<String> fields = List.of(line.split("\t", -1));
      boolean tested = !fields.get(2).equals("-");
      assertThat(fields).as(line).hasSize(tested ? 3 : 4);
      return new Case(
          Integer.parseInt(fields.get(0)),
          fields.get(1),
          tested ? List.of(fields.get(2).split(" ", -1)) : List.of(),
          tested ? "" : fields.get(3));
    }
  }

  private static List<Case> cases() throws IOException {
    return Files.readAllLines(MAP).stream()
        .filter(line -> !line.startsWith("#"))
        .map(Case::of)
        .toList();
  }

  /** Tests of all modules: {@code Class.method}. */
  private static List<String> tests() throws IOException {
    List<String> tests = new ArrayList<>();
    for (String module : List.of("notify-agent", "cli")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
        for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
          String name = String.valueOf(file.getFileName()).replace(".java", "");
          Matcher method = TEST.matcher(Files.readString(file));
          while (method.find()) {
            tests.add(name + "." + method.group(1));
          }
        }
      }
    }
    return tests;
  }

  @Test
  void everyCaseHasATestThatExistsOrAReasonWhyNot() throws IOException {
    List<String> tests = tests();
    assertThat(cases())
        .extracting(Case::number)
        .containsExactlyElementsOf(IntStream.rangeClosed(1, CASES).boxed().toList());
    assertThat(cases())
        .allSatisfy(
            one -> {
              assertThat(one.what()).isNotBlank();
              assertThat(tests).containsAll(one.tests());
              assertThat(one.reason().isEmpty()).isNotEqualTo(one.tests().isEmpty());
            });
  }

  @Test
  void everyTestThatIsNamedAfterACaseIsOnTheMap() throws IOException {
    Map<Integer, List<String>> listed = new TreeMap<>();
    cases().forEach(one -> listed.put(one.number(), one.tests()));
    for (String test : tests()) {
      Matcher number = NUMBER.matcher(test.substring(test.indexOf('.') + 1));
      while (number.find()) {
        int named = Integer.parseInt(number.group(1));
        assertThat(named > CASES || listed.getOrDefault(named, List.of()).contains(test))
            .as("%s is to be listed in %s under %d", test, MAP, named)
            .isTrue();
      }
    }
  }
}

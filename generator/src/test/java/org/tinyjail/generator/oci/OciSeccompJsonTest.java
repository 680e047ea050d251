package org.tinyjail.generator.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tinyjail.generator.ContainerProfiles;
import org.tinyjail.generator.Corpora;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Policy;

class OciSeccompJsonTest {
  private static final String INPUT = ".in.json";
  private static final String OUTPUT = ".out.json";
  private static final String BAD = ".json";
  private static final String MESSAGE = ".expected";

  @TempDir Path directory;

  static Stream<Path> bad() throws IOException {
    return Corpora.files("policies/bad").stream().filter(p -> p.toString().endsWith(BAD));
  }

  static Stream<Path> golden() throws IOException {
    return Corpora.files("policies/golden").stream().filter(p -> p.toString().endsWith(INPUT));
  }

  private static Path sibling(Path path, String ending, String other) {
    String name = path.getFileName().toString();
    return path.resolveSibling(name.substring(0, name.length() - ending.length()) + other);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void saysWhatIsWrong(Path file) throws IOException {
    byte[] json = Files.readAllBytes(file);
    String name = file.getFileName().toString();
    PolicyFormatException e =
        catchThrowableOfType(
            PolicyFormatException.class,
            () -> OciSeccompJson.read(json, name, name.startsWith("strict-")));
    assertThat(e).as("%s must be refused", name).isNotNull();
    assertThat(e.getMessage()).doesNotContainPattern("[\\x00-\\x1f\\x7f]");
    Corpora.assertGolden(
        sibling(file, BAD, MESSAGE), (e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void writesOneForm(Path file) throws IOException {
    byte[] written = OciSeccompJson.write(OciSeccompJson.read(file));
    Corpora.assertGolden(sibling(file, INPUT, OUTPUT), written);
    Policy again = OciSeccompJson.read(written, "written", false);
    assertThat(OciSeccompJson.write(again)).isEqualTo(written);
  }

  @Test
  void everyFileOfTheCorpusIsRead() throws IOException {
    for (Path file : Corpora.files("policies/bad")) {
      assertThat(file.toString().endsWith(BAD) || Files.exists(sibling(file, MESSAGE, BAD)))
          .as("%s belongs to an input", file)
          .isTrue();
    }
    for (Path file : Corpora.files("policies/golden")) {
      assertThat(file.toString().endsWith(INPUT) || Files.exists(sibling(file, OUTPUT, INPUT)))
          .as("%s belongs to an input", file)
          .isTrue();
    }
  }

  @Test
  void writingThenReadingGivesTheSamePolicy() throws PolicyFormatException {
    for (int seed = 0; seed < 500; seed++) {
      Policy policy = new RandomPolicies(seed).policy();
      assertThat(OciSeccompJson.read(OciSeccompJson.write(policy), "p", false)).isEqualTo(policy);
    }
  }

  @Test
  void neverFailsOtherwiseThanWithAPlaceInTheFile() throws IOException {
    byte[] good = Files.readAllBytes(Path.of("../corpora/policies/golden/everything.in.json"));
    for (int at = 0; at < good.length; at++) {
      for (int change : new int[] {0, '"', '}', ',', '9', 0xff, 0x1b}) {
        byte[] changed = good.clone();
        changed[at] = (byte) change;
        assertThatOnlyFormatErrors(changed);
      }
      assertThatOnlyFormatErrors(java.util.Arrays.copyOf(good, at));
    }
  }

  private static void assertThatOnlyFormatErrors(byte[] json) {
    try {
      OciSeccompJson.read(json, "p", true);
    } catch (PolicyFormatException e) {
      assertThat(e.line()).isPositive();
      assertThat(e.column()).isPositive();
      assertThat(e.getMessage()).matches("p:\\d+:\\d+: [^\\n]+");
    }
  }

  @Test
  void unknownNamesAreKeptAndReported() throws PolicyFormatException {
    String json =
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\","
            + " \"brand_new\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
    Policy policy = OciSeccompJson.read(json.getBytes(StandardCharsets.UTF_8), "p", false);
    assertThat(policy.unknownNames()).containsExactly("brand_new");
    assertThat(policy.rules()).hasSize(2);
  }

  @Test
  void refusesFilesThatAreTooLong() throws IOException {
    Path file = directory.resolve("big.json");
    try (RandomAccessFile big = new RandomAccessFile(file.toFile(), "rw")) {
      big.setLength(50_000_000);
    }
    assertThatThrownBy(() -> OciSeccompJson.read(file))
        .isInstanceOf(PolicyFormatException.class)
        .hasMessage(file + ": 50,000,000 bytes; a policy has at most 16,777,216 bytes");
  }

  @Test
  void refusesDirectoriesAndNamesMissingFiles() {
    assertThatThrownBy(() -> OciSeccompJson.read(directory))
        .hasMessage(directory + ": a directory; wanted a policy");
    assertThatThrownBy(() -> OciSeccompJson.read(directory.resolve("none.json")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("none.json");
  }

  @Test
  void neighboursThatDifferInNameOnlyShareAnEntry() throws IOException {
    Policy podman = ContainerProfiles.resolved("podman", ContainerProfiles.Capabilities.NONE);
    String json = new String(OciSeccompJson.write(podman), StandardCharsets.UTF_8);
    assertThat(json.split("\"names\"", -1)).hasSizeLessThan(30);
    assertThat(List.of(json.split("\n", -1))).allMatch(line -> line.length() < 120);
  }
}

package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tinyjail.generator.reach.Analyzer;
import org.tinyjail.generator.reach.FileTree;
import org.tinyjail.generator.reach.Method;

/** Damaged files, each with what is said of it: see {@code corpora/README.md}. */
class HostileElfTest {
  private static final String SAYS = "# says: ";
  private static final String NOTHING = "nothing";

  @TempDir Path directory;

  static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("../corpora/elf"))) {
      return all.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void aDamagedFileIsAnalysedOrSaidToBeInOneLineWithTheByte(Path file) throws Exception {
    String says = Files.readAllLines(file).get(0);
    assertThat(says).startsWith(SAYS);
    Files.write(directory.resolve("library"), new SeedFile(file).decode());
    String said = NOTHING;
    try (Analyzer analyzer =
        new Analyzer(FileTree.below(directory), Method.SAFE, Optional.empty())) {
      analyzer.analyze("/library");
    } catch (IOException e) {
      said = String.valueOf(e.getMessage());
    }
    assertThat(said).contains(says.substring(SAYS.length())).doesNotContain("\n");
  }
}

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tinyjail.generator.reach.Analyzer;
import org.tinyjail.generator.reach.FileTree;
import org.tinyjail.generator.reach.Method;

/** What scripts/bench mutants has Jazzer call: one file, alone in its tree but for itself as library and linker. */
public final class ElfMutant {
  private static final Path TREE = Path.of(System.getProperty("mutants.tree"));

  private ElfMutant() {}

  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    Path file = TREE.resolve("library");
    Files.write(file, bytes);
    for (Method method : Method.values()) {
      try (Analyzer analyzer = new Analyzer(FileTree.below(TREE), method, Optional.empty())) {
        analyzer.analyze("/library");
      } catch (IOException e) {
        if (e.getMessage() == null || e.getMessage().isEmpty()) {
          throw new AssertionError("an error that says nothing", e);
        }
      }
    }
  }
}

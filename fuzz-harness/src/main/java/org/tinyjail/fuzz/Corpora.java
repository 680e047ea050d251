package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Seeds and dictionaries by type of input, and the table that says which programs read which: the
 * directory {@code corpora} of the distribution.
 */
public final class Corpora {
  /** What any program may read. */
  private static final String FALLBACK = "text";

  private static final int TYPES_MAX = 4;

  private final Path directory;
  private final Map<String, InputType> types;

  /** A type of input, of those that the table knows. */
  public record Type(String name) {}

  private Corpora(Path directory, Map<String, InputType> types) {
    this.directory = directory;
    this.types = types;
  }

  /**
   * Reads the table.
   *
   * @throws IOException if it cannot be read, or with file and line if it is not as it must be
   */
  public static Corpora in(Path directory) throws IOException {
    Path table = directory.resolve("types.tsv");
    Map<String, InputType> types = new LinkedHashMap<>();
    DataFile.read(table)
        .forEach(
            line -> {
              InputType type = InputType.parse(line);
              if (types.put(type.name(), type) != null) {
                throw new IllegalArgumentException(type.name() + " stands there twice; drop one");
              }
            });
    if (!types.containsKey(FALLBACK)) {
      throw new IOException(table + ": wanted a line for the type " + FALLBACK);
    }
    return new Corpora(directory, types);
  }

  /** All types, in the order of the table. */
  public List<Type> types() {
    return types.keySet().stream().map(Type::new).toList();
  }

  /**
   * What a program may read, the likeliest first: at most four, of which text is the last.
   *
   * @param program its name, or a path that ends in it
   * @param givenInput an input of the user's; may be empty
   * @param strings that stand in the program's data; names of files that it is given may be among
   *     them
   */
  public List<Type> typesFor(String program, byte[] givenInput, Collection<String> strings) {
    String name = program.substring(program.lastIndexOf('/') + 1);
    Map<InputType, Integer> scores = new LinkedHashMap<>();
    for (InputType type : types.values()) {
      int score = type.score(name, givenInput, strings);
      if (score >= InputType.SCORE_MIN && !type.name().equals(FALLBACK)) {
        scores.put(type, score);
      }
    }
    Stream<Type> best =
        scores.entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .limit(TYPES_MAX - 1)
            .map(entry -> new Type(entry.getKey().name()));
    return Stream.concat(best, Stream.of(new Type(FALLBACK))).toList();
  }

  /**
   * Writes the seeds of these types, one file each.
   *
   * @param into a directory, made if it is not there; files get the type before their name
   * @throws IOException with file and line if a seed is not as it must be
   */
  public void writeSeeds(List<Type> chosen, Path into) throws IOException {
    Files.createDirectories(into);
    for (Type type : chosen) {
      for (Map.Entry<String, byte[]> seed : seeds(type).entrySet()) {
        Files.write(into.resolve(seed.getKey()), seed.getValue());
      }
    }
  }

  /**
   * Writes the dictionaries of these types as one in libFuzzer's format, at most 1024 words.
   *
   * @param extraTokens come after them; those that libFuzzer does not take are left out
   * @throws IOException with file and line if a dictionary is not as it must be
   */
  public void writeDictionary(List<Type> chosen, Path file, Collection<byte[]> extraTokens)
      throws IOException {
    Dictionary merged = new Dictionary();
    for (Type type : chosen) {
      merged.addAll(words(type));
    }
    merged.addAll(extraTokens);
    merged.write(file);
  }

  /** Decoded, by the names under which they are installed. */
  Map<String, byte[]> seeds(Type type) throws IOException {
    Map<String, byte[]> seeds = new LinkedHashMap<>();
    for (Path path : files(directory.resolve("seeds").resolve(type.name()))) {
      SeedFile file = new SeedFile(path);
      if (seeds.put(type.name() + "-" + file.name(), file.decode()) != null) {
        throw new IOException(path + ": another seed has the name " + file.name() + "; rename one");
      }
    }
    return seeds;
  }

  List<byte[]> words(Type type) throws IOException {
    return Dictionary.read(directory.resolve("dictionaries").resolve(type.name() + ".dict"))
        .words();
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}

package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tinyjail.fuzz.CampaignSpec;
import org.tinyjail.fuzz.Choice;
import org.tinyjail.fuzz.Corpora;
import org.tinyjail.fuzz.Tokens;
import org.tinyjail.generator.elf.CommandLineOptions;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Option;
import org.tinyjail.generator.elf.ProgramStrings;

/** What a campaign begins with: read out of the program, the user's directory, and our corpora. */
final class CampaignInputs {
  /** More than any program has; what is beyond comes from text that only looks like options. */
  private static final int CHOICES_MAX = 2048;

  private static final int VARIABLES_MAX = 128;
  private static final int STRINGS_MAX = 1 << 16;

  /** What options and variables may be set to. */
  static final List<byte[]> VALUES =
      Stream.of(
              "1",
              "0",
              "-1",
              "a",
              "",
              "65536",
              "4294967296",
              "/run/input",
              "/dev/null",
              ".",
              "/nonexistent",
              "/etc/passwd",
              "127.0.0.1:1",
              "all",
              "always",
              "C",
              "1,2",
              "a=b")
          .map(text -> text.getBytes(StandardCharsets.US_ASCII))
          .toList();

  private final Path executable;

  /** Absent: no ELF file, such as a script, or a damaged one. */
  private final Optional<ElfFile> elf;

  private final Optional<ProgramStrings> strings;

  CampaignInputs(Path executable) {
    this.executable = executable;
    this.elf = elf(executable);
    this.strings = elf.flatMap(CampaignInputs::strings);
  }

  private static Optional<ElfFile> elf(Path executable) {
    try {
      return Optional.of(ElfFile.read(executable));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<ProgramStrings> strings(ElfFile elf) {
    try {
      return Optional.of(ProgramStrings.of(elf));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** What the executable itself says that it takes. */
  List<Choice> choices() {
    Stream<Choice> taken = options().stream().flatMap(CampaignInputs::forms);
    Stream<Choice> variables =
        strings.stream()
            .flatMap(found -> found.environmentNames().stream())
            .limit(VARIABLES_MAX)
            .map(name -> new Choice(Choice.Kind.VARIABLE, name));
    return Stream.concat(taken, variables).distinct().limit(CHOICES_MAX).toList();
  }

  private List<Option> options() {
    try {
      return elf.isPresent() ? CommandLineOptions.of(elf.get()) : List.of();
    } catch (IOException e) {
      return List.of(); // then by its help alone
    }
  }

  /** An option as words: with a value, without, or both where either may be right. */
  private static Stream<Choice> forms(Option option) {
    Choice bare = new Choice(Choice.Kind.WORD, option.name());
    Choice valued = Choice.withValue(option.name());
    return switch (option.arity()) {
      case NONE -> Stream.of(bare);
      case REQUIRED -> Stream.of(valued);
      case OPTIONAL, UNKNOWN -> Stream.of(bare, valued);
    };
  }

  /**
   * Lays out payloads and words for {@code spec}: of {@code given}, where there is one, else of the
   * types that the program may read; the words always of both.
   *
   * @param corpora the directory with seeds and dictionaries by type
   */
  void write(CampaignSpec spec, Optional<Path> given, Path corpora) throws IOException {
    Files.createDirectories(spec.payloads());
    empty(spec.payloads());
    int number = 0;
    byte[] first = {};
    for (Path file : given.isPresent() ? files(given.get()) : List.<Path>of()) {
      Files.copy(file, spec.payloads().resolve("given-" + number));
      first = number++ == 0 ? Files.readAllBytes(file) : first;
    }
    List<String> words = strings.map(found -> found.printable(STRINGS_MAX)).orElse(List.of());
    Corpora all = Corpora.in(corpora);
    List<Corpora.Type> types = all.typesFor(executable.toString(), first, words);
    List<byte[]> tokens = new ArrayList<>(spec.input().separators());
    tokens.addAll(Tokens.of(words));
    all.writeDictionary(types, spec.dictionary(), tokens);
    if (given.isEmpty()) {
      all.writeSeeds(types, spec.payloads());
    }
  }

  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** Deletes the files in a directory; none: it is not there. */
  static void empty(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      for (Path file : files(directory)) {
        Files.delete(file);
      }
    }
  }

  static boolean isEmpty(Path directory) throws IOException {
    return !Files.isDirectory(directory) || files(directory).isEmpty();
  }
}

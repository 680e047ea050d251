package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CorporaTest {
  private static final Path DIRECTORY = Path.of("..", "corpora");
  private static final int SEEDS_MIN = 3;
  private static final int SEED_MAX = 2048;
  private static final int WORDS_MIN = 30;

  @TempDir Path temporary;

  private static Corpora corpora() throws IOException {
    return Corpora.in(DIRECTORY);
  }

  static List<Corpora.Type> types() throws IOException {
    return corpora().types();
  }

  private static String chosen(String program, String input, Collection<String> strings)
      throws IOException {
    byte[] bytes = input.getBytes(StandardCharsets.ISO_8859_1);
    return String.join(
        " ", corpora().typesFor(program, bytes, strings).stream().map(Corpora.Type::name).toList());
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  @Test
  void everyDirectoryAndDictionaryHasALineInTheTable() throws IOException {
    List<String> types = corpora().types().stream().map(Corpora.Type::name).toList();
    assertThat(names(DIRECTORY.resolve("seeds"))).containsExactlyInAnyOrderElementsOf(types);
    assertThat(names(DIRECTORY.resolve("dictionaries")))
        .containsExactlyInAnyOrderElementsOf(types.stream().map(type -> type + ".dict").toList());
  }

  @ParameterizedTest
  @MethodSource("types")
  void seedsOfAllTypesAreSmallAndDiffer(Corpora.Type type) throws IOException {
    Map<String, byte[]> seeds = corpora().seeds(type);
    assertThat(seeds).hasSizeGreaterThanOrEqualTo(SEEDS_MIN);
    seeds.forEach((name, seed) -> assertThat(seed.length).as(name).isBetween(1, SEED_MAX));
    assertThat(seeds.values().stream().map(ByteBuffer::wrap).distinct()).hasSize(seeds.size());
  }

  @Test
  void seedsAreTextInGit() throws IOException {
    try (Stream<Path> files = Files.walk(DIRECTORY.resolve("seeds"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        assertThat(Files.readString(file)).as(file.toString()).doesNotContain("\0", "\r", "\033");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void dictionariesOfAllTypesAreReadAlikeByUsAndByLibFuzzersGrammar(Corpora.Type type)
      throws IOException {
    Path file = DIRECTORY.resolve("dictionaries").resolve(type.name() + ".dict");
    List<String> words =
        corpora().words(type).stream()
            .map(word -> new String(word, StandardCharsets.ISO_8859_1))
            .toList();
    assertThat(words).hasSizeGreaterThanOrEqualTo(WORDS_MIN).doesNotHaveDuplicates();
    assertThat(LibFuzzerDictionary.read(file)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "sqlite3, sql csv text",
    "bc, number text",
    "jq, jq json text",
    "xmllint, xml text",
    "/usr/bin/python3.11, python text",
    "lua5.4, lua text",
    "node, javascript http json text",
    "tar, archive text",
    "gzip, archive text",
    "file, elf image archive text",
    "openssl, pem asn1 text",
    "ssh-keygen, ssh pem text",
    "redis-server, redis ini text",
    "nginx, http ini text",
    "dot, dot text",
    "convert, image text",
    "mawk, awk text",
    "bash, shell text",
    "gmake, make text",
    "cat, text",
    "no-such-program, text",
    "'', text"
  })
  void typesFollowFromTheProgramsName(String program, String types) throws IOException {
    assertThat(chosen(program, "", List.of())).isEqualTo(types);
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"a\": 1}', json text",
    "'<?xml version=\"1.0\"?>', xml text",
    "'GET / HTTP/1.1', http text",
    "'%PDF-1.4', pdf text",
    "'-----BEGIN CERTIFICATE-----', pem text",
    "'hello', text"
  })
  void typesFollowFromWhatTheUserGives(String input, String types) throws IOException {
    assertThat(chosen("app", input, List.of())).isEqualTo(types);
  }

  @Test
  void magicIsLookedForAtItsOffset() throws IOException {
    assertThat(chosen("app", "a.txt" + "\0".repeat(252) + "ustar", List.of()))
        .isEqualTo("archive text");
    assertThat(chosen("app", "ustar", List.of())).isEqualTo("text");
    assertThat(chosen("app", "\177ELF\2\1\1", List.of())).isEqualTo("elf text");
  }

  @Test
  void twoHintsInTheProgramsStringsMakeAType() throws IOException {
    assertThat(chosen("app", "", List.of("sqlite_master", "SELECT name FROM t")))
        .isEqualTo("sql text");
    assertThat(chosen("app", "", List.of("HTTP/1.1 %d", "Content-Length: %zu")))
        .isEqualTo("http text");
    assertThat(chosen("app", "", List.of("application/json", ".json", "x.jsonl")))
        .isEqualTo("json text");
  }

  @Test
  void oneHintOrAnAddressMakesNone() throws IOException {
    assertThat(chosen("app", "", List.of("HTTP/1.1"))).isEqualTo("text");
    assertThat(chosen("app", "", List.of("https://a/b.html", "https://a/b.htm", "text/html")))
        .isEqualTo("text");
  }

  @Test
  void whatTheUserGivesOutweighsHintsAndAtMostFourAreChosen() throws IOException {
    List<String> hints =
        List.of("IHDR", "IDAT", "<?xml", "xmlns", "CDATA", "SELECT ", "sqlite_", "HTTP/1.1");
    assertThat(chosen("app", "%PDF-1.7", hints)).isEqualTo("pdf xml sql text");
  }

  @Test
  void installedAreAllSeedsOfTheTypesAndOneDictionaryForLibFuzzer() throws IOException {
    Corpora corpora = corpora();
    List<Corpora.Type> types = corpora.typesFor("redis-server", new byte[0], List.of());
    Path seeds = temporary.resolve("a/seeds");
    Path dictionary = temporary.resolve("words.dict");
    byte[] odd = "a\"\\\n\351".getBytes(StandardCharsets.ISO_8859_1);
    corpora.writeSeeds(types, seeds);
    corpora.writeDictionary(types, dictionary, List.of(odd, new byte[0], new byte[65], odd));

    assertThat(names(seeds)).contains("redis-inline", "redis-strings", "ini-redis.conf");
    assertThat(names(seeds)).allMatch(name -> name.matches("(redis|ini|text)-.+"));
    assertThat(Files.readString(seeds.resolve("redis-inline"))).startsWith("PING\r\nAUTH x\r\n");
    List<String> words = LibFuzzerDictionary.read(dictionary);
    assertThat(words).contains("BGSAVE", "include_dir", "*1\r\n").doesNotHaveDuplicates();
    assertThat(words.get(words.size() - 1)).isEqualTo("a\"\\\n\351");
  }

  @Test
  void aDictionaryForLibFuzzerHasAllTypesWordsAndNoMoreThanItCanUse() throws IOException {
    Path dictionary = temporary.resolve("words.dict");
    List<byte[]> tokens =
        IntStream.range(0, 2000)
            .mapToObj(i -> ("token" + i).getBytes(StandardCharsets.US_ASCII))
            .toList();
    corpora().writeDictionary(List.of(new Corpora.Type("text")), dictionary, tokens);
    assertThat(LibFuzzerDictionary.read(dictionary)).hasSize(1024).contains("token0");
    Path all = temporary.resolve("all.dict");
    corpora().writeDictionary(types(), all, List.of());
    assertThat(LibFuzzerDictionary.read(all)).hasSize(1024);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "json\tjq | wanted 5 fields between tabs, was 2",
        "Json\tjq\t-\t-\t- | wanted a type of small letters and digits, was \"Json\"",
        "json\t/bin/jq\t-\t-\t- | wanted names of programs without a directory, one space between"
            + " two, was \"/bin/jq\"",
        "json\tjq  jo\t-\t-\t- | wanted names of programs without a directory, one space between"
            + " two, was \"\"",
        "json\tjq\tjson\t-\t- | wanted extensions such as .json, one space between two, was"
            + " \"json\"",
        "json\tjq\t-\t{\t- | wanted \"text\" or OFFSET:\"text\", one space between two, was {",
        "json\tjq\t-\t\"\\q\"\t- | wanted \\\\, \\\" or \\xHH at character 1 of \"\\q\"",
        "json\tjq\t-\t-\t4:\"a\" | hints have no offset, one had 4",
        "text\tjq\t-\t-\t- | text stands there twice; drop one"
      })
  void aBadLineOfTheTableIsNamed(String lineAndError) throws IOException {
    List<String> parts = List.of(lineAndError.split(" \\| ", -1));
    Path table = temporary.resolve("types.tsv");
    Files.write(table, List.of("# types", "text\t-\t-\t-\t-", parts.get(0)));
    assertThatThrownBy(() -> Corpora.in(temporary))
        .isInstanceOf(IOException.class)
        .hasMessage(table + ":3: " + parts.get(1));
  }

  @Test
  void aTableWithoutTextIsRefused() throws IOException {
    Files.writeString(temporary.resolve("types.tsv"), "json\tjq\t-\t-\t-\n");
    assertThatThrownBy(() -> Corpora.in(temporary))
        .hasMessageEndingWith("types.tsv: wanted a line for the type text");
  }

  @Test
  void twoSeedsThatWouldBeInstalledAsOneAreRefused() throws IOException {
    Files.writeString(temporary.resolve("types.tsv"), "text\t-\t-\t-\t-\n");
    Path seeds = Files.createDirectories(temporary.resolve("seeds/text"));
    Files.writeString(seeds.resolve("a"), "a");
    Files.writeString(seeds.resolve("a.hex"), "00");
    List<Corpora.Type> text = new ArrayList<>(Corpora.in(temporary).types());
    assertThatThrownBy(() -> Corpora.in(temporary).writeSeeds(text, temporary))
        .hasMessage(seeds.resolve("a.hex") + ": another seed has the name a; rename one");
  }
}

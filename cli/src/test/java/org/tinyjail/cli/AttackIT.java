package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A jailed program, or whoever runs as the same user, goes for tiny-jail itself. As root. */
class AttackIT {
  private static final String ATTACKER = Attacker.program("attacker").toString();
  private static final String CANARY = "canary\n";
  private static final int OTHER_USER = 65_533;

  @TempDir Path directory;
  private TinyJail tinyJail;
  private Path policy;
  private Path canary;
  private final List<Long> started = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    policy = Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
    canary = Files.writeString(directory.resolve("canary"), CANARY);
    Files.setPosixFilePermissions(canary, PosixFilePermissions.fromString("rw-------"));
  }

  @AfterEach
  void endAll() {
    started.forEach(Attacker::kill);
  }

  private TinyJail.Result mkdir(String... options) throws Exception {
    Path made = directory.resolve("made");
    Files.deleteIfExists(made);
    List<String> words = new ArrayList<>(List.of("run", "--policy", "p.json", "--quiet"));
    words.addAll(List.of(options));
    words.addAll(List.of("--", ATTACKER, "mkdir", made.toString()));
    return tinyJail.run(words.toArray(String[]::new));
  }

  private static final String DENIED = "mkdir=EDOM\n";

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void case67SupervisorsAreOutOfReachEvenForRootUnderAPolicyThatAllowsEveryAttack(boolean agent)
      throws Exception {
    Path go = directory.resolve("go");
    List<String> words = new ArrayList<>(List.of("run", "--policy", "p.json", "--quiet"));
    if (agent) {
      words.add("--watch");
    }
    words.addAll(List.of("--", ATTACKER, "attack", "" + go, directory + "/never"));
    Process launcher = tinyJail.start(words.toArray(String[]::new));
    started.add(launcher.pid());
    long target = Attacker.child(launcher.pid(), "attacker");
    started.add(target);
    String victims = launcher.pid() + "\n";
    if (agent) {
      long java = Attacker.child(launcher.pid(), "java");
      started.add(java);
      victims += java + "\n";
    }
    Files.writeString(directory.resolve("go.new"), victims);
    Files.move(directory.resolve("go.new"), go);

    TinyJail.Result result = tinyJail.end(launcher).succeeded();

    assertThat(result.out()).endsWith(DENIED); // and so the supervisor lives
    assertThat(result.out().lines().filter(line -> line.startsWith("victim")))
        .hasSize(agent ? 2 : 1);
    assertThat(result.out().lines())
        .filteredOn(line -> line.contains("=") && !line.startsWith("pid"))
        .hasSize((agent ? 2 : 1) * 13 + 1)
        .allMatch(line -> line.matches(".*=(EPERM|EACCES|EDOM)"));
  }

  /** Who answers the calls of a jailed program. */
  enum Supervised {
    BY_THE_LAUNCHER("run --policy p.json --quiet"),
    BY_ITS_KEEPER("run --policy p.json --quiet"),
    COMPLAINING("run --policy p.json --quiet --complain"),
    BY_THE_AGENT("run --policy p.json --quiet --watch"),
    BY_THE_AGENT_COMPLAINING("run --policy p.json --quiet --watch --complain"),
    BY_THE_LAUNCHER_AFTER_THE_AGENT("run --policy p.json --quiet --watch"),
    LEARNING("learn --out learned.json");

    private final String command;

    Supervised(String command) {
      this.command = command;
    }

    boolean hasAnAgent() {
      return this == LEARNING || command.contains("--watch");
    }

    boolean deniesNothing() {
      return this == LEARNING || command.contains("--complain");
    }
  }

  /** The supervisors of a program that has been started; for the agent a thread of its too. */
  private static List<Long> victims(Process launcher, Supervised supervised) throws Exception {
    if (supervised == Supervised.BY_ITS_KEEPER) {
      launcher.waitFor();
      return Attacker.supervisors();
    }
    List<Long> victims = new ArrayList<>(List.of(launcher.pid()));
    if (supervised.hasAnAgent()) {
      long java = Attacker.child(launcher.pid(), "java");
      if (supervised == Supervised.BY_THE_LAUNCHER_AFTER_THE_AGENT) {
        Attacker.kill(java);
        Attacker.await("the agent's end", () -> !Attacker.alive(java));
        return victims;
      }
      victims.addAll(List.of(java, Attacker.threadOf(java)));
    }
    return victims;
  }

  @ParameterizedTest
  @EnumSource
  void case62LimitsOfSupervisorsCannotBeSetAndThoseOfTheJailedCan(Supervised supervised)
      throws Exception {
    Files.writeString(
        policy,
        Attacker.ALL_BUT_MKDIR.replaceFirst(
            "[{]", "{\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"));
    Path go = directory.resolve("go");
    String attack = ATTACKER + " limit " + go + " " + directory + "/never";
    List<String> words = new ArrayList<>(List.of(supervised.command.split(" ")));
    words.add("--");
    words.addAll(
        supervised == Supervised.BY_ITS_KEEPER
            ? List.of("sh", "-c", attack + " & exit 0")
            : List.of(attack.split(" ")));
    Process launcher = tinyJail.start(words.toArray(String[]::new));
    started.add(launcher.pid());
    if (supervised != Supervised.BY_ITS_KEEPER) {
      started.add(Attacker.child(launcher.pid(), "attacker"));
    }
    List<Long> victims = victims(launcher, supervised);
    started.addAll(victims);
    Files.write(directory.resolve("go.new"), victims.stream().map(String::valueOf).toList());
    Files.move(directory.resolve("go.new"), go);

    Path said = tinyJail.outputOf(launcher);
    Attacker.await("the end", () -> Attacker.text(said).contains("mkdir="));
    TinyJail.Result result = tinyJail.end(launcher);
    Attacker.await("the supervisor's end", () -> Attacker.supervisors().isEmpty());
    List<String> out = Files.readAllLines(said);

    assertThat(victims).isNotEmpty();
    String x32 = supervised == Supervised.LEARNING ? "ENOSYS" : "EPERM";
    String i386 = Attacker.has32BitCalls() ? "EPERM" : "ENXIO";
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < victims.size(); i++) {
      expected.add("read=ok");
      for (int resource = 0; resource < 2; resource++) {
        expected.addAll(List.of("limit=EPERM", "limit by i386=" + i386, "limit by x32=" + x32));
      }
      expected.add("namesake=ok");
    }
    expected.addAll(List.of("own=ok", "child=ok", "nobody=ESRCH"));
    expected.add(supervised.deniesNothing() ? "mkdir=ok" : "mkdir=EDOM");
    assertThat(out).as(result.err()).isEqualTo(expected);
    if (supervised == Supervised.LEARNING) {
      assertThat(Files.readString(directory.resolve("learned.json"))).contains("\"prlimit64\"");
    } else {
      String json = tinyJail.run("review", "--json").succeeded().out();
      long gates = Attacker.has32BitCalls() ? 3 : 2;
      assertThat(Attacker.recorded(json, "prlimit64(")).isEqualTo(2 * gates * victims.size());
      assertThat(json).contains("prlimit64(" + victims.get(0) + ", RLIMIT_CPU");
      assertThat(Attacker.recorded(json, "mkdir(")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--watch"})
  void case62LimitsOfAProcessOutsideTheJailCannotBeAllowedAndReviewSaysSo(String option)
      throws Exception {
    Files.writeString(policy, Attacker.ALL_BUT_MKDIR.replace("mkdir", "prlimit64"));
    assertThat(attack(option, "outside").out()).isEqualTo("outside=EPERM\nown=EDOM\n");
    TinyJail.Result review = tinyJail.run("review").succeeded();
    assertThat(review.out())
        .containsOnlyOnce("cannot be allowed: it sets limits of a process outside the jail")
        .contains("errno EPERM to attacker", "errno EDOM to attacker", "Allow some: ");
    String json = tinyJail.run("review", "--json").succeeded().out();
    Matcher id = Pattern.compile("\"id\":(\\d+)(?:(?!\"id\":).)*\"allowable\":false").matcher(json);
    assertThat(id.find()).as(json).isTrue();
    byte[] before = Files.readAllBytes(policy);

    TinyJail.Result refused = tinyJail.run("review", "--allow", id.group(1), "--policy", "p.json");

    assertThat(refused.status()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err())
        .contains(id.group(1) + ", prlimit64(", "refused whatever the policy")
        .hasLineCount(1);
    assertThat(Files.readAllBytes(policy)).isEqualTo(before);
    tinyJail.run("review", "--deny", id.group(1)).succeeded();
    assertThat(tinyJail.run("review").succeeded().out()).doesNotContain("outside the jail");
  }

  private TinyJail.Result attack(String option, String how) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "--policy", "p.json", "--quiet"));
    if (!option.isEmpty()) {
      words.add(option);
    }
    words.addAll(List.of("--", ATTACKER, how, directory + "/never"));
    return tinyJail.run(words.toArray(String[]::new)).succeeded();
  }

  /** What comes of each, where calls of other architectures get this. */
  private static List<String> gates(String mkdir, String getpid) {
    boolean i386 = Attacker.has32BitCalls();
    return List.of(
        "native=EDOM",
        "high bits of the number=EDOM",
        "i386=" + (i386 ? mkdir : "ENXIO"),
        "x32=" + mkdir,
        "i386 getpid=" + (i386 ? getpid : "ENXIO"),
        "x32 getpid=ENOSYS",
        "-1=ENOSYS",
        "i386 -1=" + (i386 ? "ENOSYS" : "ENXIO"),
        "no call=ENOSYS",
        "lowest=ENOSYS");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--watch", "--no-agent"})
  void case27And28And29NoOtherGateIntoTheKernelIsOpen(String option) throws Exception {
    assertThat(attack(option, "gates").out().lines().toList()).isEqualTo(gates("ENOSYS", "ENOSYS"));

    Files.writeString(
        policy,
        Attacker.ALL_BUT_MKDIR.replaceFirst(
            "[{]", "{\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"));
    assertThat(attack(option, "gates").out().lines().toList()).isEqualTo(gates("EDOM", "ok"));
    assertThat(directory.resolve("never")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"'', ''", "--watch, ''", "'', wait_killable", "--watch, wait_killable"})
  void case30CallThatATracerRewritesIsJudgedAsRewritten(String option, String missing)
      throws Exception {
    String words = "run --policy p.json --quiet " + option + " -- " + ATTACKER + " rewrite never";
    Process run =
        tinyJail.startOther(
            Stream.concat(
                    Stream.of(TinyJail.distribution().resolve("bin/tiny-jail").toString()),
                    Stream.of(words.split(" +")))
                .toList(),
            Map.of("TINY_JAIL_TEST_WITHOUT", missing));
    assertThat(tinyJail.end(run).succeeded().out())
        .isEqualTo("made mkdir=EDOM\nmade -1=ENOSYS\nrewritten=yes\nlimit=as before\n");
    String json = tinyJail.run("review", "--json").succeeded().out();
    assertThat(Attacker.recorded(json, "mkdir(")).isEqualTo(1);
    assertThat(Attacker.recorded(json, "prlimit64(" + run.pid() + ", RLIMIT_MSGQUEUE"))
        .isPositive();
  }

  @Test
  void case19ProgramThatCannotBeReadIsLearnedAndItsPolicyFits() throws Exception {
    Path made = directory.resolve("made");
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    String[] attack = {"--", ATTACKER, "hide", made.toString()};
    String[] learn = {
      "setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", tool, "learn", "--out"
    };
    String[] first = concat(concat(learn, new String[] {"l.json"}), attack);
    TinyJail.Result learned =
        tinyJail.end(tinyJail.startOther(List.of(first), Map.of())).succeeded();
    assertThat(learned.out()).isEqualTo("mkdir=ok\n");
    assertThat(learned.err()).contains("executables: (unreadable), " + ATTACKER);
    Files.delete(made);
    String[] run = {"run", "--policy", "l.json", "--quiet"};
    assertThat(tinyJail.run(concat(run, attack)).succeeded().out()).isEqualTo("mkdir=ok\n");
    assertThat(tinyJail.run("explain", "l.json", "mkdir").succeeded().out())
        .contains("observed 1 time", "such as mkdir(0x");
  }

  /** Ways to put a file where tiny-jail looks for its own. */
  enum Plant {
    SYMBOLIC_LINK("is a symbolic link", "not a regular file"),
    FIFO("is not a regular file", "not a regular file"),
    HARD_LINK("has 2 names (hard links)", "links 2"),
    WRITABLE_BY_ALL("is open to others (mode 0666", "mode 0666"),
    FOREIGN("belongs to user " + OTHER_USER, "owner " + OTHER_USER);

    /** Why it is refused as a database: for no other of its faults. */
    final String inStore;

    /** Why it is refused as a spool. */
    final String inSpool;

    Plant(String inStore, String inSpool) {
      this.inStore = inStore;
      this.inSpool = inSpool;
    }

    /** Puts {@code bytes} at {@code place}; answers a file that must not change thereby. */
    Path at(Path place, byte[] bytes, Path elsewhere) throws Exception {
      Files.deleteIfExists(place);
      boolean other = this == SYMBOLIC_LINK || this == HARD_LINK || this == FIFO;
      Path file = other ? elsewhere : place;
      Files.deleteIfExists(file);
      Files.write(file, bytes);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      switch (this) {
        case SYMBOLIC_LINK -> Files.createSymbolicLink(place, file);
        case HARD_LINK -> Files.createLink(place, file);
        case FIFO -> makeFifo(place);
        case WRITABLE_BY_ALL ->
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        case FOREIGN -> Files.setAttribute(file, "unix:uid", OTHER_USER);
      }
      return file;
    }
  }

  private static void makeFifo(Path place) throws Exception {
    assertThat(new ProcessBuilder("mkfifo", "-m", "600", place.toString()).start().waitFor())
        .isZero();
  }

  private Path plan() throws Exception {
    try (Stream<Path> files = Files.list(tinyJail.home().resolve(".cache/tiny-jail"))) {
      return files.filter(file -> file.toString().endsWith(".plan")).findFirst().orElseThrow();
    }
  }

  /** The entry of the policy that is in force, with the plan of one that allows all. */
  private byte[] forgedEntry() throws Exception {
    Files.writeString(policy, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[]}");
    assertThat(mkdir().out()).isEqualTo("mkdir=ok\n");
    byte[] lax = Files.readAllBytes(plan());
    Files.delete(plan());
    Files.writeString(policy, Attacker.ALL_BUT_MKDIR);
    assertThat(mkdir().out()).isEqualTo(DENIED);
    byte[] strict = Files.readAllBytes(plan());
    ByteBuffer forged = ByteBuffer.allocate(strict.length + lax.length);
    forged.put(strict, 0, planAt(strict)).put(lax, planAt(lax), lax.length - planAt(lax));
    return Arrays.copyOf(forged.array(), forged.position());
  }

  private static int planAt(byte[] entry) {
    long key = ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return (int) (Long.BYTES + key + 7) & ~7;
  }

  @Test
  void case68ForgedPlanWorksWhereItIsTheUsersOwnSoThatTheNextTestsProveSomething()
      throws Exception {
    byte[] forged = forgedEntry();
    Files.write(plan(), forged);
    assertThat(mkdir().out()).isEqualTo("mkdir=ok\n");
  }

  @ParameterizedTest
  @EnumSource
  void case68PlantedPlanIsNotTrustedButReplaced(Plant plant) throws Exception {
    byte[] forged = forgedEntry();
    Path entry = plan();
    Path elsewhere = plant.at(entry, forged, directory.resolve("elsewhere"));

    assertThat(mkdir().out()).isEqualTo(DENIED);

    assertThat(Files.readAttributes(entry, "unix:mode,uid,nlink", LinkOption.NOFOLLOW_LINKS))
        .containsEntry("mode", 0100600)
        .containsEntry("uid", 0)
        .containsEntry("nlink", 1);
    assertThat(Files.readAllBytes(entry)).isNotEqualTo(forged);
    if (!elsewhere.equals(entry)) {
      assertThat(Files.readAllBytes(elsewhere)).isEqualTo(forged);
    }
  }

  private Path store() {
    return tinyJail.home().resolve(".local/share/tiny-jail");
  }

  private Path databaseOf(Path store) throws Exception {
    try (Stream<Path> files = Files.list(store)) {
      return files.filter(file -> file.toString().endsWith(".mv.db")).findFirst().orElseThrow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void case68PlantedDatabaseIsRefused(Plant plant) throws Exception {
    assertThat(mkdir().out()).isEqualTo(DENIED);
    tinyJail.run("review").succeeded();
    Path database = databaseOf(store());
    byte[] bytes = Files.readAllBytes(database);
    Path file = plant.at(database, bytes, directory.resolve("elsewhere"));

    TinyJail.Result review = tinyJail.run("review");

    assertThat(review.status()).isEqualTo(ExitCode.STORE_UNAVAILABLE);
    assertThat(review.err()).contains(database + ": " + plant.inStore).hasLineCount(1);
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @EnumSource
  void case68PlantedSpoolIsRefusedAndTheOthersAreRead(Plant plant) throws Exception {
    assertThat(mkdir().out()).isEqualTo(DENIED);
    Path spool;
    try (Stream<Path> files = Files.list(store().resolve("spool"))) {
      spool = files.findFirst().orElseThrow();
    }
    byte[] forged = Files.readAllBytes(spool);
    Path place = store().resolve("spool/0000000000000001-1.spool");
    Path file = plant.at(place, forged, directory.resolve("elsewhere"));

    TinyJail.Result review = tinyJail.run("review", "--json").succeeded();

    assertThat(Attacker.recorded(review.out(), "made")).isEqualTo(1);
    assertThat(review.err()).contains(place + ": broken (", plant.inSpool);
    if (!file.equals(place)) {
      assertThat(Files.readAllBytes(file)).isEqualTo(forged);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "store.lock, is a symbolic link, has 2 names (hard links)",
    "evidence.mv.db, is a symbolic link, has 2 names (hard links)",
    "spool, is not a directory, is not a directory",
  })
  void case68LinkInTheStoreToAFileOfTheUsersIsNotFollowed(String name, String symbolic, String hard)
      throws Exception {
    for (Plant plant : List.of(Plant.SYMBOLIC_LINK, Plant.HARD_LINK)) {
      String reason = plant == Plant.HARD_LINK ? hard : symbolic;
      assertThat(mkdir().out()).isEqualTo(DENIED);
      tinyJail.run("review").succeeded();
      Path place = store().resolve(name);
      assertThat(place).exists();
      Files.delete(place);
      plant.at(place, CANARY.getBytes(StandardCharsets.UTF_8), canary);

      TinyJail.Result review = tinyJail.run("review");

      assertThat(Files.readString(canary)).as("%s as %s", name, plant).isEqualTo(CANARY);
      assertThat(review.status()).isEqualTo(ExitCode.STORE_UNAVAILABLE);
      assertThat(review.err()).contains(place + ": " + reason).hasLineCount(1);
      Files.delete(place);
    }
  }

  @ParameterizedTest
  @EnumSource
  void case68PlantedBackupIsReplacedNotFollowed(Plant plant) throws Exception {
    assertThat(mkdir().out()).isEqualTo(DENIED);
    Path backup = directory.resolve("p.json.bak");
    plant.at(backup, CANARY.getBytes(StandardCharsets.UTF_8), canary);

    tinyJail.run("review", "--allow", "1", "--policy", "p.json").succeeded();

    assertThat(Files.readString(canary)).isEqualTo(CANARY);
    assertThat(Files.readString(backup)).isEqualTo(Attacker.ALL_BUT_MKDIR);
    assertThat(Files.readAttributes(backup, "unix:mode,uid,nlink", LinkOption.NOFOLLOW_LINKS))
        .containsEntry("mode", 0100644)
        .containsEntry("uid", 0)
        .containsEntry("nlink", 1);
    assertThat(mkdir().out()).isEqualTo("mkdir=ok\n");
  }

  @Test
  void case70EnvironmentOfTheCallerReachesTheTargetAndNotTheAgent() throws Exception {
    Path log = directory.resolve("loaded");
    Map<String, String> environment =
        new TreeMap<>(
            Map.of(
                "JAVA_TOOL_OPTIONS", "-Downed=1",
                "JDK_JAVA_OPTIONS", "-Downed=2",
                "_JAVA_OPTIONS", "-Downed=3",
                "LD_PRELOAD", Attacker.library("preload").toString(),
                "LD_LIBRARY_PATH", directory.toString(),
                "CLASSPATH", directory.toString(),
                "PRELOAD_LOG", log.toString()));
    String tool = TinyJail.distribution().resolve("bin/tiny-jail").toString();
    Process run =
        tinyJail.startOther(
            List.of(tool, "run", "--watch", "--policy", "p.json", "--", "sh", "-c", "env; read x"),
            environment,
            ProcessBuilder.Redirect.PIPE);
    started.add(run.pid());
    long agent = Attacker.child(run.pid(), "java");
    started.add(agent);
    Path out = tinyJail.outputOf(run);
    Attacker.await("the target", () -> Attacker.text(out).contains("PRELOAD_LOG="));
    String agents = Attacker.text(Path.of("/proc/" + agent + "/environ"));
    run.getOutputStream().close();
    TinyJail.Result result = tinyJail.end(run);

    environment.forEach((name, value) -> assertThat(result.out()).contains(name + "=" + value));
    environment.keySet().forEach(name -> assertThat(agents).doesNotContain(name));
    assertThat(result.err()).doesNotContain("Picked up");
    tinyJail.end(tinyJail.startOther(List.of(tool, "review"), environment)).succeeded();
    assertThat(Files.readString(log)).contains("/env\n").doesNotContain("java");
  }

  /** No byte that steers a terminal, and nothing that is not UTF-8. */
  private static void assertHarmless(String what, Path file) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new AssertionError(what + ": not UTF-8: " + Attacker.text(file), e);
    }
    assertThat(text.codePoints())
        .as("%s: %s", what, text)
        .noneMatch(
            c ->
                (c != '\n' && Character.isISOControl(c))
                    || Character.getType(c) == Character.FORMAT
                    || c == '\u2028'
                    || c == '\u2029');
  }

  private String harmless(String... words) throws Exception {
    Process process = tinyJail.start(words);
    tinyJail.end(process);
    String what = String.join(" ", words);
    assertHarmless(what, tinyJail.outputOf(process));
    assertHarmless(what, tinyJail.errorsFileOf(process));
    return Files.readString(tinyJail.outputOf(process));
  }

  @Test
  void case72NothingThatATargetSaysSteersTheTerminal() throws Exception {
    String evil = "\u001b]0;owned\u0007\r\u202e\u009b31m";
    Path program = directory.resolve("p" + evil);
    Files.copy(Path.of(ATTACKER), program);
    Files.writeString(
        policy,
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"execve\"],"
            + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":33}]}");
    String[] steer = {"--", program.toString(), "steer", "" + directory, evil};
    harmless(concat(new String[] {"run", "--policy", "p.json"}, steer));
    harmless(concat(new String[] {"run", "--watch", "--policy", "p.json"}, steer));
    assertThat(harmless("review")).contains("\\x1b]0;owned", "\\u{202e}", "\\u{9b}");
    assertThat(harmless("review", "--json")).contains("owned");
    harmless(concat(new String[] {"learn", "--out", "l.json"}, steer));
    harmless(concat(new String[] {"learn", "--profile", evil, "--out", "l.json"}, steer));
    assertThat(harmless("explain", "l.json", "mkdir")).contains("owned");
    assertThat(harmless("explain", "l.json")).contains("mkdir");
    harmless("explain", "--json", "l.json");
    assertThat(harmless("evidence", "list")).contains("owned");
    harmless("evidence", "list", "--json");
    harmless("generate", "--program", "" + program, "--out", "g.json");
    harmless("evidence", "forget", evil);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u001b]0;owned\u0007", "\u202e", "\u009b31m", "\r\n"})
  void case72NothingInAPolicyOrOnACommandLineSteersTheTerminal(String evil) throws Exception {
    String name = "n" + evil + ".json";
    Files.writeString(
        directory.resolve(name),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"n"
            + evil.replace("\u001b", "\\u001b")
                .replace("\u0007", "\\u0007")
                .replace("\r\n", "\\r\\n")
            + "\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    harmless("run", "--policy", name, "--", "true");
    harmless("compile", name, "--text");
    harmless("compile", "--strict", name, "--text");
    harmless("explain", name);
    harmless("explain", "p.json", evil);
    harmless("run", "--policy", "missing" + evil, "--", "true");
    harmless("run", "--policy", "p.json", "--", "./missing" + evil);
    harmless("run", "--policy", "p.json", "--", "missing" + evil);
    harmless("run", "--" + evil, "--", "true");
    harmless("run", "--policy", "p.json", "--kill", evil, "--", "true");
    harmless("n" + evil);
    harmless("review", "--store", "/dev/null/" + evil);
    harmless("review", "--allow", evil, "--policy", name);
    harmless("learn", "--out", "missing" + evil + "/x", "--", "true");
  }

  private static String[] concat(String[] first, String[] second) {
    return Stream.concat(Stream.of(first), Stream.of(second)).toArray(String[]::new);
  }
}

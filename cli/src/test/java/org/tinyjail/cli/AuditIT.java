package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel logs, on the real kernel, with real auditd and real runc. */
class AuditIT {
  private static final int FLOOD = 200_000;

  /** Its number in /proc/net/netlink: linux/netlink.h. */
  private static final String NETLINK_AUDIT = "9";

  private static final Pattern LOST = Pattern.compile("\"lost\":([0-9]+)");

  @TempDir Path directory;
  private TinyJail tinyJail;
  private Path logged;
  private String before = "";
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    logged = directory.resolve("logged");
    Files.copy(Attacker.program("logged"), logged);
    String status =
        tinyJail.end(tinyJail.startOther(List.of("auditctl", "-s"), Map.of())).succeeded().out();
    Matcher limit = Pattern.compile("backlog_limit ([0-9]+)").matcher(status);
    assertThat(limit.find()).as(status).isTrue();
    before = limit.group(1);
    setBacklog("8192");
  }

  @AfterEach
  void end() throws Exception {
    started.forEach(Process::destroyForcibly);
    setBacklog(before);
  }

  /**
   * As Debian's rules set it: with the kernel's own 64 a single program that fills the queue may be
   * passed over when it has room again, and then waits for a minute (kernel/audit.c, {@code
   * audit_log_start}: the queue is emptied between its look at it and its sleep).
   */
  private void setBacklog(String records) throws Exception {
    tinyJail.end(tinyJail.startOther(List.of("auditctl", "-b", records), Map.of())).succeeded();
  }

  private void flood(String action, int count) throws Exception {
    tinyJail.end(tinyJail.startOther(List.of(logged.toString(), action, "" + count), Map.of()));
  }

  /** A collecting process whose self-check has passed. */
  private Process following(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("audit", "follow", "--json"));
    words.addAll(List.of(options));
    Process follow = tinyJail.start(words.toArray(String[]::new));
    started.add(follow);
    Attacker.await(
        "the own record",
        () -> Files.readString(tinyJail.errorsFileOf(follow)).contains("records are read"));
    return follow;
  }

  private TinyJail.Result stop(Process follow) throws Exception {
    signal("INT", follow.pid());
    TinyJail.Result result = tinyJail.end(follow);
    assertThat(result.err()).doesNotContain("NOTHING MAY BE COLLECTED", "refused");
    return result;
  }

  private static void signal(String name, long process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process).start().waitFor()).isZero();
  }

  private static long number(Pattern pattern, String text) {
    Matcher found = pattern.matcher(text);
    long sum = 0;
    while (found.find()) {
      sum += Long.parseLong(found.group(1));
    }
    return sum;
  }

  /** How often the store's runs of the program have seen or been denied the call. */
  private long stored(String call) throws Exception {
    String lines =
        tinyJail.run("evidence", "export", "--profile", logged.toString()).succeeded().out();
    return lines
        .lines()
        .filter(line -> line.contains("\"syscall\":\"" + call + "\""))
        .mapToLong(line -> number(Pattern.compile("\"count\":([0-9]+)"), line))
        .sum();
  }

  @Test
  void followTakesEachRecordOfAFloodOrSaysHowManyAreLost() throws Exception {
    Process follow = following();
    flood("log", FLOOD);
    TinyJail.Result result = stop(follow);
    long taken = stored("getppid");
    assertThat(taken + number(LOST, result.out())).isEqualTo(FLOOD);
    assertThat(taken).isGreaterThan(FLOOD / 2);
    assertThat(tinyJail.run("evidence", "list").succeeded().out()).contains(" log ");
  }

  /** There is room for 161,000 records: the rest of the flood is lost while nobody reads. */
  @Test
  void aReaderThatIsStoppedLosesRecordsAndKnowsToTheLastOneHowMany() throws Exception {
    Process follow = following();
    signal("STOP", follow.pid());
    flood("log", 2 * FLOOD);
    signal("CONT", follow.pid());
    flood("log", 1);
    TinyJail.Result result = stop(follow);
    long lost = number(LOST, result.out());
    assertThat(lost).isPositive();
    assertThat(stored("getppid") + lost).isEqualTo(2 * FLOOD + 1);
    assertThat(result.out()).contains("\"complete\":false", "\"lostFrom\":", "\"lostTo\":");
    TinyJail.Result learned =
        tinyJail.run("learn", "--from-audit", "--program", logged.toString(), "--out", "p.json");
    assertThat(learned.succeeded().err()).containsPattern("[0-9,]+ records lost between 20");
    assertThat(tinyJail.run("explain", "p.json").succeeded().out())
        .containsPattern("made of .*records lost between")
        .contains("logged");
    TinyJail.Result status = tinyJail.run("audit", "status");
    assertThat(status.status()).isEqualTo(ExitCode.FINDINGS);
    assertThat(status.out()).contains("records lost between");
  }

  @Test
  void whatAFilterRefusesIsADenialAndWhatItLogsIsNeeded() throws Exception {
    Process follow = following();
    flood("errno", 3);
    flood("trap", 1);
    flood("kill", 1);
    flood("log", 2);
    stop(follow);
    assertThat(tinyJail.run("review", "--program", logged.toString()).succeeded().out())
        .contains("getppid(?)", "3 variants, 5 times")
        .contains("errno EPERM to logged, trap to logged, kill_process to logged");
    tinyJail
        .run("learn", "--from-audit", "--program", logged.toString(), "--out", "p.json")
        .succeeded();
    assertThat(tinyJail.run("explain", "p.json", "getppid").succeeded().out())
        .contains("logged 2 times");
  }

  /** What is killed natively, no supervisor sees; a run is known that has left something else. */
  @Test
  void whatTheKernelHasKilledInARunOfOursBelongsToTheProfileOfThatRun() throws Exception {
    Path script = directory.resolve("s.py");
    Files.writeString(
        script, "import os, socket\ntry: socket.sethostname('x')\nexcept OSError: os.getppid()\n");
    Files.writeString(
        directory.resolve("p.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
            + "[{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},"
            + "{\"names\":[\"sethostname\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
    Process follow = following();
    TinyJail.Result killed =
        tinyJail.run("run", "--policy", "p.json", "--", "/usr/bin/python3", script.toString());
    assertThat(killed.status()).isEqualTo(128 + 31);
    stop(follow);
    assertThat(tinyJail.run("review").succeeded().out())
        .contains("python3", script.toString(), "getppid(?)");
  }

  @Test
  void onlyOneCollectsAtATime() throws Exception {
    Process follow = following();
    TinyJail.Result second = tinyJail.run("audit", "follow", "--timeout", "1s");
    assertThat(second.status()).isEqualTo(ExitCode.FAILED);
    assertThat(second.err()).contains("process " + follow.pid() + " collects already");
    stop(follow);
    assertThat(tinyJail.run("audit", "follow", "--timeout", "1s").succeeded().err())
        .contains("records of filters taken");
  }

  /** auditd as Debian has it, with its own directory: nothing of the machine's is touched. */
  private Process auditd() throws Exception {
    Path root = directory.resolve("root");
    Path etc = root.resolve("etc/audit");
    Files.createDirectories(etc.resolve("plugins.d"));
    Files.createDirectories(root.resolve("log"));
    String store = tinyJail.home().resolve(".local/share/tiny-jail").toString();
    tinyJail.run("audit", "install", "--root", root.toString(), "--store", store).succeeded();
    Path plugin = etc.resolve("plugins.d/tiny-jail.conf");
    String text = Files.readString(plugin);
    Files.writeString(plugin, text.replace("path = /", "path = " + root + "/"));
    Files.writeString(
        etc.resolve("auditd.conf"),
        """
        local_events = yes
        write_logs = yes
        log_file = %1$s/log/audit.log
        log_group = root
        log_format = RAW
        flush = NONE
        max_log_file = 500
        num_logs = 2
        max_log_file_action = ROTATE
        disk_full_action = SUSPEND
        disk_error_action = SUSPEND
        space_left = 2
        admin_space_left = 1
        space_left_action = IGNORE
        admin_space_left_action = IGNORE
        q_depth = 20000
        overflow_action = IGNORE
        max_restarts = 10
        plugin_dir = %1$s/etc/audit/plugins.d
        """
            .formatted(root));
    for (Path file : List.of(etc.resolve("auditd.conf"), plugin)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }
    return auditd(1);
  }

  /** That auditd, for the so-manieth time. */
  private Process auditd(int times) throws Exception {
    Path etc = directory.resolve("root/etc/audit");
    Process auditd = tinyJail.startOther(List.of("auditd", "-n", "-c", etc.toString()), Map.of());
    started.add(auditd);
    awaitPlugin(times);
    return auditd;
  }

  /** So many plugins have begun and had their own record come. */
  private void awaitPlugin(int times) throws Exception {
    Path notes = tinyJail.home().resolve(".local/share/tiny-jail/audit-plugin.notes");
    Attacker.await(
        "the plugin",
        () ->
            Files.exists(notes)
                && Files.readAllLines(notes).stream()
                        .filter(line -> line.contains("records are read"))
                        .count()
                    == times);
  }

  /** What still waits in the kernel, or in a socket, when auditd ends does not reach it. */
  private void awaitEmptyQueue() throws Exception {
    Attacker.await(
        "an empty queue",
        () ->
            tinyJail
                    .end(tinyJail.startOther(List.of("auditctl", "-s"), Map.of()))
                    .out()
                    .contains("\nbacklog 0\n")
                && Files.readAllLines(Path.of("/proc/net/netlink")).stream()
                    .map(line -> line.split(" +", -1))
                    .allMatch(words -> !words[1].equals(NETLINK_AUDIT) || words[4].equals("0")));
  }

  private static void endAuditd(Process auditd) throws Exception {
    List<ProcessHandle> plugins = auditd.children().toList();
    auditd.destroy();
    assertThat(auditd.waitFor(30, TimeUnit.SECONDS)).isTrue();
    for (ProcessHandle plugin : plugins) {
      plugin.onExit().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void auditdsPluginTakesEachRecordOfAFlood() throws Exception {
    Process auditd = auditd();
    flood("log", FLOOD);
    // What waits in auditd's own queue when it ends, a plugin on a busy machine does not get.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (stored("getppid") < FLOOD && System.nanoTime() < end) {
      Thread.sleep(1000); // whoever asks has the store for himself, and a processor
    }
    endAuditd(auditd);
    String said = tinyJail.run("audit", "status").out();
    assertThat(stored("getppid")).as(said).isEqualTo(FLOOD);
    String sessions = tinyJail.run("audit", "status", "--json").out();
    assertThat(sessions).contains("\"source\":\"auditd\"", "\"complete\":true");
  }

  @Test
  void whatIsMadeBetweenTwoRunsOfAuditdIsKnownToBeMissing() throws Exception {
    Process first = auditd();
    flood("log", 100);
    awaitEmptyQueue();
    endAuditd(first);
    flood("log", 50); // nobody reads these
    Process second = auditd(2);
    flood("log", 100);
    awaitEmptyQueue();
    endAuditd(second);
    assertThat(stored("getppid")).isEqualTo(200);
    String status = tinyJail.run("audit", "status").out();
    Matcher lost = Pattern.compile("(\\d+) records? lost between").matcher(status);
    assertThat(lost.find()).as(status).isTrue();
    assertThat(Long.parseLong(lost.group(1))).isBetween(50L, 60L);
  }

  @Test
  void whatAKilledPluginHasMissedIsFoundAndComesFromAuditdsLog() throws Exception {
    Process auditd = auditd();
    Process flood = tinyJail.startOther(List.of(logged.toString(), "log", "" + FLOOD), Map.of());
    Thread.sleep(500);
    ProcessHandle plugin = auditd.children().findFirst().orElseThrow();
    signal("KILL", plugin.pid());
    tinyJail.end(flood);
    awaitPlugin(2);
    flood("log", 10);
    awaitEmptyQueue();
    endAuditd(auditd);
    long before = stored("getppid");
    assertThat(before).isLessThan(FLOOD + 10);
    assertThat(tinyJail.run("audit", "status").out())
        .containsPattern("[0-9,]+ records? lost between");

    Path log = directory.resolve("root/log/audit.log");
    Thread.sleep(2100); // an import leaves what is newer to whatever may collect
    TinyJail.Result imported = tinyJail.run("audit", "import", log.toString()).succeeded();
    assertThat(imported.err()).contains("known before");
    try (Stream<String> lines = Files.lines(log)) {
      assertThat(lines.filter(line -> line.contains("exe=\"" + logged + "\"")).count())
          .as("in auditd's log")
          .isEqualTo(FLOOD + 10);
    }
    assertThat(stored("getppid")).as(imported.err()).isEqualTo(FLOOD + 10);
    assertThat(tinyJail.run("audit", "status", "--json").out())
        .contains("\"complete\":true")
        .doesNotContain("\"complete\":false");

    TinyJail.Result again = tinyJail.run("audit", "import", log.toString()).succeeded();
    assertThat(again.err()).contains("tiny-jail: 0 records of filters taken");
    assertThat(stored("getppid")).isEqualTo(FLOOD + 10);
  }

  private static String record(long millisecond, long serial, String fields) {
    return String.format(
        "type=SECCOMP msg=audit(%d.%03d:%d): auid=0 uid=0 gid=0 ses=1 pid=7 comm=\"app\" %s sig=0"
            + " arch=c000003e syscall=39 compat=0 ip=0x7f00 code=0x7ffc0000%n",
        1_790_000_000L + millisecond / 1000, millisecond % 1000, serial, fields);
  }

  @Test
  void filesOfARotatedLogAreReadOldestFirstAndCountOnce() throws Exception {
    StringBuilder old = new StringBuilder();
    StringBuilder recent = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      old.append(record(i, 1 + i, "exe=\"" + logged + "\""));
      recent.append(record(1000 + i, 1001 + i, "exe=\"" + logged + "\""));
    }
    Path packed = directory.resolve("audit.log.1.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(old.toString().getBytes(StandardCharsets.UTF_8));
    }
    Path plain = directory.resolve("audit.log");
    Files.writeString(plain, recent + "type=SECCOMP msg=audit(1790000009.000:5");
    TinyJail.Result first =
        tinyJail.run("audit", "import", plain.toString(), packed.toString()).succeeded();
    assertThat(first.err())
        .contains("2,000 records of filters taken", "complete")
        .contains("audit.log:byte", "cut off");
    assertThat(tinyJail.run("audit", "import", packed.toString(), plain.toString()).err())
        .contains("0 records of filters taken, 2,000 known before");
    assertThat(stored("getpid")).isEqualTo(2000);

    assertThat(
            tinyJail.run("audit", "import", "--host", "web1", plain.toString()).succeeded().err())
        .contains("web1: 1,000 records");
    assertThat(tinyJail.run("evidence", "list").out()).contains("@web1");
    assertThat(stored("getpid")).isEqualTo(3000);
  }

  @Test
  void aRunOfTheLogThatWasForgottenCanBeImportedAgain() throws Exception {
    Path log = directory.resolve("audit.log");
    Files.writeString(log, record(1, 1, "exe=\"" + logged + "\""));
    tinyJail.run("audit", "import", log.toString()).succeeded();
    String run = tinyJail.run("evidence", "list").out().split(" ", 2)[0];
    tinyJail.run("evidence", "forget", run).succeeded();
    assertThat(tinyJail.run("audit", "import", log.toString()).err())
        .contains("1 record of filters taken");
  }

  @Test
  void whatIsNoLogIsRefusedWithItsByte() throws Exception {
    Path file = directory.resolve("notes.txt");
    Files.writeString(file, "hello\n");
    TinyJail.Result result = tinyJail.run("audit", "import", file.toString());
    assertThat(result.status()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(result.err()).contains("notes.txt:byte 0: wanted", "no audit record in");
    assertThat(tinyJail.run("audit", "import", directory.resolve("none").toString()).status())
        .isEqualTo(ExitCode.BAD_INPUT);
    assertThat(tinyJail.run("audit", "import").status()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void withoutRightsFollowSaysWhatStillWorksAndImportDoes() throws Exception {
    Path log = directory.resolve("audit.log");
    Files.writeString(log, record(1, 1, "exe=\"/usr/bin/app\""));
    TinyJail.Result follow = withoutRights("audit", "follow", "--timeout", "1s");
    assertThat(follow.status()).as(follow.err()).isEqualTo(ExitCode.FAILED);
    assertThat(follow.err()).contains("CAP_AUDIT_READ", "tiny-jail audit import FILE");
    assertThat(withoutRights("audit", "import", log.toString()).succeeded().err())
        .contains("1 record of filters taken");
  }

  private TinyJail.Result withoutRights(String... words) throws Exception {
    String rights = "-audit_read,-audit_control,-net_admin";
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--bounding-set=" + rights, "--inh-caps=" + rights));
    command.add(TinyJail.distribution().resolve("bin/tiny-jail").toString());
    command.addAll(List.of(words));
    return tinyJail.end(tinyJail.startOther(command, Map.of()));
  }

  @Test
  void uninstallTakesAwayWhatInstallHasWritten() throws Exception {
    Path root = Files.createDirectories(directory.resolve("image"));
    TinyJail.Result none = tinyJail.run("audit", "install", "--root", root.toString());
    assertThat(none.status()).isEqualTo(ExitCode.FAILED);
    assertThat(none.err()).contains("apt-get install auditd", "dnf install audit");
    Path plugins = Files.createDirectories(root.resolve("etc/audit/plugins.d"));
    tinyJail.run("audit", "install", "--root", root.toString()).succeeded();
    Path wrapper = root.resolve("usr/local/libexec/tiny-jail-audit");
    assertThat(Files.getPosixFilePermissions(wrapper))
        .isEqualTo(PosixFilePermissions.fromString("rwxr-x---"));
    assertThat(wrapper).content().contains("--ignore-signal=HUP,INT,TERM", "/root/.local/share");
    assertThat(plugins.resolve("tiny-jail.conf")).content().contains("format = string");
    tinyJail.run("audit", "uninstall", "--root", root.toString()).succeeded();
    assertThat(wrapper).doesNotExist();
    assertThat(plugins).isEmptyDirectory();
    assertThat(tinyJail.run("audit", "uninstall", "--root", root.toString()).err())
        .contains("nothing of tiny-jail was installed");
  }

  @Test
  void aDistributionThatOthersCanChangeIsNotInstalled() throws Exception {
    Path copy = directory.resolve("copy");
    List<String> copies = List.of("cp", "-a", TinyJail.distribution().toString(), "" + copy);
    tinyJail.end(tinyJail.startOther(copies, Map.of())).succeeded();
    Path root = directory.resolve("image");
    Files.createDirectories(root.resolve("etc/audit/plugins.d"));
    Files.setPosixFilePermissions(
        copy.resolve("bin"), PosixFilePermissions.fromString("rwxrwxrwx"));
    TinyJail.Result result =
        tinyJail.end(
            tinyJail.startOther(
                List.of(copy + "/bin/tiny-jail", "audit", "install", "--root", root.toString()),
                Map.of()));
    assertThat(result.status()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("can be changed by others than root");
    assertThat(root.resolve("usr")).doesNotExist();
  }

  @Test
  void complainLogsWhatAPolicyDeniesButForAnswersOfEnosys() throws Exception {
    Files.writeString(
        directory.resolve("p.json"),
        """
        {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
          {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
          {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
          {"names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS"}]}
        """);
    TinyJail.Result converted =
        tinyJail.run("convert", "p.json", "--complain", "-o", "log.json").succeeded();
    assertThat(converted.err()).contains("nobody keeps the records on this host");
    String all = tinyJail.run("explain", "log.json").succeeded().out();
    assertThat(all).containsPattern("clone3 +errno ENOSYS").containsPattern("any other call +log");
    assertThat(all).containsPattern("ptrace +log").containsPattern("read +allow");
    assertThat(tinyJail.run("compile", "p.json", "--complain", "--text").succeeded().out())
        .contains("LOG")
        .doesNotContain("KILL_PROCESS");
  }

  @Test
  void learningFromTheLogWantsAProgramAndRecords() throws Exception {
    TinyJail.Result none = tinyJail.run("learn", "--from-audit", "--program", "nginx");
    assertThat(none.status()).isEqualTo(ExitCode.FAILED);
    assertThat(none.err()).contains("nothing was learned of \"nginx\"");
    assertThat(tinyJail.run("learn", "--from-audit").err()).contains("wants --program P");
    tinyJail.run("learn", "--out", "t.json", "--", "/bin/true").succeeded();
    assertThat(tinyJail.run("learn", "--from-audit", "--program", "true").err())
        .contains("was collected; \"tiny-jail audit status\" says what is");
  }

  @Test
  void oldRecordsAreLeftOutBySince() throws Exception {
    Path log = directory.resolve("audit.log");
    Files.writeString(log, record(1, 1, "exe=\"" + logged + "\""));
    tinyJail.run("audit", "import", log.toString()).succeeded();
    List<String> learn =
        List.of("learn", "--from-audit", "--program", logged.toString(), "--out", "p.json");
    tinyJail.run(learn.toArray(String[]::new)).succeeded();
    List<String> recent = new ArrayList<>(learn);
    recent.addAll(List.of("--since", "1h"));
    assertThat(tinyJail.run(recent.toArray(String[]::new)).err())
        .contains("no record of that time of " + logged);
  }

  /** The whole way: a profile of almost nothing, in a container, logged; then enforced. */
  @Test
  void policyFromTheLogOfAContainerLetsTheSameLoadPass() throws Exception {
    Files.writeString(
        directory.resolve("nginx.conf"),
        """
        daemon off; user root; worker_processes 2; pid %1$s/nginx.pid; error_log %1$s/error.log;
        events { worker_connections 256; }
        http { access_log %1$s/access.log; root %1$s/www;
          client_body_temp_path %1$s/t1; proxy_temp_path %1$s/t2; fastcgi_temp_path %1$s/t3;
          uwsgi_temp_path %1$s/t4; scgi_temp_path %1$s/t5;
          server { listen 127.0.0.1:18431; } }
        """
            .formatted(directory));
    Files.createDirectory(directory.resolve("www"));
    Files.writeString(directory.resolve("www/index.html"), "here\n".repeat(200));
    String configuration = directory + "/nginx.conf";
    tinyJail
        .run("learn", "--out", "t.json", "--", "/usr/sbin/nginx", "-t", "-c", configuration)
        .succeeded();
    tinyJail
        .run("convert", "t.json", "--for", "docker", "--complain", "-o", "log.json")
        .succeeded();
    Process follow = following();
    assertThat(served("log.json")).isEqualTo(10_000);
    stop(follow);
    TinyJail.Result learned =
        tinyJail.run(
            "learn",
            "--from-audit",
            "--program",
            "nginx",
            "--mode",
            "strict",
            "--for",
            "docker",
            "--out",
            "nginx.json");
    assertThat(learned.succeeded().err()).contains("of them logged", "complete");
    assertThat(tinyJail.calls("nginx.json"))
        .contains("epoll_wait", "accept4", "writev")
        .doesNotContain("ptrace");
    assertThat(served("nginx.json")).isEqualTo(10_000);
  }

  /** How many of 10,000 requests nginx answers in a container of runc's under a profile. */
  private long served(String profile) throws Exception {
    String script =
        """
        set -e
        mkdir -p bundle/rootfs/usr bundle/rootfs/etc bundle/rootfs/proc bundle/rootfs/sys bundle/rootfs/dev \
          bundle/rootfs/tmp "bundle/rootfs$PWD"
        for name in bin sbin lib lib32 lib64; do ln -sfn "usr/$name" "bundle/rootfs/$name"; done
        rm -f bundle/config.json
        runc spec --bundle bundle
        jq --arg here "$PWD" --slurpfile seccomp "$1" '
          def bind($path; $how): {destination: $path, source: $path, type: "bind", options: ["rbind", $how]};
          .process.terminal = false | .root.readonly = false | .process.cwd = $here |
          .process.args = ["/usr/sbin/nginx", "-c", $here + "/nginx.conf"] | .linux.seccomp = $seccomp[0] |
          .linux.namespaces |= map(select(.type != "network")) |
          .mounts |= map(select(.type != "sysfs")) |
          .mounts += [bind("/usr"; "ro"), bind("/etc"; "ro"), bind($here; "rw")]' \
          bundle/config.json >bundle/new.json
        mv bundle/new.json bundle/config.json
        runc --root "$PWD/state" run --bundle bundle tiny-jail-nginx </dev/null >container.out 2>&1 &
        for try in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:18431/ && break; sleep 0.1; done
        curl -s -o /dev/null -w '%{http_code}\\n' 'http://127.0.0.1:18431/?[1-10000]' >codes || true
        runc --root "$PWD/state" kill tiny-jail-nginx TERM || true
        wait
        """;
    TinyJail.Result result =
        tinyJail.end(
            tinyJail.startOther(List.of("bash", "-c", script, "bash", profile), Map.of()),
            Duration.ofMinutes(3));
    Path codes = directory.resolve("codes");
    assertThat(codes).as("stderr: %s", result.err()).exists();
    try (var lines = Files.lines(codes)) {
      return lines.filter("200"::equals).count();
    }
  }
}

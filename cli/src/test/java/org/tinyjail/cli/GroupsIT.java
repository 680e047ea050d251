package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Policy;

/** Groups of calls in policies and options, under real programs. */
class GroupsIT {
  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("in"), "text\n");
  }

  private void policy(String rules) throws Exception {
    String json =
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[%s],\"action\":\"%s\"}]}";
    String[] words = rules.split(" ", -1);
    Files.writeString(
        directory.resolve("p.json"),
        json.formatted("\"" + words[0].replace(",", "\",\"") + "\"", "SCMP_ACT_" + words[1]));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "@file-open-write      | cat in            | echo > out",
        "@file-open-write      | cat in            | cat in >> in",
        "@file-open-write      | cat < in          | : >| in",
        "@file-open-create     | dd if=in of=in2 conv=nocreat | echo > out",
        "@namespace-uts        | unshare --net true | unshare --uts true",
        "@namespace-create     | setpriv true      | unshare --ipc true",
        "@namespace-create     | python3 -c 'import threading as t; x = t.Thread(); x.start()' | unshare -m true",
        "@memory-write-execute | python3 -c 'import mmap; mmap.mmap(-1, 9, prot=5)' | python3 -c 'import mmap; mmap.mmap(-1, 9, prot=7)'",
        "@socket-inet          | python3 -c 'import socket as s; s.socket(s.AF_UNIX)' | python3 -c 'import socket as s; s.socket()'",
        "@directory-create,@hard-links | touch in2 && mv in2 in3 | mkdir d",
        "@directory-create,@hard-links | ln -s in in4            | ln in in4",
        "@process-personality-unsafe | setarch --uname-2.6 true  | setarch -R true",
        "@chown                | chmod 600 in      | chown 1 in",
        "@file-mode-setuid     | chmod 755 in      | chmod u+s in",
      })
  void aPolicyDeniesWhatTheGroupMeansAndNothingElse(String group, String passes, String fails)
      throws Exception {
    Files.writeString(directory.resolve("in2"), "");
    policy(group + " ERRNO");
    TinyJail.Result result =
        tinyJail.run("run", "--quiet", "--policy", "p.json", "--", "sh", "-c", passes);
    assertThat(result.status()).as("%s: %s", passes, result.err()).isZero();
    assertThat(
            tinyJail.run("run", "--quiet", "--policy", "p.json", "--", "sh", "-c", fails).status())
        .as(fails)
        .isNotZero();
  }

  @Test
  void anAllowlistOfGroupsIsEnoughForAProgram() throws Exception {
    Files.writeString(
        directory.resolve("p.json"),
        "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"@default\","
            + "\"@basic-io\",\"@file-open-read-only\",\"@file-stat\",\"@file-position\","
            + "\"@memory-map\",\"@file-copy\"],\"action\":\"SCMP_ACT_ALLOW\"}]}");
    TinyJail.Result read = tinyJail.run("run", "--policy", "p.json", "--", "cat", "in");
    assertThat(read.succeeded().out()).isEqualTo("text\n");
    assertThat(read.err()).doesNotContain("ignored");
    TinyJail.Result denied =
        tinyJail.run("run", "--quiet", "--policy", "p.json", "--", "dd", "if=in", "of=in3");
    assertThat(denied.status()).isNotZero();
    assertThat(directory.resolve("in3")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "--kill, @directory-create, mkdir d, 159",
    "--kill, '@file-links,@directory-create', mkdir d, 159",
    "--kill, @file-open-write, cat in, 0",
    "--kill, @file-open-write, cp in out, 159",
    "--kill, @namespace-create, unshare -n true, 159",
    "--log, @directory-create, mkdir d, 0",
    "--kill, @threads, cat in, 159",
  })
  void optionsTakeGroups(String option, String groups, String program, int status)
      throws Exception {
    policy("@directory-create ERRNO");
    List<String> words =
        new ArrayList<>(List.of("run", "--quiet", "--policy", "p.json", option, groups, "--"));
    words.addAll(List.of(program.split(" ", -1)));
    assertThat(tinyJail.run(words.toArray(String[]::new)).status()).isEqualTo(status);
  }

  @Test
  void killIsStrongerThanLogWhateverTheOrder() throws Exception {
    policy("@chown ERRNO");
    assertThat(
            tinyJail
                .run(
                    "run --quiet --policy p.json --kill mkdir --log @file-create -- mkdir d"
                        .split(" ", -1))
                .status())
        .isEqualTo(159);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run --policy p.json --kill @nothing-like -- true | 125 | --kill: unknown group \"@nothing-like\"",
        "run --policy p.json --log @file-raed -- true     | 125 | --log: unknown group \"@file-raed\"; did you mean @file-read?",
        "run --policy p.json --log read,raed -- true      | 125 | --log: unknown system call \"raed\"; did you mean read?",
        "run --policy p.json --log @file-open-create -- true | 125 | --log: the policy has a rule that denies openat, and the strictest rule wins",
        "run --policy bad.json -- true                    | 125 | bad.json:2:11: unknown group \"@docker\"",
        "convert bad.json -o x.json                       | 4   | bad.json:2:11: unknown group \"@docker\"",
        "groups @file-raed                                | 2   | unknown group \"@file-raed\"; did you mean @file-read?",
        "groups @a @b                                     | 2   | wants one GROUP, or --containing CALL, or neither",
        "groups @files --containing read                  | 2   | wants one GROUP, or --containing CALL, or neither",
        "groups --containing raed                         | 2   | unknown system call \"raed\"; did you mean read?",
        "groups --containing @files                       | 2   | no group holds the call \"@files\"",
      })
  void badNamesAreRefusedInOneLine(String line, int status, String message) throws Exception {
    policy("openat ERRNO");
    Files.writeString(
        directory.resolve("bad.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\n \"names\":[\"@docker\"],"
            + "\"action\":\"SCMP_ACT_ERRNO\"}]}");
    TinyJail.Result result = tinyJail.run(line.strip().split(" ", -1));
    assertThat(result.status()).isEqualTo(status);
    assertThat(result.err().lines()).singleElement().asString().contains(message);
  }

  @Test
  void convertWritesTheCallsOfAGroupAndCheckSaysWhereTheGroupStands() throws Exception {
    policy("@namespace-user,@tracing ALLOW");
    tinyJail.run("convert", "p.json", "-o", "out.json").succeeded();
    Policy written = OciSeccompJson.read(directory.resolve("out.json"));
    assertThat(written).isEqualTo(OciSeccompJson.read(directory.resolve("p.json")));
    assertThat(Files.readString(directory.resolve("out.json")))
        .contains("\"ptrace\"", "268435456")
        .doesNotContain("@");
    assertThat(tinyJail.run("check", "p.json").out())
        .contains("p.json:1:75: warning: ptrace passes");
    tinyJail.run("compile", "p.json", "--text").succeeded();
  }

  @Test
  void namesOfOtherArchitecturesInAGroupAreNobodysMistake() throws Exception {
    policy("@raw-io,@obsolete ERRNO");
    assertThat(tinyJail.run("run", "--policy", "p.json", "--", "true").succeeded().err())
        .doesNotContain("ignored");
    assertThat(tinyJail.run("check", "p.json").out()).doesNotContain("unknown-call");
  }

  @Test
  void groupsAreListedShownAndFound() throws Exception {
    assertThat(tinyJail.run("groups").succeeded().out())
        .startsWith("tiny-jail:\n  @files ")
        .containsPattern("\n  @file-open-write +5  open files to write")
        .containsPattern("\nsystemd 252[^ ]*:\n  @default ")
        .containsPattern("\n  @sandbox +4  ");
    assertThat(tinyJail.run("groups", "file-open-create").succeeded().out())
        .startsWith("@file-open-create: open files that are made if they are missing\n")
        .containsPattern("\n  openat\\(flags has O_CREAT\\) +\\S")
        .containsPattern("\n  openat2\\? +\\S")
        .endsWith("\npart of @file-create\n");
    assertThat(tinyJail.run("groups", "@namespaces").succeeded().out())
        .containsPattern("\n  @namespace-create +[0-9]+ calls: make namespaces");
    assertThat(tinyJail.run("groups", "--containing", "unshare").succeeded().out())
        .containsPattern("@namespace-user +unshare\\(flags has CLONE_NEWUSER\\)\n")
        .containsPattern("@process +unshare\n");
    assertThat(tinyJail.run("groups", "@file-open-create", "--json").succeeded().out())
        .isEqualTo(
            "{\"name\":\"@file-open-create\",\"description\":\"open files that are made if they are"
                + " missing\",\"source\":\"tiny-jail\",\"groups\":[],\"members\":["
                + "{\"call\":\"open\",\"text\":\"open(flags has O_CREAT)\",\"uses\":"
                + "[[{\"index\":1,\"mask\":64,\"value\":64}]]},"
                + "{\"call\":\"openat\",\"text\":\"openat(flags has O_CREAT)\",\"uses\":"
                + "[[{\"index\":2,\"mask\":64,\"value\":64}]]},"
                + "{\"call\":\"creat\",\"text\":\"creat\"},"
                + "{\"call\":\"openat2\",\"text\":\"openat2?\",\"unseen\":true}]}\n");
    assertThat(tinyJail.run("groups", "--json").succeeded().out())
        .startsWith("[{\"name\":\"@files\"");
    assertThat(tinyJail.run("groups", "--json", "--containing", "creat").succeeded().out())
        .contains("{\"name\":\"@file-open\"");
  }

  @Test
  void explainTellsOfEachCallOfAGroup() throws Exception {
    tinyJail.run("learn", "--out", "l.json", "--", "cat", "in").succeeded();
    assertThat(tinyJail.run("explain", "l.json", "@file-write").succeeded().out())
        .containsPattern("(?m)^write: ")
        .containsPattern("(?m)^pwritev2: ")
        .doesNotContainPattern("(?m)^read: ");
    assertThat(tinyJail.run("explain", "l.json", "@file-wirte").err())
        .contains("did you mean @file-write?");
  }
}

package org.tinyjail.generator.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tinyjail.generator.Corpora;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.lint.Linter.Use;
import org.tinyjail.generator.oci.ContainerContext;
import org.tinyjail.generator.oci.KernelVersion;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.generator.oci.RulePositions;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.Tables;

class LinterTest {
  private static final Use HERE = new Use(Arch.X86_64, false);
  private static final Path CHECKED = Path.of("..", "corpora", "policies", "checked");
  private static final ContainerContext CONTAINER =
      new ContainerContext(
          Arch.X86_64,
          Set.copyOf(ContainerContext.DOCKER_CAPABILITIES),
          KernelVersion.parse("6.1").orElseThrow());

  /** A default, rules without their brackets (quotes as '), and architectures. */
  private static Policy policy(String defaultAction, String rules, String architectures)
      throws Exception {
    return OciSeccompJson.read(json(defaultAction, rules, architectures), "p.json", false);
  }

  private static byte[] json(String defaultAction, String rules, String architectures) {
    return "{'defaultAction':'SCMP_ACT_%s','architectures':['SCMP_ARCH_X86_64'%s],'syscalls':[%s]}"
        .formatted(defaultAction, architectures, rules)
        .replace('\'', '"')
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String rule(String name, String action, String... conditions) {
    return "{'names':['%s'],'action':'SCMP_ACT_%s','args':[%s]}"
        .formatted(name, action, String.join(",", conditions));
  }

  private static String arg(int index, String op, long value, long two) {
    return "{'index':%d,'op':'SCMP_CMP_%s','value':%s,'valueTwo':%s}"
        .formatted(index, op, Long.toUnsignedString(value), Long.toUnsignedString(two));
  }

  private static Set<String> ids(Policy policy) {
    Set<String> ids = new TreeSet<>();
    Linter.check(policy, HERE).forEach(finding -> ids.add(finding.check().id()));
    return ids;
  }

  /** id, default, rules that give it, rules that do not, architectures. */
  static Stream<String[]> cases() {
    String all = rule("socket", "ALLOW");
    String inet = arg(0, "EQ", 2, 0);
    return Stream.of(
        new String[] {"unknown-call", "ERRNO", rule("raed", "ALLOW"), rule("read", "ALLOW"), ""},
        new String[] {"unknown-call", "ERRNO", rule("opn", "ALLOW"), rule("set_tls", "ALLOW"), ""},
        new String[] {"obsolete-call", "ERRNO", rule("tuxcall", "ALLOW"), all, ""},
        new String[] {"no-such-call-here", "ERRNO", rule("chown32", "ALLOW"), all, ""},
        new String[] {
          "repeated-index",
          "ERRNO",
          rule("socket", "ALLOW", arg(0, "GE", 1, 0), arg(0, "LE", 2, 0)),
          all,
          ""
        },
        new String[] {
          "never-holds",
          "ERRNO",
          rule("socket", "ALLOW", arg(0, "LT", 0, 0)),
          rule("socket", "ALLOW", inet),
          ""
        },
        new String[] {
          "mask-mismatch",
          "ERRNO",
          rule("prctl", "ALLOW", arg(0, "MASKED_EQ", 15, 22)),
          rule("prctl", "ALLOW", arg(0, "MASKED_EQ", 22, 6)),
          ""
        },
        new String[] {
          "mask-mismatch",
          "ERRNO",
          rule("prctl", "ALLOW", arg(0, "MASKED_EQ", 0, 0)),
          rule("prctl", "ALLOW", arg(0, "EQ", 0, 0)),
          ""
        },
        new String[] {
          "missing-argument",
          "ERRNO",
          rule("getpid", "ALLOW", inet),
          rule("socket", "ALLOW", inet),
          ""
        },
        new String[] {
          "pointer-compared",
          "ERRNO",
          rule("open", "ALLOW", arg(0, "EQ", 4096, 0)),
          rule("open", "ALLOW", arg(1, "EQ", 0, 0)),
          ""
        },
        new String[] {
          "upper-half-bypass",
          "ERRNO",
          rule("socket", "ALLOW", arg(0, "NE", 40, 0)),
          rule("socket", "ALLOW", inet),
          ""
        },
        new String[] {
          "upper-half-bypass",
          "ALLOW",
          rule("ioctl", "ERRNO", arg(1, "EQ", 0x5412, 0)),
          rule("ioctl", "ERRNO", arg(1, "MASKED_EQ", 0xffffffffL, 0x5412)),
          ""
        },
        new String[] {
          "upper-half-strict",
          "ERRNO",
          rule("personality", "ALLOW", arg(0, "EQ", 0xffffffffL, 0)),
          rule("personality", "ALLOW", arg(0, "EQ", 8, 0)),
          ""
        },
        new String[] {
          "lost-condition", "ERRNO", all + "," + rule("socket", "KILL_PROCESS", inet), all, ""
        },
        new String[] {"contradiction", "ERRNO", all + "," + rule("socket", "LOG"), all, ""},
        new String[] {"duplicate-rule", "ERRNO", all + "," + all, all, ""},
        new String[] {"shadowed-rule", "ERRNO", all + "," + rule("socket", "ALLOW", inet), all, ""},
        new String[] {"repeats-default", "ERRNO", rule("socket", "ERRNO"), all, ""},
        new String[] {"kills-thread", "KILL", all, rule("socket", "KILL_THREAD") + "," + all, "-"},
        new String[] {"notify-without-listener", "ERRNO", rule("socket", "NOTIFY"), all, ""},
        new String[] {"trace-without-tracer", "ERRNO", rule("socket", "TRACE"), all, ""},
        new String[] {
          "dangerous-call", "ERRNO", rule("ptrace", "ALLOW"), rule("read", "ALLOW"), ""
        },
        new String[] {
          "dangerous-call",
          "ERRNO",
          rule("ioctl", "ALLOW"),
          rule("ioctl", "ALLOW", arg(1, "EQ", 0x5401, 0)),
          ""
        },
        new String[] {
          "sibling-hole",
          "ALLOW",
          rule("open", "ERRNO"),
          rule("open", "ERRNO") + "," + rule("openat", "ERRNO") + "," + rule("openat2", "ERRNO"),
          ""
        },
        new String[] {
          "sibling-hole", "ERRNO", rule("execveat", "ALLOW"), rule("execve", "ALLOW"), ""
        },
        new String[] {
          "sibling-hole",
          "ERRNO",
          rule("socket", "ALLOW", inet) + "," + rule("socketcall", "ALLOW"),
          rule("socket", "ALLOW", inet),
          ",'SCMP_ARCH_X86'"
        },
        new String[] {
          "sibling-hole", "ALLOW", rule("openat", "ERRNO"), rule("openat2", "ERRNO"), ""
        },
        new String[] {
          "sibling-hole",
          "ERRNO",
          rule("truncate", "KILL") + "," + rule("ftruncate", "ALLOW") + "," + rule("open", "ALLOW"),
          rule("truncate", "KILL") + "," + rule("ftruncate", "ALLOW"),
          ""
        },
        new String[] {
          "sibling-hole",
          "ERRNO",
          rule("fork", "KILL") + "," + rule("clone", "ALLOW"),
          rule("fork", "KILL") + "," + rule("clone", "ALLOW", arg(0, "EQ", 0x3d0f00, 0)),
          ""
        },
        new String[] {
          "missing-fallback",
          "ERRNO",
          rule("fchmodat", "ALLOW"),
          rule("fchmodat", "ALLOW") + "," + rule("fchmodat2", "ALLOW"),
          ""
        },
        new String[] {"missing-fallback", "ERRNO", rule("clone", "ALLOW"), all, ""},
        new String[] {
          "missing-sibling",
          "ERRNO",
          rule("openat", "ALLOW"),
          rule("openat", "ALLOW") + "," + rule("openat2", "ALLOW"),
          ""
        },
        new String[] {"default-allows", "ALLOW", rule("ptrace", "ERRNO"), "", "-"},
        new String[] {"default-logs", "LOG", all, "", "-"},
        new String[] {"x32-in-force", "ERRNO", all, "", ",'SCMP_ARCH_X32'"});
  }

  @ParameterizedTest
  @MethodSource("cases")
  void eachCheckFindsWhatItIsForAndNothingWhereItIsNot(
      String id, String defaultAction, String bad, String good, String architectures)
      throws Exception {
    boolean onlyBad = good.isEmpty() || architectures.equals("-");
    String archs = architectures.equals("-") ? "" : architectures;
    assertThat(ids(policy(defaultAction, bad, archs))).contains(id);
    if (!onlyBad) {
      assertThat(ids(policy(defaultAction, good, archs))).doesNotContain(id);
    }
  }

  @Test
  void aFindingStandsWhereTheCallIsNamed() throws Exception {
    RulePositions positions = new RulePositions();
    byte[] json =
        "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\n \"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\n  \"names\":[\"read\",\"raed\"]}]}"
            .getBytes(StandardCharsets.UTF_8);
    Policy policy = MobySeccompJson.read(json, "p.json", false, positions).resolve(CONTAINER);
    Finding unknown =
        Linter.check(policy, HERE).stream()
            .filter(finding -> finding.check() == Check.UNKNOWN_CALL)
            .findFirst()
            .orElseThrow();
    assertThat(positions.of(unknown.rule().orElseThrow())).contains(new Position(3, 19));
    assertThat(unknown.what()).endsWith("did you mean read?");
  }

  @Test
  void aFindingOnACallOfAGroupStandsWhereTheGroupIsNamed() throws Exception {
    RulePositions positions = new RulePositions();
    byte[] json =
        "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\n \"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\n  \"names\":[\"@file-read\",\"@tracing\"]}]}"
            .getBytes(StandardCharsets.UTF_8);
    Policy policy = MobySeccompJson.read(json, "p.json", true, positions).resolve(CONTAINER);
    List<Position> at =
        Linter.check(policy, HERE).stream()
            .filter(finding -> finding.check() == Check.DANGEROUS_CALL)
            .map(finding -> positions.of(finding.rule().orElseThrow()).orElseThrow())
            .distinct()
            .toList();
    assertThat(at).containsExactly(new Position(3, 25));
  }

  private static List<String> whats(Policy policy, Check check) {
    return Linter.check(policy, HERE).stream()
        .filter(finding -> finding.check() == check)
        .map(Finding::what)
        .toList();
  }

  @Test
  void whatTakesTheSameCallsPlaceIsSaidOnce() throws Exception {
    assertThat(whats(policy("ALLOW", rule("chmod", "ERRNO"), ""), Check.SIBLING_HOLE))
        .containsExactly("chmod is denied, fchmodat, fchmodat2, fchmod pass");
  }

  @Test
  void dangerousArgumentsAndThoseThatPassADenialAreNamed() throws Exception {
    String rules = rule("ioctl", "ALLOW") + "," + rule("mmap", "ALLOW");
    assertThat(whats(policy("ERRNO", rules, ""), Check.DANGEROUS_CALL))
        .containsExactly(
            "ioctl with request=TIOCSTI passes",
            "ioctl with request=TIOCLINUX passes",
            "mmap with prot=PROT_READ|PROT_WRITE|PROT_EXEC passes");
    String unread = rule("mmap", "ALLOW", arg(2, "EQ", 6, 0));
    assertThat(whats(policy("ERRNO", unread, ""), Check.DANGEROUS_CALL))
        .containsExactly("mmap with prot=PROT_WRITE|PROT_EXEC passes");
    String audit = rule("socket", "ERRNO", arg(0, "EQ", 16, 0), arg(2, "EQ", 9, 0));
    assertThat(whats(policy("ALLOW", audit, ""), Check.UPPER_HALF_BYPASS))
        .containsExactly(
            "socket is denied with domain=AF_NETLINK, protocol=9, and passes with"
                + " domain=4294967312");
  }

  @Test
  void thatNothingStartsIsAnErrorThoughEachKindWantsAnotherCall() throws Exception {
    String denied = rule("mprotect", "ERRNO") + "," + rule("sigaltstack", "ERRNO");
    List<Finding> some = starts(denied);
    assertThat(some).hasSize(3).allMatch(finding -> finding.severity() == Severity.NOTE);
    List<Finding> none = starts(denied + "," + rule("set_tid_address", "KILL_PROCESS"));
    assertThat(none).hasSize(4).allMatch(finding -> finding.severity() == Severity.ERROR);
    assertThat(whats(policy("KILL", rule("read", "ALLOW"), ""), Check.NO_PROGRAM_STARTS))
        .containsOnlyOnce("exit_group is denied")
        .noneMatch(what -> what.equals("exit_group and exit are denied"));
  }

  private static List<Finding> starts(String rules) throws Exception {
    return Linter.check(policy("ALLOW", rules, ""), HERE).stream()
        .filter(finding -> finding.check() == Check.NO_PROGRAM_STARTS)
        .toList();
  }

  /** Calls without which only some kinds of program start. */
  @ParameterizedTest
  @CsvSource({"true, 1", "false, 0"})
  void otherKindsOfProgramCountOnlyWherePoliciesLetProgramsExecute(boolean executes, int notes)
      throws Exception {
    String denied = rule("sigaltstack", "ERRNO") + (executes ? "" : "," + rule("execve", "ERRNO"));
    assertThat(whats(policy("ALLOW", denied, ""), Check.NO_PROGRAM_STARTS))
        .filteredOn(what -> what.equals("Go programs do not start without sigaltstack"))
        .hasSize(notes);
  }

  @Test
  void eachRowOfSiblingsCountsOnSomeArchitecture() {
    for (String[] row : Tables.body(Linter.class, "siblings.tsv")) {
      assertThat(Stream.of(Arch.values()).filter(Arch::hasTable))
          .as("%s %s", row[0], row[1])
          .anyMatch(
              arch ->
                  SyscallTable.of(arch).number(row[0]).isPresent()
                      && SyscallTable.of(arch).number(row[1]).isPresent());
    }
  }

  @ParameterizedTest
  @CsvSource({"chdir, true, false", "fstatfs, true, true", "fcntl, false, false"})
  void aContainerWantsWhatWasMeasured(String call, boolean needed, boolean always)
      throws Exception {
    Policy policy = policy("ALLOW", rule(call, "ERRNO"), "");
    List<String> said = new ArrayList<>();
    Linter.check(policy, new Use(Arch.X86_64, true)).stream()
        .filter(finding -> finding.check() == Check.RUNTIME_NEEDS)
        .forEach(finding -> said.add(finding.what()));
    assertThat(said).hasSize(needed ? 1 : 0);
    assertThat(said).allMatch(what -> what.contains("with no_new_privileges one does") != always);
    assertThat(ids(policy)).doesNotContain("runtime-needs");
  }

  @ParameterizedTest
  @CsvSource({"dangers.tsv, 1", "siblings.tsv, 2", "startup.tsv, 1", "runtime.tsv, 1"})
  void theTablesNameCallsThatLinuxHas(String table, int names) {
    for (String[] row : Tables.body(Linter.class, table)) {
      for (int i = 0; i < names; i++) {
        assertThat(SyscallTable.isKnown(row[i])).as(row[i]).isTrue();
      }
    }
  }

  static List<Path> realPolicies() throws Exception {
    List<Path> files = new ArrayList<>(Corpora.files("policies"));
    files.addAll(Corpora.files("policies/checked"));
    return files.stream().filter(file -> file.toString().endsWith(".json")).toList();
  }

  /** The findings beside each policy were read and judged one by one. */
  @ParameterizedTest
  @MethodSource("realPolicies")
  void policiesInUseHaveTheFindingsThatStandBesideThem(Path file) throws Exception {
    RulePositions positions = new RulePositions();
    Policy policy =
        MobySeccompJson.read(Files.readAllBytes(file), file.toString(), false, positions)
            .resolve(CONTAINER);
    StringBuilder found = new StringBuilder();
    for (Finding finding : Linter.check(policy, new Use(Arch.X86_64, true))) {
      String at =
          finding.rule().flatMap(positions::of).map(p -> p.line() + ":" + p.column()).orElse("-");
      found.append(
          "%s %s [%s] %s%n"
              .formatted(at, finding.severity().label(), finding.check().id(), finding.what()));
    }
    String name = file.getFileName().toString().replace(".json", ".findings");
    Corpora.assertGolden(CHECKED.resolve(name), found.toString().getBytes(StandardCharsets.UTF_8));
  }
}

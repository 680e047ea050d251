package org.tinyjail.generator.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.UnseenChance;

class PolicyGeneratorTest {
  private static final GeneratorOptions OPTIONS = GeneratorOptions.of(Arch.X86_64);
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static Observation seen(String syscall, long... arguments) {
    return seen(Arch.X86_64, Source.OBSERVED, syscall, arguments);
  }

  private static Observation seen(Arch arch, Source source, String syscall, long... arguments) {
    int number = SyscallTable.of(arch).number(syscall).orElse(999);
    ArgumentClass kept =
        source == Source.STATIC
            ? ArgumentClass.ANY
            : ArgumentScope.ALL.classOf(syscall, arch, SyscallData.of(arch, number, arguments));
    return new Observation(
        "/usr/bin/app", arch, syscall, kept, source, 2, START, START.plusSeconds(5), "sample");
  }

  private static Action answer(Policy policy, String syscall, long... arguments) {
    int number = SyscallTable.of(Arch.X86_64).number(syscall).orElseThrow();
    return policy.actionFor(SyscallData.of(Arch.X86_64, number, arguments), Arch.X86_64);
  }

  private static GeneratedPolicy generate(Observation... observations) {
    return PolicyGenerator.generate(List.of(observations), OPTIONS);
  }

  @Test
  void withoutEvidenceAProgramCanOnlyEnd() {
    assertThat(generate().policy().rules())
        .extracting(Rule::syscall)
        .containsExactly("exit", "exit_group", "restart_syscall", "rt_sigreturn");
  }

  @Test
  void limitsDangerousArgumentsToTheCombinationsSeen() {
    Policy policy = generate(seen("socket", 1, 1, 0), seen("socket", 2, 2, 17)).policy();
    assertThat(answer(policy, "socket", 1, 1, 0)).isEqualTo(Action.ALLOW);
    assertThat(answer(policy, "socket", 1, 1 | 02000000, 0)).isEqualTo(Action.ALLOW);
    assertThat(answer(policy, "socket", 1L | 7L << 32, 1, 0)).isEqualTo(Action.ALLOW);
    assertThat(answer(policy, "socket", 1, 2, 17)).isEqualTo(Action.fail(1));
    assertThat(answer(policy, "socket", 16, 3, 0)).isEqualTo(Action.fail(1));
  }

  @Test
  void neverTestsOneArgumentTwiceInARule() {
    Policy policy =
        generate(seen("socket", 1, 1, 0), seen("clone", 17), seen("ioctl", 3, 0x5401)).policy();
    assertThat(policy.rules()).noneMatch(Rule::repeatsIndex);
  }

  @Test
  void leavesHarmlessArgumentsOpenUnlessAllAreWanted() {
    List<Observation> evidence = List.of(seen("lseek", 3, 100, 0));
    GeneratorOptions all = OPTIONS.withArguments(ArgumentScope.ALL);
    assertThat(answer(PolicyGenerator.generate(evidence, OPTIONS).policy(), "lseek", 3, 0, 2))
        .isEqualTo(Action.ALLOW);
    assertThat(answer(PolicyGenerator.generate(evidence, all).policy(), "lseek", 9, 7, 0))
        .isEqualTo(Action.ALLOW);
    assertThat(answer(PolicyGenerator.generate(evidence, all).policy(), "lseek", 3, 0, 2))
        .isEqualTo(Action.fail(1));
  }

  @Test
  void withoutArgumentsEveryCallIsFree() {
    Policy policy =
        PolicyGenerator.generate(
                List.of(seen("socket", 1, 1, 0)), OPTIONS.withArguments(ArgumentScope.NONE))
            .policy();
    assertThat(answer(policy, "socket", 16, 3, 9)).isEqualTo(Action.ALLOW);
  }

  @Test
  void widensTheArgumentWithTheMostValuesAndSaysSo() {
    List<Observation> evidence = new ArrayList<>();
    for (int option = 1; option <= 40; option++) {
      evidence.add(seen("setsockopt", 3, option % 2, option));
    }
    GeneratedPolicy generated = PolicyGenerator.generate(evidence, OPTIONS);
    assertThat(generated.widened()).containsExactly(new Widened("setsockopt", 2, 40));
    assertThat(answer(generated.policy(), "setsockopt", 3, 1, 999)).isEqualTo(Action.ALLOW);
    assertThat(answer(generated.policy(), "setsockopt", 3, 41, 1)).isEqualTo(Action.fail(1));
  }

  @Test
  void aClassWithoutValuesCoversAllOthers() {
    Observation open =
        new Observation(
            "", Arch.X86_64, "socket", ArgumentClass.ANY, Source.LOGGED, 1, START, START, "");
    GeneratedPolicy generated = generate(seen("socket", 1, 1, 0), open);
    assertThat(generated.policy().rules()).contains(Rule.allow("socket"));
    assertThat(generated.reasons())
        .filteredOn(r -> r.syscall().equals("socket"))
        .singleElement()
        .satisfies(r -> assertThat(r.evidence()).hasSize(2));
  }

  @Test
  void limitedCloneMakesClone3FallBack() {
    assertThat(answer(generate(seen("clone", 17)).policy(), "clone3"))
        .isEqualTo(Action.fail(Action.ENOSYS));
    assertThat(answer(generate(seen("clone", 17), seen("clone3")).policy(), "clone3"))
        .isEqualTo(Action.ALLOW);
    assertThat(answer(generate().policy(), "clone3")).isEqualTo(Action.fail(Action.EPERM));
  }

  @Test
  void refusedCallsStayRefusedTheSameWay() {
    GeneratedPolicy generated =
        PolicyGenerator.generate(List.of(), OPTIONS.withRefused(Set.of("io_uring_setup")));
    assertThat(answer(generated.policy(), "io_uring_setup")).isEqualTo(Action.fail(Action.ENOSYS));
  }

  @Test
  void otherArchitecturesAreListedWhenSeen() {
    GeneratedPolicy generated = generate(seen(Arch.X86, Source.OBSERVED, "read"));
    assertThat(generated.policy().architectures()).containsExactly(Arch.X86_64, Arch.X86);
    assertThat(generated.policy().rules()).contains(Rule.allow("sigreturn"));
  }

  /** What becomes of a call: tiers and modes of the table in the design. */
  @ParameterizedTest
  @CsvSource({
    // call, who says so: strict, balanced, sound
    "getpid, OBSERVED, allow, allow, allow",
    "ptrace, OBSERVED, allow, allow, allow",
    "ptrace, FUZZED, allow, allow, allow",
    "ptrace, LOGGED, allow, allow, allow",
    "getpid, STATIC, withhold, allow, allow",
    "openat, STATIC, withhold, allow, allow",
    "ptrace, STATIC, withhold, withhold, allow",
    "bpf, STATIC, withhold, withhold, allow",
    "exit_group, STATIC, allow, allow, allow", // every program needs it
    "io_uring_setup, STATIC, refuse, refuse, refuse", // as while learning
    "clone3, STATIC, refuse, refuse, refuse",
    "getpid, , deny, deny, deny",
    "ptrace, , deny, deny, deny"
  })
  void evidenceAndModeDecide(
      String call, @Nullable Source source, String strict, String balanced, String sound) {
    List<Observation> evidence =
        source == null ? List.of() : List.of(seen(Arch.X86_64, source, call));
    Map<Strictness, String> wanted =
        Map.of(
            Strictness.STRICT, strict,
            Strictness.BALANCED, balanced,
            Strictness.SOUND, sound);
    for (Strictness mode : Strictness.values()) {
      GeneratedPolicy generated =
          PolicyGenerator.generate(
              evidence,
              OPTIONS.withStrictness(mode).withRefused(Set.of("clone3", "io_uring_setup")));
      boolean withheld =
          generated.withheld().stream().anyMatch(denied -> denied.syscall().equals(call));
      Action answer = answer(generated.policy(), call);
      String became =
          withheld
              ? "withhold"
              : answer.equals(Action.ALLOW)
                  ? "allow"
                  : answer.equals(Action.fail(Action.ENOSYS)) ? "refuse" : "deny";
      assertThat(became).as("%s of %s", call, mode).isEqualTo(wanted.get(mode));
      assertThat(answer.equals(Action.ALLOW)).isEqualTo(became.equals("allow"));
    }
  }

  @Test
  void aPossibleCloneMakesNoNamespacesUnlessAllIsWanted() {
    List<Observation> possible = List.of(seen(Arch.X86_64, Source.STATIC, "clone"));
    GeneratedPolicy balanced = PolicyGenerator.generate(possible, OPTIONS);
    assertThat(answer(balanced.policy(), "clone", 0x11)).isEqualTo(Action.ALLOW);
    assertThat(answer(balanced.policy(), "clone", 0x10000011)).isEqualTo(Action.fail(1));
    assertThat(balanced.withheld())
        .singleElement()
        .extracting(denied -> denied.arguments().toString())
        .isEqualTo("0&ffffffff=10000000");
    assertThat(balanced.reasons())
        .filteredOn(reason -> reason.syscall().equals("clone"))
        .extracting(RuleReason::tier)
        .containsExactly(Tier.POSSIBLE);
    Observation known =
        possible.get(0).withArguments(ArgumentClass.parse("0&7e022000=20000")); // CLONE_NEWNS
    assertThat(answer(generate(known).policy(), "clone", 0x20011)).isEqualTo(Action.fail(1));
    assertThat(generate(known).withheld()).hasSize(1);
    GeneratedPolicy sound =
        PolicyGenerator.generate(possible, OPTIONS.withStrictness(Strictness.SOUND));
    assertThat(answer(sound.policy(), "clone", 0x10000011)).isEqualTo(Action.ALLOW);
  }

  @Test
  void aPossibleValueThatIsWarnedOfIsWithheldAndOthersAreNot() {
    Observation open = seen(Arch.X86_64, Source.STATIC, "ioctl");
    Observation typing = open.withArguments(ArgumentClass.parse("1&ffffffff=5412"));
    Observation size = open.withArguments(ArgumentClass.parse("1&ffffffff=5413"));
    GeneratedPolicy generated = generate(typing, size);
    assertThat(answer(generated.policy(), "ioctl", 0, 0x5413)).isEqualTo(Action.ALLOW);
    assertThat(answer(generated.policy(), "ioctl", 0, 0x5412)).isEqualTo(Action.fail(1));
    assertThat(generated.withheld())
        .singleElement()
        .extracting(denied -> denied.arguments().toString())
        .isEqualTo("1&ffffffff=5412");
  }

  @Test
  void soundTakesTheArgumentsThatTheBinaryCanPassToo() {
    Observation[] evidence = {
      seen("socket", 1, 1, 0),
      seen(Arch.X86_64, Source.STATIC, "socket").withArguments(ArgumentClass.parse("0&ffffffff=2"))
    };
    assertThat(answer(generate(evidence).policy(), "socket", 2, 1, 0)).isEqualTo(Action.fail(1));
    Policy sound =
        PolicyGenerator.generate(List.of(evidence), OPTIONS.withStrictness(Strictness.SOUND))
            .policy();
    assertThat(answer(sound, "socket", 2, 1, 0)).isEqualTo(Action.ALLOW);
    assertThat(answer(sound, "socket", 16, 3, 0)).isEqualTo(Action.fail(1));
  }

  /**
   * As of locks: sqlite asks for one only in some modes of its journal; tar, whether it writes a
   * tape.
   */
  @ParameterizedTest
  @CsvSource({
    "fcntl, 1, 6, 5, true", // no use of it is dangerous
    "ioctl, 1, 0x5401, 0x5413, true", // this one is not
    "ioctl, 1, 0x5401, 0x5412, false", // TIOCSTI
    "prctl, 0, 15, 16, true",
    "seccomp, 0, 2, 1, false", // with flags that may be any
    "mprotect, 2, 3, 1, true",
    "mprotect, 2, 3, 4, false", // to be executed
    "mmap, 2, 3, 6, false", // more than was seen together
    "clone, 0, 0, 0x20000, false", // a new namespace
    "socket, 0, 1, 2, false", // its other arguments may be any
    "unshare, 0, 0x20000, 0x40000000, false" // of high risk
  })
  void balancedTakesOtherArgumentsOfACallThatWasSeenWhereNothingIsWrongWithThem(
      String call, int argument, Long made, Long possible, boolean allowed) {
    String mask = call.startsWith("m") ? "7" : call.equals("clone") ? "7e022000" : "ffffffff";
    Observation[] evidence = {
      seen(call)
          .withArguments(ArgumentClass.parse(argument + "&" + mask + "=" + Long.toHexString(made))),
      seen(Arch.X86_64, Source.STATIC, call)
          .withArguments(
              ArgumentClass.parse(argument + "&" + mask + "=" + Long.toHexString(possible)))
    };
    long[] arguments = new long[3];
    arguments[argument] = possible;
    assertThat(answer(generate(evidence).policy(), call, arguments))
        .isEqualTo(allowed ? Action.ALLOW : Action.fail(1));
    Policy strict =
        PolicyGenerator.generate(List.of(evidence), OPTIONS.withStrictness(Strictness.STRICT))
            .policy();
    assertThat(answer(strict, call, arguments)).isEqualTo(Action.fail(1));
    arguments[argument] = made;
    assertThat(answer(strict, call, arguments)).isEqualTo(Action.ALLOW);
  }

  @Test
  void argumentsThatDoNotFitBesideTheSeenOnesDoNotLeaveTheCallOpen() {
    List<Observation> evidence = new ArrayList<>(List.of(seen("ioctl", 0, 0x5401)));
    Observation open = seen(Arch.X86_64, Source.STATIC, "ioctl");
    for (int request = 0; request < OPTIONS.maxTuples(); request++) {
      evidence.add(open.withArguments(ArgumentClass.parse("1&ffffffff=89" + (10 + request))));
    }
    GeneratedPolicy generated = PolicyGenerator.generate(evidence, OPTIONS);
    assertThat(answer(generated.policy(), "ioctl", 0, 0x5401)).isEqualTo(Action.ALLOW);
    assertThat(answer(generated.policy(), "ioctl", 0, 0x8911)).isEqualTo(Action.fail(1));
    evidence.set(evidence.size() - 1, seen("ioctl", 0, 0x8910)); // also known to be possible
    generated = PolicyGenerator.generate(evidence, OPTIONS);
    assertThat(answer(generated.policy(), "ioctl", 0, 0x8911)).isEqualTo(Action.ALLOW);
    assertThat(answer(generated.policy(), "ioctl", 0, 0x5412)).isEqualTo(Action.fail(1));
  }

  @Test
  void valuesThatAreWithheldAreNotAllowedByLeavingTheArgumentOpen() {
    Observation open = seen(Arch.X86_64, Source.STATIC, "ioctl");
    List<Observation> evidence = new ArrayList<>();
    evidence.add(open.withArguments(ArgumentClass.parse("1&ffffffff=5412")));
    for (int request = 0; request <= OPTIONS.maxTuples(); request++) {
      evidence.add(open.withArguments(ArgumentClass.parse("1&ffffffff=89" + (10 + request))));
    }
    GeneratedPolicy known = PolicyGenerator.generate(evidence, OPTIONS);
    assertThat(answer(known.policy(), "ioctl", 0, 0x8926)).isEqualTo(Action.ALLOW);
    assertThat(answer(known.policy(), "ioctl", 0, 0x5412)).isEqualTo(Action.fail(1));
    assertThat(known.withheld()).extracting(Withheld::syscall).containsExactly("ioctl");

    evidence.add(open); // another executable, of which nothing is known
    GeneratedPolicy unknown = PolicyGenerator.generate(evidence, OPTIONS);
    assertThat(answer(unknown.policy(), "ioctl", 0, 0x5412)).isEqualTo(Action.ALLOW);
    assertThat(unknown.withheld()).isEmpty();
  }

  @Test
  void eachRuleHasItsTier() {
    GeneratedPolicy generated =
        generate(
            seen("read"),
            seen(Arch.X86_64, Source.STATIC, "read"),
            seen(Arch.X86_64, Source.STATIC, "getpid"));
    assertThat(generated.reasons())
        .extracting(reason -> reason.syscall() + " " + reason.tier().label())
        .contains("read needed", "getpid possible", "exit added");
  }

  @Test
  void standInsAreAddedWithTheirReasonAndTheArgumentsSeen() {
    List<Observation> evidence = List.of(seen("chmod", 0, 0644), seen("clone", 17), seen("stat"));
    GeneratedPolicy here = PolicyGenerator.generate(evidence, OPTIONS);
    assertThat(answer(here.policy(), "fchmodat", 0, 0, 0644)).isEqualTo(Action.fail(1));

    GeneratedPolicy safe = PolicyGenerator.generate(evidence, OPTIONS.withDriftSafe(true));
    assertThat(answer(safe.policy(), "fchmodat", 0, 0, 0644)).isEqualTo(Action.ALLOW);
    assertThat(answer(safe.policy(), "fchmodat", 0, 0, 04755)).isEqualTo(Action.fail(1));
    assertThat(answer(safe.policy(), "clone3")).isEqualTo(Action.fail(Action.ENOSYS));
    assertThat(safe.policy().rules()).doesNotHaveDuplicates().noneMatch(Rule::repeatsIndex);
    assertThat(safe.reasons().stream().map(RuleReason::rule))
        .containsExactlyElementsOf(safe.policy().rules());
    assertThat(safe.reasons())
        .filteredOn(reason -> reason.syscall().equals("fchmodat"))
        .singleElement()
        .satisfies(
            reason -> {
              assertThat(reason.note()).isEqualTo("drift: stands in for chmod (aarch64)");
              assertThat(reason.tier()).isEqualTo(Tier.ADDED);
            });
  }

  @Test
  void whatWasRefusedWhileLearningIsNoStandIn() {
    GeneratorOptions options =
        OPTIONS.withArguments(ArgumentScope.NONE).withDriftSafe(true).withRefused(Set.of("clone3"));
    Policy policy = PolicyGenerator.generate(List.of(seen("clone", 17)), options).policy();
    assertThat(answer(policy, "clone3")).isEqualTo(Action.fail(Action.ENOSYS));
  }

  @Test
  void staticEvidenceDoesNotWidenWhatWasSeen() {
    Policy policy =
        generate(seen("socket", 1, 1, 0), seen(Arch.X86_64, Source.STATIC, "socket")).policy();
    assertThat(answer(policy, "socket", 16, 3, 9)).isEqualTo(Action.fail(1));
  }

  @Test
  void callsWithoutANameAreReported() {
    assertThat(generate(seen("syscall_999")).unnamed()).containsExactly("syscall_999");
  }

  @Test
  void reasonsStandInTheOrderOfTheRules() throws PolicyFormatException {
    GeneratedPolicy generated =
        generate(seen("socket", 1, 1, 0), seen("read"), seen("clone", 17), seen("brk"));
    assertThat(generated.reasons().stream().map(RuleReason::rule))
        .containsExactlyElementsOf(generated.policy().rules());
    byte[] json = OciSeccompJson.write(generated.policy());
    assertThat(OciSeccompJson.read(json, "p", true)).isEqualTo(generated.policy());
  }

  @Test
  void reasonsSurviveTheirFile() throws PolicyFormatException {
    List<Observation> evidence = new ArrayList<>();
    for (int request = 0; request < 20; request++) {
      evidence.add(seen("ioctl", 3, request));
    }
    evidence.add(seen("socket", 1, 1, 0));
    evidence.add(seen("clone", 17));
    evidence.add(seen(Arch.X86_64, Source.STATIC, "ptrace"));
    evidence.add(
        seen(Arch.X86_64, Source.STATIC, "prctl")
            .withArguments(ArgumentClass.parse("0&ffffffff=f")));
    evidence.add(
        seen(Arch.X86_64, Source.STATIC, "ioctl")
            .withArguments(ArgumentClass.parse("1&ffffffff=5412")));
    Why why =
        Why.of(
            "/usr/bin/app",
            PolicyGenerator.generate(
                evidence, OPTIONS.withStrictness(Strictness.BALANCED).withDriftSafe(true)),
            Optional.of(
                new UnseenChance(90_000, 30_000, 0, 9.98527e-5, 0.95, 1 / 3.0, Instant.EPOCH)),
            List.of("the kernel's log, read in 1 session: complete"));
    assertThat(why.widened()).isNotEmpty();
    assertThat(why.withheld()).isNotEmpty();
    assertThat(WhyJson.read(WhyJson.write(why), "w")).isEqualTo(why);
    assertThat(new String(WhyJson.write(why), StandardCharsets.UTF_8))
        .contains("\"about\": \"executions of this generator, not production\"");
  }

  @Test
  void aFileOfReasonsSaysWhatIsWrong() {
    assertThatThrownBy(() -> WhyJson.read(bytes("{\"version\": 2, \"rules\": []}"), "w.json"))
        .isInstanceOf(PolicyFormatException.class)
        .hasMessage("w.json:1:13: version 2; wanted 1: make the policy anew by generate");
    assertThatThrownBy(
            () ->
                WhyJson.read(
                    bytes(
                        "{\"version\": 1, \"rules\": [{\"syscall\": \"read\", \"evidence\":"
                            + " [{\"source\": \"observd\"}]}]}"),
                    "w.json"))
        .hasMessage("w.json:1:70: unknown source \"observd\"; did you mean observed?");
    String measured =
        "{\"version\": 1, \"rules\": [], \"unseen\": {\"executions\": 9, \"unguided\": 3, \"hits\": %s,"
            + " \"limit\": %s, \"confidence\": 0.95, \"estimate\": 0, \"measured\":"
            + " \"2026-01-01T00:00:00Z\"}}";
    assertThatThrownBy(() -> WhyJson.read(bytes(measured.formatted("4", "0.5")), "w.json"))
        .hasMessageContaining("no such executions: 4 of 3 of 9");
    assertThatThrownBy(() -> WhyJson.read(bytes(measured.formatted("1", "1.5")), "w.json"))
        .hasMessageContaining("found 1.5; wanted a chance, 0 to 1");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void reasonsLieBesideThePolicy() {
    assertThat(PolicyNames.reasonsOf(Path.of("/a/app.policy.json")))
        .isEqualTo(Path.of("/a/app.policy.why.json"));
    assertThat(PolicyNames.reasonsOf(Path.of("odd"))).isEqualTo(Path.of("odd.why.json"));
  }
}

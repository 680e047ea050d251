package org.tinyjail.generator.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinyjail.generator.ContainerProfiles;
import org.tinyjail.generator.RandomPolicies;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.oci.MobyProfile.ArchFamily;
import org.tinyjail.generator.oci.MobyProfile.ConditionalRule;
import org.tinyjail.generator.oci.MobyProfile.Requirements;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

class MobySeccompJsonTest {
  private static MobyProfile read(String json) throws PolicyFormatException {
    return MobySeccompJson.read(json.getBytes(StandardCharsets.UTF_8), "p", true);
  }

  private static MobyProfile rewritten(MobyProfile profile) throws PolicyFormatException {
    return MobySeccompJson.read(MobySeccompJson.write(profile), "written", false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"docker", "podman", "nspawn"})
  void writingThenReadingGivesTheSameProfile(String name) throws IOException {
    MobyProfile profile = ContainerProfiles.profile(name);
    assertThat(profile.rules()).hasSizeGreaterThan(300).anyMatch(rule -> !rule.isUnconditional());
    assertThat(profile.archMap()).isNotEmpty();
    assertThat(rewritten(profile)).isEqualTo(profile);
  }

  @Test
  void writingThenReadingGivesTheSameProfileWhateverItHolds() throws PolicyFormatException {
    for (int seed = 0; seed < 200; seed++) {
      MobyProfile profile = random(seed);
      assertThat(rewritten(profile)).as("seed %s", seed).isEqualTo(profile);
    }
  }

  private static MobyProfile random(int seed) {
    Random random = new Random(seed);
    MobyProfile plain = MobyProfile.of(new RandomPolicies(seed).policy());
    Policy base = plain.base();
    boolean mapped = base.architectures().isEmpty() && random.nextBoolean();
    List<ArchFamily> archMap =
        mapped
            ? List.of(
                new ArchFamily(Arch.X86_64, List.of(Arch.X86, Arch.X32)),
                new ArchFamily(Arch.RISCV64, List.of()))
            : List.of();
    return new MobyProfile(
        base,
        archMap,
        plain.rules().stream()
            .map(
                rule ->
                    new ConditionalRule(
                        rule.rule(),
                        requirements(random),
                        requirements(random),
                        random.nextBoolean() ? "why \"so\"" : ""))
            .toList());
  }

  private static Requirements requirements(Random random) {
    return new Requirements(
        random.nextBoolean() ? List.of("CAP_BPF", "CAP_SYS_ADMIN") : List.of(),
        random.nextBoolean() ? List.of("amd64") : List.of(),
        random.nextBoolean() ? Optional.of(new KernelVersion(4, 8)) : Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "the older name | \"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\" |"
            + " \"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"",
        "errno by name | \"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errno\": \"EINVAL\""
            + " | \"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 22",
        "both errnos | \"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errno\": \"EINVAL\","
            + " \"errnoRet\": 22 | \"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\","
            + " \"errnoRet\": 22",
        "nothing in many words | \"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\":"
            + " null, \"comment\": \"\", \"includes\": {}, \"excludes\": null |"
            + " \"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"",
        "no capabilities | \"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\":"
            + " {\"caps\": [], \"arches\": null} | \"names\": [\"read\"], \"action\":"
            + " \"SCMP_ACT_ALLOW\"",
      })
  void sameThingInOtherWordsIsTheSameProfile(String what, String one, String other)
      throws PolicyFormatException {
    String profile = "{\"defaultAction\": \"SCMP_ACT_KILL\", \"syscalls\": [{%s}]}";
    assertThat(read(String.format(profile, one)))
        .as(what)
        .isEqualTo(read(String.format(profile, other)));
  }

  @Test
  void defaultErrnoByNameIsTheNumber() throws PolicyFormatException {
    assertThat(read("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"ENOSYS\"}"))
        .isEqualTo(read("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38}"));
  }

  @Test
  void everyRuleOfAnOciProfileIsAlwaysInForce() throws PolicyFormatException {
    for (int seed = 0; seed < 100; seed++) {
      Policy policy = new RandomPolicies(seed).policy();
      MobyProfile profile = MobySeccompJson.read(OciSeccompJson.write(policy), "p", false);
      assertThat(profile.resolve(ContainerProfiles.BARE)).isEqualTo(policy);
    }
  }
}

package org.tinyjail.generator.groups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.generator.Corpora;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.Constants;
import org.tinyjail.model.Rule;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallTable;
import org.tinyjail.model.Tables;

class GroupsTest {
  private static final Groups GROUPS = Groups.builtIn();

  private static List<Group> ours() {
    return GROUPS.all().stream().filter(group -> group.source().equals("tiny-jail")).toList();
  }

  private static Groups table(String text) {
    return new Groups(GroupParser.parse("t.groups", "source: tiny-jail\n" + text));
  }

  @Test
  void everyCallIsInAGroupOfOurs() {
    Set<String> grouped =
        ours().stream()
            .flatMap(group -> GROUPS.calls(group.name()).stream())
            .collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>(SyscallTable.knownNames());
    missing.removeAll(grouped);
    assertThat(missing).isEmpty();
  }

  @Test
  void everyCallIsWholeInSomeGroupOfOurs() {
    Set<String> whole = new HashSet<>();
    for (Group group : ours()) {
      for (Member member : group.members()) {
        if (member instanceof Member.Call call && call.meansAll()) {
          whole.add(call.syscall());
        }
      }
    }
    assertThat(whole).containsAll(SyscallTable.knownNames());
  }

  @Test
  void systemdsGroupsHoldWhatSystemdSays() throws IOException {
    Map<String, Set<String>> expected = new TreeMap<>();
    for (String line : resource("systemd.flat").lines().toList()) {
      if (!line.startsWith("#")) {
        List<String> words = List.of(line.split(" ", -1));
        expected.put(words.get(0), Set.copyOf(words.subList(1, words.size())));
      }
    }
    assertThat(expected).hasSize(29);
    expected.forEach(
        (name, calls) -> assertThat(GROUPS.calls(name)).as(name).hasSameElementsAs(calls));
    assertThat(
            GROUPS.all().stream()
                .filter(group -> group.source().startsWith("systemd 252"))
                .map(Group::name)
                .filter(name -> !expected.containsKey(name)))
        .containsExactly("@sandbox");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = GroupsTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void noGroupIsCalledAsAPolicy() throws IOException {
    List<String> policies =
        Corpora.files("policies").stream()
            .map(file -> "@" + file.getFileName().toString().replace(".json", ""))
            .toList();
    assertThat(policies).contains("@docker", "@podman", "@nspawn");
    assertThat(GROUPS.names()).doesNotContainAnyElementsOf(policies);
  }

  @Test
  void noRuleLooksTwiceAtAnArgumentOrBeyond32Bits() {
    for (Group group : GROUPS.all()) {
      for (Rule rule : GROUPS.rules(group.name(), Action.ALLOW)) {
        assertThat(rule.repeatsIndex()).as("%s in %s", rule, group.name()).isFalse();
        assertThat(rule.conditions())
            .as("%s in %s", rule, group.name())
            .allMatch(c -> c.operator() == ArgCondition.Operator.MASKED_EQ)
            .allMatch(c -> (c.value() & ~ArgCondition.INT_MASK) == 0)
            .allMatch(c -> (c.valueTwo() & ~c.value()) == 0);
      }
    }
  }

  /** Rules are for all architectures, so arguments and constants must not differ between them. */
  @Test
  void conditionsMeanTheSameOnEveryArchitecture() throws IOException {
    Set<String> different = new HashSet<>();
    for (String[] row : Tables.body(Constants.class, "constants.tsv")) {
      if (row.length > 3 && !row[3].isEmpty()) {
        different.add(row[1]);
      }
    }
    Matcher names = Pattern.compile("\\b[A-Z][A-Z0-9_]{3,}\\b").matcher("");
    int seen = 0;
    for (Group group : GROUPS.all()) {
      for (Member member : group.members()) {
        names.reset(member.text());
        while (names.find()) {
          seen++;
          assertThat(different).as(member.text()).doesNotContain(names.group());
        }
        if (member instanceof Member.Call call) {
          for (List<ArgCondition> use : call.uses()) {
            use.forEach(condition -> sameArgument(call.syscall(), condition.index()));
          }
        }
      }
    }
    assertThat(seen).isGreaterThan(200);
  }

  private static void sameArgument(String call, int index) {
    SyscallSignature.Parameter usual = SyscallSignature.of(call).parameters().get(index);
    for (Arch arch : List.of(Arch.X86, Arch.AARCH64)) {
      // Call 90 of x86 has its arguments in memory: the table says so in its head.
      if (!(call.equals("mmap") && arch == Arch.X86)) {
        assertThat(SyscallSignature.of(call, arch).parameters().get(index))
            .as("%s on %s", call, arch)
            .isEqualTo(usual);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "@memory-write-execute | mmap | 0 4096 6 | true",
        "@memory-write-execute | mmap | 0 4096 7 | true",
        "@memory-write-execute | mmap | 0 4096 5 | false",
        "@memory-write-execute | mmap | 0 4096 3 | false",
        "@memory-wx            | mprotect | 0 4096 5 | true",
        "@memory-wx            | mmap | 0 4096 5 | false",
        "@file-open-write      | openat | 0 0 0 | false",
        "@file-open-write      | openat | 0 0 1 | true",
        "@file-open-write      | openat | 0 0 2 | true",
        "@file-open-write      | openat | 0 0 3 | true",
        "@file-open-write      | openat | 0 0 64 | true",
        "@file-open-write      | openat | 0 0 512 | true",
        "@file-open-write      | openat | 0 0 0x80000 | false",
        "@file-open-write      | openat | 0 0 0x100000001 | true",
        "@file-open-write      | openat2 | 0 0 0 | true",
        "@file-open-write      | read | 0 0 1 | false",
        "@file-open-read-only  | open | 0 0x80000 | true",
        "@file-open-read-only  | open | 0 0x200 | false",
        "@namespace-user       | clone | 0x10000011 | true",
        "@namespace-user       | clone | 0x20000011 | false",
        "@namespace-create     | clone | 0x20000011 | true",
        "@namespace-create     | clone | 0x3d0f00 | false",
        "@namespace-create     | clone | 0x1200011 | false",
        "@namespace-create     | clone3 | 0 88 | true",
        "@namespace-create     | unshare | 0x80 | true",
        "@namespace-create     | unshare | 0x400 | false",
        "@socket-inet6         | socket | 10 2 0 | true",
        "@socket-inet6         | socket | 2 2 0 | false",
        "@socket-tcp           | socket | 2 0x80801 0 | true",
        "@socket-tcp           | socket | 2 0x80802 0 | false",
        "@socket-raw           | socket | 2 0x80003 1 | true",
        "@socket-raw           | socket | 17 2 0 | true",
        "@process-personality-safe | personality | 0xffffffff | true",
        "@process-personality-safe | personality | 0x20008 | true",
        "@process-personality-safe | personality | 0x40000 | false",
      })
  void conditionsSayWhatTheyShould(String group, String call, String arguments, boolean holds) {
    long[] values = Stream.of(arguments.split(" ", -1)).mapToLong(Long::decode).toArray();
    assertThat(Held.by(GROUPS, group, call, values)).isEqualTo(holds);
  }

  /** All sixteen values of four flags: a group that means any of them holds all but zero. */
  @Test
  void anyOfTheseBitsIsOneRuleForEachBit() {
    Groups groups = table("@g: d\n  unshare(flags any 0x1|0x4|0x10|0x40)");
    assertThat(groups.rules("@g", Action.ALLOW)).hasSize(4);
    for (int bits = 0; bits < 16; bits++) {
      long flags = (bits & 1) | (bits & 2) << 1 | (bits & 4) << 2 | (bits & 8) << 3;
      assertThat(Held.by(groups, "@g", "unshare", flags | 0xff00)).isEqualTo(bits != 0);
    }
  }

  @Test
  void severalTestsOfACallMustAllHold() {
    Groups groups = table("@g: d\n  open(flags any O_WRONLY|O_RDWR, flags has O_TRUNC, mode = 0)");
    Map<Long, Boolean> expected = new HashMap<>();
    expected.put(1L, false);
    expected.put(0x201L, true);
    expected.put(0x202L, true);
    expected.put(0x200L, false);
    expected.forEach(
        (flags, holds) ->
            assertThat(Held.by(groups, "@g", "open", 0, flags, 0))
                .as("%x", flags)
                .isEqualTo(holds));
    assertThat(Held.by(groups, "@g", "open", 0, 0x201, 1)).isFalse();
  }

  @Test
  void unseenCallsAreHiddenWhereTheGroupIsDeniedAndLeftOutWhereItPasses() {
    Rule hidden = new Rule("clone3", List.of(), Action.fail(Action.ENOSYS));
    assertThat(GROUPS.rules("@namespace-user", Action.fail(Action.EPERM))).contains(hidden);
    assertThat(GROUPS.rules("@namespace-user", Action.KILL_PROCESS)).contains(hidden);
    assertThat(GROUPS.rules("@namespace-user", Action.NOTIFY))
        .contains(new Rule("clone3", List.of(), Action.NOTIFY));
    for (Action passes : List.of(Action.ALLOW, Action.LOG)) {
      assertThat(GROUPS.rules("@namespace-user", passes))
          .hasSize(2)
          .noneMatch(rule -> rule.syscall().equals("clone3"));
    }
  }

  @Test
  void aCallThatIsMeantWholeTakesThePlaceOfItsUses() {
    Groups groups = table("@a: d\n  open(flags = 0) openat2?\n@b: d\n  @a open openat2");
    assertThat(groups.rules("@b", Action.ALLOW))
        .containsExactlyInAnyOrder(Rule.allow("open"), Rule.allow("openat2"));
    assertThat(groups.members("@a")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'@a: d\n  @a'                        | group @a holds itself: @a",
        "'@a: d\n  @b\n@b: d\n  read @c\n@c: d\n  @a' | group @a holds itself: @a > @b > @c",
        "'@a: d\n  @nothing'                  | no group @nothing",
        "'@a: d\n  read\n@a: d\n  write'      | group @a stands twice",
        "'@a: d\n\n@b: d\n  read'             | t.groups:4: group @a has no members",
        "'@a: d\n  raed'                      | t.groups:3: unknown system call raed",
        "'@a: d\n  READ'                      | t.groups:3: found \"READ\"; wanted a member",
        "'@a: d\n  read)'                     | t.groups:3: found \"read)\"; wanted a member",
        "'@a\n  read'                         | t.groups:2: wanted \"@name: description\" behind a line \"source: ...\"",
        "'  read'                             | t.groups:2: members without a group; wanted \"@name: description\" before",
        "'@a: d\n  open(flag = 1)'            | t.groups:3: open has no argument flag",
        "'@a: d\n  open(flags = O_WRITE)'     | t.groups:3: no constant O_WRITE for the argument flags",
        "'@a: d\n  open(flags has 0)'         | t.groups:3: no bits after \"has\"",
        "'@a: d\n  open(flags & 1 = 2)'       | t.groups:3: a value with bits outside of its mask",
        "'@a: d\n  open(flags = 0x100000000)' | t.groups:3: found 0x100000000; wanted at most 32 bits",
        "'@a: d\n  open(flags = 1, flags = 2)' | t.groups:3: two tests of flags that never hold together",
        "'@a: d\n  open(flags 1)'             | t.groups:3: found \"flags 1\"; wanted ARG = VALUE, ARG & MASK = VALUE, has or any",
      })
  void aTableThatIsWrongIsRefused(String text, String message) {
    assertThatThrownBy(() -> table(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void everyDescriptionIsOneShortLine() {
    List<String> wrong = new ArrayList<>();
    for (Group group : GROUPS.all()) {
      if (group.description().length() > 100 || group.description().endsWith(".")) {
        wrong.add(group.name());
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(ours()).hasSizeGreaterThan(100);
  }
}

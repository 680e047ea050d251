package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What one rule would allow is one entry, and belongs to the policy of its program. */
class ReviewIT {
  private static final String MANY = "for name in a b c d e; do mkdir $name; done";

  @TempDir Path directory;
  private TinyJail tinyJail;

  @BeforeEach
  void start() throws Exception {
    tinyJail = new TinyJail(directory);
    Files.writeString(directory.resolve("p.json"), Attacker.ALL_BUT_MKDIR);
  }

  private void held(String policy, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "--quiet", "--policy", policy, "--"));
    words.addAll(List.of(command));
    tinyJail.run(words.toArray(String[]::new));
  }

  private TinyJail.Result review(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("review"));
    words.addAll(List.of(options));
    return tinyJail.run(words.toArray(String[]::new));
  }

  private List<JsonNode> listed() throws Exception {
    List<JsonNode> items = new ArrayList<>();
    new JsonMapper().readTree(review("--all", "--json").succeeded().out()).forEach(items::add);
    return items;
  }

  @Test
  void whatOneRuleWouldAllowIsOneEntryAndIsAllowedAsOne() throws Exception {
    held("p.json", "sh", "-c", MANY);
    String list = review().succeeded().out();
    assertThat(list)
        .contains("5 variants (--verbose shows each), 5 times", "(\"a\"", "(\"b\"", "(\"c\"")
        .doesNotContain("(\"d\"")
        .containsOnlyOnce(" risk: ");
    assertThat(review("--verbose").out()).contains("(\"d\"", "(\"e\"").doesNotContain("variants");
    assertThat(listed()).hasSize(5);
    assertThat(listed().stream().map(item -> item.get("entry").asLong()).distinct()).hasSize(1);
    assertThat(listed()).allMatch(item -> item.get("rule").asString().equals("mkdir"));

    String last = listed().get(4).get("id").asString();
    assertThat(review("--allow", last, "--policy", "p.json").succeeded().err())
        .startsWith("tiny-jail: allowed mkdir\n");
    assertThat(review().succeeded().out()).isEmpty();
    assertThat(review().err())
        .isEqualTo(
            "tiny-jail: nothing new to review; 5 denials were decided before:"
                + " tiny-jail review --all\n");
  }

  @Test
  void whatStaysDeniedIsNotListedAgainWhateverItsPath() throws Exception {
    held("p.json", "sh", "-c", MANY);
    TinyJail.Result unknown = review("--deny", "1,99");
    assertThat(unknown.status()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err()).startsWith("tiny-jail: review: no denial has the id 99;");
    assertThat(listed()).allMatch(item -> item.get("decision").asString().equals("open"));

    assertThat(review("--deny", "1").succeeded().err()).contains("5 denials marked as reviewed");
    held("p.json", "sh", "-c", MANY + "; mkdir more");
    assertThat(review().succeeded().out()).isEmpty();
    assertThat(review().err()).contains("nothing new to review; 6 denials were decided before");
    assertThat(review("--all").out()).contains("6 variants", "11 times", ", reviewed\n");
  }

  @Test
  void aDenialIsNotAllowedInThePolicyOfAnotherProgramUnlessThatIsMeant() throws Exception {
    Path other = Files.copy(directory.resolve("p.json"), directory.resolve("other.json"));
    held("p.json", "sh", "-c", "mkdir a");
    held("./other.json", "env", "mkdir", "b");
    List<JsonNode> all = listed();
    assertThat(all).hasSize(2);
    String both = all.get(0).get("id").asString() + "," + all.get(1).get("id").asString();

    TinyJail.Result refused = review("--allow", both, "--policy", "other.json");
    assertThat(refused.status()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err())
        .hasLineCount(1)
        .contains(
            "is of /usr/bin/dash, other.json is the policy of /usr/bin/env;",
            "--program P",
            "--other-program");
    assertThat(other).hasContent(Attacker.ALL_BUT_MKDIR);
    assertThat(listed()).allMatch(item -> item.get("decision").asString().equals("open"));

    review("--allow", both, "--policy", "other.json", "--other-program").succeeded();
    assertThat(Files.readString(other)).isNotEqualTo(Attacker.ALL_BUT_MKDIR);
  }

  @Test
  void theReasonsOfAPolicySayWhoseItIs() throws Exception {
    tinyJail.run("learn", "--quiet", "--out", "true.json", "--", "true").succeeded();
    held("p.json", "sh", "-c", "mkdir a");
    assertThat(review("--allow", "1", "--policy", "true.json").err())
        .contains("is of /usr/bin/dash, true.json is the policy of /usr/bin/true;");
    Files.copy(directory.resolve("p.json"), directory.resolve("copy.json"));
    review("--allow", "1", "--policy", "copy.json").succeeded();
  }
}

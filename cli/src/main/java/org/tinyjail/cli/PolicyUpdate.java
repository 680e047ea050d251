package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Why;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.oci.MobyProfile;
import org.tinyjail.generator.oci.MobyProfile.ConditionalRule;
import org.tinyjail.generator.oci.MobySeccompJson;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Rule;

/**
 * A policy that lets denied calls pass from now on: just those, with their argument values where
 * the danger of the call lies in them.
 */
final class PolicyUpdate {
  private final Path file;
  private final MobyProfile profile;
  private final List<Allowance> added;

  private PolicyUpdate(Path file, MobyProfile profile, List<Allowance> added) {
    this.file = file;
    this.profile = profile;
    this.added = added;
  }

  /**
   * What a person allows.
   *
   * @param syscall the call
   * @param arguments to which it is limited
   * @param executables who made it; none if that is not known
   * @param sample the call that was denied; may be empty
   */
  record Allowance(
      String syscall, ArgumentClass arguments, List<String> executables, String sample) {
    /** What lets {@code denial} pass. */
    static Allowance of(Denial denial) {
      return new Allowance(
          denial.syscall(),
          ArgumentScope.DANGEROUS.classOf(denial),
          denial.executable().isEmpty() ? List.of() : List.of(denial.executable()),
          denial.arguments());
    }

    Rule rule() {
      return new Rule(syscall, arguments.conditions(), Action.ALLOW);
    }

    RuleReason reason() {
      return new RuleReason(
          syscall, arguments, Action.ALLOW, List.of(), executables, sample, "allowed by a person");
    }
  }

  /** Reads {@code file} and adds {@code allowances}; nothing is written yet. */
  static PolicyUpdate allow(Path file, List<Allowance> allowances) throws IOException {
    MobyProfile profile = MobySeccompJson.read(file);
    List<Allowance> added = new ArrayList<>();
    for (Allowance allowance : allowances) {
      boolean known = added.stream().anyMatch(other -> other.rule().equals(allowance.rule()));
      if (!known && !alwaysAllows(profile, allowance.rule())) {
        added.add(allowance);
      }
    }
    return new PolicyUpdate(file, with(profile, added), List.copyOf(added));
  }

  private static boolean alwaysAllows(MobyProfile profile, Rule rule) {
    return profile.rules().stream()
        .anyMatch(old -> old.isUnconditional() && old.rule().equals(rule));
  }

  /** The rules that are new, in the order of what was allowed. */
  List<Rule> added() {
    return added.stream().map(Allowance::rule).toList();
  }

  /** Replaces the file and adds to its reasons; answers where its former content is kept. */
  Path write() throws CommandException, IOException {
    AtomicFile.checkWritable(file, "copy the policy to a directory of yours and update the copy");
    Path reasons = PolicyNames.reasonsOf(file);
    if (Files.exists(reasons)) {
      Why why = WhyJson.read(reasons);
      List<RuleReason> all = new ArrayList<>(why.reasons());
      added.forEach(allowance -> all.add(allowance.reason()));
      AtomicFile.write(reasons, WhyJson.write(why.withReasons(all)));
    }
    Path backup = AtomicFile.backUp(file);
    AtomicFile.write(file, MobySeccompJson.write(profile));
    return backup;
  }

  /**
   * The strictest matching rule wins, so rules that deny the call without conditions, or under just
   * these, must go.
   */
  private static MobyProfile with(MobyProfile profile, List<Allowance> added) {
    List<ConditionalRule> rules = new ArrayList<>(profile.rules());
    for (Allowance allowance : added) {
      Rule rule = allowance.rule();
      rules.removeIf(old -> denies(old.rule(), rule));
      rules.add(ConditionalRule.always(rule));
    }
    return profile.withRules(rules);
  }

  private static boolean denies(Rule old, Rule allowed) {
    return old.syscall().equals(allowed.syscall())
        && old.action().denies()
        && (old.conditions().isEmpty() || old.conditions().equals(allowed.conditions()));
  }
}

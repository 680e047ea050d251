package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Why;
import org.tinyjail.generator.merge.WhyJson;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;

/**
 * A policy that lets denied calls pass from now on: just those, with their argument values where
 * the danger of the call lies in them.
 */
final class PolicyUpdate {
  private final Path file;
  private final Policy policy;
  private final List<Allowance> added;

  private PolicyUpdate(Path file, Policy policy, List<Allowance> added) {
    this.file = file;
    this.policy = policy;
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
          ArgumentScope.DANGEROUS.classOf(denial.syscall(), denial.arch(), denial.data()),
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
    Policy policy = OciSeccompJson.read(file);
    List<Allowance> added = new ArrayList<>();
    for (Allowance allowance : allowances) {
      boolean known = added.stream().anyMatch(other -> other.rule().equals(allowance.rule()));
      if (!known && !policy.rules().contains(allowance.rule())) {
        added.add(allowance);
      }
    }
    return new PolicyUpdate(file, with(policy, added), List.copyOf(added));
  }

  /** The rules that are new, in the order of what was allowed. */
  List<Rule> added() {
    return added.stream().map(Allowance::rule).toList();
  }

  /** Replaces the file and adds to its reasons; answers where its former content is kept. */
  Path write() throws IOException {
    Path reasons = WhyJson.pathFor(file);
    if (Files.exists(reasons)) {
      Why why = WhyJson.read(reasons);
      List<RuleReason> all = new ArrayList<>(why.reasons());
      added.forEach(allowance -> all.add(allowance.reason()));
      AtomicFile.write(reasons, WhyJson.write(new Why(all, why.widened(), why.withheld())));
    }
    Path backup = AtomicFile.backUp(file);
    AtomicFile.write(file, OciSeccompJson.write(policy));
    return backup;
  }

  /**
   * The strictest matching rule wins, so rules that deny the call without conditions, or under just
   * these, must go.
   */
  private static Policy with(Policy policy, List<Allowance> added) {
    List<Rule> rules = new ArrayList<>(policy.rules());
    for (Allowance allowance : added) {
      Rule rule = allowance.rule();
      rules.removeIf(
          old ->
              old.syscall().equals(rule.syscall())
                  && old.action().denies()
                  && (old.conditions().isEmpty() || old.conditions().equals(rule.conditions())));
      rules.add(rule);
    }
    return policy.withRules(rules);
  }
}

package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  private final List<Rule> added;

  private PolicyUpdate(Path file, Policy policy, List<Rule> added) {
    this.file = file;
    this.policy = policy;
    this.added = added;
  }

  /** Reads {@code file} and adds what {@code denials} need; nothing is written yet. */
  static PolicyUpdate allow(Path file, List<Denial> denials) throws IOException {
    return add(file, denials.stream().map(PolicyUpdate::rule).toList());
  }

  /** Reads {@code file} and adds {@code rules}, which allow; nothing is written yet. */
  static PolicyUpdate add(Path file, List<Rule> rules) throws IOException {
    Policy policy = OciSeccompJson.read(file);
    List<Rule> added = new ArrayList<>();
    for (Rule rule : rules) {
      if (!added.contains(rule) && !policy.rules().contains(rule)) {
        added.add(rule);
      }
    }
    return new PolicyUpdate(file, with(policy, added), List.copyOf(added));
  }

  /** The rules that are new, in the order of the denials. */
  List<Rule> added() {
    return added;
  }

  /** Replaces the file; answers where its former content is kept. */
  Path write() throws IOException {
    Path backup = AtomicFile.backUp(file);
    AtomicFile.write(file, OciSeccompJson.write(policy));
    return backup;
  }

  private static Rule rule(Denial denial) {
    ArgumentClass arguments =
        ArgumentScope.DANGEROUS.classOf(denial.syscall(), denial.arch(), denial.data());
    return new Rule(denial.syscall(), arguments.conditions(), Action.ALLOW);
  }

  /**
   * The strictest matching rule wins, so rules that deny the call without conditions, or under just
   * these, must go.
   */
  private static Policy with(Policy policy, List<Rule> added) {
    List<Rule> rules = new ArrayList<>(policy.rules());
    for (Rule rule : added) {
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

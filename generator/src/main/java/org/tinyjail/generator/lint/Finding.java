package org.tinyjail.generator.lint;

import java.util.Optional;
import org.tinyjail.model.Rule;

/**
 * One thing to know about a policy.
 *
 * @param check which check found it
 * @param severity how bad it is
 * @param rule where it stems from; empty if from what is not written
 * @param what was found
 * @param why it matters
 * @param advice what to do
 */
public record Finding(
    Check check, Severity severity, Optional<Rule> rule, String what, String why, String advice) {
  static Finding of(Check check, Optional<Rule> rule, String what) {
    return new Finding(check, check.severity(), rule, what, check.why(), check.advice());
  }

  static Finding of(Check check, Rule rule, String what) {
    return of(check, Optional.of(rule), what);
  }

  static Finding of(Check check, String what) {
    return of(check, Optional.empty(), what);
  }

  Finding with(Severity other) {
    return new Finding(check, other, rule, what, why, advice);
  }
}

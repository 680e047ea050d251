package org.tinyjail.generator.merge;

import java.util.List;
import java.util.Set;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.Observation;

/**
 * How a policy is made from evidence.
 *
 * @param machine the architecture whose calls need no entry in {@code architectures}
 * @param arguments which arguments calls are limited by
 * @param defaultAction for everything without evidence
 * @param strictness what happens to calls with static evidence only
 * @param refused calls that failed with ENOSYS while learning, so that libc fell back to others:
 *     they get a rule that says the same
 * @param driftSafe whether calls that another libc or kernel puts in the place of those seen are
 *     allowed too
 * @param maxTuples how many distinct combinations of arguments a call may have before it is
 *     widened, at least 1; more where widening would allow what is withheld
 */
public record GeneratorOptions(
    Arch machine,
    ArgumentScope arguments,
    Action defaultAction,
    Strictness strictness,
    Set<String> refused,
    boolean driftSafe,
    int maxTuples) {
  /** More combinations than this look like data, not like a choice. */
  public static final int DEFAULT_MAX_TUPLES = 16;

  public GeneratorOptions {
    refused = Set.copyOf(refused);
    if (maxTuples < 1) {
      throw new IllegalArgumentException("maxTuples must be at least 1, was " + maxTuples);
    }
  }

  /** Safe arguments, EPERM by default, balanced, nothing refused, for this libc and kernel. */
  public static GeneratorOptions of(Arch machine) {
    return new GeneratorOptions(
        machine,
        ArgumentScope.DANGEROUS,
        Action.fail(Action.EPERM),
        Strictness.BALANCED,
        Set.of(),
        false,
        DEFAULT_MAX_TUPLES);
  }

  /** The same with other arguments. */
  public GeneratorOptions withArguments(ArgumentScope mode) {
    return new GeneratorOptions(
        machine, mode, defaultAction, strictness, refused, driftSafe, maxTuples);
  }

  /** The same with another default. */
  public GeneratorOptions withDefaultAction(Action action) {
    return new GeneratorOptions(
        machine, arguments, action, strictness, refused, driftSafe, maxTuples);
  }

  /** The same with another strictness. */
  public GeneratorOptions withStrictness(Strictness other) {
    return new GeneratorOptions(
        machine, arguments, defaultAction, other, refused, driftSafe, maxTuples);
  }

  /** The same with calls that were refused while learning. */
  public GeneratorOptions withRefused(Set<String> names) {
    return new GeneratorOptions(
        machine, arguments, defaultAction, strictness, names, driftSafe, maxTuples);
  }

  /** The same with or without what another libc or kernel calls. */
  public GeneratorOptions withDriftSafe(boolean safe) {
    return new GeneratorOptions(
        machine, arguments, defaultAction, strictness, refused, safe, maxTuples);
  }

  /** The same with another bound on combinations of arguments. */
  public GeneratorOptions withMaxTuples(int most) {
    return new GeneratorOptions(
        machine, arguments, defaultAction, strictness, refused, driftSafe, most);
  }

  /** The arguments of the call of {@code observation} that rules are about. */
  List<DangerousArgument> wanted(Observation observation) {
    return arguments.arguments(observation.syscall(), observation.arch());
  }

  /** What {@code observation} says of these: more may have been kept. */
  ArgumentClass learned(Observation observation) {
    return Tuples.reduced(observation.arguments(), wanted(observation));
  }
}

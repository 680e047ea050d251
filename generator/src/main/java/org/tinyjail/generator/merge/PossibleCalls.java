package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tinyjail.generator.lint.Dangers;
import org.tinyjail.generator.lint.Dangers.Danger;
import org.tinyjail.generator.lint.Severity;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.DangerousArguments.DangerousArgument;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Syscall;

/**
 * Judges calls that a binary can reach and that nobody has seen it make.
 *
 * <p>Of high risk is a call that {@code syscall-facts.tsv} calls so, and a use of another that
 * {@code dangers.tsv} warns of. Where the dangerous use is a bit of flags, such as a new namespace
 * of {@code clone}, the call is limited to uses without.
 */
final class PossibleCalls {
  private final GeneratorOptions options;
  private final List<Withheld> withheld = new ArrayList<>();

  PossibleCalls(GeneratorOptions options) {
    this.options = options;
  }

  /** What was denied so far. */
  List<Withheld> withheld() {
    return withheld;
  }

  /** The observations of {@code all}, each with the arguments that the mode allows. */
  List<Observation> allowed(List<Observation> all) {
    return switch (options.strictness()) {
      case STRICT -> {
        all.forEach(each -> withhold(each, ArgumentClass.ANY, "never seen"));
        yield List.of();
      }
      case BALANCED -> all.stream().flatMap(each -> harmless(each).stream()).toList();
      case SOUND -> all;
    };
  }

  /**
   * The same of a call that was seen too. Other arguments than those seen are harmless where the
   * binary is known to pass them and nothing is known to be wrong with them, or where nothing is
   * wrong with any use of the call.
   *
   * @param seen the arguments that it was seen with
   */
  List<Observation> allowedBesides(List<Observation> all, Set<ArgumentClass> seen) {
    return switch (options.strictness()) {
      case STRICT -> List.of();
      case BALANCED -> all.isEmpty() ? all : besides(all.get(0).syscall(), all, seen);
      case SOUND -> all;
    };
  }

  private List<Observation> besides(String call, List<Observation> all, Set<ArgumentClass> seen) {
    Syscall.Risk risk = Syscall.named(call).risk();
    if (risk == Syscall.Risk.HIGH) {
      return List.of();
    }
    if (risk == Syscall.Risk.LOW && Dangers.of(call).isEmpty()) {
      return all;
    }
    List<Observation> more = all.stream().filter(each -> isHarmless(each, seen)).toList();
    Set<ArgumentClass> fitting = new HashSet<>(seen);
    more.forEach(each -> fitting.add(options.learned(each)));
    // More than fit would leave the argument open.
    return fitting.size() > options.maxTuples() ? List.of() : more;
  }

  /** Of calls with one learned argument: of several it is not known which values go together. */
  private boolean isHarmless(Observation possible, Set<ArgumentClass> seen) {
    List<ArgumentClass.Value> values = options.learned(possible).values();
    List<DangerousArgument> wanted = options.wanted(possible);
    if (wanted.size() != 1 || values.size() != 1) {
      return false;
    }
    ArgumentClass.Value value = values.get(0);
    return wanted.get(0).mask() == ArgCondition.INT_MASK
        ? Dangers.of(possible.syscall()).stream().noneMatch(danger -> isUse(danger, value))
        : isPartOf(value, seen);
  }

  /** Whether a value is what {@code danger} is about, or does not say that it is not. */
  private static boolean isUse(Danger danger, ArgumentClass.Value value) {
    return danger
        .value()
        .map(
            dangerous ->
                dangerous.index() != value.index() || isSame(value.value(), dangerous.value()))
        .orElse(true);
  }

  /** Whether flags are no more than were seen together. */
  private static boolean isPartOf(ArgumentClass.Value flags, Set<ArgumentClass> seen) {
    return seen.stream()
        .flatMap(each -> each.values().stream())
        .anyMatch(each -> each.index() == flags.index() && (flags.value() & ~each.value()) == 0);
  }

  private Optional<Observation> harmless(Observation possible) {
    String call = possible.syscall();
    List<Danger> warnings =
        Dangers.of(call).stream().filter(d -> d.severity() == Severity.WARNING).toList();
    if (Syscall.named(call).risk() == Syscall.Risk.HIGH) {
      withhold(
          possible,
          ArgumentClass.ANY,
          warnings.stream()
              .findFirst()
              .map(Danger::why)
              .orElseGet(() -> "high risk: " + Syscall.named(call).description()));
      return Optional.empty();
    }
    Observation left = possible;
    for (Danger danger : warnings) {
      Optional<ArgumentClass> without = without(danger, left);
      if (without.isEmpty()) {
        withhold(possible, left.arguments(), danger.why());
        return Optional.empty();
      }
      if (!without.get().equals(left.arguments())) {
        withhold(possible, use(danger), danger.why());
        left = left.withArguments(without.get());
      }
    }
    return Optional.of(left);
  }

  /** The arguments that are left without {@code danger}; empty: none. */
  private Optional<ArgumentClass> without(Danger danger, Observation possible) {
    ArgumentClass arguments = possible.arguments();
    if (danger.value().isEmpty()) {
      return Optional.empty();
    }
    ArgumentClass.Value dangerous = danger.value().get();
    Optional<DangerousArgument> flags =
        options.wanted(possible).stream()
            .filter(argument -> argument.index() == dangerous.index())
            .filter(argument -> areFlags(argument, dangerous.value()))
            .findFirst();
    for (ArgumentClass.Value known : arguments.values()) {
      if (known.index() == dangerous.index()) {
        boolean harmful =
            flags
                .map(argument -> (known.value() & argument.mask()) != 0)
                .orElseGet(() -> isSame(known.value(), dangerous.value()));
        return harmful ? Optional.empty() : Optional.of(arguments);
      }
    }
    return Optional.of(flags.map(argument -> withNone(argument, arguments)).orElse(arguments));
  }

  /** Of flags the bit counts, of other values all. */
  private static boolean isSame(long value, long dangerous) {
    return Long.bitCount(dangerous) == 1 ? (value & dangerous) != 0 : value == dangerous;
  }

  /** Whether some bits are learned, this among them: none of them is then harmless. */
  private static boolean areFlags(DangerousArgument argument, long dangerous) {
    return argument.mask() != ArgCondition.INT_MASK
        && dangerous != 0
        && (argument.mask() & dangerous) == dangerous;
  }

  private static ArgumentClass withNone(DangerousArgument argument, ArgumentClass arguments) {
    List<ArgumentClass.Value> values = new ArrayList<>(arguments.values());
    values.add(new ArgumentClass.Value(argument.index(), argument.mask(), 0));
    return new ArgumentClass(values);
  }

  private static ArgumentClass use(Danger danger) {
    return new ArgumentClass(danger.value().stream().toList());
  }

  private void withhold(Observation possible, ArgumentClass arguments, String why) {
    Withheld denied = new Withheld(possible.syscall(), arguments, why);
    if (!withheld.contains(denied)) {
      withheld.add(denied);
    }
  }
}

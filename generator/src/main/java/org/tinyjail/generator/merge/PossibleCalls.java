package org.tinyjail.generator.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
   * The same of a call that was seen too, with arguments of its own. Others that a binary is known
   * to pass are harmless where nothing is known to be wrong with that use. Where they are not
   * known, what was seen is not widened, unless all is wanted, or nothing is wrong with any use.
   *
   * @param seen with how many combinations of arguments
   */
  List<Observation> allowedBesides(List<Observation> all, int seen) {
    return switch (options.strictness()) {
      case STRICT -> List.of();
      case BALANCED -> all.isEmpty() ? all : known(all.get(0).syscall(), all, seen);
      case SOUND -> all;
    };
  }

  private List<Observation> known(String call, List<Observation> all, int seen) {
    Syscall.Risk risk = Syscall.named(call).risk();
    if (risk == Syscall.Risk.LOW && Dangers.of(call).isEmpty()) {
      return all;
    }
    List<Observation> known =
        all.stream().filter(this::hasAllArguments).filter(PossibleCalls::hasNoDanger).toList();
    long combinations = known.stream().map(Observation::arguments).distinct().count();
    // More than fit would leave an argument open.
    return risk == Syscall.Risk.HIGH || seen + combinations > options.maxTuples()
        ? List.of()
        : known;
  }

  private boolean hasAllArguments(Observation possible) {
    List<DangerousArgument> wanted =
        options.arguments().arguments(possible.syscall(), possible.arch());
    return !wanted.isEmpty()
        && Tuples.reduced(possible.arguments(), wanted).values().size() == wanted.size();
  }

  private static boolean hasNoDanger(Observation possible) {
    return Dangers.of(possible.syscall()).stream()
        .map(Danger::value)
        .allMatch(
            dangerous ->
                dangerous.isPresent()
                    && possible.arguments().values().stream()
                        .filter(value -> value.index() == dangerous.get().index())
                        .noneMatch(value -> isSame(value.value(), dangerous.get().value())));
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
    for (ArgumentClass.Value known : arguments.values()) {
      if (known.index() == dangerous.index()) {
        return isSame(known.value(), dangerous.value()) ? Optional.empty() : Optional.of(arguments);
      }
    }
    return Optional.of(
        options.arguments().arguments(possible.syscall(), possible.arch()).stream()
            .filter(argument -> argument.index() == dangerous.index())
            .filter(argument -> areFlags(argument, dangerous.value()))
            .findFirst()
            .map(argument -> withNone(argument, arguments))
            .orElse(arguments));
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

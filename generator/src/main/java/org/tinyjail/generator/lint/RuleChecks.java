package org.tinyjail.generator.lint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tinyjail.generator.compare.CallRules;
import org.tinyjail.generator.compare.Regions;
import org.tinyjail.generator.compare.Regions.Region;
import org.tinyjail.generator.compare.TooComplexException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;
import org.tinyjail.model.Policy;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Syscall;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;
import org.tinyjail.model.SyscallTable;

/** What one rule says wrong by itself: names and conditions. */
final class RuleChecks {
  private static final Set<String> POINTERS =
      Set.of("path", "str", "vec", "sockaddr", "msghdr", "mmsghdr", "struct", "buf", "ptr");

  /** Types of which the kernel takes 32 bits. */
  private static final Set<String> NARROW =
      Set.of(
          "fd",
          "dirfd",
          "int",
          "uint",
          "mode",
          "pid",
          "uid",
          "gid",
          "signal",
          "key",
          "flags",
          "enum",
          "enum+flags",
          "sockopt",
          "protocol");

  /** Their flags are longs of which the kernel looks at all bits: with others they fail. */
  private static final Set<String> WIDE =
      Set.of("ptrace", "unshare", "mprotect", "pkey_mprotect", "mremap");

  private final PolicyView view;
  private final Policy policy;
  private final List<Finding> findings;

  RuleChecks(PolicyView view, List<Finding> findings) {
    this.view = view;
    this.policy = view.policy();
    this.findings = findings;
  }

  void check() {
    Map<String, Rule> byName = new TreeMap<>();
    policy.rules().forEach(rule -> byName.putIfAbsent(rule.syscall(), rule));
    byName.values().forEach(this::unknown);
    obsolete(byName);
    notHere(byName);
    policy.rules().forEach(this::conditions);
    byName.values().forEach(this::upperHalf);
  }

  private void unknown(Rule rule) {
    String name = rule.syscall();
    if (UnknownCalls.isUnknown(name)) {
      String suggestion =
          UnknownCalls.meant(name).map(near -> "; did you mean " + near + "?").orElse("");
      findings.add(
          Finding.of(Check.UNKNOWN_CALL, rule, "unknown system call " + name + suggestion));
    }
  }

  private void obsolete(Map<String, Rule> byName) {
    Map<String, Rule> obsolete = new TreeMap<>(byName);
    obsolete
        .values()
        .removeIf(
            rule ->
                rule.action().denies()
                    || !Syscall.named(rule.syscall()).topic().equals("obsolete"));
    aggregate(Check.OBSOLETE_CALL, obsolete, " that no kernel has any more: ");
  }

  private void notHere(Map<String, Rule> byName) {
    Map<String, Rule> absent = new TreeMap<>(byName);
    absent
        .keySet()
        .removeIf(name -> view.architectures().stream().anyMatch(a -> view.has(a, name)));
    absent.keySet().removeIf(UnknownCalls::isUnknown);
    aggregate(
        Check.NO_SUCH_CALL_HERE,
        absent,
        " without a number on "
            + view.architectures().stream().map(Arch::label).collect(Collectors.joining(", "))
            + ": ");
  }

  private void aggregate(Check check, Map<String, Rule> calls, String text) {
    if (!calls.isEmpty()) {
      findings.add(
          Finding.of(
              check,
              calls.values().iterator().next(),
              Lists.count(calls.size(), "call") + text + Lists.of(calls.keySet())));
    }
  }

  private void conditions(Rule rule) {
    if (rule.repeatsIndex()) {
      findings.add(
          Finding.of(
              Check.REPEATED_INDEX, rule, "two conditions on one argument of " + rule.syscall()));
    }
    List<Arch> here =
        view.architectures().stream().filter(a -> view.has(a, rule.syscall())).toList();
    if (!here.isEmpty() && here.stream().noneMatch(arch -> canHold(rule, arch))) {
      findings.add(
          Finding.of(
              Check.NEVER_HOLDS, rule, "the conditions on " + rule.syscall() + " never hold"));
    }
    for (ArgCondition condition : rule.conditions()) {
      condition(rule, condition, here);
    }
  }

  private static boolean canHold(Rule rule, Arch arch) {
    try {
      CallRules alone = new CallRules(List.of(rule), new Action.Trace(0xffff));
      return Regions.of(List.of(alone), arch).stream()
          .anyMatch(region -> region.answer().equals(rule.action()));
    } catch (TooComplexException e) {
      return true;
    }
  }

  private void condition(Rule rule, ArgCondition condition, List<Arch> here) {
    mask(rule, condition);
    if (!here.isEmpty()
        && here.stream().allMatch(a -> parameter(rule, condition.index(), a).isEmpty())) {
      findings.add(
          Finding.of(
              Check.MISSING_ARGUMENT,
              rule,
              rule.syscall() + " has no argument " + condition.index()));
      return;
    }
    Arch arch = here.isEmpty() ? Arch.X86_64 : here.get(0);
    parameter(rule, condition.index(), arch)
        .ifPresent(parameter -> typed(rule, condition, parameter, arch));
  }

  private void mask(Rule rule, ArgCondition condition) {
    if (condition.operator() != Operator.MASKED_EQ) {
      return;
    }
    String where = "argument " + condition.index() + " of " + rule.syscall();
    if (condition.value() == 0) {
      findings.add(
          Finding.of(
              Check.MASK_MISMATCH, rule, where + " is compared under mask 0, which always holds"));
    } else if ((condition.valueTwo() & ~condition.value()) != 0) {
      findings.add(
          Finding.of(
              Check.MASK_MISMATCH,
              rule,
              "%s is compared with %s under mask %s, which lacks bits of it"
                  .formatted(
                      where,
                      Long.toUnsignedString(condition.valueTwo()),
                      Long.toUnsignedString(condition.value()))));
    }
  }

  private void typed(Rule rule, ArgCondition condition, Parameter parameter, Arch arch) {
    boolean asksForNull =
        condition.value() == 0
            && (condition.operator() == Operator.EQ || condition.operator() == Operator.NE);
    if (POINTERS.contains(parameter.type()) && !asksForNull) {
      findings.add(
          Finding.of(
              Check.POINTER_COMPARED,
              rule,
              "argument "
                  + condition.index()
                  + " ("
                  + parameter.name()
                  + ") of "
                  + rule.syscall()
                  + " is a pointer"));
    }
    boolean whole = condition.operator() == Operator.EQ && !arch.is32Bit();
    if (whole
        && !rule.action().denies()
        && isNarrow(rule.syscall(), parameter)
        && (condition.value() & 0x80000000L) != 0) {
      findings.add(
          Finding.of(
              Check.UPPER_HALF_STRICT,
              rule,
              "argument "
                  + condition.index()
                  + " ("
                  + parameter.name()
                  + ") of "
                  + rule.syscall()
                  + " is compared in 64 bits with a negative number"));
    }
  }

  private static Optional<Parameter> parameter(Rule rule, int index, Arch arch) {
    List<Parameter> all = SyscallSignature.of(rule.syscall(), arch).parameters();
    return index < all.size() ? Optional.of(all.get(index)) : Optional.empty();
  }

  private static boolean isNarrow(String call, Parameter parameter) {
    return NARROW.contains(parameter.type()) && !WIDE.contains(call);
  }

  /** Looks for arguments that are denied, and pass with a bit above that the kernel cuts off. */
  private void upperHalf(Rule named) {
    String call = named.syscall();
    for (Arch arch : view.architectures()) {
      if (arch.is32Bit() || !view.has(arch, call)) {
        continue;
      }
      for (Rule rule : policy.rules()) {
        if (!rule.syscall().equals(call)) {
          continue;
        }
        for (ArgCondition condition : rule.conditions()) {
          Optional<Parameter> parameter = parameter(rule, condition.index(), arch);
          if (parameter.isPresent()
              && isNarrow(call, parameter.get())
              && bypassed(rule, condition, parameter.get(), arch)) {
            return;
          }
        }
      }
    }
  }

  private boolean bypassed(Rule rule, ArgCondition condition, Parameter parameter, Arch arch) {
    long shown =
        condition.operator() == Operator.MASKED_EQ ? condition.valueTwo() : condition.value();
    int index = condition.index();
    int number = SyscallTable.of(arch).number(rule.syscall()).orElseThrow();
    for (long value : new long[] {shown, shown + 1, shown - 1}) {
      long low = value & ArgCondition.INT_MASK;
      for (Region region : denied(rule.syscall(), arch, Map.of(index, low))) {
        long[] arguments = region.example();
        arguments[index] = low | 1L << 32;
        if (!answer(arch, number, arguments).denies()) {
          findings.add(
              Finding.of(
                  Check.UPPER_HALF_BYPASS,
                  rule,
                  "%s is denied with %s, and passes with %s=%s"
                      .formatted(
                          rule.syscall(),
                          denied(rule.syscall(), region, index, low),
                          parameter.name(),
                          Long.toUnsignedString(low | 1L << 32))));
          return true;
        }
      }
    }
    return false;
  }

  /** The arguments that matter to a denial. */
  private static String denied(String call, Region region, int index, long low) {
    return region.classes().stream()
        .map(c -> Values.show(call, c.index(), c.index() == index ? low : c.example()))
        .collect(Collectors.joining(", "));
  }

  private Action answer(Arch arch, int number, long[] arguments) {
    return policy.actionFor(
        org.tinyjail.model.SyscallData.of(arch, number, arguments), view.machine());
  }

  private List<Region> denied(String call, Arch arch, Map<Integer, Long> values) {
    try {
      return Regions.of(List.of(CallRules.of(policy, arch, call)), arch, values).stream()
          .filter(region -> region.answer().denies())
          .toList();
    } catch (TooComplexException e) {
      findings.add(Finding.of(Check.TOO_COMPLEX, "the conditions on " + call));
      return List.of();
    }
  }
}

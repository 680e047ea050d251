package org.tinyjail.generator.lint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tinyjail.generator.lint.Linter.Use;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Tables;

/**
 * Whether programs and containers start, by the table that {@code scripts/measure-startup} has
 * measured on x86-64 and by {@link RuntimeCalls}.
 */
final class StartChecks {
  private static final List<String[]> STARTUP = Tables.body(StartChecks.class, "startup.tsv");
  private static final String NONE = "-";

  /** What the words of the table mean. */
  private static final Map<String, String> KINDS =
      Map.of(
          "glibc", "dynamically linked programs (glibc's loader)",
          "static-glibc", "static programs of glibc",
          "static-musl", "static programs of musl",
          "go", "Go programs");

  private final PolicyView view;
  private final List<Finding> findings;

  StartChecks(PolicyView view, List<Finding> findings) {
    this.view = view;
    this.findings = findings;
  }

  void check(Use use) {
    if (use.machine() != Arch.X86_64) {
      return;
    }
    Map<String, Set<String>> byKind = new TreeMap<>();
    for (String[] row : STARTUP) {
      if (view.canPass(Arch.X86_64, row[0])) {
        continue;
      }
      String column = view.kills(Arch.X86_64, row[0]) ? row[2] : row[1];
      List<String> kinds = column.equals(NONE) ? List.of() : List.of(column.split(" ", -1));
      if (kinds.size() == KINDS.size()) {
        all(row[0], use);
      } else {
        kinds.forEach(kind -> byKind.computeIfAbsent(kind, any -> new TreeSet<>()).add(row[0]));
      }
    }
    if (!isSaid()
        && !view.canPass(Arch.X86_64, "exit_group")
        && !view.canPass(Arch.X86_64, "exit")) {
      findings.add(
          Finding.of(
              Check.NO_PROGRAM_STARTS, rule("exit_group"), "exit_group and exit are denied"));
    }
    boolean none = byKind.size() == KINDS.size() && !isSaid();
    Severity severity = none ? Severity.ERROR : Severity.NOTE;
    if (concernsOtherPrograms(byKind)) {
      byKind.forEach(
          (kind, calls) ->
              findings.add(
                  Finding.of(
                          Check.NO_PROGRAM_STARTS,
                          KINDS.get(kind) + " do not start without " + Lists.of(calls))
                      .with(severity)));
    }
    if (use.inContainer()) {
      container();
    }
  }

  /**
   * A policy that keeps execve from its program was made for that program: of other kinds there is
   * nothing to say, unless no kind starts.
   */
  private boolean concernsOtherPrograms(Map<String, Set<String>> byKind) {
    return view.canPass(Arch.X86_64, "execve") || byKind.size() == KINDS.size();
  }

  /** Whether it has been said already that nothing starts or ends. */
  private boolean isSaid() {
    return findings.stream()
        .anyMatch(f -> f.check() == Check.NO_PROGRAM_STARTS && f.severity() == Severity.ERROR);
  }

  private void all(String call, Use use) {
    Finding finding = Finding.of(Check.NO_PROGRAM_STARTS, rule(call), call + " is denied");
    if (!call.equals("execve")) {
      findings.add(finding);
    } else if (!use.inContainer()) {
      findings.add(
          new Finding(
              Check.NO_PROGRAM_STARTS,
              Severity.NOTE,
              rule(call),
              "execve is denied",
              "tiny-jail starts the program all the same, a container runtime cannot",
              "allow it for containers; with tiny-jail leave it denied"));
    }
  }

  private void container() {
    for (String runtime : RuntimeCalls.runtimes()) {
      List<String> missing = RuntimeCalls.missing(view, runtime);
      if (!missing.isEmpty()) {
        findings.add(
            Finding.of(
                Check.RUNTIME_NEEDS,
                "under "
                    + runtime
                    + " no container starts: denied or limited "
                    + String.join(", ", missing)
                    + (RuntimeCalls.areAlwaysNeeded(missing, runtime)
                        ? ""
                        : "; with no_new_privileges one does")));
      }
    }
  }

  private Optional<Rule> rule(String call) {
    return view.policy().rules().stream().filter(rule -> rule.syscall().equals(call)).findFirst();
  }
}

package org.tinyjail.generator.lint;

import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tinyjail.model.Tables;

/** What is looked for. Severity, reason and advice stand in {@code checks.tsv}. */
public enum Check {
  UNKNOWN_CALL("unknown-call"),
  OBSOLETE_CALL("obsolete-call"),
  NO_SUCH_CALL_HERE("no-such-call-here"),
  REPEATED_INDEX("repeated-index"),
  NEVER_HOLDS("never-holds"),
  MASK_MISMATCH("mask-mismatch"),
  MISSING_ARGUMENT("missing-argument"),
  POINTER_COMPARED("pointer-compared"),
  UPPER_HALF_BYPASS("upper-half-bypass"),
  UPPER_HALF_STRICT("upper-half-strict"),
  LOST_CONDITION("lost-condition"),
  CONTRADICTION("contradiction"),
  DUPLICATE_RULE("duplicate-rule"),
  SHADOWED_RULE("shadowed-rule"),
  REPEATS_DEFAULT("repeats-default"),
  ERRNO_ZERO("errno-zero"),
  UNNAMED_ERRNO("unnamed-errno"),
  KILLS_THREAD("kills-thread"),
  NOTIFY_WITHOUT_LISTENER("notify-without-listener"),
  TRACE_WITHOUT_TRACER("trace-without-tracer"),
  NO_MITIGATIONS("no-mitigations"),
  DEFAULT_ALLOWS("default-allows"),
  DEFAULT_LOGS("default-logs"),
  DANGEROUS_CALL("dangerous-call"),
  SIBLING_HOLE("sibling-hole"),
  MISSING_FALLBACK("missing-fallback"),
  MISSING_SIBLING("missing-sibling"),
  NO_PROGRAM_STARTS("no-program-starts"),
  RUNTIME_NEEDS("runtime-needs"),
  X32_IN_FORCE("x32-in-force"),
  NO_ARCHITECTURES("no-architectures"),
  TOO_COMPLEX("too-complex");

  /** Read once, apart: the constants need it while they are made. */
  private static final class Rows {
    static final Map<String, String[]> BY_ID =
        Tables.body(Check.class, "checks.tsv").stream()
            .collect(Collectors.toMap(row -> row[0], Function.identity()));
  }

  private final String id;
  private final Severity severity;
  private final String why;
  private final String advice;

  Check(String id) {
    String[] row = Objects.requireNonNull(Rows.BY_ID.get(id), id);
    this.id = id;
    this.severity = Severity.valueOf(row[1].toUpperCase(java.util.Locale.ROOT));
    this.why = row[2];
    this.advice = row[3];
  }

  /** The name in reports; it stays the same from version to version. */
  public String id() {
    return id;
  }

  /** How bad a finding usually is. */
  public Severity severity() {
    return severity;
  }

  /** Why it matters; findings of a table have their own reasons. */
  public String why() {
    return why;
  }

  /** What to do. */
  public String advice() {
    return advice;
  }
}

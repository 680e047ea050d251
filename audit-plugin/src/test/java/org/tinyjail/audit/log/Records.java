package org.tinyjail.audit.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.tinyjail.model.RunEvidence;

/** Records and collectors for tests. Times are milliseconds after {@link #START}. */
final class Records {
  static final long START = 1_795_342_640_000L;

  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(START));

  private Records() {}

  /** getppid of {@code /opt/trig}, logged. */
  static String logged(long serial, long time) {
    return record(serial, time, "\"/opt/trig\"", 110, "0x7ffc0000");
  }

  static String record(long serial, long time, String exe, int syscall, String code) {
    return String.format(
        "type=SECCOMP msg=audit(%s): pid=7 comm=\"t\" exe=%s arch=c000003e syscall=%d ip=0x9 code=%s",
        stamp(serial, time), exe, syscall, code);
  }

  static String other(long serial, long time) {
    return "type=SYSCALL msg=audit(" + stamp(serial, time) + "): arch=c000003e";
  }

  private static String stamp(long serial, long time) {
    return String.format("%d.%03d:%d", (START + time) / 1000, (START + time) % 1000, serial);
  }

  static String hexadecimal(String text) {
    return HexFormat.of().withUpperCase().formatHex(text.getBytes(UTF_8));
  }

  static Collector collector(LogSource source, Function<String, Coverage> coverages) {
    return new Collector(source, "here", "boot", CLOCK, coverages);
  }

  static Collector collector() {
    return collector(LogSource.AUDITD, host -> new Coverage());
  }

  static void feed(Collector collector, String... lines) {
    for (String line : lines) {
      byte[] bytes = line.getBytes(UTF_8);
      collector.line(bytes, 0, bytes.length, 0);
    }
  }

  static List<LogEvidence> changes(Collector collector) {
    return collector.changes(false);
  }

  /** The only session of a collector that has read these. */
  static LogEvidence read(LogSource source, Coverage others, String... lines) {
    Collector collector = collector(source, host -> others);
    feed(collector, lines);
    return changes(collector).get(0);
  }

  static LogEvidence read(String... lines) {
    return read(LogSource.AUDITD, new Coverage(), lines);
  }

  /** What is known when these are written. */
  static Coverage coverage(LogEvidence... written) {
    Coverage coverage = new Coverage();
    for (LogEvidence one : written) {
      Set<String> programs = new HashSet<>();
      one.runs().forEach(run -> programs.add(run.run().executable()));
      coverage.add(one.blocks(), programs);
    }
    return coverage;
  }

  /** How many calls were counted. */
  static long count(List<RunEvidence> runs) {
    return runs.stream()
        .mapToLong(
            run ->
                run.observations().stream().mapToLong(o -> o.count()).sum()
                    + run.denials().stream().mapToLong(d -> d.count()).sum())
        .sum();
  }
}

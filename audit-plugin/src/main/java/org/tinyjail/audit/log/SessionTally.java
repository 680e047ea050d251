package org.tinyjail.audit.log;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.tinyjail.audit.record.RecordParser;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** A session while it is read. For one thread. */
final class SessionTally {
  /** Beyond these, losses grow together. */
  private static final int LOSSES_MAX = 1000;

  private final String id;
  private final String host;
  private final LogSource source;
  private final String place;
  private final String boot;
  private final Instant started;
  private final Coverage elsewhere;
  private final SerialSet serials = new SerialSet();
  private final Tally tally = new Tally();
  private final List<LogLoss> losses = new ArrayList<>();
  private long read;
  private long taken;
  private long known;
  private long left;
  private long refused;
  private long others;
  private long first = Long.MAX_VALUE;
  private long last = Long.MIN_VALUE;
  private boolean changed = true;
  private boolean all;

  SessionTally(
      String id,
      String host,
      LogSource source,
      String place,
      String boot,
      Instant started,
      Coverage elsewhere) {
    this.id = id;
    this.host = host;
    this.source = source;
    this.place = place;
    this.boot = boot;
    this.started = started;
    this.elsewhere = elsewhere;
    SerialBlock before = elsewhere.resumed();
    if (before != null) {
      serials.resume(before);
    }
  }

  /** Takes in what the parser has read last; answers what is wrong with it, null: nothing. */
  @Nullable String take(RecordParser record, RecordParser.Kind kind) {
    read++;
    changed = true;
    if (kind == RecordParser.Kind.DAEMON) {
      return null;
    }
    long time = record.time();
    long serial = record.serial();
    if (kind != RecordParser.Kind.SECCOMP) {
      others++;
      return serials.see(serial, serials.timeOf(serial, time, source != LogSource.FILE)) == null
          ? tooManyStretches()
          : null;
    }
    if (Arch.of(record.arch(), record.syscall()).isEmpty()) {
      return "the architecture " + Integer.toHexString(record.arch()) + " is not known";
    }
    return count(record, serial, time);
  }

  private @Nullable String count(RecordParser record, long serial, long time) {
    if (elsewhere.isLeftToOther(time)) {
      left++;
      return null;
    }
    if (serials.hasCounted(serial, time)) {
      known++;
      return null;
    }
    Tally.Row row = tally.row(record);
    if (row != null && elsewhere.hasCounted(serial, time, row.program.path)) {
      known++;
      serials.see(serial, time);
      return null;
    }
    SerialBlock block = serials.see(serial, time);
    if (block == null) {
      return tooManyStretches();
    }
    first = Math.min(first, time);
    last = Math.max(last, time);
    if (row == null) {
      Instant when = Instant.ofEpochMilli(time);
      lose(new LogLoss(LogLoss.Kind.LIMIT, when, when, 1));
      return null;
    }
    block.count(serial);
    row.add(time);
    taken++;
    return null;
  }

  private static String tooManyStretches() {
    return "times and serial numbers run back and forth: the log of several hosts, without node=";
  }

  /** A line that was no record. */
  void refuse() {
    refused++;
    changed = true;
  }

  void lose(LogLoss loss) {
    LogLoss before = losses.isEmpty() ? null : losses.get(losses.size() - 1);
    boolean goesOn =
        before != null
            && (losses.size() == LOSSES_MAX
                || (before.kind() == loss.kind()
                    && !loss.from().isAfter(before.to().plusSeconds(1))));
    if (before != null && goesOn) {
      losses.remove(losses.size() - 1);
      losses.add(
          new LogLoss(
              before.kind(),
              before.from(),
              loss.to().isAfter(before.to()) ? loss.to() : before.to(),
              before.records() + loss.records()));
    } else {
      losses.add(loss);
    }
    changed = true; // runs say how much is lost when they are written next, at the end at last
  }

  boolean isChanged() {
    return changed;
  }

  /** How many records were left to a session that goes on. */
  long left() {
    return left;
  }

  /** How much it holds in memory, in blocks of 16 KiB. */
  int size() {
    return serials.size() + tally.size() / Tally.ROWS_IN_BLOCK;
  }

  /** Everything counts as changed: it was not written. */
  void setChanged() {
    changed = true;
    all = true;
  }

  LogSession session(Optional<Instant> ended) {
    return new LogSession(
        id,
        host,
        source,
        place,
        boot,
        started,
        ended,
        time(first, first != Long.MAX_VALUE),
        time(last, last != Long.MIN_VALUE),
        new LogSession.Counts(read, taken, known, refused),
        losses,
        source == LogSource.FILE && others == 0 ? List.of() : serials.gaps());
  }

  private static Optional<Instant> time(long milliseconds, boolean there) {
    return there ? Optional.of(Instant.ofEpochMilli(milliseconds)) : Optional.empty();
  }

  /**
   * What has changed since this was asked.
   *
   * @param ended when the session ended
   */
  LogEvidence changes(Optional<Instant> ended) {
    List<RunEvidence> runs = new ArrayList<>();
    for (Tally.Program program : tally.programs()) {
      if ((program.changed || all || ended.isPresent())
          && program.rows.stream().anyMatch(r -> r.count > 0)) {
        runs.add(run(program, ended));
      }
      program.changed = false;
    }
    LogEvidence evidence = new LogEvidence(session(ended), runs, serials.changed(all));
    changed = false;
    all = false;
    return evidence;
  }

  private RunEvidence run(Tally.Program program, Optional<Instant> ended) {
    List<Observation> observations = new ArrayList<>();
    List<Denial> denials = new ArrayList<>();
    for (Tally.Row row : program.rows) {
      if (row.count == 0) {
        continue; // only met in what other sessions have
      }
      Arch arch = Arch.of(row.arch, row.syscall).orElseThrow();
      Action action = Action.ofFilterValue(row.code);
      String name =
          arch.hasTable()
              ? SyscallTable.of(arch).nameOrNumber(row.syscall)
              : "syscall_" + row.syscall;
      if (action.denies()) {
        denials.add(denial(row, arch, name, program.path, action));
      } else {
        observations.add(
            new Observation(
                program.path,
                arch,
                name,
                ArgumentClass.ANY,
                Source.LOGGED,
                row.count,
                Instant.ofEpochMilli(row.first),
                Instant.ofEpochMilli(row.last),
                host.isEmpty() ? "" : "on " + host));
      }
    }
    return new RunEvidence(run(program, ended, first(program)), observations, denials);
  }

  private static Instant first(Tally.Program program) {
    return Instant.ofEpochMilli(
        program.rows.stream().mapToLong(row -> row.first).min().orElseThrow());
  }

  private Run run(Tally.Program program, Optional<Instant> ended, Instant firstRecord) {
    long lost = losses.stream().mapToLong(LogLoss::records).sum();
    return new Run(
        id + "." + program.number + (host.isEmpty() ? "" : "@" + host),
        Run.Kind.LOG,
        program.path,
        program.path,
        "",
        List.of(program.path),
        "",
        firstRecord,
        ended,
        OptionalInt.empty(),
        lost == 0,
        lost);
  }

  /** The kernel logs neither arguments nor the errno, which is shown as the usual one. */
  private static Denial denial(
      Tally.Row row, Arch arch, String name, String executable, Action action) {
    return new Denial(
        executable,
        row.comm,
        row.pid,
        arch,
        name,
        new SyscallData(
            row.syscall, row.arch, row.instructionPointer, List.of(0L, 0L, 0L, 0L, 0L, 0L)),
        Denial.unknownArguments(name),
        "",
        action instanceof Action.Fail ? Action.fail(Action.EPERM) : action,
        /* carriedOut= */ false,
        row.count,
        Instant.ofEpochMilli(row.first),
        Instant.ofEpochMilli(row.last));
  }
}

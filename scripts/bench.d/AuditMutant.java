import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.Coverage;
import org.tinyjail.audit.log.LogEvidence;
import org.tinyjail.audit.log.LogSource;
import org.tinyjail.audit.record.LineAssembler;
import org.tinyjail.audit.record.RecordException;
import org.tinyjail.audit.record.RecordParser;
import org.tinyjail.fuzz.Corpora;

/** What scripts/bench audit-mutants has Jazzer call: a log, cut into pieces as its first bytes say. */
public final class AuditMutant {
  private static final int CUTS = 4;
  private static final int LINE_MAX = LineAssembler.LINE_MAX;

  private AuditMutant() {}

  /** Writes the seeds of a directory laid out as corpora, whose only type is text. */
  public static void main(String[] words) throws IOException {
    Corpora corpora = Corpora.in(Path.of(words[0]));
    corpora.writeSeeds(corpora.types(), Path.of(words[1]));
  }

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    int cuts = Math.min(CUTS, input.length);
    byte[] log = Arrays.copyOfRange(input, cuts, input.length);
    Collector collector = new Collector(LogSource.FILE, "here", "", InstantSource.system(), host -> new Coverage());
    List<String> lines = new ArrayList<>();
    LineAssembler assembler = new LineAssembler(new Pieces(log, Arrays.copyOf(input, cuts)));
    RecordParser parser = new RecordParser();
    LineAssembler.Sink sink =
        new LineAssembler.Sink() {
          @Override
          public void line(byte[] bytes, int from, int to, long offset) {
            check(Arrays.equals(bytes, from, to, log, (int) offset, (int) offset + to - from), "other bytes than read");
            lines.add(offset + " " + (to - from));
            parse(parser, bytes, from, to);
            collector.line(bytes, from, to, offset);
          }

          @Override
          public void broken(long offset, String problem) {
            check(offset >= 0 && offset < Math.max(1, log.length), "a problem beyond the input");
            lines.add(offset + " broken");
            collector.broken(offset, problem);
          }
        };
    while (assembler.read()) {
      assembler.lines(sink);
    }
    assembler.end(sink);
    List<String> wanted = split(log);
    check(lines.equals(wanted), "lines " + lines + ", wanted " + wanted);
    message(parser, log);
    collector.message(RecordParser.SECCOMP_TYPE, log, 0, log.length);
    addsUp(collector);
  }

  /** The plain way to cut a log into lines. */
  private static List<String> split(byte[] log) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < log.length; i++) {
      if (log[i] == '\n') {
        lines.add(start + " " + (i - start > LINE_MAX ? "broken" : i - start));
        start = i + 1;
      }
    }
    if (start < log.length) {
      lines.add(start + " broken");
    }
    return lines;
  }

  private static void parse(RecordParser parser, byte[] bytes, int from, int to) {
    try {
      check(parser.parse(bytes, from, to), parser);
    } catch (RecordException e) {
      check(e, from, to);
    }
  }

  private static void message(RecordParser parser, byte[] bytes) {
    try {
      check(parser.parse(RecordParser.SECCOMP_TYPE, bytes, 0, bytes.length), parser);
    } catch (RecordException e) {
      check(e, 0, bytes.length);
    }
  }

  private static void check(RecordException e, int from, int to) {
    check(e.at() >= from && e.at() <= to, "byte " + e.at() + " of " + from + " to " + to);
    String said = e.getMessage();
    check(said != null && !said.isEmpty() && said.chars().allMatch(c -> c >= ' ' && c < 0x7f), "an error that says " + said);
  }

  private static void check(RecordParser.Kind kind, RecordParser record) {
    check(record.serial() >= 0 && record.serial() <= 0xffffffffL, "serial " + record.serial());
    check(record.time() >= 0 && record.time() <= (1L << 40) * 1000 + 999, "time " + record.time());
    if (kind == RecordParser.Kind.SECCOMP) {
      check(record.pid() >= 0, "pid " + record.pid());
      check((record.code() & 0xffff) == 0, "code " + record.code());
      check(record.comm().text().indexOf(0) < 0, "a name with a zero");
      check(record.executable().text().indexOf(0) < 0, "a path with a zero");
      check(record.executable().isRaw(record.executable().raw()), "other bytes than its own");
    }
  }

  private static void addsUp(Collector collector) {
    long refused = collector.refused();
    check(refused == 0 || !collector.problems().isEmpty(), "a refusal without a problem");
    for (LogEvidence one : collector.changes(true)) {
      long taken =
          one.runs().stream()
              .mapToLong(
                  run ->
                      run.observations().stream().mapToLong(o -> o.count()).sum()
                          + run.denials().stream().mapToLong(d -> d.count()).sum())
              .sum();
      check(taken == one.session().counts().taken(), "counted " + taken + ", taken " + one.session().counts());
    }
  }

  private static void check(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError(problem);
    }
  }

  /** Gives as many bytes at once as the next cut says, 0 for all there is room for. */
  private static final class Pieces extends ByteArrayInputStream {
    private final byte[] cuts;
    private int next;

    Pieces(byte[] log, byte[] cuts) {
      super(log);
      this.cuts = cuts;
    }

    @Override
    public synchronized int read(byte[] bytes, int from, int length) {
      int most = cuts.length == 0 ? 0 : (cuts[next++ % cuts.length] & 0xff) * 64;
      return super.read(bytes, from, most == 0 ? length : Math.min(length, most - 63));
    }
  }
}

package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;

/**
 * Reads what {@link EvidenceWriter} writes, one run after the other. Nothing in it is trusted: what
 * does not fit ends the reading with a message that names file, line and column. Texts may hold any
 * characters; whoever shows them escapes them.
 */
final class EvidenceReader {
  static final int LINE_MAX = 1 << 20;
  static final int FILE_MAX = 256 << 20;
  static final int CALLS_MAX = 250_000;
  static final int DENIALS_MAX = 20_000;

  private final InputStream in;
  private final String file;
  private int number;
  private long bytes;

  private EvidenceReader(InputStream in, String file) {
    this.in = in;
    this.file = file;
  }

  /**
   * Reads a file to its end.
   *
   * @param in buffered
   * @param file its name, for messages
   * @param each takes the runs
   * @throws PolicyFormatException if it is not such a file, or not a whole one
   * @throws IOException if it cannot be read
   */
  static void read(InputStream in, String file, Consumer<RunEvidence> each) throws IOException {
    new EvidenceReader(in, file).read(each);
  }

  private void read(Consumer<RunEvidence> each) throws IOException {
    if (!(next() instanceof EvidenceLine.Start)) {
      throw error("wanted the first line of evidence: {\"evidence\":{\"version\":1,...}}");
    }
    EvidenceLine line = next();
    while (line instanceof EvidenceLine.OfRun begin) {
      line = run(begin.run(), each);
    }
    if (!(line instanceof EvidenceLine.End end)) {
      throw error("wanted a run or the end; a call belongs to the run above it");
    }
    if (end.lines() != number - 1) {
      throw error("the end says " + end.lines() + " lines came before, there were " + (number - 1));
    }
    if (in.read() >= 0) {
      number++;
      throw error("more after the end; wanted nothing");
    }
  }

  /** Reads what belongs to {@code run}; answers the line that follows. */
  private EvidenceLine run(Run run, Consumer<RunEvidence> each) throws IOException {
    List<Observation> calls = new ArrayList<>();
    List<Denial> denials = new ArrayList<>();
    while (true) {
      EvidenceLine line = next();
      if (line instanceof EvidenceLine.Call call) {
        calls.add(call.observation());
      } else if (line instanceof EvidenceLine.Denied denied) {
        denials.add(denied.denial());
      } else {
        each.accept(new RunEvidence(run, calls, denials));
        return line;
      }
      if (calls.size() > CALLS_MAX || denials.size() > DENIALS_MAX) {
        throw error(
            String.format(
                "a run has at most %,d calls and %,d denied calls", CALLS_MAX, DENIALS_MAX));
      }
    }
  }

  private EvidenceLine next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    number++;
    int next = in.read();
    if (next < 0) {
      throw error("the file is cut off: it ends without a line {\"end\":...}");
    }
    for (; next >= 0 && next != '\n'; next = in.read()) {
      if (line.size() == LINE_MAX) {
        throw error(String.format("a line of more than %,d bytes", LINE_MAX));
      }
      line.write(next);
    }
    bytes += line.size() + 1;
    if (bytes > FILE_MAX) {
      throw error(String.format("more than %,d bytes; export runs to several files", FILE_MAX));
    }
    return EvidenceLineParser.parse(line.toByteArray(), file, number);
  }

  private PolicyFormatException error(String problem) throws PolicyFormatException {
    try (JsonInput at = JsonInput.ofLine(new byte[0], file, number, EvidenceLineParser.KIND)) {
      return at.error(new Position(number, 1), problem);
    }
  }
}

package org.tinyjail.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.UnseenChance;

/**
 * What a run has learned so far, as a file that is replaced whole every few seconds.
 *
 * <p>Lines of tab-separated words, in UTF-8; in a word {@code \t}, {@code \n} and {@code \\} stand
 * for tab, line end and backslash. Times are ISO 8601; what is not there is {@code -}.
 *
 * <pre>
 * tiny-jail-observed 1
 * writer  PID START BOOT_ID
 * run     ID KIND PROFILE EXECUTABLE BUILD_ID POLICY STARTED ENDED STATUS EXACT LOST
 * unseen  EXECUTIONS UNGUIDED HITS LIMIT CONFIDENCE ESTIMATE MEASURED    left out: not measured
 * word    WORD                                            once for each word of the command
 * loaded  EXECUTABLE PATH                                 once for each file of code
 * call    EXECUTABLE ARCH SYSCALL ARGUMENTS SOURCE COUNT FIRST LAST SAMPLE
 * end
 * </pre>
 */
final class ObservedFile {
  static final String SUFFIX = ".observed";

  private static final String MAGIC = "tiny-jail-observed 1";
  private static final int LINE_MAX = 1 << 20;
  private static final int CALLS_MAX = 1_000_000;
  private static final int LOADED_MAX = 10 * LoadedFile.MAX;

  private final WriterProcess writer;
  private final Run run;
  private final List<Observation> observations;

  ObservedFile(WriterProcess writer, Run run, List<Observation> observations) {
    this.writer = writer;
    this.run = run;
    this.observations = List.copyOf(observations);
  }

  Run run() {
    return run;
  }

  List<Observation> observations() {
    return observations;
  }

  /** Whether nothing follows: the run has ended, or its writer is gone. */
  boolean isComplete() throws IOException {
    return run.ended().isPresent() || !writer.isAlive();
  }

  /** Writes beside and renames: a reader sees the old or the new file, never a part. */
  void write(Path path) throws IOException {
    try {
      replace(path);
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw new FileSystemException(path.toString(), null, e.getMessage());
    }
  }

  private void replace(Path path) throws IOException {
    Path beside = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(beside);
    Files.createFile(
        beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (Writer out = Files.newBufferedWriter(beside, StandardOpenOption.WRITE)) {
      out.write(MAGIC + "\n");
      line(out, "writer", writer.process(), writer.startTime(), writer.bootId());
      writeRun(out);
      for (Observation o : observations) {
        line(
            out,
            "call",
            o.executable(),
            o.arch().name(),
            o.syscall(),
            o.arguments(),
            o.source().name(),
            o.count(),
            o.first(),
            o.last(),
            o.sample());
      }
      line(out, "end");
    }
    Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
  }

  private void writeRun(Writer out) throws IOException {
    line(
        out,
        "run",
        run.id(),
        run.kind().name(),
        run.profile(),
        run.executable(),
        run.buildId(),
        run.policy(),
        run.started(),
        run.ended().map(Instant::toString).orElse("-"),
        run.status().isPresent() ? run.status().getAsInt() : "-",
        run.exact(),
        run.lost());
    if (run.unseen().isPresent()) {
      UnseenChance unseen = run.unseen().get();
      line(
          out,
          "unseen",
          unseen.executions(),
          unseen.unguided(),
          unseen.hits(),
          unseen.limit(),
          unseen.confidence(),
          unseen.estimate(),
          unseen.measured());
    }
    for (String word : run.command()) {
      line(out, "word", word);
    }
    for (LoadedFile file : run.loaded()) {
      line(out, "loaded", file.executable(), file.path());
    }
  }

  private static void line(Writer out, String type, Object... words) throws IOException {
    out.write(type);
    for (Object word : words) {
      out.write('\t');
      out.write(word.toString().replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n"));
    }
    out.write('\n');
  }

  /**
   * Reads a file back.
   *
   * @throws SpoolException if it is not of this form, or cut off
   */
  static ObservedFile read(Path path) throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS), StandardCharsets.UTF_8))) {
      return new Parser(in).file();
    } catch (IllegalArgumentException | DateTimeException | IndexOutOfBoundsException e) {
      throw new SpoolException("not what a learning run writes: " + e.getMessage());
    }
  }

  /** Reads line by line; throws runtime exceptions for what does not fit. */
  private static final class Parser {
    private final BufferedReader in;
    private int number;

    Parser(BufferedReader in) {
      this.in = in;
    }

    ObservedFile file() throws IOException {
      if (!next().get(0).equals(MAGIC)) {
        throw new SpoolException("does not begin with " + MAGIC);
      }
      List<String> writer = expect("writer");
      List<String> run = expect("run");
      List<String> command = new ArrayList<>();
      List<LoadedFile> loaded = new ArrayList<>();
      List<Observation> calls = new ArrayList<>();
      List<String> line = next();
      Optional<UnseenChance> unseen = Optional.empty();
      if (line.get(0).equals("unseen")) {
        unseen = Optional.of(unseen(line));
        line = next();
      }
      for (; line.get(0).equals("word"); line = next()) {
        command.add(line.get(1));
      }
      for (; line.get(0).equals("loaded") && loaded.size() < LOADED_MAX; line = next()) {
        loaded.add(new LoadedFile(line.get(1), line.get(2)));
      }
      for (; line.get(0).equals("call") && calls.size() < CALLS_MAX; line = next()) {
        calls.add(call(line));
      }
      if (!line.get(0).equals("end")) {
        throw new SpoolException("line " + number + ": wanted \"end\", was " + line.get(0));
      }
      return new ObservedFile(writer(writer), run(run, command, unseen, loaded), calls);
    }

    private List<String> expect(String type) throws IOException {
      List<String> line = next();
      if (!line.get(0).equals(type)) {
        throw new SpoolException(
            "line " + number + ": wanted \"" + type + "\", was " + line.get(0));
      }
      return line;
    }

    private List<String> next() throws IOException {
      String line = limitedLine();
      number++;
      List<String> words = new ArrayList<>();
      for (String word : line.split("\t", -1)) {
        words.add(unescape(word));
      }
      return words;
    }

    private String limitedLine() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0 || line.length() >= LINE_MAX) {
          throw new SpoolException("line " + (number + 1) + " is cut off");
        }
        line.append((char) c);
      }
      return line.toString();
    }

    private static String unescape(String word) {
      if (word.indexOf('\\') < 0) {
        return word;
      }
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < word.length(); i++) {
        char c = word.charAt(i);
        if (c == '\\') {
          i++;
          c =
              switch (word.charAt(i)) {
                case 't' -> '\t';
                case 'n' -> '\n';
                default -> word.charAt(i);
              };
        }
        out.append(c);
      }
      return out.toString();
    }

    private static WriterProcess writer(List<String> line) {
      return new WriterProcess(
          Integer.parseInt(line.get(1)), Long.parseLong(line.get(2)), line.get(3));
    }

    private static UnseenChance unseen(List<String> line) {
      return new UnseenChance(
          Long.parseLong(line.get(1)),
          Long.parseLong(line.get(2)),
          Long.parseLong(line.get(3)),
          Double.parseDouble(line.get(4)),
          Double.parseDouble(line.get(5)),
          Double.parseDouble(line.get(6)),
          Instant.parse(line.get(7)));
    }

    private static Run run(
        List<String> line,
        List<String> command,
        Optional<UnseenChance> unseen,
        List<LoadedFile> loaded) {
      return new Run(
          line.get(1),
          Run.Kind.valueOf(line.get(2)),
          line.get(3),
          line.get(4),
          line.get(5),
          command,
          line.get(6),
          Instant.parse(line.get(7)),
          line.get(8).equals("-") ? Optional.empty() : Optional.of(Instant.parse(line.get(8))),
          line.get(9).equals("-")
              ? OptionalInt.empty()
              : OptionalInt.of(Integer.parseInt(line.get(9))),
          Boolean.parseBoolean(line.get(10)),
          Long.parseLong(line.get(11)),
          unseen,
          loaded);
    }

    private static Observation call(List<String> line) {
      return new Observation(
          line.get(1),
          Arch.valueOf(line.get(2)),
          line.get(3),
          ArgumentClass.parse(line.get(4)),
          Source.valueOf(line.get(5)),
          Long.parseLong(line.get(6)),
          Instant.parse(line.get(7)),
          Instant.parse(line.get(8)),
          line.get(9));
    }
  }
}

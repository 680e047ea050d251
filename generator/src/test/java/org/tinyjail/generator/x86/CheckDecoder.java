package org.tinyjail.generator.x86;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tinyjail.generator.elf.ElfException;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Machine;
import org.tinyjail.generator.elf.Segment;

/**
 * Compares the decoder with {@code objdump -d}: {@code scripts/check-decoder}.
 *
 * <p>Each line of objdump is decoded for itself, so that one difference does not make others.
 * Compared are length, flow and target, operation, condition, memory operand, immediate value,
 * registers, and that a destination is among the registers that may be written. Kinds of difference
 * that {@code explained.tsv} explains are counted; any other ends it with 1.
 */
final class CheckDecoder {
  private static final List<String> PLACES =
      List.of("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib/jvm");
  private static final Path SPEED_FILE = Path.of("/usr/lib/x86_64-linux-gnu/libcrypto.so.3");
  private static final int FILES_BETWEEN_SIGNS = 250;
  private static final int ROUNDS = 5;
  private static final int ROUND_REPEATS = 5;

  private final PrintStream out;
  private final Map<String, Difference> differences = new TreeMap<>();
  private final Map<String, String> explained = explanations();
  private final Instruction found = new Instruction();
  private int files;
  private long instructions;
  private long bytes;

  private static final class Difference {
    final String example;
    long count;

    Difference(String example) {
      this.example = example;
    }
  }

  private CheckDecoder(PrintStream out) throws IOException {
    this.out = out;
  }

  /** Arguments: files and directories; without any, all programs and libraries of the machine. */
  public static void main(String[] arguments) throws IOException {
    CheckDecoder check = new CheckDecoder(System.out);
    List<String> places = arguments.length == 0 ? PLACES : List.of(arguments);
    List<Path> files = files(places);
    for (int i = 0; i < files.size(); i++) {
      check.compare(files.get(i));
      if (i % FILES_BETWEEN_SIGNS == FILES_BETWEEN_SIGNS - 1) {
        System.err.println(
            "check-decoder: looked at " + (i + 1) + " of " + files.size() + " files");
      }
    }
    boolean failed = check.report();
    check.measureSpeed();
    System.exit(failed ? 1 : 0);
  }

  /** Each file once, whatever links lead to it. */
  private static List<Path> files(List<String> places) throws IOException {
    List<Path> files = new ArrayList<>();
    Set<Object> seen = new HashSet<>();
    for (String place : places) {
      try (Stream<Path> walk = Files.walk(Path.of(place).toRealPath())) {
        for (Path path : walk.sorted().toList()) {
          if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
              && seen.add(Files.getAttribute(path, "unix:ino"))) {
            files.add(path);
          }
        }
      }
    }
    return files;
  }

  private void compare(Path path) throws IOException {
    Optional<ElfFile> file = read(path);
    if (file.isEmpty()) {
      return;
    }
    files++;
    List<Code> code = code(file.get());
    Process objdump =
        new ProcessBuilder("objdump", "-dw", "-M", "intel64", path.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(objdump.getInputStream(), StandardCharsets.ISO_8859_1),
            1 << 16)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Optional<ObjdumpLine> parsed = ObjdumpLine.parse(line);
        if (parsed.isPresent()) {
          compare(path, code, parsed.get());
        }
      }
    }
  }

  private static Optional<ElfFile> read(Path path) throws IOException {
    try {
      ElfFile file = ElfFile.read(path);
      return file.machine() == Machine.X86_64 && file.wordSize() == 8
          ? Optional.of(file)
          : Optional.empty();
    } catch (ElfException e) {
      return Optional.empty(); // scripts, objects, other processors
    }
  }

  /** The bytes of a segment. */
  private static final class Code {
    final Segment segment;
    final byte[] bytes;

    Code(Segment segment, byte[] bytes) {
      this.segment = segment;
      this.bytes = bytes;
    }
  }

  private static List<Code> code(ElfFile file) throws ElfException {
    List<Code> code = new ArrayList<>();
    for (Segment segment : file.segments()) {
      if (segment.isLoaded() && segment.isExecutable()) {
        ByteBuffer buffer = file.bytes(segment);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        code.add(new Code(segment, bytes));
      }
    }
    return code;
  }

  private void compare(Path path, List<Code> code, ObjdumpLine line) {
    for (Code part : code) {
      if (part.segment.gives(line.address(), line.length())) {
        int offset = (int) (line.address() - part.segment.address());
        Decoder.decode(part.bytes, offset, part.bytes.length, line.address(), found);
        instructions++;
        bytes += line.length();
        String kind = Comparison.kind(found, line, part.bytes, offset);
        if (!kind.isEmpty()) {
          differences.computeIfAbsent(kind, k -> example(path, part.bytes, offset, line)).count++;
        }
        return;
      }
    }
  }

  private static Difference example(Path path, byte[] bytes, int offset, ObjdumpLine line) {
    HexFormat hex = HexFormat.of();
    return new Difference(
        path + " " + line + "  " + hex.formatHex(bytes, offset, offset + line.length()));
  }

  private boolean report() {
    boolean failed = false;
    long total = 0;
    for (Map.Entry<String, Difference> entry : differences.entrySet()) {
      Difference difference = entry.getValue();
      String why = explained.getOrDefault(entry.getKey(), "");
      failed |= why.isEmpty();
      total += difference.count;
      out.printf("%8d  %s%n", difference.count, entry.getKey());
      out.printf("          %s%n", why.isEmpty() ? "NOT EXPLAINED" : why);
      out.printf("          %s%n", difference.example);
    }
    out.printf(
        Locale.ROOT,
        "%d files, %d instructions, %.1f MB: %d differences of %d kinds%s%n",
        files,
        instructions,
        bytes / 1e6,
        total,
        differences.size(),
        failed ? ", not all explained" : "");
    return failed || instructions == 0;
  }

  private static Map<String, String> explanations() throws IOException {
    Map<String, String> explanations = new TreeMap<>();
    try (InputStream in = CheckDecoder.class.getResourceAsStream("explained.tsv")) {
      if (in == null) {
        throw new IOException("explained.tsv is missing beside " + CheckDecoder.class.getName());
      }
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        String[] columns = line.split("\t", 2);
        if (columns.length == 2 && !line.startsWith("#")) {
          explanations.put(columns[0], columns[1]);
        }
      }
    }
    return explanations;
  }

  private void measureSpeed() throws IOException {
    if (!Files.exists(SPEED_FILE)) {
      out.println("no " + SPEED_FILE + ": speed not measured");
      return;
    }
    byte[] code =
        code(ElfFile.read(SPEED_FILE)).stream()
            .max(Comparator.comparingInt(part -> part.bytes.length))
            .orElseThrow()
            .bytes;
    double best = Double.MAX_VALUE;
    long branches = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < ROUND_REPEATS; i++) {
        branches = sweep(code);
      }
      best = Math.min(best, (System.nanoTime() - start) / 1e9 / ROUND_REPEATS);
    }
    out.printf(
        Locale.ROOT,
        "speed: %.0f MB/s, best of %d (%s: %.1f MB, %d branches)%n",
        code.length / 1e6 / best,
        ROUNDS,
        SPEED_FILE,
        code.length / 1e6,
        branches);
  }

  /** Decodes all of it, one after another, and looks at what each is for. */
  private long sweep(byte[] code) {
    long branches = 0;
    int at = 0;
    while (at < code.length) {
      int length = Decoder.decode(code, at, code.length, at, found);
      if (length > 0 && found.flow() != Flow.NONE) {
        branches++;
      }
      at += Math.max(1, length);
    }
    return branches;
  }
}

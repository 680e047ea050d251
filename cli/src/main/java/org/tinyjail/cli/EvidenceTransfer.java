package org.tinyjail.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.log.HostName;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;

/** {@code evidence export} and {@code evidence import}. */
final class EvidenceTransfer {
  private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
  private static final String STANDARD_INPUT = "-";

  private EvidenceTransfer() {}

  /** Writes runs, of a profile or those named, to where {@code -o} says. */
  static int export(List<String> ids, CommandLine line, Context context)
      throws CommandException, IOException {
    if (!ids.isEmpty() && line.hasOption("profile")) {
      throw CommandException.usage("wants --profile NAME or RUN..., not both");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EvidenceWriter writer = new EvidenceWriter(out, host());
    int runs = 0;
    try (EvidenceStore store = Stores.open(line, context)) {
      for (String id : ids.isEmpty() ? ofProfile(store, line) : ids) {
        writer.write(store.evidence(id).orElseThrow(() -> EvidenceCommand.unknownRun(id)));
        runs++;
      }
    }
    writer.end();
    Outputs.write(line, context, out.toByteArray());
    context.say("exported " + Words.count(runs, "run"));
    return ExitCode.DONE;
  }

  /** The ids of all runs, or those of a profile, the oldest first. */
  private static List<String> ofProfile(EvidenceStore store, CommandLine line)
      throws CommandException {
    Optional<String> profile = Optional.ofNullable(line.getOptionValue("profile"));
    List<String> ids = store.runs(profile).stream().map(Run::id).sorted().toList();
    if (ids.isEmpty() && profile.isPresent()) {
      throw CommandException.usage(
          "no run has the profile \""
              + profile.get()
              + "\"; \"tiny-jail evidence list --json\" names those of all");
    }
    return ids;
  }

  /** The name of this host, of plain characters. */
  static String host() throws IOException {
    String plain = HostName.plain(Files.readString(HOST, StandardCharsets.ISO_8859_1).strip());
    return plain.isEmpty() ? "unnamed" : plain;
  }

  /** Takes in the runs of all {@code files}, or none of them. */
  static int take(List<String> files, CommandLine line, Context context)
      throws CommandException, IOException {
    Map<String, InputStream> inputs = new LinkedHashMap<>();
    try {
      for (String file : files) {
        inputs.put(file, open(file, context));
      }
      try (EvidenceStore store = Stores.open(line, context)) {
        EvidenceMerge merge = new EvidenceMerge(store.runs(Optional.empty()));
        store.acceptAll(
            sink -> inputs.forEach((file, in) -> read(in, file, run -> merge.take(run, sink))));
        merge.report().forEach(context::say);
      }
    } catch (UncheckedIOException e) {
      context.say("nothing was imported");
      throw e.getCause();
    } finally {
      for (InputStream in : inputs.values()) {
        in.close();
      }
    }
    return ExitCode.DONE;
  }

  private static InputStream open(String file, Context context)
      throws CommandException, IOException {
    if (file.equals(STANDARD_INPUT)) {
      // Read before the store is opened: what writes may take its time.
      return new ByteArrayInputStream(System.in.readNBytes(EvidenceReader.FILE_MAX + 1));
    }
    Path path = context.resolve(file);
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw CommandException.badInput(
          file + ": not a regular file; wanted what evidence export writes, or - for stdin");
    }
    return new BufferedInputStream(Files.newInputStream(path), 1 << 16);
  }

  private static void read(InputStream in, String file, Consumer<RunEvidence> each) {
    try {
      EvidenceReader.read(in, file, each);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

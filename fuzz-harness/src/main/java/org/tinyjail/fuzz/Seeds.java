package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the fuzzer begins with: the given payloads, and with one of them each choice once and, where
 * faults are wanted, each fault of the first calls. It keeps what shows something new.
 */
final class Seeds {
  /** Calls of which each fault is tried; those of later calls are left to the fuzzer. */
  private static final int FAULTY_CALLS = 64;

  private Seeds() {}

  /** Writes the seeds of {@code spec} to its directory of seeds, in place of earlier ones. */
  static void write(CampaignSpec spec, Executions executions) throws IOException {
    Path directory = Files.createDirectories(spec.seeds());
    try (Stream<Path> earlier = Files.list(directory)) {
      for (Path file : earlier.toList()) {
        Files.delete(file);
      }
    }
    List<byte[]> payloads =
        InputFiles.spread(FrozenGenerator.corpus(spec.payloads()), spec.input());
    int number = 0;
    for (byte[] payload : payloads) {
      Files.write(directory.resolve("payload-" + number++), InputLayout.plain(payload));
    }
    byte[] usual = payloads.isEmpty() ? new byte[0] : payloads.get(0);
    for (int choice = 0; choice < executions.choices(); choice++) {
      Files.write(
          directory.resolve("choice-" + choice), InputLayout.choosing(usual, choice, choice));
    }
    for (int call = 0; spec.faults() && call < FAULTY_CALLS; call++) {
      for (Fault.Kind kind : Fault.Kind.values()) {
        Path file = directory.resolve("fault-" + call + "-" + kind);
        Files.write(file, InputLayout.failing(usual, new Fault(call, kind)));
      }
    }
  }
}

package org.tinyjail.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Who writes a file: process id, start time and boot name a process for good.
 *
 * @param process process id
 * @param startTime field 22 of {@code /proc/PID/stat}
 * @param bootId {@code /proc/sys/kernel/random/boot_id}
 */
record WriterProcess(int process, long startTime, String bootId) {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** This process. */
  static WriterProcess self() throws IOException {
    int process = Math.toIntExact(ProcessHandle.current().pid());
    return new WriterProcess(process, startTime(process), currentBoot());
  }

  boolean isAlive() throws IOException {
    return process > 0 && bootId.equals(currentBoot()) && startTime(process) == startTime;
  }

  private static String currentBoot() throws IOException {
    return Files.readString(BOOT_ID, StandardCharsets.US_ASCII).trim();
  }

  private static long startTime(int process) {
    try {
      return ProcStat.startTime(Files.readAllBytes(Path.of("/proc/" + process + "/stat")));
    } catch (IOException e) {
      return 0;
    }
  }
}

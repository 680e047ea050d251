package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the tests of attacks and failures share: programs in C, policies, and a look at processes.
 */
final class Attacker {
  /** Allows everything but mkdir, which fails with an errno that the kernel would never give. */
  static final String ALL_BUT_MKDIR =
      "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\"],"
          + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":33}]}";

  private static final Path SOURCES = Path.of("src/test/c").toAbsolutePath();
  private static final Path PROGRAMS = Path.of("target/test-programs").toAbsolutePath();
  private static final Map<String, Path> COMPILED = new ConcurrentHashMap<>();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Attacker() {}

  /** A program of src/test/c, compiled once. */
  static Path program(String name) {
    return COMPILED.computeIfAbsent(name, any -> compile(name, List.of("-pthread", "-lutil")));
  }

  /** The same, without a dynamic linker. */
  static Path staticProgram(String name) {
    return COMPILED.computeIfAbsent(
        name + "-static",
        any -> compile(name, List.of("-static", "-pthread", "-lutil"), "-static"));
  }

  /** A 32-bit program of src/test/c without libc, compiled once. */
  static Path program32(String name) {
    return COMPILED.computeIfAbsent(
        name, any -> compile(name, List.of("-m32", "-nostdlib", "-static", "-ffreestanding")));
  }

  /** The exit code of the program call32. */
  private static final int CALL32 = 7;

  /**
   * Whether this kernel has calls of i386 (CONFIG_IA32_EMULATION, and a hypervisor that lets them
   * pass). Where it has not, tests claim that: programs of i386 do not start, {@code int 0x80} is a
   * fault. Seen under a hypervisor without hardware support (PVM).
   */
  static boolean has32BitCalls() {
    try {
      // Where it is none, Java has a shell try it.
      return new ProcessBuilder(program32("call32").toString()).start().waitFor() == CALL32;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A shared library of src/test/c, compiled once. */
  static Path library(String name) {
    return COMPILED.computeIfAbsent(name, any -> compile(name, List.of("-shared", "-fPIC")));
  }

  private static Path compile(String name, List<String> more) {
    return compile(name, more, "");
  }

  private static Path compile(String name, List<String> more, String kind) {
    try {
      Path program = Files.createDirectories(PROGRAMS).resolve(name + kind);
      List<String> command =
          new ArrayList<>(List.of("cc", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o"));
      command.addAll(List.of(program.toString(), SOURCES.resolve(name + ".c").toString()));
      command.addAll(more);
      assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
      return program;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until something is so. */
  static void await(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waiting for: " + what).isLessThan(end);
      Thread.sleep(5);
    }
  }

  static boolean alive(long pid) {
    return ProcessHandle.of(pid).isPresent() && state(pid) != 'Z' && state(pid) != '?';
  }

  /** As in /proc/PID/stat; ? if there is no such process. */
  static char state(long pid) {
    String stat = text(Path.of("/proc/" + pid + "/stat"));
    return stat.isEmpty() ? '?' : stat.charAt(stat.lastIndexOf(')') + 2);
  }

  /**
   * Processes with a directory in command line or environment: those of a test, whatever other
   * tests run at the same time.
   */
  static List<Long> runningIn(Path directory) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.map(ProcessHandle::pid)
          .filter(
              pid ->
                  text(Path.of("/proc/" + pid + "/cmdline")).contains(directory.toString())
                      || text(Path.of("/proc/" + pid + "/environ")).contains(directory.toString()))
          .filter(pid -> state(pid) != 'Z')
          .toList();
    }
  }

  static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Bytes as Latin-1: none is lost; empty if it cannot be read. */
  static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /** The child of {@code launcher} whose executable has this name. */
  static long child(long launcher, String name) throws Exception {
    long[] found = new long[1];
    await(
        name + " under " + launcher,
        () -> {
          try (Stream<ProcessHandle> children =
              ProcessHandle.of(launcher).stream().flatMap(ProcessHandle::children)) {
            found[0] =
                children
                    .filter(child -> executable(child.pid()).equals(name))
                    .map(ProcessHandle::pid)
                    .findFirst()
                    .orElse(0L);
          }
          return found[0] != 0;
        });
    return found[0];
  }

  private static String executable(long pid) {
    try {
      return String.valueOf(Files.readSymbolicLink(Path.of("/proc/" + pid + "/exe")).getFileName());
    } catch (IOException e) {
      return "";
    }
  }

  /** A thread of a process that is not its first. */
  static long threadOf(long process) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + process + "/task"))) {
      return threads
          .map(thread -> Long.parseLong(String.valueOf(thread.getFileName())))
          .filter(thread -> thread != process)
          .findFirst()
          .orElseThrow();
    }
  }

  /** Launchers and keepers of this distribution that hold a listener. */
  static List<Long> supervisors() {
    Path launcher = TinyJail.distribution().resolve("bin/tiny-jail");
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.map(ProcessHandle::pid)
          .filter(
              pid -> {
                try {
                  return Files.readSymbolicLink(Path.of("/proc/" + pid + "/exe")).equals(launcher)
                      && holdsAListener(pid);
                } catch (IOException e) {
                  return false;
                }
              })
          .toList();
    }
  }

  private static boolean holdsAListener(long pid) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
        if (Files.readSymbolicLink(descriptor).toString().contains("seccomp notify")) {
          return true;
        }
      }
    }
    return false;
  }

  /** Stops the agent at a moment when it has received a notification and not answered it. */
  static void stopBetweenReceivingAndSending(long agent) throws Exception {
    await(
        "the agent to hold a notification",
        () -> {
          RealProgramsIT.signal(agent, "STOP");
          await("stop", () -> state(agent) == 'T');
          if (holdsANotification(agent)) {
            return true;
          }
          RealProgramsIT.signal(agent, "CONT");
          return false;
        });
  }

  private static final Pattern SLOTS =
      Pattern.compile("(?m)^([0-9a-f]+)-([0-9a-f]+) .*memfd:slots");

  /** Whether one of the slots that agent and launcher share is in use. */
  private static boolean holdsANotification(long agent) throws IOException {
    Matcher slots = SLOTS.matcher(text(Path.of("/proc/" + agent + "/maps")));
    if (!slots.find()) {
      return false;
    }
    long begin = Long.parseLong(slots.group(1), 16);
    byte[] bytes = new byte[(int) (Long.parseLong(slots.group(2), 16) - begin)];
    try (RandomAccessFile memory = new RandomAccessFile("/proc/" + agent + "/mem", "r")) {
      memory.seek(begin);
      memory.readFully(bytes);
    }
    int slotSize = 256;
    for (int slot = 0; slot < bytes.length; slot += slotSize) {
      for (int at = slot; at < slot + Long.BYTES; at++) {
        if (bytes[at] != 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** How often {@code review --json} says that calls with this text were denied. */
  static long recorded(String json, String text) {
    Matcher item =
        Pattern.compile("\"call\":\"((?:[^\"\\\\]|\\\\.)*)\".*?\"count\":([0-9]+)").matcher(json);
    long sum = 0;
    while (item.find()) {
      if (item.group(1).contains(text)) {
        sum += Long.parseLong(item.group(2));
      }
    }
    return sum;
  }
}

package org.tinyjail.agent;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/** A program under a real filter whose listener this process has; see {@code agent-harness.c}. */
final class JailedProgram implements AutoCloseable {
  private static final int AGENT_FD = 100;
  private static final int PIDFD_OPEN = 434;
  private static final int PIDFD_GETFD = 438;
  private static final Path SOURCES = Path.of("src/test/c");
  private static final Path BUILT = Path.of("target/test-c");

  /** Compiled by these tests: what a source includes may have changed since others did it. */
  private static final Set<String> FRESH = new HashSet<>();

  private final Process harness;
  private final BufferedReader output;
  private final LinuxC c;
  private final int control;
  private final AgentSession session;
  private boolean open = true;

  private static final class Direct {
    static {
      Native.register(Direct.class, NativeLibrary.getProcess());
    }

    private Direct() {}

    static native long syscall(long number, long a, long b, long c);
  }

  private JailedProgram(Process harness, BufferedReader output, LinuxC c, int control) {
    this.harness = harness;
    this.output = output;
    this.c = c;
    this.control = control;
    this.session = AgentSession.over(c, control, -1);
  }

  /** Starts {@code command} with the named calls notified, or all. */
  static JailedProgram start(String calls, List<String> options, List<String> command) {
    return start(JnaLinuxC.load(), calls, options, command);
  }

  static JailedProgram start(LinuxC c, String calls, List<String> options, List<String> command) {
    List<String> words = new ArrayList<>();
    words.add(built("agent-harness"));
    words.add(calls.equals("all") ? calls : numbers(calls));
    words.addAll(options);
    words.addAll(command);
    try {
      Process harness =
          new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      BufferedReader output = harness.inputReader(StandardCharsets.UTF_8);
      String ready = output.readLine();
      if (!"ready".equals(ready)) {
        throw new IllegalStateException("harness says " + ready);
      }
      long pidfd = Direct.syscall(PIDFD_OPEN, harness.pid(), 0, 0);
      long control = Direct.syscall(PIDFD_GETFD, pidfd, AGENT_FD, 0);
      c.close((int) pidfd);
      if (control < 0) {
        throw new IllegalStateException("no control socket, errno " + Native.getLastError());
      }
      harness.getOutputStream().write('\n');
      harness.getOutputStream().flush();
      return new JailedProgram(harness, output, c, (int) control);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The test program {@code agent-target.c} in one of its modes, with the named calls notified. */
  static JailedProgram target(String calls, String... words) {
    return start(calls, List.of(), targetCommand(words));
  }

  static List<String> targetCommand(String... words) {
    return Stream.concat(Stream.of(built("agent-target")), Stream.of(words)).toList();
  }

  /** Process id of the harness. */
  long harness() {
    return harness.pid();
  }

  AgentSession session() {
    return session;
  }

  /** Answers to the end, letting the harness's execve pass, which comes first. */
  AgentSession.End serve(Decider decider) {
    AtomicBoolean launched = new AtomicBoolean();
    return serveAll(
        call ->
            launched.getAndSet(true)
                ? decider.decide(call)
                : Verdict.unsafeContinue("the harness's, not the program's"));
  }

  /** Answers to the end, deciding every call. */
  AgentSession.End serveAll(Decider decider) {
    return session.serve(decider);
  }

  /** Answers in the background, deciding every call. */
  CompletableFuture<AgentSession.End> serveInBackground(Decider decider) {
    return CompletableFuture.supplyAsync(() -> serveAll(decider));
  }

  /** What the program has written; to be called after it has ended, and ends the session. */
  List<String> output() {
    c.close(control);
    open = false;
    return output.lines().toList();
  }

  @Override
  public void close() {
    if (open) {
      c.close(control);
    }
    harness.destroyForcibly().onExit().join();
  }

  private static String numbers(String calls) {
    return Stream.of(calls.split(",", -1))
        .map(name -> SyscallTable.of(Arch.current()).number(name).orElseThrow())
        .map(String::valueOf)
        .collect(Collectors.joining(","));
  }

  /** The program made from {@code NAME.c}, compiled when first asked for. */
  static synchronized String built(String name) {
    Path program = BUILT.resolve(name).toAbsolutePath();
    Path source = SOURCES.resolve(name + ".c");
    try {
      if (FRESH.add(name)) {
        compile(source, program);
      }
      return program.toString();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("cannot compile " + source, e);
    }
  }

  private static void compile(Path source, Path program) throws IOException, InterruptedException {
    Files.createDirectories(BUILT);
    int exit =
        new ProcessBuilder(
                "cc",
                "-D_GNU_SOURCE",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-O1",
                "-pthread",
                "-o",
                program.toString(),
                source.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IllegalStateException("cc failed on " + source);
    }
  }
}

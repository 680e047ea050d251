package org.tinyjail.fuzz;

import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A process of a campaign: a JVM with Jazzer, which ends when this is closed or this process ends.
 *
 * <p>It prints lines of words, {@link Campaign} reads them. What it gets is the campaign's
 * description and then, after each {@value #FROZEN}, how many executions the others have made; the
 * end of its input is the sign to end.
 */
final class Job implements AutoCloseable {
  /** The line that says that it ends by its own will. */
  static final String END = "end";

  /** The word before a line that says why it cannot go on. */
  static final String FAILED = "failed";

  /** The line that says that it waits for the others to have ended. */
  static final String FROZEN = "frozen";

  /**
   * A terminal sends its signals to all processes: those that are for the command must not end a
   * job in the middle. Together with libFuzzer's and Jazzer's own handlers, which leave them
   * ignored.
   */
  private static final String DEAF = "trap '' HUP INT TERM; exec \"$@\"";

  private static final int END_SECONDS = 10;

  /** The target keeps the campaign's time itself, and that of each execution. */
  private static final int LONG_SECONDS = 1_000_000_000;

  private final Process process;
  private final DataOutputStream out;
  private final BufferedReader lines;
  private final Path temporary;
  private final Path log;

  private Job(Process process, Path temporary, Path log) {
    this.process = process;
    this.temporary = temporary;
    this.out = new DataOutputStream(process.getOutputStream());
    this.lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.log = log;
  }

  /**
   * Starts a process of a campaign whose directories are there.
   *
   * @param number from 1; processes of one number run after one another
   */
  static Job start(CampaignSpec spec, int number) throws IOException {
    String suffix = number == 1 ? "" : "-" + number;
    Path temporary = Files.createDirectories(spec.directory().resolve("tmp" + suffix));
    empty(temporary);
    Path log = spec.directory().resolve("log" + suffix);
    ProcessBuilder builder = new ProcessBuilder(command(spec, temporary));
    builder.environment().clear();
    builder.environment().put("LANG", "C.UTF-8");
    builder.directory(spec.directory().toFile());
    builder.redirectError(log.toFile());
    Job job = new Job(builder.start(), temporary, log);
    spec.write(job.out);
    return job;
  }

  private static List<String> command(CampaignSpec spec, Path temporary) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "/bin/sh",
            "-c",
            DEAF,
            "sh",
            java.toString(),
            "-XX:-PrintWarnings",
            "-XX:TieredStopAtLevel=1", // of two processors the target wants one, and C2 takes the
            // other
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xmx256m",
            "-Djava.io.tmpdir=" + temporary,
            "-Djna.nounpack=true",
            "-Djna.nosys=true",
            "-Djna.boot.library.path=" + System.getProperty("jna.boot.library.path", ""),
            "-javaagent:" + spec.home().resolve("agent.jar")));
    command.addAll(List.of("-cp", classPath(spec), "com.code_intelligence.jazzer.Jazzer"));
    command.addAll(
        List.of(
            "--target_class=" + FuzzTarget.class.getName(),
            "--nohooks",
            "-seed=" + spec.seed(),
            "-max_total_time=" + LONG_SECONDS,
            "-runs=" + (spec.plan().kind() == CampaignPlan.Kind.REPLAY ? 0 : -1),
            "-entropic_scale_per_exec_time=1", // fewer changes of slow inputs
            "-reload=1", // seconds: takes in what other processes add to the corpus
            "-max_len=" + Campaign.INPUT_MAX,
            "-timeout=" + LONG_SECONDS,
            "-rss_limit_mb=0",
            "-handle_int=0",
            "-handle_term=0",
            "-artifact_prefix=" + temporary + "/"));
    if (Files.exists(spec.dictionary())) {
      command.add("-dict=" + spec.dictionary());
    }
    if (!spec.guided()) {
      command.add("-keep_seed=1"); // else seeds that show nothing new are dropped: all
    }
    command.add(spec.corpus().toString());
    if (spec.plan().kind() != CampaignPlan.Kind.REPLAY) {
      command.add(spec.seeds().toString());
    }
    return command;
  }

  private static String classPath(CampaignSpec spec) throws IOException {
    List<String> jars = new ArrayList<>();
    jars.add(System.getProperty("java.class.path"));
    try (Stream<Path> files = Files.list(spec.home())) {
      files
          .filter(file -> file.toString().endsWith(".jar") && !file.endsWith("agent.jar"))
          .forEach(file -> jars.add(file.toString()));
    }
    return String.join(":", jars);
  }

  /** What it says on standard error. */
  Path log() {
    return log;
  }

  /**
   * Follows it to its end.
   *
   * @param listener takes the words of each line
   * @return whether it ended in order
   */
  boolean follow(Consumer<String[]> listener) throws IOException {
    boolean ended = false;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      listener.accept(line.split("\t", -1));
      ended |= line.equals(END);
    }
    try {
      return process.waitFor() == 0 || ended;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Says how many executions the others have made, which have ended. */
  void goOn(long othersExecutions) throws IOException {
    out.writeLong(othersExecutions);
    out.flush();
  }

  /** Asks it to end; {@link #follow} returns soon. */
  void stop() {
    try {
      out.close();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  @Override
  public void close() {
    stop();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      empty(temporary);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The next one of this number tries again.
    }
  }

  /** Such as the input in whose middle it ended, which libFuzzer takes for a crash. */
  private static void empty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }
}

package org.tinyjail.fuzz;

import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A fuzzing campaign: a JVM with Jazzer, which ends when this is closed or this process ends. */
public final class Campaign implements AutoCloseable {
  private static final int INPUT_MAX = 1 << 16;
  private static final int END_SECONDS = 10;

  private final Process process;
  private final BufferedReader lines;

  /** What a campaign reports while it runs. */
  public interface Listener {
    /**
     * How far it is.
     *
     * @param executions of the target
     * @param kinds of calls that were seen: by executable, call and class of arguments
     * @param last the execution that showed the last new one
     */
    void progress(long executions, long kinds, long last);

    /** How many options for the command line were found. */
    void options(int count);

    /** A remark for the user. */
    void note(String text);

    /** An input that the target did not survive was kept under this name. */
    void finding(String name);
  }

  private Campaign(Process process) {
    this.process = process;
    this.lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts a campaign.
   *
   * @param seeds a directory with inputs to begin with
   * @param time after which it ends
   * @param executions after which it ends; 0: none
   */
  public static Campaign start(CampaignSpec spec, Path seeds, Duration time, long executions)
      throws IOException {
    Files.createDirectories(spec.corpus());
    Path temporary = Files.createDirectories(spec.directory().resolve("tmp"));
    List<String> command = command(spec, seeds, time, executions, temporary);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("LANG", "C.UTF-8");
    builder.directory(spec.directory().toFile());
    builder.redirectError(spec.directory().resolve("log").toFile());
    Process process = builder.start();
    // Kept open: its end is the sign to end.
    DataOutputStream out = new DataOutputStream(process.getOutputStream());
    spec.write(out);
    return new Campaign(process);
  }

  private static List<String> command(
      CampaignSpec spec, Path seeds, Duration time, long executions, Path temporary)
      throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            java.toString(),
            "-XX:-PrintWarnings",
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
            "-max_total_time=" + Math.max(1, time.toSeconds()),
            "-runs=" + (executions == 0 ? -1 : executions),
            "-max_len=" + INPUT_MAX,
            "-timeout=3600",
            "-rss_limit_mb=0",
            "-keep_seed=1",
            spec.corpus().toString(),
            seeds.toString()));
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

  /**
   * Follows the campaign to its end.
   *
   * @return whether it ended in order
   */
  public boolean follow(Listener listener) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      tell(listener, line.split("\t", -1));
    }
    try {
      return process.waitFor() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void tell(Listener listener, String[] words) {
    if (words[0].equals("progress") && words.length == 4) {
      listener.progress(
          Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    } else if (words[0].equals("options") && words.length == 2) {
      listener.options(Integer.parseInt(words[1]));
    } else if (words[0].equals("note") && words.length == 2) {
      listener.note(words[1]);
    } else if (words[0].equals("finding") && words.length == 2) {
      listener.finding(words[1]);
    }
  }

  /** Asks it to end; {@link #follow} returns soon. */
  public void stop() throws IOException {
    process.getOutputStream().close();
  }

  @Override
  public void close() throws IOException {
    stop();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

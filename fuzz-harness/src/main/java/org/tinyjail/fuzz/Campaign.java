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
import java.util.stream.Stream;

/** A fuzzing campaign: a JVM with Jazzer, which ends when this is closed or this process ends. */
public final class Campaign implements AutoCloseable {
  /** Bytes of an input. */
  static final int INPUT_MAX = 1 << 16;

  private static final int END_SECONDS = 10;

  /** The target keeps the campaign's time itself, and that of each execution. */
  private static final int LONG_SECONDS = 1_000_000_000;

  /** The line that says that it ends by its own will. */
  static final String END = "end";

  /** The word before a line that says why it cannot go on. */
  static final String FAILED = "failed";

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
     * @param share how much of the executions' time went into answering their calls, up to 1
     */
    void progress(long executions, long kinds, long last, double share);

    /**
     * What was measured of what is left to be found; each one takes the place of the one before.
     */
    void bound(UnseenBound bound);

    /** How many options, words and variables there are to choose from. */
    void options(int count);

    /** A remark for the user. */
    void note(String text);

    /**
     * An execution that ended badly was kept.
     *
     * @param name of it
     * @param text what it does
     */
    void finding(String name, String text);

    /** It cannot go on. */
    void failed(String text);
  }

  private Campaign(Process process) {
    this.process = process;
    this.lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a campaign; its payloads and dictionary are there, if there are any. */
  public static Campaign start(CampaignSpec spec) throws IOException {
    Files.createDirectories(spec.corpus());
    Files.createDirectories(spec.payloads());
    Files.createDirectories(spec.seeds());
    Path temporary = Files.createDirectories(spec.directory().resolve("tmp"));
    List<String> command = command(spec, temporary);
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

  private static List<String> command(CampaignSpec spec, Path temporary) throws IOException {
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
            "-max_total_time=" + LONG_SECONDS,
            "-runs=" + (spec.plan().kind() == CampaignPlan.Kind.REPLAY ? 0 : -1),
            "-max_len=" + INPUT_MAX,
            "-timeout=" + LONG_SECONDS,
            "-rss_limit_mb=0",
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

  /**
   * Follows the campaign to its end.
   *
   * @return whether it ended in order
   */
  public boolean follow(Listener listener) throws IOException {
    boolean ended = false;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      tell(listener, line.split("\t", -1));
      ended |= line.equals(END);
    }
    try {
      return process.waitFor() == 0 || ended;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void tell(Listener listener, String[] words) {
    if (words[0].equals("progress") && words.length == 5) {
      listener.progress(
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Double.parseDouble(words[4]));
    } else if (words[0].equals("options") && words.length == 2) {
      listener.options(Integer.parseInt(words[1]));
    } else if (words[0].equals("bound") && words.length == 4) {
      listener.bound(
          new UnseenBound(
              Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3])));
    } else if (words[0].equals("note") && words.length == 2) {
      listener.note(words[1]);
    } else if (words[0].equals("finding") && words.length == 3) {
      listener.finding(words[1], words[2]);
    } else if (words[0].equals(FAILED) && words.length == 2) {
      listener.failed(words[1]);
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

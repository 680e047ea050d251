package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.tinyjail.model.Run;
import org.tinyjail.model.UnseenChance;

/**
 * A fuzzing campaign: one process that searches, keeps the time, reduces the corpus and measures,
 * and others that help it to search, with one corpus. All end when this is closed or this process
 * ends.
 *
 * <p>Helpers run while the first process is guided and have ended when it is not: what is measured
 * has one corpus that nobody changes, and no input is removed for one that another process removes.
 */
public final class Campaign implements AutoCloseable {
  /** Bytes of an input. */
  static final int INPUT_MAX = 1 << 16;

  private final CampaignSpec spec;
  private final Supplier<Run> runs;
  private final Job first;
  private final List<Helper> helpers = new CopyOnWriteArrayList<>();
  private final Tally tally = new Tally();
  private final Set<String> notes = new HashSet<>();
  private int processes = 1;
  private volatile boolean stopped;

  /** What a campaign reports while it runs. */
  public interface Listener {
    /**
     * How far it is.
     *
     * @param executions of the target
     * @param kinds of calls that were seen, at least: by executable, call and class of arguments
     * @param last the execution that showed the last new one
     * @param share how much of the executions' time went into answering their calls, up to 1
     */
    void progress(long executions, long kinds, long last, double share);

    /**
     * What was measured of what is left to be found; each one takes the place of the one before.
     */
    void bound(UnseenChance chance);

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

  private Campaign(CampaignSpec spec, Supplier<Run> runs) throws IOException {
    this.spec = spec;
    this.runs = runs;
    this.first = Job.start(spec, 1);
  }

  /**
   * Starts a campaign; its payloads and dictionary are there, if there are any.
   *
   * @param runs what the evidence of each helper belongs to, a run of its own
   */
  public static Campaign start(CampaignSpec spec, Supplier<Run> runs) throws IOException {
    Files.createDirectories(spec.corpus());
    Files.createDirectories(spec.payloads());
    Files.createDirectories(spec.seeds());
    return new Campaign(spec, runs);
  }

  /**
   * Follows the campaign to its end.
   *
   * @return whether it ended in order
   */
  public boolean follow(Listener listener) throws IOException {
    return first.follow(
        words -> {
          if (words[0].equals("guided") && words.length == 2) {
            startHelpers(Long.parseLong(words[1]), listener);
          } else if (words[0].equals(Job.FROZEN)) {
            endHelpers();
            goOn();
          } else {
            tell(1, words, listener);
          }
        });
  }

  private void goOn() {
    try {
      first.goOn(tally.executionsBut(1));
    } catch (IOException e) {
      // It has ended; following it says so.
    }
  }

  private synchronized void tell(int process, String[] words, Listener listener) {
    if (words[0].equals("progress") && words.length == 5) {
      tally.report(
          process,
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Double.parseDouble(words[4]));
      listener.progress(tally.executions(), tally.kinds(), tally.last(), tally.share());
    } else if (words[0].equals("options") && words.length == 2 && process == 1) {
      listener.options(Integer.parseInt(words[1]));
    } else if (words[0].equals("bound") && words.length == 8) {
      listener.bound(chance(words));
    } else if (words[0].equals("note") && words.length == 2 && notes.add(words[1])) {
      listener.note(words[1]);
    } else if (words[0].equals("finding") && words.length == 3) {
      listener.finding(words[1], words[2]);
    } else if (words[0].equals(Job.FAILED) && words.length == 2 && process == 1) {
      listener.failed(words[1]);
    }
  }

  private static UnseenChance chance(String[] words) {
    return new UnseenChance(
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Double.parseDouble(words[4]),
        Double.parseDouble(words[5]),
        Double.parseDouble(words[6]),
        Instant.parse(words[7]));
  }

  /**
   * @param executions of each of them, after which it ends
   */
  private void startHelpers(long executions, Listener listener) {
    for (int number = 2; number <= spec.plan().jobs() && !stopped; number++) {
      try {
        processes++;
        CampaignSpec own = spec.helping(runs.get(), executions, spec.seed() + processes - 1);
        Helper helper = new Helper(Job.start(own, number), processes, listener);
        helpers.add(helper);
        helper.start();
      } catch (IOException e) {
        note("job " + number + " cannot be started: " + e.getMessage(), listener);
      }
    }
    if (stopped) {
      helpers.forEach(Helper::end);
    }
  }

  private synchronized void note(String text, Listener listener) {
    listener.note(text);
  }

  private void endHelpers() {
    helpers.forEach(Helper::end);
    helpers.forEach(Helper::close);
    helpers.clear();
  }

  /** Asks all processes to end; {@link #follow} returns soon. */
  public void stop() {
    stopped = true;
    first.stop();
    helpers.forEach(Helper::end);
  }

  @Override
  public void close() {
    stop();
    endHelpers();
    first.close();
  }

  /** A process that only searches, and the thread that listens to it. */
  private final class Helper implements AutoCloseable {
    private final Job job;
    private final Thread thread;
    private volatile boolean ending;

    Helper(Job job, int process, Listener listener) {
      this.job = job;
      this.thread = new Thread(() -> follow(process, listener), "job " + process);
      thread.setDaemon(true);
    }

    void start() {
      thread.start();
    }

    private void follow(int process, Listener listener) {
      boolean inOrder = false;
      try {
        inOrder = job.follow(words -> tell(process, words, listener));
      } catch (IOException e) {
        // Said below.
      }
      if (!inOrder && !ending) {
        note(
            "one of the jobs has ended before its time, the others go on; "
                + job.log()
                + " says why",
            listener);
      }
    }

    void end() {
      ending = true;
      job.stop();
    }

    @Override
    public void close() {
      job.close();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

package org.tinyjail.audit.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tinyjail.model.Denial;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.UnseenChance;

/**
 * Bounds on what the store takes, so that a target cannot fill it: texts come from the target. Cut
 * texts end in {@link #MORE}. Times outside 1677 to 2262 move to that border.
 */
final class Limits {
  /** Stands for what was left out. */
  static final String MORE = "…";

  /** Distinct denials of one run that are kept with their arguments. */
  static final int DENIALS = 10_000;

  /** Rows, beyond {@link #DENIALS}, for denials without arguments. */
  static final int FOLDED_DENIALS = 1_000;

  private static final int ID = 128;
  private static final int COMM = 64;
  private static final int TEXT = 4096;
  private static final int WORDS = 1024;
  private static final int COMMAND = 32_768;

  private Limits() {}

  static Run cut(Run run) {
    return new Run(
        text(run.id(), ID),
        run.kind(),
        text(run.profile(), TEXT),
        text(run.executable(), TEXT),
        text(run.buildId(), ID),
        words(run.command()),
        text(run.policy(), TEXT),
        time(run.started()),
        run.ended().map(Limits::time),
        run.status(),
        run.exact(),
        run.lost(),
        run.unseen().map(Limits::cut),
        run.loaded().stream().limit(LoadedFile.MAX).map(Limits::cut).toList());
  }

  private static LoadedFile cut(LoadedFile file) {
    return new LoadedFile(text(file.executable(), TEXT), text(file.path(), TEXT));
  }

  private static UnseenChance cut(UnseenChance u) {
    return new UnseenChance(
        u.executions(),
        u.unguided(),
        u.hits(),
        u.limit(),
        u.confidence(),
        u.estimate(),
        time(u.measured()));
  }

  static Observation cut(Observation o) {
    return new Observation(
        text(o.executable(), TEXT),
        o.arch(),
        text(o.syscall(), ID),
        o.arguments(),
        o.source(),
        o.count(),
        time(o.first()),
        time(o.last()),
        text(o.sample(), TEXT));
  }

  static Denial cut(Denial d) {
    return new Denial(
        text(d.executable(), TEXT),
        text(d.comm(), COMM),
        d.pid(),
        d.arch(),
        text(d.syscall(), ID),
        d.data(),
        text(d.arguments(), TEXT),
        text(d.callSite(), TEXT),
        d.action(),
        d.carriedOut(),
        d.count(),
        time(d.first()),
        time(d.last()));
  }

  static String text(String text, int limit) {
    if (text.length() <= limit) {
      return text;
    }
    int end = limit - MORE.length();
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end)
        + MORE;
  }

  static long nanos(Instant time) {
    try {
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), TimeUnit.SECONDS.toNanos(1)), time.getNano());
    } catch (ArithmeticException e) {
      return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  static Instant time(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }

  private static Instant time(Instant time) {
    return time(nanos(time));
  }

  private static List<String> words(List<String> command) {
    List<String> words = new ArrayList<>();
    int left = COMMAND;
    for (String word : command) {
      if (words.size() == WORDS || left <= 0) {
        words.add(MORE);
        break;
      }
      words.add(text(word, TEXT));
      left -= words.get(words.size() - 1).length() + 1;
    }
    return words;
  }
}

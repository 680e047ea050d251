package org.tinyjail.audit.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.UnseenChance;

/** Evidence for tests. Times are seconds after {@link #START}. */
final class Samples {
  static final Instant START = Instant.parse("2026-01-01T00:00:00.123456789Z");

  private Samples() {}

  static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  static Run run(String id, String profile, Run.Kind kind, long started) {
    return new Run(
        id,
        kind,
        profile,
        "/usr/bin/sqlite3",
        "abcdef0123",
        List.of("sqlite3", "a b", ""),
        kind == Run.Kind.LEARN ? "" : "/p.json",
        at(started),
        Optional.of(at(started + 1)),
        OptionalInt.of(139),
        true,
        7);
  }

  static Run enforced(String id, long started) {
    return run(id, "/usr/bin/sqlite3", Run.Kind.ENFORCE, started);
  }

  static Observation observation(String syscall, String arguments, long count, long first) {
    return new Observation(
        "/usr/bin/sqlite3",
        Arch.X86_64,
        syscall,
        ArgumentClass.parse(arguments),
        Source.OBSERVED,
        count,
        at(first),
        at(first + count),
        syscall + "(" + count + ")");
  }

  static Denial denial(String arguments, long count, long first) {
    return denial("/usr/bin/sqlite3", arguments, "libc.so.6+0x10", count, first);
  }

  static Denial denial(
      String executable, String arguments, String callSite, long count, long first) {
    return new Denial(
        executable,
        "sqlite\u00003",
        (int) first,
        Arch.X86_64,
        "execve",
        SyscallData.of(Arch.X86_64, 59, -1, first),
        arguments,
        callSite,
        Action.fail(13),
        false,
        count,
        at(first),
        at(first + 1));
  }

  /** Text as a hostile target would choose it: any UTF-16, at times longer than what is kept. */
  static String text(Random random, int longest) {
    int length = random.nextInt(10) == 0 ? random.nextInt(longest) : random.nextInt(6);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) (random.nextBoolean() ? random.nextInt(0x10000) : 'a' + i % 3));
    }
    return text.toString();
  }

  static Instant time(Random random) {
    return switch (random.nextInt(20)) {
      case 0 -> Instant.MIN;
      case 1 -> Instant.MAX;
      default -> at(random.nextInt(100));
    };
  }

  static long count(Random random) {
    return random.nextInt(20) == 0 ? Long.MAX_VALUE : 1 + random.nextInt(5);
  }

  static List<Observation> observations(Random random) {
    List<Observation> observations = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      observations.add(
          new Observation(
              random.nextBoolean() ? "/a" : text(random, 5000),
              one(random, Arch.values()),
              one(random, "read", "socket", "syscall_999"),
              ArgumentClass.parse(
                  one(random, "", "0&ffffffff=2 1&f=1", "5&ffffffffffffffff=8000000000000000")),
              one(random, Source.values()),
              count(random),
              time(random),
              time(random),
              text(random, 5000)));
    }
    return observations;
  }

  static List<Denial> denials(Random random) {
    List<Denial> denials = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      denials.add(
          new Denial(
              one(random, "/a", "/b", ""),
              text(random, 100),
              random.nextInt(),
              one(random, Arch.X86_64, Arch.X32),
              one(random, "execve", "socket"),
              new SyscallData(
                  random.nextInt(),
                  random.nextInt(),
                  random.nextLong(),
                  random.longs(6).boxed().toList()),
              random.nextInt(3) > 0 ? "x()" : text(random, 5000),
              one(random, "", "libc+1"),
              one(random, Action.fail(0), Action.fail(4095), Action.KILL_PROCESS, Action.TRAP),
              random.nextBoolean(),
              count(random),
              time(random),
              time(random)));
    }
    return denials;
  }

  static Run run(Random random) {
    return new Run(
        "run" + random.nextInt(8),
        one(random, Run.Kind.values()),
        one(random, "/a", "/a/b", "ü\ud800"),
        text(random, 5000),
        text(random, 200),
        List.of(text(random, 5000), text(random, 40_000), text(random, 10)),
        text(random, 5000),
        at(random.nextInt(20)),
        random.nextBoolean() ? Optional.empty() : Optional.of(time(random)),
        random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt()),
        random.nextBoolean(),
        random.nextLong(),
        random.nextBoolean() ? Optional.empty() : Optional.of(unseen(random)),
        loaded(random));
  }

  private static List<LoadedFile> loaded(Random random) {
    int most = random.nextInt(20) == 0 ? 1100 : 3;
    return Stream.generate(() -> new LoadedFile(text(random, 20), text(random, 5000)))
        .limit(random.nextInt(most))
        .toList();
  }

  private static UnseenChance unseen(Random random) {
    long unguided = random.nextInt(1000);
    return new UnseenChance(
        unguided + random.nextInt(1000),
        unguided,
        unguided / 2,
        random.nextDouble(),
        0.95,
        random.nextDouble(),
        time(random));
  }

  @SafeVarargs
  static <T> T one(Random random, T... choices) {
    return choices[random.nextInt(choices.length)];
  }
}

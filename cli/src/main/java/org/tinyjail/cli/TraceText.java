package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.tinyjail.agent.TraceEvent;
import org.tinyjail.agent.TraceEvent.Called;
import org.tinyjail.agent.TraceEvent.Ended;
import org.tinyjail.agent.TraceEvent.Executed;
import org.tinyjail.agent.TraceEvent.Started;
import org.tinyjail.agent.WaitStatus;
import org.tinyjail.agent.WallTime;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Constants;
import org.tinyjail.model.Escape;

/** Lines as strace writes them: thread, local time, call, and {@code = ?} for its result. */
final class TraceText implements TraceFormat {
  private static final DateTimeFormatter SECOND =
      DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());

  private final WallTime time;
  private long second = Long.MIN_VALUE;
  private String secondText = "";

  TraceText(WallTime time) {
    this.time = time;
  }

  /** The name of a signal. */
  static String signal(int number) {
    return Constants.name("signal", number).orElseGet(() -> "signal " + number);
  }

  @Override
  public void event(TraceEvent event, ByteArrayOutputStream out) {
    String line = event.thread() + " " + at(event.nanoTime()) + " " + text(event) + "\n";
    out.writeBytes(line.getBytes(StandardCharsets.UTF_8));
  }

  private String at(long nanoTime) {
    Instant instant = time.at(nanoTime);
    if (instant.getEpochSecond() != second) {
      second = instant.getEpochSecond();
      secondText = SECOND.format(instant);
    }
    int micros = 1_000_000 + instant.getNano() / 1000; // its first digit keeps the zeros
    return secondText + "." + Integer.toString(micros).substring(1);
  }

  private static String text(TraceEvent event) {
    if (event instanceof Called called) {
      return call(called);
    } else if (event instanceof Started started) {
      return "+++ " + started(started) + " +++";
    } else if (event instanceof Executed executed) {
      return "+++ executes " + Escape.display(executed.executable()) + " +++";
    }
    int status = ((Ended) event).status();
    return WaitStatus.signal(status) == 0
        ? "+++ exited with " + WaitStatus.exitCode(status) + " +++"
        : "+++ killed by " + signal(WaitStatus.signal(status)) + " +++";
  }

  private static String call(Called called) {
    String arch =
        called.call().arch() == Arch.current() ? "" : "[" + called.call().arch().label() + "] ";
    return arch + called.call().text() + " = " + result(called);
  }

  private static String result(Called called) {
    if (called.error().isEmpty()) {
      return "?";
    }
    int errno = called.error().getAsInt();
    return "-1 " + Constants.name("errno", errno).orElse("" + errno) + " (answered by tiny-jail)";
  }

  private static String started(Started started) {
    return started.thread() == started.process()
        ? "process of " + Escape.display(started.executable()) + ", child of " + started.parent()
        : "thread of process " + started.process();
  }
}

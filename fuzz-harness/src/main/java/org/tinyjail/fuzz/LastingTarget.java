package org.tinyjail.fuzz;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.Coverage;
import org.tinyjail.agent.ForkServer;
import org.tinyjail.agent.RunInput;
import org.tinyjail.agent.ServedTarget.Start;

/** A target that listens, and goes on from input to input while it can. */
final class LastingTarget implements AutoCloseable {
  /**
   * It is started anew after so many inputs, so that what they leave is dropped; the first times
   * after fewer, so that the ways to its end are seen early.
   */
  private static final int SENT_MAX = 1024;

  private static final int SENT_FIRST = 4;
  private static final Duration START = Duration.ofSeconds(10);

  /** For one that has listened before. */
  private static final int STARTS_MAX = 3;

  private final RunInput input;
  private final Duration timeout;
  private @Nullable ForkServer server;
  private boolean listened;
  private int sent;
  private int sentMost = SENT_FIRST;
  private long answered;

  /**
   * @param timeout of one input
   */
  LastingTarget(RunInput input, Duration timeout) {
    this.input = input;
    this.timeout = timeout;
  }

  /** Whether it has no server, or is to be started anew by one that it may have changed. */
  boolean wantsServer() {
    return server == null || (server.isSpent() && !server.served().isRunning());
  }

  /** Takes a server to start the target with, to be closed by {@link #close}. */
  void open(ForkServer started) {
    close();
    server = started;
  }

  /**
   * Starts it, if it does not run.
   *
   * @return false if that is not known: its server is gone
   * @throws IOException if it does not listen
   */
  boolean isReady() throws IOException {
    ForkServer running = server;
    if (running == null || running.served().isRunning()) {
      return running != null;
    }
    Start start = running.served().start(START);
    for (int i = 1; listened && start == Start.SILENT && i < STARTS_MAX; i++) {
      start = running.served().start(START);
    }
    String where = input.word();
    switch (start) {
      case OUTSIDE ->
          throw new IOException(where + " belongs to a program that runs outside; choose another");
      case ENDED -> throw new IOException("the program ends and does not listen on " + where);
      case SILENT ->
          throw new IOException(
              "the program does not listen on " + where + " within " + START.toSeconds() + " s");
      default -> {}
    }
    listened |= start == Start.LISTENS;
    sent = 0;
    return start == Start.LISTENS;
  }

  /**
   * Gives it one input, and ends it after many.
   *
   * @return how it went; null if its server is gone
   */
  ForkServer.@Nullable End send(byte[] payload) {
    ForkServer running = server;
    if (running == null) {
      return null;
    }
    ForkServer.End end = running.served().send(payload, timeout);
    sent++;
    if (end != null && sent >= sentMost) {
      sentMost = Math.min(SENT_MAX, sentMost * 4);
      return running.served().end() ? end : null;
    }
    return end;
  }

  /** What it tells of inputs; null where it has no server. */
  @Nullable Coverage coverage() {
    return server == null ? null : server.coverage();
  }

  /** Nanoseconds that went into answering calls, so far. */
  long answering() {
    return answered + (server == null ? 0 : server.answering());
  }

  @Override
  public void close() {
    answered = answering();
    if (server != null) {
      server.close();
      server = null;
    }
  }
}

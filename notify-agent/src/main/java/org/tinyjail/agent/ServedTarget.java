package org.tinyjail.agent;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.Feeder.Pause;
import org.tinyjail.agent.PacketSocket.Packet;

/**
 * A target that listens: started once, it is given one input after the other over connections,
 * until it ends or is ended.
 *
 * <p>A connection is over when the target has closed it, or when all its processes sleep: then it
 * is told that no more will come, and when they sleep again it is closed.
 */
public final class ServedTarget {
  /** A target that does nothing for so long after SIGTERM does not mean to end. */
  private static final Duration PATIENCE = Duration.ofMillis(150);

  private static final Duration END = Duration.ofMillis(600);
  private static final Duration ATTEMPT = Duration.ofMillis(100);
  private static final Duration NAP = Duration.ofMillis(2);

  /** Where a target that is to begin has chosen options, and sleeps without listening. */
  private static final Duration SILENCE = Duration.ofMillis(100);

  /** The bits of a status that hold it. */
  private static final int SIGNAL = 0x7f;

  private final ForkServer server;
  private final Feeder feeder;
  private final RunInput input;
  private boolean running;
  private boolean connected;

  /** How a start went. */
  public enum Start {
    /** It accepts connections. */
    LISTENS,
    /** It ended and did not listen. */
    ENDED,
    /** Its time was up, or it slept, and did not listen; it has been ended. */
    SILENT,
    /** A process outside the run listens there; nothing was sent to it. */
    OUTSIDE,
    /** The fork server is gone: close it. */
    GONE
  }

  ServedTarget(ForkServer server, Feeder feeder, RunInput input) {
    this.server = server;
    this.feeder = feeder;
    this.input = input;
  }

  /** Whether it has been started, listened, and has not ended. */
  public boolean isRunning() {
    return running;
  }

  /**
   * Starts it and waits until it listens.
   *
   * @param limit after which it is ended
   */
  public Start start(Duration limit) {
    return start(limit, limit);
  }

  private Start start(Duration limit, Duration patience) {
    if (!server.release()) {
      return Start.GONE;
    }
    running = true;
    long end = System.nanoTime() + limit.toNanos();
    long awake = System.nanoTime();
    int error;
    Pause pause;
    do {
      int before = server.calls();
      feeder.limit(ATTEMPT);
      pause = feeder.settleFor(NAP);
      error = connect();
      boolean slept = pause == Pause.QUIET && server.calls() == before;
      awake = slept ? awake : System.nanoTime();
    } while (error != 0
        && error != LinuxC.EXDEV
        && pause != Pause.ENDED
        && pause != Pause.GONE
        && System.nanoTime() - end < 0
        && System.nanoTime() - awake < patience.toNanos());
    if (error == 0) {
      return Start.LISTENS;
    } else if (!end()) {
      return Start.GONE;
    }
    Start silent = pause == Pause.ENDED ? Start.ENDED : Start.SILENT;
    return error == LinuxC.EXDEV ? Start.OUTSIDE : silent;
  }

  /** 0, or the errno. */
  private int connect() {
    int port = input instanceof RunInput.Tcp tcp ? tcp.port() : 0;
    String path = input instanceof RunInput.UnixSocket socket ? socket.path() : "";
    Packet answer = server.ask(FuzzWire.MESSAGE_CONNECT, port, path);
    if (answer == null || answer.getInt(0) != FuzzWire.MESSAGE_CONNECT) {
      return LinuxC.EIO;
    }
    connected = answer.descriptors().size() == 1;
    if (connected) {
      feeder.take(answer.descriptors().get(0));
    }
    return answer.getInt(4);
  }

  /**
   * Gives it one input. If it ends meanwhile, or takes no connection any longer, or too long, it is
   * not running thereafter.
   *
   * @return how it went, with the status 0 if it goes on; null if the fork server is gone
   */
  public ForkServer.@Nullable End send(byte[] payload, Duration timeout) {
    int before = server.calls();
    feeder.limit(timeout);
    Pause pause = Pause.QUIET;
    boolean accepts = true;
    for (List<byte[]> messages : Conversation.of(payload).connections()) {
      accepts &= connected || connect() == 0;
      pause = accepts && pause == Pause.QUIET ? converse(messages) : pause;
    }
    pause = accepts || pause != Pause.QUIET ? pause : feeder.settle();
    int calls = server.calls() - before;
    int crash = feeder.takeCrash();
    boolean crashed = crash != 0 || (server.status() & SIGNAL) != 0;
    boolean over = !accepts || crashed || pause != Pause.QUIET;
    int status = crash != 0 ? crash : over ? server.status() : 0;
    if (pause == Pause.GONE || (over && !end())) {
      return null;
    }
    return new ForkServer.End(status, pause == Pause.LATE, calls);
  }

  /** One connection. */
  private Pause converse(List<byte[]> messages) {
    Pause pause = Pause.QUIET;
    for (byte[] message : messages) {
      pause = pause == Pause.QUIET ? feeder.write(message) : pause;
    }
    if (pause == Pause.QUIET) {
      pause = feeder.endWriting();
    }
    feeder.drop();
    connected = false;
    return pause == Pause.QUIET || pause == Pause.CLOSED ? feeder.settle() : pause;
  }

  /**
   * A start, one input, and SIGTERM.
   *
   * @return how it ended; null if the fork server is gone
   */
  ForkServer.@Nullable End run(byte[] payload, Duration timeout) {
    Start start = start(timeout, SILENCE);
    if (start == Start.GONE) {
      return null;
    } else if (start != Start.LISTENS) {
      return new ForkServer.End(server.status(), false, server.calls());
    }
    ForkServer.End sent = send(payload, timeout);
    if (sent == null || !running) {
      return sent;
    }
    return end() ? new ForkServer.End(server.status(), sent.timedOut(), server.calls()) : null;
  }

  /**
   * Ends it, if it runs: with SIGTERM to its oldest process, then to all, at last with SIGKILL.
   *
   * @return false if the fork server is gone
   */
  public boolean end() {
    if (!running) {
      return true;
    }
    running = false;
    connected = false;
    feeder.drop();
    Pause pause = Pause.QUIET;
    for (int whom : new int[] {FuzzWire.STOP_OLDEST, FuzzWire.STOP_ALL}) {
      if (pause != Pause.ENDED && pause != Pause.GONE) {
        boolean told = server.ask(FuzzWire.MESSAGE_STOP, whom, "") != null;
        feeder.limit(END);
        pause = told ? feeder.settleFor(PATIENCE) : Pause.GONE;
      }
    }
    boolean over = pause == Pause.ENDED || (pause != Pause.GONE && server.kill());
    var unused = feeder.takeCrash();
    return over && server.serveKilled() && server.cleanUp();
  }
}

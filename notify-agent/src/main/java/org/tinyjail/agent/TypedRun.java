package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.Feeder.Pause;
import org.tinyjail.agent.PacketSocket.Packet;

/** A run at a terminal: lines are typed when the program waits, then ^D, at last it is hung up. */
final class TypedRun {
  /** Longer ones are cut: a terminal takes no line of 4096 bytes. */
  private static final int LINE_MAX = 1024;

  /**
   * Programs may ask again what to do, or end what runs in them first; line editors take ^D for an
   * end on an empty line only.
   */
  private static final List<byte[]> ENDS =
      Stream.of("\4", "\n\4", "\n\4", "\n\4")
          .map(text -> text.getBytes(StandardCharsets.US_ASCII))
          .toList();

  /** What is typed may take long to arrive on a busy machine; few programs do not end by then. */
  private static final Duration PATIENCE = Duration.ofMillis(250);

  private static final Duration NAP = Duration.ofMillis(5);

  private final ForkServer server;
  private final Feeder feeder;

  TypedRun(ForkServer server, Feeder feeder) {
    this.server = server;
    this.feeder = feeder;
  }

  /** As {@link ForkServer#run}. */
  ForkServer.@Nullable End run(byte[] payload, Duration timeout) {
    if (!openTerminal() || !server.release()) {
      return null;
    }
    feeder.limit(timeout);
    Pause pause = typeAll(payload, timeout);
    feeder.drop();
    while (pause != Pause.ENDED && pause != Pause.LATE && pause != Pause.GONE) {
      pause = feeder.settleFor(NAP);
    }
    boolean late = pause == Pause.LATE;
    boolean over = pause != Pause.GONE && (late ? endLate() : server.serve());
    if (!over || !server.cleanUp()) {
      return null;
    }
    return new ForkServer.End(server.status(), late, server.calls());
  }

  private boolean endLate() {
    return server.kill() && server.serveKilled();
  }

  private boolean openTerminal() {
    Packet answer = server.ask(FuzzWire.MESSAGE_TERMINAL, 0, "");
    if (answer == null || answer.getInt(0) != FuzzWire.MESSAGE_TERMINAL) {
      return false;
    }
    if (answer.descriptors().size() != 1) {
      throw new AgentException("the target can have no terminal: errno " + answer.getInt(4));
    }
    feeder.take(answer.descriptors().get(0));
    return true;
  }

  /** What is not typed in half of the time is left out, so that the end comes in time. */
  private Pause typeAll(byte[] payload, Duration timeout) {
    Pause pause = feeder.settle();
    for (byte[] line : lines(payload)) {
      if (pause != Pause.QUIET || feeder.left().compareTo(timeout.dividedBy(2)) < 0) {
        break;
      }
      pause = feeder.write(line);
    }
    for (byte[] end : ENDS) {
      pause = pause == Pause.QUIET ? feeder.write(end) : pause;
    }
    return pause == Pause.QUIET ? feeder.settleFor(PATIENCE) : pause;
  }

  private static List<byte[]> lines(byte[] payload) {
    List<byte[]> lines = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < payload.length; at++) {
      if (payload[at] == '\n' || at - from == LINE_MAX - 1) {
        lines.add(Arrays.copyOfRange(payload, from, at + 1));
        from = at + 1;
      }
    }
    lines.add(Arrays.copyOfRange(payload, from, payload.length));
    return lines;
  }
}

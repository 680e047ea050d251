package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one input says to a server: connections one after another, each of messages that are sent
 * when the one before has been dealt with.
 *
 * @param connections at least one of at least one message; a message may be empty
 */
record Conversation(List<List<byte[]>> connections) {
  /** Between messages of a connection. */
  static final byte[] PAUSE = "\0PAUSE\0".getBytes(StandardCharsets.US_ASCII);

  /** Between connections. */
  static final byte[] AGAIN = "\0AGAIN\0".getBytes(StandardCharsets.US_ASCII);

  /** Parts beyond are sent with the last one. */
  static final int PARTS_MAX = 16;

  Conversation {
    connections = connections.stream().map(List::copyOf).toList();
  }

  static Conversation of(byte[] payload) {
    return new Conversation(
        parts(payload, AGAIN, PARTS_MAX).stream()
            .map(connection -> parts(connection, PAUSE, PARTS_MAX))
            .toList());
  }

  /** What stands between separators, the last of at most {@code most} parts having the rest. */
  static List<byte[]> parts(byte[] bytes, byte[] separator, int most) {
    List<byte[]> parts = new ArrayList<>();
    int from = 0;
    for (int at = 0; at + separator.length <= bytes.length; at++) {
      if (parts.size() < most - 1
          && Arrays.equals(bytes, at, at + separator.length, separator, 0, separator.length)) {
        parts.add(Arrays.copyOfRange(bytes, from, at));
        from = at + separator.length;
        at = from - 1;
      }
    }
    parts.add(Arrays.copyOfRange(bytes, from, bytes.length));
    return parts;
  }
}

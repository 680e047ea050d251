package org.tinyjail.agent;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** How a fuzzed target gets the input of a run. */
public sealed interface RunInput {
  /** As standard input. */
  record Standard() implements RunInput {
    @Override
    public String word() {
      return "stdin";
    }
  }

  /**
   * In files, beside an empty standard input. The input of a run is divided between them at lines
   * of {@code @@} alone.
   *
   * @param paths where they are seen, one to eight
   */
  record InFiles(List<Path> paths) implements RunInput {
    /** Between the parts of an input; belongs to neither. */
    public static final byte[] DIVIDER = "\n@@\n".getBytes(StandardCharsets.US_ASCII);

    /** Files at most. */
    public static final int MOST = FuzzWire.INPUTS_MAX;

    private static final String BETWEEN = "\0";

    public InFiles {
      paths = List.copyOf(paths);
      if (paths.isEmpty() || paths.size() > MOST) {
        throw new IllegalArgumentException(
            "input files are 1 to " + MOST + ", were " + paths.size());
      }
    }

    /** What goes into each, the last one having all that is left; those without are empty. */
    public List<byte[]> parts(byte[] input) {
      return Conversation.parts(input, DIVIDER, paths.size());
    }

    @Override
    public String word() {
      return FILE + String.join(BETWEEN, paths.stream().map(Path::toString).toList());
    }

    @Override
    public List<byte[]> separators() {
      return paths.size() > 1 ? List.of(DIVIDER) : List.of();
    }
  }

  /**
   * Over connections to a TCP port of the loopback device that the target listens on.
   *
   * @param port from 1 to 65535
   */
  record Tcp(int port) implements RunInput {
    public Tcp {
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("a port is a number from 1 to 65535, was " + port);
      }
    }

    @Override
    public String word() {
      return TCP + port;
    }

    @Override
    public boolean isConnection() {
      return true;
    }
  }

  /**
   * Over connections to a UNIX socket that the target listens on.
   *
   * @param path absolute, or the name of an abstract socket after {@code @}; 107 bytes at most
   */
  record UnixSocket(String path) implements RunInput {
    private static final int BYTES_MAX = 107;

    public UnixSocket {
      if (!path.startsWith("/") && !path.startsWith("@")) {
        throw new IllegalArgumentException("a socket's path is absolute, was \"" + path + "\"");
      } else if (path.getBytes(StandardCharsets.UTF_8).length > BYTES_MAX || path.length() == 1) {
        throw new IllegalArgumentException(
            "a socket's path has 2 to " + BYTES_MAX + " bytes, was \"" + path + "\"");
      }
    }

    @Override
    public String word() {
      return UNIX + path;
    }

    @Override
    public boolean isConnection() {
      return true;
    }
  }

  /** Typed into a terminal that is the target's standard streams. */
  record Terminal() implements RunInput {
    @Override
    public String word() {
      return "tty";
    }
  }

  /** The beginning of a word for {@link InFiles}. */
  String FILE = "file:";

  /** The beginning of a word for {@link Tcp}. */
  String TCP = "tcp:";

  /** The beginning of a word for {@link UnixSocket}. */
  String UNIX = "unix:";

  /** What {@link #of} understands. */
  String word();

  /** Whether the target is a server. */
  default boolean isConnection() {
    return false;
  }

  /** Bytes with a meaning of their own in such an input: those between messages, for instance. */
  default List<byte[]> separators() {
    return isConnection() ? List.of(Conversation.PAUSE, Conversation.AGAIN) : List.of();
  }

  /**
   * Reads a {@link #word}: {@code stdin}, {@code tty}, {@code file:PATH} (of several files with NUL
   * between), {@code tcp:PORT} or {@code unix:PATH}.
   *
   * @throws IllegalArgumentException if it is none; the message says what was wanted
   */
  static RunInput of(String word) {
    if (word.equals("stdin")) {
      return new Standard();
    } else if (word.equals("tty")) {
      return new Terminal();
    } else if (word.startsWith(FILE)) {
      return new InFiles(
          Stream.of(word.substring(FILE.length()).split(InFiles.BETWEEN, -1))
              .map(Path::of)
              .toList());
    } else if (word.startsWith(UNIX)) {
      return new UnixSocket(word.substring(UNIX.length()));
    } else if (word.matches(TCP + "[0-9]{1,9}")) {
      return new Tcp(Integer.parseInt(word.substring(TCP.length())));
    }
    throw new IllegalArgumentException("found \"" + word + "\"");
  }
}

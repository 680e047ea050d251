package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** The user's terminal, for questions; not the target's standard streams. For one thread. */
public final class Terminal implements Prompt {
  private static final long TCGETS = 0x5401;
  private static final int LINE_MAX = 256;

  private final LinuxC c;
  private final int fd;
  private final NativeBuffer poll = NativeBuffer.allocate(8);
  private final NativeBuffer bytes = NativeBuffer.allocate(4096);
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  Terminal(LinuxC c, int fd) {
    this.c = c;
    this.fd = fd;
  }

  /** Whether there is a terminal at all. */
  public boolean isPresent() {
    // Where the launcher has found none, the number may be that of a file of the JVM's own.
    return c.ioctl(fd, TCGETS, bytes.address()) == 0;
  }

  @Override
  public boolean show(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int done = 0;
    while (done < utf8.length) {
      int part = Math.min(utf8.length - done, bytes.size());
      bytes.bytes().put(0, utf8, done, part);
      long written = c.write(fd, bytes.address(), part);
      if (written <= 0 && written != -LinuxC.EINTR) {
        return false;
      }
      done += (int) Math.max(0, written);
    }
    return true;
  }

  @Override
  public void dropTyped() {
    line.reset();
    while ((wait(0) & LinuxC.POLLIN) != 0 && c.read(fd, bytes.address(), bytes.size()) > 0) {
      line.reset();
    }
  }

  @Override
  public Optional<String> readLine(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (line.size() < LINE_MAX) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left < 0 || (wait((int) Math.min(left, Integer.MAX_VALUE)) & LinuxC.POLLIN) == 0) {
        return Optional.empty();
      }
      // Byte by byte: what follows the line belongs to the next question, or to the target.
      if (c.read(fd, bytes.address(), 1) != 1) {
        return Optional.empty();
      }
      byte typed = bytes.bytes().get(0);
      if (typed == '\n') {
        break;
      }
      line.write(typed);
    }
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    return Optional.of(text);
  }

  private int wait(int milliseconds) {
    poll.putInt(0, fd).putInt(4, LinuxC.POLLIN);
    return c.poll(poll.address(), 1, milliseconds) > 0 ? poll.getInt(4) >>> 16 : 0;
  }
}

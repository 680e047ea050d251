package org.tinyjail.audit.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.LogLoss;

/**
 * The records that the kernel sends to all who listen ({@code AUDIT_NLGRP_READLOG}), beside auditd
 * and without it. Who listens cannot slow the audited down: what there is no room for is dropped,
 * and counted. Source: kernel/audit.c ({@code kauditd_send_multicast_skb}),
 * net/netlink/af_netlink.c.
 */
public final class KernelListener implements AuditSource, AutoCloseable {
  /** A record takes 832 bytes of it; a program that is logged makes 300,000 records a second. */
  public static final int ROOM = 64 << 20;

  private static final int READLOG_GROUP = 1;
  private static final int BATCH = 256;

  /** {@code MAX_AUDIT_MESSAGE_LENGTH} and a header. */
  private static final int MESSAGE_MAX = 9216;

  private static final int HEADER = 16;
  private static final int TYPE_AT = 4;
  private static final int SENDER_AT = 4;
  private static final int ADDRESS = 12;

  /** {@code struct mmsghdr}. */
  private static final int MESSAGE_HEADER = 64;

  private static final int LENGTH_AT = 56;
  private static final int VECTOR = 16;
  private static final int PATIENCE = 200;
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long END_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final Path SOCKETS = Path.of("/proc/net/netlink");

  private final AuditC c;
  private final InstantSource clock;
  private final BacklogWatch backlog;
  private final int fd;
  private final int room;
  private final Path link;
  private final Memory headers = Memory.allocate(BATCH * MESSAGE_HEADER);
  private final Memory vectors = Memory.allocate(BATCH * VECTOR);
  private final Memory addresses = Memory.allocate(BATCH * 16);
  private final Memory payloads = Memory.allocate(BATCH * MESSAGE_MAX);
  private final byte[] message = new byte[MESSAGE_MAX];
  private volatile boolean over;
  private long dropped;
  private Instant checked;
  private boolean open = true;

  private KernelListener(AuditC c, InstantSource clock, int fd) {
    this.c = c;
    this.clock = clock;
    this.fd = fd;
    this.room = c.receiveBuffer(fd, ROOM);
    this.link = Path.of("/proc/self/fd/" + fd);
    this.backlog = new BacklogWatch(new KernelStatus(c), clock);
    this.dropped = drops();
    this.checked = clock.instant();
    for (int i = 0; i < BATCH; i++) {
      int header = i * MESSAGE_HEADER;
      headers.putLong(header, addresses.address() + i * 16L).putInt(header + 8, ADDRESS);
      headers.putLong(header + 16, vectors.address() + (long) i * VECTOR).putLong(header + 24, 1);
      vectors.putLong(i * VECTOR, payloads.address() + (long) i * MESSAGE_MAX);
      vectors.putLong(i * VECTOR + 8, MESSAGE_MAX);
    }
  }

  /**
   * Begins to listen.
   *
   * @throws AuditException if that is not allowed here
   */
  public static KernelListener open(InstantSource clock) throws AuditException {
    AuditC c = new JnaAuditC();
    int fd = c.auditSocket();
    if (fd < 0) {
      throw new AuditException("this kernel has no audit (CONFIG_AUDIT)", -fd);
    }
    int result = c.bind(fd, READLOG_GROUP);
    if (result < 0) {
      c.close(fd);
      throw new AuditException(
          "not allowed to read the kernel's audit records (CAP_AUDIT_READ)", -result);
    }
    return new KernelListener(c, clock, fd);
  }

  /** How many bytes of records the socket has room for. */
  public int room() {
    return room;
  }

  /** Whether the kernel says how many records it lost itself (CAP_AUDIT_CONTROL). */
  public boolean knowsLost() {
    return backlog.knows();
  }

  @Override
  public void read(Collector collector) throws IOException {
    long next = System.nanoTime() + CHECK_NANOS;
    while (!over) {
      int got = receive();
      if (got > 0) {
        collector.locked(() -> deliver(got, collector));
      }
      if (System.nanoTime() - next >= 0 || got < 0) {
        check(collector);
        next = System.nanoTime() + CHECK_NANOS;
      }
    }
    long deadline = System.nanoTime() + END_NANOS;
    int got = receive();
    while (got != 0 && System.nanoTime() - deadline < 0) {
      int last = got;
      collector.locked(() -> deliver(last, collector));
      got = receive();
    }
    check(collector);
  }

  /** How many messages have come; −1: some were dropped. */
  private int receive() throws IOException {
    if (!over && c.poll(fd, PATIENCE) == 0) {
      return 0;
    }
    for (int i = 0; i < BATCH; i++) {
      headers.putInt(i * MESSAGE_HEADER + 8, ADDRESS);
    }
    int got = c.recvmmsg(fd, headers.address(), BATCH, AuditC.MSG_DONTWAIT);
    if (got >= 0) {
      return got;
    }
    return switch (-got) {
      case AuditC.ENOBUFS -> -1;
      case AuditC.EAGAIN, AuditC.EINTR -> 0;
      default -> throw new AuditException("reading the kernel's audit records failed", -got);
    };
  }

  private void deliver(int count, Collector collector) {
    for (int i = 0; i < count; i++) {
      int size = Math.min(MESSAGE_MAX, headers.getInt(i * MESSAGE_HEADER + LENGTH_AT));
      int at = i * MESSAGE_MAX;
      boolean ofKernel = addresses.getInt(i * 16 + SENDER_AT) == 0;
      if (ofKernel && size > HEADER) {
        payloads.get(at + HEADER, message, size - HEADER);
        collector.message(payloads.getShort(at + TYPE_AT), message, 0, size - HEADER);
      }
    }
  }

  private void check(Collector collector) {
    Instant now = clock.instant();
    long drops = drops();
    if (drops > dropped) {
      Instant from = checked.isAfter(now) ? now : checked;
      collector.lose(new LogLoss(LogLoss.Kind.SOCKET, from, now, drops - dropped));
    }
    dropped = drops;
    checked = now;
    backlog.check(collector);
  }

  /** {@code Drops} of this socket, which its inode tells from others. */
  private long drops() {
    try (Stream<String> lines = Files.lines(SOCKETS)) {
      String name = Files.readSymbolicLink(link).toString();
      String inode = name.substring(name.indexOf('[') + 1, name.length() - 1);
      return lines
          .map(line -> line.trim().split("\\s+", -1))
          .filter(words -> words.length >= 10 && words[9].equals(inode))
          .mapToLong(words -> Long.parseLong(words[8]))
          .findFirst()
          .orElse(dropped);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Has {@link #read} take what has come, and end. */
  public void stop() {
    over = true;
  }

  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      c.close(fd);
      backlog.close();
    }
  }
}

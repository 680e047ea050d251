package org.tinyjail.audit.record;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one audit record after the other, in the forms in which they are met:
 *
 * <pre>
 * type=SECCOMP msg=audit(1795342640.200:2): auid=… pid=13907 comm="trig" …      auditd, its plugins
 * node=web1 type=SECCOMP msg=audit(…): …                                       the same, of many hosts
 * Nov 30 02:00:00 web1 kernel: audit: type=1326 audit(…): …                     the kernel's own log
 * audit(…): …                                                                  netlink
 * </pre>
 *
 * <p>What was read stays until the next record. For one thread.
 */
public final class RecordParser {
  /** What a line is. */
  public enum Kind {
    /** A filter has logged, refused or ended something. */
    SECCOMP,
    /** Another record of the kernel: only its time and serial number are read. */
    OTHER,
    /** One of the audit daemon itself, whose serial numbers are its own. */
    DAEMON
  }

  /** {@code AUDIT_SECCOMP}: linux/audit.h. */
  public static final int SECCOMP_TYPE = 1326;

  private static final byte[] NODE = ascii("node=");
  private static final byte[] TYPE = ascii("type=");
  private static final byte[] MESSAGE = ascii("msg=audit(");
  private static final byte[] AUDIT = ascii("audit(");
  private static final byte[] OF_KERNEL = ascii("audit: type=");
  private static final byte[] KERNEL = ascii("kernel: ");
  private static final byte[] SECCOMP = ascii("SECCOMP");
  private static final byte[] SECCOMP_NUMBER = ascii("1326");
  private static final byte[] UNKNOWN_SECCOMP = ascii("UNKNOWN[1326]");
  private static final byte[] DAEMON = ascii("DAEMON_");

  /** Behind it stands what auditd has made of the fields for people (ENRICHED). */
  private static final byte ENRICHED = 0x1d;

  private static final int PID = 1;
  private static final int COMM = 1 << 1;
  private static final int EXE = 1 << 2;
  private static final int ARCH = 1 << 3;
  private static final int SYSCALL = 1 << 4;
  private static final int IP = 1 << 5;
  private static final int CODE = 1 << 6;
  private static final int NEEDED = PID | COMM | EXE | ARCH | SYSCALL | CODE;
  private static final String[] NAMES = {"pid", "comm", "exe", "arch", "syscall", "ip", "code"};

  private static final int SECCOMP_RET_DATA = 0xffff;

  private static final long SECONDS_MAX = 1L << 40;
  private static final long UNSIGNED_INT_MAX = 0xffffffffL;

  private byte[] bytes = {};
  private int at;
  private int end;

  private final RawText host = new RawText();
  private final RawText executable = new RawText();
  private final RawText comm = new RawText();
  private long time;
  private long serial;
  private int pid;
  private int arch;
  private int syscall;
  private int code;
  private long instructionPointer;
  private int seen;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads a line of a log, without its end.
   *
   * @throws RecordException if it is no record, or a damaged one
   */
  public Kind parse(byte[] line, int from, int to) throws RecordException {
    begin(line, from, to);
    if (skip(NODE)) {
      int start = at;
      host.set(bytes, start, word());
      blank();
    }
    if (skip(TYPE)) {
      Kind kind = kind();
      blank();
      stamp(MESSAGE);
      return fields(kind);
    }
    int kernel = indexOf(OF_KERNEL);
    if (kernel < 0 || !isOfKernel(from, kernel)) {
      throw error(at, "wanted \"type=NAME msg=audit(SECONDS:SERIAL): \"");
    }
    at = kernel + OF_KERNEL.length;
    Kind kind = kind();
    blank();
    stamp(AUDIT);
    return fields(kind);
  }

  /** Whether the kernel says it in a syslog: others say other names before what they say. */
  private boolean isOfKernel(int from, int where) {
    int before = where;
    if (before - from >= 2 && bytes[before - 1] == ' ' && bytes[before - 2] == ']') {
      while (before > from && bytes[before] != '[') { // the time since the boot
        before--;
      }
    }
    int name = before - KERNEL.length;
    return before == from || (name >= from && is(name, before, KERNEL));
  }

  /**
   * Reads a message of the kernel's netlink socket.
   *
   * @param type its type, {@link #SECCOMP_TYPE} among them
   * @throws RecordException if it is damaged
   */
  public Kind parse(int type, byte[] payload, int from, int to) throws RecordException {
    begin(payload, from, to);
    while (end > at && bytes[end - 1] == 0) {
      end--;
    }
    stamp(AUDIT);
    return fields(type == SECCOMP_TYPE ? Kind.SECCOMP : Kind.OTHER);
  }

  private void begin(byte[] line, int from, int to) {
    bytes = line;
    at = from;
    end = to;
    host.clear();
    seen = 0;
    instructionPointer = 0;
  }

  /** When it was made, in milliseconds since the epoch. */
  public long time() {
    return time;
  }

  /**
   * The number of its event among those since the boot, 0 to 2³²−1: records of an event share it.
   */
  public long serial() {
    return serial;
  }

  /** The host that it is of; empty: not said. */
  public RawText host() {
    return host;
  }

  /** The executable of the process, as the kernel writes it. */
  public RawText executable() {
    return executable;
  }

  /** The name of the thread. */
  public RawText comm() {
    return comm;
  }

  /** The process, as the first process namespace numbers it. */
  public int pid() {
    return pid;
  }

  /** The {@code AUDIT_ARCH_} value. */
  public int arch() {
    return arch;
  }

  /** The number of the call; −1 where a tracer has skipped it. */
  public int syscall() {
    return syscall;
  }

  /** What the filter has returned, without its data: the kernel logs {@code SECCOMP_RET_} alone. */
  public int code() {
    return code;
  }

  /** The address behind the call; 0 if not said. */
  public long instructionPointer() {
    return instructionPointer;
  }

  private Kind kind() throws RecordException {
    int start = at;
    int stop = word();
    if (start == stop) {
      throw error(start, "wanted the name of a type");
    }
    if (is(start, stop, SECCOMP)
        || is(start, stop, SECCOMP_NUMBER)
        || is(start, stop, UNKNOWN_SECCOMP)) {
      return Kind.SECCOMP;
    }
    boolean daemon = stop - start > DAEMON.length && is(start, start + DAEMON.length, DAEMON);
    return daemon ? Kind.DAEMON : Kind.OTHER;
  }

  /** {@code audit(SECONDS.MILLISECONDS:SERIAL):} behind {@code begin}'s bytes. */
  private void stamp(byte[] begin) throws RecordException {
    if (!skip(begin)) {
      throw error(at, "wanted \"" + new String(begin, StandardCharsets.US_ASCII) + "\"");
    }
    long seconds = decimal(SECONDS_MAX, "the seconds of a time");
    expect('.');
    int start = at;
    long milliseconds = decimal(999, "milliseconds");
    if (at - start != 3) {
      throw error(start, "wanted three digits of milliseconds");
    }
    expect(':');
    serial = decimal(UNSIGNED_INT_MAX, "a serial number");
    expect(')');
    expect(':');
    time = seconds * 1000 + milliseconds;
  }

  private Kind fields(Kind kind) throws RecordException {
    if (kind != Kind.SECCOMP) {
      return kind;
    }
    while (at < end && bytes[at] != ENRICHED) {
      if (bytes[at] == ' ') {
        at++;
      } else {
        field();
      }
    }
    int missing = NEEDED & ~seen;
    if (missing != 0) {
      String name = NAMES[Integer.numberOfTrailingZeros(missing)];
      throw error(at, "ends without " + name + "=: cut off");
    }
    return kind;
  }

  private void field() throws RecordException {
    int key = at;
    while (at < end && bytes[at] != '=' && bytes[at] != ' ' && bytes[at] != ENRICHED) {
      at++;
    }
    if (at == end || bytes[at] != '=') {
      return; // a word by itself says nothing here
    }
    int keyEnd = at++;
    switch (keyEnd - key) {
      case 2 -> {
        if (bytes[key] == 'i' && bytes[key + 1] == 'p') {
          note(IP, key);
          instructionPointer = hexadecimal(Long.BYTES, true, "an address");
          return;
        }
      }
      case 3 -> {
        if (is(key, keyEnd, "pid")) {
          note(PID, key);
          pid = (int) decimal(Integer.MAX_VALUE, "a process number");
          valueEnds();
          return;
        } else if (is(key, keyEnd, "exe")) {
          note(EXE, key);
          text(executable);
          return;
        }
      }
      case 4 -> {
        if (is(key, keyEnd, "comm")) {
          note(COMM, key);
          text(comm);
          return;
        } else if (is(key, keyEnd, "arch")) {
          note(ARCH, key);
          arch = (int) hexadecimal(Integer.BYTES, false, "an architecture");
          return;
        } else if (is(key, keyEnd, "code")) {
          note(CODE, key);
          code = returned();
          return;
        }
      }
      case 7 -> {
        if (is(key, keyEnd, "syscall")) {
          note(SYSCALL, key);
          syscall = signed();
          return;
        }
      }
      default -> {}
    }
    skipValue();
  }

  private void note(int field, int where) throws RecordException {
    if ((seen & field) != 0) {
      throw error(where, "a second " + NAMES[Integer.numberOfTrailingZeros(field)] + "=");
    }
    seen |= field;
  }

  /** In quotes as it is; without, in hexadecimal: audit_log_n_untrustedstring of the kernel. */
  private void text(RawText text) throws RecordException {
    int start = at;
    if (at < end && bytes[at] == '"') {
      at++;
      while (at < end && bytes[at] != '"') {
        if (bytes[at] < ' ' || bytes[at] == 0x7f) {
          throw error(at, "wanted a text in hexadecimal, found " + shown(bytes[at]) + " in quotes");
        }
        at++;
      }
      if (at == end) {
        throw error(start, "a text without its closing quote: cut off");
      }
      text.set(bytes, start, ++at);
    } else {
      text.set(bytes, start, word());
      int wrong = text.problem();
      if (wrong >= 0) {
        throw error(
            start + wrong, "wanted a text in quotes, or pairs of hexadecimal digits, none 00");
      }
    }
    valueEnds();
  }

  private void skipValue() {
    if (at < end && bytes[at] == '"') {
      at++;
      while (at < end && bytes[at] != '"') {
        at++;
      }
    }
    word();
  }

  private void valueEnds() throws RecordException {
    if (at < end && bytes[at] != ' ' && bytes[at] != ENRICHED) {
      throw error(at, "wanted a space behind a value, found " + shown(bytes[at]));
    }
  }

  /** To the end of the word, which is answered. */
  private int word() {
    while (at < end && bytes[at] != ' ' && bytes[at] != ENRICHED) {
      at++;
    }
    return at;
  }

  /** What a filter has returned. One that is cut off has low bits set, nearly always. */
  private int returned() throws RecordException {
    int start = at;
    int value = (int) hexadecimal(Integer.BYTES, true, "a code");
    if ((value & SECCOMP_RET_DATA) != 0) {
      throw error(start, "wanted a code without data, which the kernel does not log");
    }
    return value;
  }

  private int signed() throws RecordException {
    int start = at;
    boolean negative = at < end && bytes[at] == '-';
    if (negative) {
      at++;
    }
    long value = decimal(negative ? 1L << 31 : Integer.MAX_VALUE, "the number of a call");
    valueEnds();
    if (negative && value == 0) {
      throw error(start, "wanted the number of a call, found -0");
    }
    return (int) (negative ? -value : value);
  }

  private long decimal(long most, String wanted) throws RecordException {
    int start = at;
    long value = 0;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      value = value * 10 + bytes[at++] - '0';
      if (value > most) {
        throw error(start, "wanted " + wanted + ", at most " + most);
      }
    }
    if (at == start) {
      throw error(at, "wanted " + wanted + ", found " + found());
    }
    return value;
  }

  private long hexadecimal(int size, boolean prefixed, String wanted) throws RecordException {
    int start = at;
    if (prefixed && (at + 1 >= end || bytes[at] != '0' || bytes[at + 1] != 'x')) {
      throw error(start, "wanted " + wanted + " as 0x and hexadecimal digits");
    }
    at += prefixed ? 2 : 0;
    int digits = at;
    long value = 0;
    while (at < end && RawText.digit(bytes[at]) >= 0) {
      value = value << 4 | RawText.digit(bytes[at++]);
      if (at - digits > 2 * size) {
        throw error(start, "wanted " + wanted + " of at most " + 2 * size + " digits");
      }
    }
    if (at == digits) {
      throw error(at, "wanted " + wanted + " in hexadecimal, found " + found());
    }
    valueEnds();
    return value;
  }

  private String found() {
    return at < end ? shown(bytes[at]) : "the end";
  }

  private static String shown(byte one) {
    return one > ' ' && one < 0x7f ? "'" + (char) one + "'" : String.format("byte 0x%02x", one);
  }

  private void expect(char wanted) throws RecordException {
    if (at == end || bytes[at] != wanted) {
      throw error(at, "wanted '" + wanted + "', found " + found());
    }
    at++;
  }

  private void blank() throws RecordException {
    expect(' ');
  }

  private boolean skip(byte[] word) {
    if (end - at < word.length || !is(at, at + word.length, word)) {
      return false;
    }
    at += word.length;
    return true;
  }

  private boolean is(int from, int to, byte[] word) {
    return Arrays.equals(bytes, from, to, word, 0, word.length);
  }

  private boolean is(int from, int to, String word) {
    for (int i = 0; i < to - from; i++) {
      if (bytes[from + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int indexOf(byte[] word) {
    for (int i = at; i + word.length <= end; i++) {
      if (bytes[i] == word[0] && is(i, i + word.length, word)) {
        return i;
      }
    }
    return -1;
  }

  private static RecordException error(int where, String problem) {
    return new RecordException(where, problem);
  }
}

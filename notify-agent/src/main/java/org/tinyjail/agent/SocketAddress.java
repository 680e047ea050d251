package org.tinyjail.agent;

import java.util.Arrays;
import java.util.Locale;
import org.tinyjail.model.Escape;

/** The bytes of a {@code struct sockaddr} as a person reads them. */
final class SocketAddress {
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_NETLINK = 16;
  private static final int AF_ALG = 38;
  private static final int AF_VSOCK = 40;

  private final byte[] bytes;

  private SocketAddress(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Such as {@code {AF_INET, 127.0.0.1:8080}}; what is too short or unknown as bytes. */
  static String decode(byte[] bytes) {
    if (bytes.length < 2) {
      return hexBytes(bytes, 0);
    }
    int family = (bytes[0] & 0xff) | ((bytes[1] & 0xff) << 8);
    return "{"
        + Numbers.named("socket-domain", family)
        + new SocketAddress(bytes).rest(family)
        + "}";
  }

  private String rest(int family) {
    if (family == AF_UNIX) {
      return unix();
    } else if (family == AF_INET && bytes.length >= 8) {
      return ", " + ip4(4) + ":" + port();
    } else if (family == AF_INET6 && bytes.length >= 24) {
      return ", [" + ip6() + scope() + "]:" + port();
    } else if (family == AF_NETLINK && bytes.length >= 12) {
      return ", pid="
          + unsigned(4)
          + ", groups="
          + Numbers.hex(Little.integer(bytes, 8) & 0xffffffffL);
    } else if (family == AF_VSOCK && bytes.length >= 12) {
      return ", cid=" + unsigned(8) + ", port=" + unsigned(4);
    } else if (family == AF_ALG && bytes.length >= 25) {
      return ", " + text(2, 16) + ", " + text(24, bytes.length);
    }
    return bytes.length == 2 ? "" : ", " + hexBytes(bytes, 2);
  }

  private String unix() {
    if (bytes.length == 2) {
      return "";
    }
    // A name that begins with NUL is abstract and has all its bytes.
    return bytes[2] == 0
        ? ", @" + Escape.quoted(Arrays.copyOfRange(bytes, 3, bytes.length))
        : ", " + text(2, bytes.length);
  }

  private String text(int from, int to) {
    int end = from;
    while (end < to && bytes[end] != 0) {
      end++;
    }
    return Escape.quoted(Arrays.copyOfRange(bytes, from, end));
  }

  private String ip4(int at) {
    return (bytes[at] & 0xff)
        + "."
        + (bytes[at + 1] & 0xff)
        + "."
        + (bytes[at + 2] & 0xff)
        + "."
        + (bytes[at + 3] & 0xff);
  }

  private int port() {
    return ((bytes[2] & 0xff) << 8) | (bytes[3] & 0xff);
  }

  private String unsigned(int at) {
    return Integer.toUnsignedString(Little.integer(bytes, at));
  }

  private String scope() {
    int scope = bytes.length >= 28 ? Little.integer(bytes, 24) : 0;
    return scope == 0 ? "" : "%" + Integer.toUnsignedString(scope);
  }

  /** As RFC 5952 writes it: the first of the longest runs of zeros is shortened. */
  private String ip6() {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = ((bytes[8 + 2 * i] & 0xff) << 8) | (bytes[9 + 2 * i] & 0xff);
    }
    if (Arrays.equals(groups, 0, 6, new int[] {0, 0, 0, 0, 0, 0xffff}, 0, 6)) {
      return "::ffff:" + ip4(20);
    }
    int start = 0;
    int length = 0;
    for (int i = 0; i < 8; i++) {
      int run = zeros(groups, i);
      if (run > length) {
        start = i;
        length = run;
      }
    }
    return length < 2
        ? join(groups, 0, 8)
        : join(groups, 0, start) + "::" + join(groups, start + length, 8);
  }

  private static int zeros(int[] groups, int from) {
    int to = from;
    while (to < groups.length && groups[to] == 0) {
      to++;
    }
    return to - from;
  }

  private static String join(int[] groups, int from, int to) {
    return String.join(
        ":", Arrays.stream(groups, from, to).mapToObj(Integer::toHexString).toList());
  }

  private static String hexBytes(byte[] bytes, int from) {
    StringBuilder text = new StringBuilder("0x");
    for (int i = from; i < bytes.length; i++) {
      text.append(String.format(Locale.ROOT, "%02x", bytes[i]));
    }
    return text.toString();
  }
}

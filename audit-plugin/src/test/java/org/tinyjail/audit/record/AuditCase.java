package org.tinyjail.audit.record;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of {@code corpora/audit}: what is said of it, then, as it is or in the {@code .hex} form
 * of seeds, what is read.
 */
final class AuditCase {
  private static final String SAYS = "# says: ";

  private static final Pattern ITEM =
      Pattern.compile("((?:[0-9a-f]{2})+)(?:\\*(\\d+))?|\"((?:[^\"\\\\]|\\\\.)*)\"(?:\\*(\\d+))?");

  private final Path file;
  private final List<String> says;
  private final byte[] input;

  private AuditCase(Path file, List<String> says, byte[] input) {
    this.file = file;
    this.says = List.copyOf(says);
    this.input = input;
  }

  static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("../corpora/audit"))) {
      return all.sorted().toList();
    }
  }

  static AuditCase read(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    List<String> says = new ArrayList<>();
    int at = 0;
    while (startsWith(all, at, SAYS)) {
      int end = at;
      while (all[end] != '\n') {
        end++;
      }
      says.add(new String(all, at, end - at, StandardCharsets.UTF_8).substring(SAYS.length()));
      at = end + 1;
    }
    byte[] rest = Arrays.copyOfRange(all, at, all.length);
    return new AuditCase(file, says, file.toString().endsWith(".hex") ? decode(rest) : rest);
  }

  private static boolean startsWith(byte[] all, int at, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    return all.length - at >= wanted.length
        && Arrays.equals(all, at, at + wanted.length, wanted, 0, wanted.length);
  }

  private static byte[] decode(byte[] text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new String(text, StandardCharsets.US_ASCII).lines().forEach(line -> decode(line, bytes));
    return bytes.toByteArray();
  }

  private static void decode(String line, ByteArrayOutputStream bytes) {
    Matcher item = ITEM.matcher(line);
    int at = space(line, 0);
    while (at < line.length() && line.charAt(at) != '#') {
      if (!item.find(at) || item.start() != at) {
        throw new IllegalArgumentException("wanted hex digits or \"text\", was " + line);
      }
      boolean digits = item.group(1) != null;
      byte[] piece =
          digits
              ? HexFormat.of().parseHex(item.group(1))
              : item.group(3).replaceAll("\\\\(.)", "$1").getBytes(StandardCharsets.US_ASCII);
      String times = item.group(digits ? 2 : 4);
      for (int i = times == null ? 1 : Integer.parseInt(times); i > 0; i--) {
        bytes.writeBytes(piece);
      }
      at = space(line, item.end());
    }
  }

  private static int space(String line, int from) {
    int at = from;
    while (at < line.length() && line.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  /** What is said of each record in turn, and of what is none. */
  List<String> says() {
    return says;
  }

  byte[] input() {
    return input.clone();
  }

  /** Whether it is a message of the kernel's socket, not a log. */
  boolean isMessage() {
    return String.valueOf(file.getFileName()).startsWith("netlink-payload")
        && file.toString().endsWith(".hex");
  }
}

package org.tinyjail.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A seed as it is kept under {@code corpora/seeds}: what can be read and reviewed.
 *
 * <p>{@code NAME.hex} stands for bytes: hex digits, text in quotation marks, either repeated by
 * {@code *N}, and comments after #. {@code NAME.crlf} is text whose lines end in CR LF when it is
 * installed. All else is as it is.
 */
record SeedFile(Path path) {
  private static final String HEX = ".hex";
  private static final String CRLF = ".crlf";

  private static final int REPEAT_MAX = 4096;
  private static final Pattern ITEM =
      Pattern.compile("(?:((?:[0-9A-Fa-f]{2})+)|(\"(?:[^\"\\\\]|\\\\.)*\"))(?:\\*([0-9]{1,4}))?");
  private static final Pattern SPACE = Pattern.compile("\\s*(?:#.*)?");

  /** The file's name when it is decoded. */
  String name() {
    String name = String.valueOf(path.getFileName());
    String form = name.endsWith(HEX) ? HEX : name.endsWith(CRLF) ? CRLF : "";
    return name.substring(0, name.length() - form.length());
  }

  byte[] decode() throws IOException {
    String name = String.valueOf(path.getFileName());
    if (name.endsWith(HEX)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataFile.read(path).forEach(line -> decode(line, bytes));
      return bytes.toByteArray();
    }
    if (name.endsWith(CRLF)) {
      String text = String.join("\n", DataFile.read(path).lines()) + "\n";
      return text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
    }
    return Files.readAllBytes(path);
  }

  private static void decode(String line, ByteArrayOutputStream bytes) {
    Matcher item = ITEM.matcher(line);
    int at = skipSpace(line, 0);
    while (at < line.length()) {
      if (!item.find(at) || item.start() != at) {
        throw new IllegalArgumentException(
            "wanted pairs of hex digits, \"text\" or # at character "
                + (at + 1)
                + ", was "
                + line.substring(at));
      }
      byte[] piece =
          item.group(1) != null
              ? HexFormat.of().parseHex(item.group(1))
              : QuotedBytes.parse(item.group(2));
      int times = item.group(3) == null ? 1 : Integer.parseInt(item.group(3));
      if (times < 1 || times > REPEAT_MAX) {
        throw new IllegalArgumentException("* wants 1.." + REPEAT_MAX + ", was " + times);
      }
      for (int i = 0; i < times; i++) {
        bytes.writeBytes(piece);
      }
      at = skipSpace(line, item.end());
    }
  }

  private static int skipSpace(String line, int from) {
    Matcher space = SPACE.matcher(line).region(from, line.length());
    return space.lookingAt() ? space.end() : from;
  }
}

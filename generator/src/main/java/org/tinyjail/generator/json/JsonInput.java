package org.tinyjail.generator.json;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Escape;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;

/**
 * Reads one JSON document token by token; whatever is wrong with it becomes a {@link
 * PolicyFormatException} that says where.
 *
 * <p>No lambdas and streams here: this runs before a program starts.
 */
public final class JsonInput implements AutoCloseable {
  /** The longest file that is read, in bytes. */
  public static final int MAX_BYTES = 16 << 20;

  private static final int MAX_DEPTH = 32;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(1000)
                  .maxStringLength(MAX_BYTES)
                  .maxNameLength(MAX_BYTES)
                  .build())
          .build();

  private final String file;
  private final String kind;
  private final String part;
  private final int linesBefore;
  private final JsonParser parser;
  private @Nullable JsonToken token;

  private JsonInput(byte[] bytes, String file, String kind, String part, int linesBefore) {
    this.file = file;
    this.kind = kind;
    this.part = part;
    this.linesBefore = linesBefore;
    this.parser = FACTORY.createParser(ObjectReadContext.empty(), bytes);
  }

  /**
   * Starts reading.
   *
   * @param bytes UTF-8 without a byte order mark
   * @param file its name, for messages
   * @param kind what it should be, for messages, such as {@code "a policy"}
   */
  public static JsonInput of(byte[] bytes, String file, String kind) throws PolicyFormatException {
    if (bytes.length > MAX_BYTES) {
      throw tooLong(file, kind, bytes.length);
    }
    return of(bytes, file, kind, "file", 0);
  }

  /**
   * Starts reading a line of a file that has a document on each.
   *
   * @param bytes UTF-8 without a byte order mark
   * @param file its name, for messages
   * @param line its number, from 1
   * @param kind what the line should be, for messages, such as {@code "a run"}
   */
  public static JsonInput ofLine(byte[] bytes, String file, int line, String kind)
      throws PolicyFormatException {
    return of(bytes, file, kind, "line", line - 1);
  }

  private static JsonInput of(byte[] bytes, String file, String kind, String part, int linesBefore)
      throws PolicyFormatException {
    String encoding = foreignEncoding(bytes);
    if (!encoding.isEmpty()) {
      throw new PolicyFormatException(
          file,
          linesBefore + 1,
          1,
          "the " + part + " begins with " + encoding + "; wanted plain UTF-8");
    }
    return new JsonInput(bytes, file, kind, part, linesBefore);
  }

  /**
   * The bytes of a file, never more than {@link #MAX_BYTES}.
   *
   * @throws PolicyFormatException if it is longer
   * @throws IOException if it cannot be read; the message names the file
   */
  public static byte[] bytes(Path path, String kind) throws IOException {
    if (Files.isDirectory(path)) {
      throw PolicyFormatException.ofWhole(path.toString(), "a directory; wanted " + kind);
    }
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      // Opening a fifo would wait for a writer who may never come.
      throw PolicyFormatException.ofWhole(
          path.toString(), "a fifo, socket or device; wanted a regular file with " + kind);
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw tooLong(path.toString(), kind, Math.max(bytes.length, Files.size(path)));
      }
      return bytes;
    }
  }

  private static PolicyFormatException tooLong(String file, String kind, long length) {
    return PolicyFormatException.ofWhole(
        file,
        String.format(Locale.ROOT, "%,d bytes; %s has at most %,d bytes", length, kind, MAX_BYTES));
  }

  private static String foreignEncoding(byte[] bytes) {
    int first = bytes.length > 0 ? bytes[0] & 0xff : 1;
    int second = bytes.length > 1 ? bytes[1] & 0xff : 1;
    if (first == 0xef && second == 0xbb) {
      return "a byte order mark";
    }
    boolean utf16 = (first == 0xfe && second == 0xff) || (first == 0xff && second == 0xfe);
    return utf16 ? "a UTF-16 byte order mark" : first == 0 || second == 0 ? "a NUL byte" : "";
  }

  /** The fields of an object that is being read: which there are, which have been seen. */
  public final class Fields {
    private final String what;
    private final List<String> known;
    private final int required;
    private final Position start = position();
    private long seen;

    private Fields(String what, List<String> known, int required) {
      this.what = what;
      this.known = known;
      this.required = required;
    }

    /** Moves to the value of the next field and returns its name; {@code null} at the end. */
    public @Nullable String next() throws PolicyFormatException {
      if (advance() == JsonToken.END_OBJECT) {
        checkComplete();
        return null;
      }
      String name = parser.currentName();
      int index = known.indexOf(name);
      if (index < 0) {
        throw error(
            "unknown field "
                + Text.quoted(name)
                + " in "
                + what
                + Suggestion.ending(name, known, "one of " + String.join(", ", known)));
      }
      if ((seen & 1L << index) != 0) {
        throw error("field " + Text.quoted(name) + " a second time; wanted each field once");
      }
      seen |= 1L << index;
      advance();
      return name;
    }

    private void checkComplete() throws PolicyFormatException {
      for (int i = 0; i < required; i++) {
        if ((seen & 1L << i) == 0) {
          throw error(start, what + " without \"" + known.get(i) + "\"; it is required");
        }
      }
    }

    /** Where the object begins. */
    public Position start() {
      return start;
    }

    /** Whether {@code name} has been read. */
    public boolean has(String name) {
      return (seen & 1L << known.indexOf(name)) != 0;
    }
  }

  /** A place in the file; line and column from 1, columns in bytes. */
  public record Position(int line, int column) {}

  /** Moves to the document's only value. */
  public void begin() throws PolicyFormatException {
    if (read() == null) {
      throw new PolicyFormatException(
          file, linesBefore + 1, 1, "the " + part + " is empty; wanted " + kind);
    }
  }

  /** Checks that nothing follows. */
  public void end() throws PolicyFormatException {
    if (read() != null) {
      throw error("more after the end of " + kind + "; wanted nothing");
    }
  }

  /**
   * Enters the object at which the input stands.
   *
   * @param what its name in messages
   * @param known its fields, at most 64, the required ones first
   * @param required how many of them are required
   */
  public Fields object(String what, List<String> known, int required) throws PolicyFormatException {
    want(JsonToken.START_OBJECT, what + " (an object in {})");
    return new Fields(what, known, required);
  }

  /** Enters the array at which the input stands; {@link #nextElement} moves through it. */
  public void array(String what) throws PolicyFormatException {
    want(JsonToken.START_ARRAY, what);
  }

  /** Moves to the next element of an array; false at its end. */
  public boolean nextElement() throws PolicyFormatException {
    return advance() != JsonToken.END_ARRAY;
  }

  /** The string at which the input stands. */
  public String string(String what) throws PolicyFormatException {
    want(JsonToken.VALUE_STRING, what);
    try {
      return parser.getString();
    } catch (JacksonException e) {
      throw translated(e);
    }
  }

  /**
   * The string at which the input stands, as something else.
   *
   * @param what it should be, with an example
   * @param parser throws IllegalArgumentException or DateTimeException for what it is not
   */
  public <T> T parsed(String what, Function<String, T> parser) throws PolicyFormatException {
    String text = string(what);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException | DateTimeException e) {
      throw error("found " + quoted(text) + "; wanted " + what);
    }
  }

  /** The time at which the input stands. */
  public Instant time() throws PolicyFormatException {
    return parsed("a time such as 2026-01-01T00:00:00Z", Instant::parse);
  }

  /**
   * The word at which the input stands.
   *
   * @param what it is, such as {@code "source"}
   * @param label the words
   */
  public <T> T oneOf(String what, List<T> values, Function<T, String> label)
      throws PolicyFormatException {
    String word = string("a " + what);
    for (T value : values) {
      if (label.apply(value).equals(word)) {
        return value;
      }
    }
    throw unknown(what, word, values.stream().map(label).toList());
  }

  /** An array of strings. */
  public List<String> strings(String what, String element) throws PolicyFormatException {
    array(what);
    List<String> strings = new ArrayList<>();
    while (nextElement()) {
      strings.add(string(element));
    }
    return strings;
  }

  /** The truth value at which the input stands. */
  public boolean bool(String what) throws PolicyFormatException {
    if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
      return token == JsonToken.VALUE_TRUE;
    }
    throw error("found " + found() + "; wanted " + what);
  }

  /** Whether the input stands at a null. */
  public boolean isNull() {
    return token == JsonToken.VALUE_NULL;
  }

  /** The whole number from 0 to {@code max} (unsigned) at which the input stands. */
  public long unsigned(String what, long max) throws PolicyFormatException {
    if (token == JsonToken.VALUE_NUMBER_INT) {
      String digits = digits();
      if (isUnsigned64(digits)) {
        long value = Long.parseUnsignedLong(digits);
        if (Long.compareUnsigned(value, max) <= 0) {
          return value;
        }
      }
    }
    throw error("found " + found() + "; wanted " + what + ", 0 to " + Long.toUnsignedString(max));
  }

  /** The number from 0 to 1 at which the input stands. */
  public double chance(String what) throws PolicyFormatException {
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      double value = Double.parseDouble(digits());
      if (value >= 0 && value <= 1) {
        return value;
      }
    }
    throw error("found " + found() + "; wanted " + what + ", 0 to 1");
  }

  private String digits() throws PolicyFormatException {
    try {
      return parser.getString();
    } catch (JacksonException e) {
      throw translated(e);
    }
  }

  private static boolean isUnsigned64(String digits) {
    String max = "18446744073709551615";
    return digits.charAt(0) != '-'
        && (digits.length() < max.length()
            || (digits.length() == max.length() && digits.compareTo(max) <= 0));
  }

  /** Where the current value begins. */
  public Position position() {
    TokenStreamLocation at = parser.currentTokenLocation();
    return new Position(linesBefore + at.getLineNr(), at.getColumnNr());
  }

  /** An error about the current value. */
  public PolicyFormatException error(String problem) {
    return error(position(), problem);
  }

  /** An error about the current value, a word that is none of {@code known}. */
  public PolicyFormatException unknown(String what, String word, Collection<String> known) {
    return unknown(what, word, known, "one of " + String.join(", ", known));
  }

  /** The same, where {@code wanted} says what is possible. */
  public PolicyFormatException unknown(
      String what, String word, Collection<String> known, String wanted) {
    return error("unknown " + what + " " + quoted(word) + Suggestion.ending(word, known, wanted));
  }

  /** An error about an earlier place. */
  public PolicyFormatException error(Position at, String problem) {
    return new PolicyFormatException(file, at.line(), at.column(), problem);
  }

  /** {@code text} in quotes for a message, escaped and cut. */
  public static String quoted(String text) {
    return Text.quoted(text);
  }

  private void want(JsonToken wanted, String what) throws PolicyFormatException {
    if (token != wanted) {
      throw error("found " + found() + "; wanted " + what);
    }
  }

  private String found() throws PolicyFormatException {
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> Text.quoted(string("a string"));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> shortened(digits());
      default -> String.valueOf(token.asString());
    };
  }

  private static String shortened(String digits) {
    return digits.length() <= 40 ? digits : digits.substring(0, 40) + "...";
  }

  private JsonToken advance() throws PolicyFormatException {
    JsonToken next = read();
    if (next == null) {
      throw error("the " + part + " ends here; wanted the rest of " + kind);
    }
    return next;
  }

  private @Nullable JsonToken read() throws PolicyFormatException {
    try {
      token = parser.nextToken();
      return token;
    } catch (JacksonException e) {
      throw translated(e);
    }
  }

  private PolicyFormatException translated(JacksonException e) {
    TokenStreamLocation at = e.getLocation() == null ? parser.currentLocation() : e.getLocation();
    Position position =
        new Position(linesBefore + Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    if (e instanceof UnexpectedEndOfInputException) {
      return error(position, "the " + part + " ends here; wanted the rest of " + kind);
    }
    if (e instanceof StreamConstraintsException
        && parser.streamReadContext().getNestingDepth() >= MAX_DEPTH) {
      return error(position, "nested deeper than " + MAX_DEPTH + " levels; " + kind + " needs 5");
    }
    String message = e.getOriginalMessage();
    return error(position, "not JSON: " + plain(message == null ? "unreadable" : message));
  }

  /** The parser's words in ours: what was found; what was wanted. */
  private static String plain(String message) {
    int end = message.indexOf('\n');
    String line = Escape.display(end < 0 ? message : message.substring(0, end));
    if (line.contains("(non-standard) comment")) {
      return "found a comment; JSON has none";
    }
    return line.replace("Unexpected character ((CTRL-CHAR, ", "found a control character (")
        .replace("Illegal unquoted character ((CTRL-CHAR, ", "found a control character (")
        .replace("Unexpected character (", "found ")
        .replace("Unrecognized token ", "found ")
        .replace("): was expecting ", "; wanted ")
        .replace("): expected ", "; wanted ")
        .replace(": was expecting ", "; wanted ")
        .replace("): has to be escaped using backslash to be", "; wanted it escaped when")
        .replace("a valid value (JSON", "(JSON")
        .replace(
            "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "a value");
  }

  @Override
  public void close() {
    parser.close();
  }
}

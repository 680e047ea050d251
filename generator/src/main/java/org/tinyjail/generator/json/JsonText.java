package org.tinyjail.generator.json;

import java.nio.charset.StandardCharsets;

/**
 * Writes JSON in one stable layout: two spaces a level, one field or element a line, small objects
 * on one line.
 */
public final class JsonText {
  private final StringBuilder out = new StringBuilder();
  private int depth;
  private boolean first = true;
  private boolean inline;

  /** Opens an object. */
  public JsonText beginObject() {
    return open('{');
  }

  /** Opens an object that is written on one line. */
  public JsonText beginInlineObject() {
    open('{');
    inline = true;
    return this;
  }

  /** Closes an object. */
  public JsonText endObject() {
    return close('}');
  }

  /** Opens an array. */
  public JsonText beginArray() {
    return open('[');
  }

  /** Closes an array. */
  public JsonText endArray() {
    return close(']');
  }

  /** Starts the next element of an array; a value follows. */
  public JsonText element() {
    separate();
    return this;
  }

  /** Starts the next field of an object; a value follows. */
  public JsonText field(String name) {
    separate();
    return string(name).raw(": ");
  }

  /** A string. */
  public JsonText string(String value) {
    out.append('"');
    Text.appendJson(out, value);
    out.append('"');
    return this;
  }

  /** A whole number, unsigned. */
  public JsonText unsigned(long value) {
    return raw(Long.toUnsignedString(value));
  }

  /** A number with a fraction, so that reading it gives the same. */
  public JsonText number(double value) {
    return raw(Double.toString(value));
  }

  /** A truth value. */
  public JsonText bool(boolean value) {
    return raw(value ? "true" : "false");
  }

  /** The document in UTF-8, with a line end at the end. */
  public byte[] toBytes() {
    return (out + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private JsonText raw(String text) {
    out.append(text);
    return this;
  }

  private JsonText open(char bracket) {
    out.append(bracket);
    depth++;
    first = true;
    return this;
  }

  private JsonText close(char bracket) {
    depth--;
    if (inline) {
      out.append(' ');
    } else if (!first) {
      newLine();
    }
    inline = false;
    first = false;
    out.append(bracket);
    return this;
  }

  private void separate() {
    if (!first) {
      out.append(',');
    }
    if (inline) {
      out.append(' ');
    } else {
      newLine();
    }
    first = false;
  }

  private void newLine() {
    out.append('\n');
    for (int i = 0; i < depth; i++) {
      out.append("  ");
    }
  }
}

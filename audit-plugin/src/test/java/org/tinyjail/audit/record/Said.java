package org.tinyjail.audit.record;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What is said of a log: a line for each of its records, and for what is none. */
final class Said implements LineAssembler.Sink {
  private final RecordParser parser = new RecordParser();
  private final List<String> said = new ArrayList<>();

  static List<String> ofLog(byte[] log) throws IOException {
    return ofLog(new ByteArrayInputStream(log));
  }

  static List<String> ofLog(InputStream in) throws IOException {
    Said sink = new Said();
    LineAssembler lines = new LineAssembler(in);
    while (lines.read()) {
      lines.lines(sink);
    }
    lines.end(sink);
    return sink.said;
  }

  static List<String> ofMessage(int type, byte[] payload) {
    Said sink = new Said();
    try {
      RecordParser.Kind kind = sink.parser.parse(type, payload, 0, payload.length);
      sink.said.add(shown(kind, sink.parser));
    } catch (RecordException e) {
      sink.broken(e.at(), String.valueOf(e.getMessage()));
    }
    return sink.said;
  }

  @Override
  public void line(byte[] bytes, int from, int to, long offset) {
    if (from == to) {
      return;
    }
    try {
      said.add(shown(parser.parse(bytes, from, to), parser));
    } catch (RecordException e) {
      broken(offset + e.at() - from, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void broken(long offset, String problem) {
    said.add("byte " + offset + ": " + problem);
  }

  private static String shown(RecordParser.Kind kind, RecordParser record) {
    String host = record.host().isEmpty() ? "" : "of " + ascii(record.host().raw()) + " ";
    long time = record.time();
    String stamp = String.format("%d.%03d:%d", time / 1000, time % 1000, record.serial());
    if (kind != RecordParser.Kind.SECCOMP) {
      return host + kind + " " + stamp;
    }
    return String.format(
        "%s%s %s pid=%d comm=\"%s\" exe=\"%s\" arch=%08x syscall=%d ip=%x code=%x",
        host,
        kind,
        stamp,
        record.pid(),
        ascii(record.comm().text().getBytes(StandardCharsets.UTF_8)),
        ascii(record.executable().text().getBytes(StandardCharsets.UTF_8)),
        record.arch(),
        record.syscall(),
        record.instructionPointer(),
        record.code());
  }

  private static String ascii(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte one : bytes) {
      text.append(one >= ' ' && one < 0x7f ? (char) one : String.format("\\x%02x", one));
    }
    return text.toString();
  }
}

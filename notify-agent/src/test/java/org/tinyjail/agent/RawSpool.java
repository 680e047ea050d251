package org.tinyjail.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A spool as the launcher wrote it, taken apart by wire.h alone. */
record RawSpool(
    int writer,
    long lost,
    boolean closed,
    Map<Integer, List<String>> start,
    List<Image> images,
    List<Denial> denials,
    List<Integer> ends) {

  static final int WORD = 1;
  static final int EXECUTABLE = 2;
  static final int PROFILE = 7;
  static final int MAPS = 9;

  record Image(int number, int process, Map<Integer, List<String>> fields) {
    String field(int tag) {
      return String.join("", fields.getOrDefault(tag, List.of()));
    }
  }

  record Block(int argument, int kind, int error, String bytes) {}

  record Denial(
      int flags, long count, int image, int thread, int verdict, int nr, List<Block> blocks) {}

  static RawSpool read(Path file) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    RawSpool spool =
        new RawSpool(
            all.getInt(12),
            all.getLong(24),
            all.getLong(32) == 1,
            new LinkedHashMap<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    int at = all.getInt(8);
    while (at < all.getLong(16)) {
      int size = all.getInt(at);
      spool.add(all.slice(at, size).order(ByteOrder.LITTLE_ENDIAN));
      at += size;
    }
    return spool;
  }

  private void add(ByteBuffer record) {
    switch (record.getShort(4)) {
      case 1 -> start.putAll(fields(record, 24));
      case 2 -> images.add(new Image(record.getInt(8), record.getInt(12), fields(record, 16)));
      case 3 -> denials.add(denial(record));
      case 4 -> ends.add(record.getInt(16));
      default -> throw new IllegalArgumentException("record type " + record.getShort(4));
    }
  }

  private static Denial denial(ByteBuffer record) {
    List<Block> blocks = new ArrayList<>();
    int at = 8 + 24 + 4 + 4 + 4 + 4 + 4 + 4 + 8 + 48;
    while (at < record.limit()) {
      int length = record.getInt(at + 4);
      blocks.add(
          new Block(
              record.get(at),
              record.get(at + 1),
              record.getShort(at + 2),
              text(record, at + 8, length)));
      at += (8 + length + 7) & ~7;
    }
    return new Denial(
        record.getShort(6),
        record.getLong(8),
        record.getInt(32),
        record.getInt(36),
        record.getInt(40),
        record.getInt(48),
        blocks);
  }

  private static Map<Integer, List<String>> fields(ByteBuffer record, int from) {
    Map<Integer, List<String>> fields = new LinkedHashMap<>();
    int at = from;
    while (at < record.limit()) {
      int length = record.getInt(at + 4);
      fields
          .computeIfAbsent(record.getInt(at), tag -> new ArrayList<>())
          .add(text(record, at + 8, length));
      at += (8 + length + 7) & ~7;
    }
    return fields;
  }

  private static String text(ByteBuffer record, int at, int length) {
    byte[] bytes = new byte[length];
    record.get(at, bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}

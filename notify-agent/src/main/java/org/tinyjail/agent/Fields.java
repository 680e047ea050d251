package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The fields of {@code wire.h}: tag, length, bytes, padding to 8. */
final class Fields {
  @SuppressWarnings("ArrayRecordComponent")
  private record Field(int tag, byte[] bytes) {}

  private final List<Field> fields = new ArrayList<>();

  private Fields() {}

  /**
   * Reads fields to the end of {@code buffer}.
   *
   * @throws IllegalArgumentException if a field reaches beyond it
   */
  static Fields read(ByteBuffer buffer) {
    ByteBuffer in = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
    Fields fields = new Fields();
    try {
      while (in.hasRemaining()) {
        fields.add(in);
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("cut off within a field at byte " + in.position(), e);
    }
    return fields;
  }

  private void add(ByteBuffer in) {
    int tag = in.getInt();
    int length = in.getInt();
    byte[] bytes = bytes(in, length, "field " + tag);
    fields.add(new Field(tag, bytes));
  }

  /**
   * The next {@code length} bytes of {@code in}; their padding is passed over.
   *
   * @param what says so, for messages
   * @throws IllegalArgumentException if there are fewer
   */
  static byte[] bytes(ByteBuffer in, int length, String what) {
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException(
          what + " says " + Integer.toUnsignedString(length) + " bytes, has " + in.remaining());
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    in.position(Math.min(in.limit(), Wire.padded(in.position())));
    return bytes;
  }

  /** The first field with this tag. */
  Optional<byte[]> first(int tag) {
    for (Field field : fields) {
      if (field.tag == tag) {
        return Optional.of(field.bytes.clone());
      }
    }
    return Optional.empty();
  }

  /** All fields with this tag, in order. */
  List<byte[]> all(int tag) {
    return fields.stream().filter(f -> f.tag == tag).map(f -> f.bytes.clone()).toList();
  }

  /** Appends one field, padded. */
  static void write(ByteArrayOutputStream out, int tag, byte[] bytes) {
    ByteBuffer header = ByteBuffer.allocate(Wire.FIELD_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    out.writeBytes(header.putInt(tag).putInt(bytes.length).array());
    out.writeBytes(bytes);
    out.writeBytes(new byte[Wire.padded(bytes.length) - bytes.length]);
  }
}

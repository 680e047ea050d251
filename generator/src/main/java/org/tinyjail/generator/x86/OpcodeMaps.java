package org.tinyjail.generator.x86;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** The opcode maps: for each, and each mandatory prefix (none, 66, F3, F2), 256 forms. */
final class OpcodeMaps {
  /** How many maps an encoding can name. */
  private static final int MAPS = 32;

  static final Form[][] LEGACY;
  static final Form[][] VEX;
  static final Form[][] EVEX;
  static final Form[][] XOP;

  static {
    Map<String, Form[]> maps = OpcodeReader.read(text("opcodes.txt"), text("mnemonics.txt"));
    LEGACY = select(maps, "legacy ");
    VEX = select(maps, "VEX ");
    EVEX = select(maps, "EVEX ");
    XOP = select(maps, "XOP ");
  }

  private OpcodeMaps() {}

  private static Form[][] select(Map<String, Form[]> maps, String encoding) {
    Form[] none = new Form[4 * 256];
    Arrays.fill(none, Form.INVALID);
    Form[][] selected = new Form[MAPS][];
    for (int i = 0; i < MAPS; i++) {
      selected[i] =
          maps.getOrDefault(encoding + Integer.toHexString(i).toUpperCase(Locale.ROOT), none);
    }
    return selected;
  }

  private static String text(String name) {
    try (InputStream in = OpcodeMaps.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing beside " + OpcodeMaps.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}

package org.tinyjail.generator.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code opcodes.txt} and {@code mnemonics.txt}, which explain their form. */
final class OpcodeReader {
  /** What mandatory prefix each quarter of a map is for; the first map has none. */
  private static final List<String> PREFIXES = List.of("NP", "66", "F3", "F2");

  private static final String OTHER_REGISTER = "REX.B";
  private static final int ALL_REGISTERS = 0xff;

  private final Map<String, Mnemonic> mnemonics = new HashMap<>();
  private final Map<String, OperandCode> operandCodes = new HashMap<>();
  private final Map<String, Form[]> maps = new HashMap<>();
  private Form[] map = new Form[0];

  /**
   * The maps by their titles: for each mandatory prefix (none, 66, F3, F2) 256 forms.
   *
   * @throws IllegalArgumentException naming the line that is wrong
   */
  static Map<String, Form[]> read(String opcodes, String mnemonics) {
    OpcodeReader reader = new OpcodeReader();
    lines(mnemonics, reader::readMnemonic);
    lines(opcodes, reader::readOpcodes);
    return reader.maps;
  }

  private interface LineReader {
    void read(String line);
  }

  private static void lines(String text, LineReader reader) {
    for (String line : text.split("\n", -1)) {
      try {
        if (!line.isEmpty() && line.charAt(0) != '#') {
          reader.read(line);
        }
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(line + ": " + e.getMessage(), e);
      }
    }
  }

  private void readMnemonic(String line) {
    List<String> words = List.of(line.split(" ", -1));
    Mnemonic mnemonic = Mnemonic.of(words.get(0), words.subList(1, words.size()));
    if (mnemonics.put(mnemonic.name(), mnemonic) != null) {
      throw new IllegalArgumentException("stands twice");
    }
  }

  private void readOpcodes(String line) {
    if (line.charAt(0) == '[') {
      map = new Form[PREFIXES.size() * 256];
      Arrays.fill(map, Form.INVALID);
      maps.put(line.substring(1, line.length() - 1), map);
      return;
    }
    int space = line.indexOf(' ');
    String key = line.substring(0, space);
    List<String> cells = split(line.substring(space + 1), " | ");
    int opcode = Integer.parseInt(key.substring(0, 2), 16);
    if (key.indexOf('/') == 2) {
      readGroup(opcode, key.substring(3), cells);
    } else if (key.indexOf('-') == 2) {
      int last = Integer.parseInt(key.substring(3), 16);
      for (int i = opcode; i <= last; i++) {
        set(i, forms(cells.get(0)));
      }
    } else {
      for (int i = 0; i < cells.size(); i++) {
        set(opcode + i, forms(cells.get(i)));
      }
    }
  }

  /** Without an expression, which would be made anew for each of the thousands of cells. */
  private static List<String> split(String text, String separator) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, start)) {
      parts.add(text.substring(start, at));
      start = at + separator.length();
    }
    parts.add(text.substring(start));
    return parts;
  }

  private void set(int opcode, Form[] forms) {
    for (int prefix = 0; prefix < forms.length; prefix++) {
      int index = prefix << 8 | opcode;
      if (map[index] != Form.INVALID) {
        throw new IllegalArgumentException("opcode stands twice: " + Integer.toHexString(opcode));
      }
      map[index] = forms[prefix];
    }
  }

  private void readGroup(int opcode, String which, List<String> cells) {
    if (cells.size() != 8) {
      throw new IllegalArgumentException(cells.size() + " cells; wanted 8 in a group");
    }
    for (int reg = 0; reg < 8; reg++) {
      Form[] forms = forms(cells.get(reg));
      for (int prefix = 0; prefix < forms.length; prefix++) {
        Form group = group(prefix << 8 | opcode);
        if (!which.equals("reg")) {
          group.setMember(reg, true, forms[prefix]);
        }
        if (!which.equals("mem")) {
          group.setMember(reg, false, forms[prefix]);
        }
      }
    }
  }

  private Form group(int index) {
    if (!map[index].isGroup()) {
      map[index] = Form.group();
    }
    return map[index];
  }

  /** What a cell says, for each mandatory prefix. */
  private Form[] forms(String cell) {
    Form[] forms = new Form[PREFIXES.size()];
    for (String part : split(cell, " ; ")) {
      List<String> words = new ArrayList<>(List.of(part.split(" ", -1)));
      List<String> prefixes = List.of(words.get(0).split("\\+", -1));
      if (words.get(0).equals(OTHER_REGISTER)) {
        words.remove(0);
        forms[1] = form(words);
      } else if (PREFIXES.containsAll(prefixes)) {
        words.remove(0);
        Form form = form(words);
        prefixes.forEach(p -> forms[PREFIXES.indexOf(p)] = form);
      } else {
        Arrays.fill(forms, form(words));
      }
    }
    return forms;
  }

  private Form form(List<String> words) {
    String name = words.get(0);
    if (name.equals("-")) {
      return Form.INVALID;
    }
    int registers = ALL_REGISTERS;
    int brace = name.indexOf('{');
    if (brace > 0) {
      registers = bits(name.substring(brace + 1, name.length() - 1));
      name = name.substring(0, brace);
    }
    List<OperandCode> operands = new ArrayList<>();
    for (String code : words.size() == 1 ? new String[0] : words.get(1).split(",", -1)) {
      operands.add(operandCodes.computeIfAbsent(code, OperandCode::of));
    }
    Mnemonic mnemonic = mnemonics.get(name);
    return Form.of(mnemonic == null ? Mnemonic.unlisted(name) : mnemonic, operands, registers);
  }

  private static int bits(String digits) {
    int bits = 0;
    for (int i = 0; i < digits.length(); i++) {
      bits |= 1 << (digits.charAt(i) - '0');
    }
    return bits;
  }
}

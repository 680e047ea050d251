package org.tinyjail.generator.x86;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An instruction as {@code objdump -dw} prints it.
 *
 * @param mnemonic the first word that is no prefix; the last of the prefixes if there is no other
 * @param operands what follows, without comments and symbols
 * @param comment what follows {@code #}
 */
record ObjdumpLine(long address, int length, String mnemonic, String operands, String comment) {
  private static final Set<String> PREFIXES =
      Set.of(
          "lock",
          "rep",
          "repz",
          "repnz",
          "data16",
          "addr32",
          "cs",
          "ds",
          "es",
          "ss",
          "fs",
          "gs",
          "bnd",
          "notrack",
          "xacquire",
          "xrelease",
          "{vex}",
          "{evex}",
          "{vex3}");

  /** The instruction in {@code line}; empty for headings and the like. */
  static Optional<ObjdumpLine> parse(String line) {
    int colon = line.indexOf(":\t");
    int tab = colon < 0 ? -1 : line.indexOf('\t', colon + 2);
    if (tab < 0) {
      return Optional.empty();
    }
    long address = Long.parseUnsignedLong(line.substring(0, colon).trim(), 16);
    int length = (line.substring(colon + 2, tab).trim().length() + 1) / 3;
    String text = line.substring(tab + 1);
    String comment = "";
    int hash = text.indexOf('#');
    if (hash >= 0) {
      comment = text.substring(hash + 1).trim();
      text = text.substring(0, hash);
    }
    int symbol = text.indexOf('<');
    return Optional.of(
        of(address, length, (symbol < 0 ? text : text.substring(0, symbol)).trim(), comment));
  }

  private static ObjdumpLine of(long address, int length, String text, String comment) {
    String rest = text;
    String word = firstWord(rest);
    while (isPrefix(word) && rest.length() > word.length()) {
      rest = rest.substring(word.length()).trim();
      word = firstWord(rest);
    }
    String operands = rest.substring(word.length()).trim();
    int hint = word.indexOf(',');
    return new ObjdumpLine(
        address, length, hint < 0 ? word : word.substring(0, hint), operands, comment);
  }

  private static String firstWord(String text) {
    int space = text.indexOf(' ');
    return space < 0 ? text : text.substring(0, space);
  }

  private static boolean isPrefix(String word) {
    return PREFIXES.contains(word) || word.startsWith("rex");
  }

  /** Whether objdump has found nothing but prefixes. */
  boolean isPrefixOnly() {
    return isPrefix(mnemonic);
  }

  boolean isBad() {
    return mnemonic.equals("(bad)") || operands.contains("(bad)");
  }

  /** The operands, apart; the destination is the last. */
  List<String> operandList() {
    List<String> list = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < operands.length(); i++) {
      char c = operands.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        list.add(operands.substring(start, i));
        start = i + 1;
      }
    }
    if (!operands.isEmpty()) {
      list.add(operands.substring(start));
    }
    return list;
  }

  @Override
  public String toString() {
    return (Long.toHexString(address) + ": " + mnemonic + " " + operands).trim();
  }
}

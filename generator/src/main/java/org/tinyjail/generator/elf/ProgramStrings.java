package org.tinyjail.generator.elf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The strings of a program's constants and variables: printable ASCII and what C escapes from
 * {@code \a} to {@code \r}, ended by a NUL. Names of symbols and libraries are left out.
 *
 * <p>Linkers keep a string that ends another one only once, within the longer: it is not found
 * here.
 */
public final class ProgramStrings {
  /** Shorter ones are mostly chance. */
  private static final int PUBLIC_MIN = 3;

  /** Shell variables as POSIX and custom have them: XBD 8.1. */
  private static final Pattern ENVIRONMENT = Pattern.compile("[A-Z][A-Z0-9_]{2,63}");

  private static final long DT_STRTAB = 5;
  private static final long DT_STRSZ = 10;

  private final Set<String> strings;
  private final boolean readsEnvironment;

  private ProgramStrings(Set<String> strings, boolean readsEnvironment) {
    this.strings = strings;
    this.readsEnvironment = readsEnvironment;
  }

  /**
   * Collects them, at most 262,144.
   *
   * @throws ElfException if the file is damaged
   */
  public static ProgramStrings of(ElfFile file) throws ElfException {
    return of(file, file.dynamic());
  }

  static ProgramStrings of(ElfFile file, Optional<DynamicSection> dynamic) throws ElfException {
    Collector collector = new Collector(names(file, dynamic));
    for (Segment segment : Data.segments(file)) {
      collector.collect(file, segment);
    }
    return new ProgramStrings(
        collector.found, dynamic.isEmpty() || dynamic.get().namesAnyOf("getenv", "secure_getenv"));
  }

  /** Where the names of symbols are, and notes, which begin with their owner's name. */
  private static List<Segment> names(ElfFile file, Optional<DynamicSection> dynamic) {
    List<Segment> names =
        new ArrayList<>(file.segments().stream().filter(s -> s.type() == Segment.NOTE).toList());
    if (dynamic.isPresent()) {
      long address = dynamic.get().entry(DT_STRTAB).orElse(0L);
      long size = dynamic.get().entry(DT_STRSZ).orElse(0L);
      names.add(new Segment(Segment.NOTE, 0, 0, address, size, size));
    }
    return names;
  }

  /**
   * Each string of three or more characters once, in the order of the file, at most {@code max}.
   */
  public List<String> printable(int max) {
    return strings.stream().filter(s -> s.length() >= PUBLIC_MIN).limit(max).toList();
  }

  /**
   * What may be names of environment variables that the program asks for: a guess by their look,
   * such as {@code TMPDIR}. None if the program neither imports nor has {@code getenv} or {@code
   * secure_getenv}.
   */
  public List<String> environmentNames() {
    return readsEnvironment
        ? strings.stream().filter(s -> ENVIRONMENT.matcher(s).matches()).toList()
        : List.of();
  }

  /** All of two or more characters. */
  Set<String> all() {
    return strings;
  }

  private static final class Collector {
    private static final int LENGTH_MIN = 2;
    private static final int LENGTH_MIN_BEHIND_BINARY = 4;

    private final Set<String> found = new LinkedHashSet<>();
    private final List<Segment> names;
    private long collected;

    Collector(List<Segment> names) {
      this.names = names;
    }

    void collect(ElfFile file, Segment segment) throws ElfException {
      ByteBuffer bytes = file.bytes(segment);
      int start = 0;
      for (int i = 0; i < bytes.limit(); i++) {
        byte b = bytes.get(i);
        if (isText(b)) {
          continue;
        }
        int length = i - start;
        boolean alone = start == 0 || bytes.get(start - 1) == 0;
        if (b == 0
            && length >= (alone ? LENGTH_MIN : LENGTH_MIN_BEHIND_BINARY)
            && !isName(segment.address() + start)) {
          add(bytes, start, length);
        }
        start = i + 1;
      }
    }

    private static boolean isText(byte b) {
      return (b >= ' ' && b < 0x7f) || (b >= 7 && b <= '\r');
    }

    private boolean isName(long address) {
      for (Segment part : names) {
        if (part.gives(address, 1)) {
          return true;
        }
      }
      return false;
    }

    private void add(ByteBuffer bytes, int start, int length) {
      collected += length;
      if (length > ElfLimits.STRING_BYTES
          || collected > ElfLimits.STRINGS_BYTES
          || found.size() == ElfLimits.STRINGS) {
        return;
      }
      byte[] text = new byte[length];
      bytes.get(start, text);
      found.add(new String(text, StandardCharsets.US_ASCII));
    }
  }
}

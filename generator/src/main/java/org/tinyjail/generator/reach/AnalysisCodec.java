package org.tinyjail.generator.reach;

import java.nio.ByteBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Analyses as bytes: each string once, then numbers, most of which stand for strings. */
final class AnalysisCodec {
  /**
   * An analysis and what it followed from.
   *
   * @param question what tells it from others of the same files
   * @param asked names that were looked up, and what they led to
   */
  record Kept(List<String> question, Map<String, String> asked, Analysis analysis) {}

  private AnalysisCodec() {}

  /** Empty where a name of a file has no form in Latin-1. */
  static Optional<ByteBuffer> bytes(Kept kept) {
    Texts texts = new Texts();
    CodecWriter body = new CodecWriter();
    Analysis analysis = kept.analysis();
    texts.write(kept.question(), body);
    texts.write(kept.asked().keySet(), body);
    texts.write(kept.asked().values(), body);
    texts.write(analysis.files(), body);
    texts.write(analysis.opened(), body);
    texts.write(analysis.missing(), body);
    texts.write(analysis.unresolved(), body);
    texts.write(analysis.calls().keySet(), body);
    for (Analysis.Call call : analysis.calls().values()) {
      texts.write(call.path(), body);
      body.number(call.arguments().size());
      call.arguments()
          .forEach(
              (index, values) -> {
                body.number(index);
                body.numbers(values.stream().mapToLong(Long::longValue).toArray());
              });
    }
    CodecWriter all = new CodecWriter();
    all.strings(texts.numbers.keySet());
    all.all(body);
    return texts.areLatin() ? Optional.of(all.bytes()) : Optional.empty();
  }

  /** Empty where {@code bytes} are not what was written. */
  static Optional<Kept> kept(ByteBuffer bytes) {
    return CodecReader.read(bytes, AnalysisCodec::kept);
  }

  private static Kept kept(CodecReader in) {
    String[] texts = in.strings();
    List<String> question = texts(in, texts);
    List<String> names = texts(in, texts);
    List<String> states = texts(in, texts);
    Map<String, String> asked = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      asked.put(names.get(i), states.get(i));
    }
    List<String> files = texts(in, texts);
    List<String> opened = texts(in, texts);
    Set<String> missing = Set.copyOf(texts(in, texts));
    List<String> unresolved = texts(in, texts);
    Map<String, Analysis.Call> calls = new TreeMap<>();
    for (String name : texts(in, texts)) {
      List<String> path = texts(in, texts);
      Map<Integer, Set<Long>> arguments = new TreeMap<>();
      int count = in.number();
      for (int i = 0; i < count; i++) {
        int index = in.number();
        Set<Long> values = new TreeSet<>();
        for (long value : in.longNumbers()) {
          values.add(value);
        }
        arguments.put(index, values);
      }
      calls.put(name, new Analysis.Call(path, arguments));
    }
    return new Kept(question, asked, new Analysis(files, opened, missing, calls, unresolved));
  }

  private static List<String> texts(CodecReader in, String[] all) {
    List<String> texts = new ArrayList<>();
    for (int number : in.numbers()) {
      texts.add(all[number]);
    }
    return texts;
  }

  /** Strings, by the order in which they came first. */
  private static final class Texts {
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    void write(Collection<String> texts, CodecWriter out) {
      int[] all = new int[texts.size()];
      int at = 0;
      for (String text : texts) {
        Integer known = numbers.putIfAbsent(text, numbers.size());
        all[at++] = known == null ? numbers.size() - 1 : known;
      }
      out.numbers(all);
    }

    boolean areLatin() {
      CharsetEncoder latin = StandardCharsets.ISO_8859_1.newEncoder();
      return numbers.keySet().stream().allMatch(latin::canEncode);
    }
  }
}

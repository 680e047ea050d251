package org.tinyjail.generator.reach;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.generator.elf.Machine;

/** Summaries and answers as bytes. Empty is read where they are not what was written. */
final class SummaryCodec {
  private SummaryCodec() {}

  static ByteBuffer bytes(Summary summary) {
    CodecWriter out = new CodecWriter();
    Linkage linkage = summary.linkage();
    out.number(linkage.wordSize());
    out.number(linkage.usesDefaults() ? 1 : 0);
    out.strings(
        List.of(
            linkage.machine().name(),
            linkage.interpreter(),
            linkage.name(),
            linkage.runPath(),
            linkage.oldRunPath()));
    out.strings(linkage.needed());
    out.numbers(summary.functions().starts());
    out.numbers(summary.functions().ends());
    out.lists(summary.callers());
    out.numbers(summary.entering().toLongArray());
    out.lists(summary.calls());
    out.lists(summary.taken());
    out.lists(summary.called());
    out.lists(summary.callersBy());
    out.lists(summary.loaded());
    out.lists(summary.used());
    out.lists(summary.told());
    out.numbers(summary.pointers().addresses());
    out.strings(Arrays.asList(summary.pointers().symbols()));
    out.numbers(summary.pointers().functions());
    out.numbers(summary.objects().starts());
    out.lists(summary.objects().pointers());
    out.lists(summary.objects().objects());
    out.lists(summary.objects().texts());
    out.numbers(summary.inData().functions());
    out.numbers(summary.inData().pointers());
    out.numbers(summary.inData().texts());
    out.numbers(summary.texts().addresses());
    out.strings(Arrays.asList(summary.texts().strings()));
    out.numbers(summary.stores().addresses());
    out.numbers(summary.stores().functions());
    out.numbers(summary.roots());
    out.named(summary.exports());
    out.named(summary.exportedObjects());
    return out.bytes();
  }

  static Optional<Summary> summary(ByteBuffer bytes) {
    return CodecReader.read(bytes, SummaryCodec::summary);
  }

  static Optional<Map<Question, List<Question.Answer>>> answers(ByteBuffer bytes) {
    return CodecReader.read(bytes, SummaryCodec::answers);
  }

  private static Summary summary(CodecReader in) {
    int wordSize = in.number();
    boolean usesDefaults = in.number() != 0;
    String[] texts = in.strings();
    Linkage linkage =
        new Linkage(
            Machine.valueOf(texts[0]),
            wordSize,
            texts[1],
            texts[2],
            List.of(in.strings()),
            texts[3],
            texts[4],
            usesDefaults);
    return new Summary(
        linkage,
        new Summary.Functions(in.longNumbers(), in.longNumbers()),
        in.lists(),
        BitSet.valueOf(in.longNumbers()),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        in.lists(),
        new Summary.Pointers(in.longNumbers(), in.strings(), in.numbers()),
        new Summary.Objects(in.longNumbers(), in.lists(), in.lists(), in.lists()),
        new Summary.InData(in.numbers(), in.numbers(), in.numbers()),
        new Summary.Texts(in.longNumbers(), in.strings()),
        new Summary.Stores(in.longNumbers(), in.numbers()),
        in.numbers(),
        in.named(),
        in.named());
  }

  static ByteBuffer bytes(Map<Question, List<Question.Answer>> answers) {
    CodecWriter out = new CodecWriter();
    out.number(answers.size());
    answers.forEach(
        (question, all) -> {
          out.number(question.function());
          out.number(question.kind().code());
          out.number(question.target());
          write(out, question.atoms());
          out.number(all.size());
          for (Question.Answer answer : all) {
            out.number(answer.address());
            answer.values().forEach(value -> write(out, value.atoms()));
          }
        });
    return out.bytes();
  }

  private static Map<Question, List<Question.Answer>> answers(CodecReader in) {
    Map<Question, List<Question.Answer>> answers = new HashMap<>();
    int count = in.number();
    for (int i = 0; i < count; i++) {
      int function = in.number();
      Question.Kind kind = Question.Kind.of(in.number());
      long target = in.longNumber();
      Question question = new Question(function, kind, target, atoms(in));
      List<Question.Answer> all = new ArrayList<>();
      int places = in.number();
      for (int j = 0; j < places; j++) {
        long address = in.longNumber();
        List<Value> values = new ArrayList<>();
        for (int k = 0; k < question.atoms().size(); k++) {
          values.add(Value.of(atoms(in)));
        }
        all.add(new Question.Answer(address, values));
      }
      answers.put(question, List.copyOf(all));
    }
    return answers;
  }

  private static void write(CodecWriter out, List<Atom> atoms) {
    out.number(atoms.size());
    atoms.forEach(atom -> write(out, atom));
  }

  private static void write(CodecWriter out, Atom atom) {
    out.number(atom.kind());
    out.number(atom.number());
    if (atom instanceof Atom.Field field) {
      write(out, field.base());
    }
  }

  private static List<Atom> atoms(CodecReader in) {
    int count = in.number();
    List<Atom> atoms = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      atoms.add(atom(in));
    }
    return atoms;
  }

  private static Atom atom(CodecReader in) {
    int kind = in.number();
    long number = in.longNumber();
    return switch (kind) {
      case 0 -> new Atom.Constant(number);
      case 1 -> new Atom.Entry((int) number);
      case 2 -> new Atom.EntryStack(number);
      case 3 -> new Atom.StackAddress(number);
      case 4 -> new Atom.Field(atom(in), number);
      case 5 -> new Atom.Global(number);
      default -> throw new IllegalArgumentException("an atom of kind " + kind);
    };
  }
}

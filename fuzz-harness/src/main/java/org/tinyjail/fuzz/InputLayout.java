package org.tinyjail.fuzz;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the bytes of an input are divided: the payload, then what is chosen beside it.
 *
 * <p>What is chosen stands at the end, and how much of it last: an input whose last byte is 0 is
 * all payload before it, and what the fuzzer changes in the payload does not move the choices. The
 * last byte says {@code choices + 5 * faults}; a choice has three bytes (which, in two bytes, high
 * one first, and its value), a fault three (see {@link Fault}). So it is too where a campaign has
 * neither choices nor faults, and does nothing with them: all campaigns understand one corpus.
 */
final class InputLayout {
  /** Choices at most. */
  static final int CHOICES_MAX = 4;

  /** Faults at most. */
  static final int FAULTS_MAX = 2;

  private static final int UNIT = 3;

  private final List<byte[]> words;
  private final List<Choice> choices;
  private final List<byte[]> values;
  private final boolean faults;

  /**
   * @param words the command line as given
   * @param choices what may be added
   * @param values for options and variables that take one; not empty if there are choices
   * @param faults whether inputs choose faults
   * @param inputs where the input files are seen that the words name
   */
  InputLayout(
      List<byte[]> words,
      List<Choice> choices,
      List<byte[]> values,
      boolean faults,
      List<Path> inputs) {
    this.words = words.stream().map(word -> InputFiles.named(word, inputs)).toList();
    this.choices = choices;
    this.values = values;
    this.faults = faults;
  }

  /** What an input means beside its payload. */
  record Choices(List<byte[]> command, List<byte[]> variables, List<Fault> faults) {
    /** The same without faults. */
    Choices without() {
      return new Choices(command, variables, List.of());
    }
  }

  /** Where the choices begin, how many units there are, and how many of them are no faults. */
  private record Tail(int at, int units, int chosen) {}

  /** The command line without any choice. */
  List<byte[]> plainCommand() {
    return words;
  }

  /** Whether nothing has been chosen: no option, variable or fault. */
  boolean isPlain(Choices chosen) {
    return chosen.command().size() == words.size()
        && chosen.variables().isEmpty()
        && chosen.faults().isEmpty();
  }

  /** The bytes that the target reads. */
  static byte[] payload(byte[] input) {
    return Arrays.copyOf(input, tail(input).at());
  }

  /** What is beside them: options follow the name of the program, as given words do them. */
  Choices choices(byte[] input) {
    Tail tail = tail(input);
    List<byte[]> command = new ArrayList<>(words.size() + 2 * CHOICES_MAX);
    List<byte[]> variables = new ArrayList<>();
    List<Fault> failures = new ArrayList<>();
    command.add(words.get(0));
    for (int i = 0; i < tail.units(); i++) {
      int at = tail.at() + i * UNIT;
      int which = pair(input, at);
      int value = input[at + 2] & 0xff;
      if (i < tail.chosen() && !choices.isEmpty()) {
        Choice choice = choices.get(which % choices.size());
        boolean variable = choice.kind() == Choice.Kind.VARIABLE;
        (variable ? variables : command).addAll(choice.with(values.get(value % values.size())));
      } else if (i >= tail.chosen() && faults) {
        failures.add(Fault.of(which, value));
      }
    }
    command.addAll(words.subList(1, words.size()));
    return new Choices(command, variables, failures);
  }

  private static Tail tail(byte[] input) {
    if (input.length == 0) {
      return new Tail(input.length, 0, 0);
    }
    int last = input[input.length - 1] & 0xff;
    int chosen = last % (CHOICES_MAX + 1);
    int failing = last / (CHOICES_MAX + 1) % (FAULTS_MAX + 1);
    int end = input.length - 1;
    int units = Math.min(chosen + failing, end / UNIT);
    return new Tail(end - units * UNIT, units, chosen);
  }

  private static int pair(byte[] input, int at) {
    return (input[at] & 0xff) << 8 | (input[at + 1] & 0xff);
  }

  /** An input with this payload and nothing chosen. */
  static byte[] plain(byte[] payload) {
    return Arrays.copyOf(payload, payload.length + 1);
  }

  /** An input with this payload and one choice, with one of the values. */
  static byte[] choosing(byte[] payload, int choice, int value) {
    return withUnit(payload, choice, value, 1);
  }

  /** An input with this payload and one fault. */
  static byte[] failing(byte[] payload, Fault fault) {
    return withUnit(payload, fault.call(), fault.kindNumber(), CHOICES_MAX + 1);
  }

  private static byte[] withUnit(byte[] payload, int which, int value, int last) {
    byte[] input = Arrays.copyOf(payload, payload.length + UNIT + 1);
    input[payload.length] = (byte) (which >> 8);
    input[payload.length + 1] = (byte) which;
    input[payload.length + 2] = (byte) value;
    input[payload.length + UNIT] = (byte) last;
    return input;
  }
}

package org.tinyjail.generator.reach;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operand;
import org.tinyjail.generator.x86.Operation;

/**
 * Answers questions about the data flow in functions of one file, and remembers the answers. They
 * do not depend on what the file is linked with.
 */
final class FlowMemo {
  /** The flow of so many functions is kept, for the next question about them. */
  private static final int FUNCTIONS_KEPT = 1024;

  /** Where the code is. */
  interface Source {
    Code code() throws IOException;
  }

  private final Summary summary;
  private final Source source;
  private final Map<Question, List<Question.Answer>> answers;
  private final Map<Integer, FunctionFlow> flows =
      new LinkedHashMap<>(FUNCTIONS_KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, FunctionFlow> eldest) {
          return size() > FUNCTIONS_KEPT;
        }
      };
  private @Nullable Code code;
  private @Nullable Returning returning;
  private volatile boolean grown;

  FlowMemo(Summary summary, Source source, Map<Question, List<Question.Answer>> answers) {
    this.summary = summary;
    this.source = source;
    this.answers = new HashMap<>(answers);
  }

  /** One answer for each such instruction of the function, by their addresses. */
  synchronized List<Question.Answer> ask(Question question) throws IOException {
    List<Question.Answer> known = answers.get(question);
    if (known == null) {
      known = answer(question);
      answers.put(question, known);
      grown = true;
    }
    return known;
  }

  /** The 8 bytes that the file gives for an address; null: none. */
  synchronized @Nullable Long word(long address) throws IOException {
    return code().constant64(address);
  }

  /** Whether there are more answers than were taken. */
  boolean hasGrown() {
    return grown;
  }

  /** All answers, if there are more than it was made with; else null. */
  synchronized @Nullable Map<Question, List<Question.Answer>> takeGrown() {
    if (!grown) {
      return null;
    }
    grown = false;
    return Map.copyOf(answers);
  }

  private List<Question.Answer> answer(Question question) throws IOException {
    Code present = code();
    Region region = summary.functions().region(question.function());
    List<Question.Answer> found = new ArrayList<>();
    flow(question.function(), region, present)
        .visit(
            (instruction, state) -> {
              if (isMeant(instruction, question, region, present)) {
                Place place = new Place(instruction, state, present);
                List<Value> values = new ArrayList<>();
                for (Atom atom : question.atoms()) {
                  values.add(
                      question.kind() == Question.Kind.STORE
                          ? place.stored(atom)
                          : place.entered(atom));
                }
                found.add(new Question.Answer(instruction.address(), values));
              }
            });
    return List.copyOf(found);
  }

  private Code code() throws IOException {
    if (code == null) {
      code = source.code();
      returning = new Returning(summary, code);
    }
    return code;
  }

  private FunctionFlow flow(int function, Region region, Code present) {
    FunctionFlow known = flows.get(function);
    if (known == null) {
      Returning returns = returning == null ? new Returning(summary, present) : returning;
      known =
          FunctionFlow.of(
              present,
              region,
              returns::mayReturn,
              new ConstantTables(present, summary.objects().starts()));
      flows.put(function, known);
    }
    return known;
  }

  private boolean isMeant(Instruction one, Question question, Region region, Code present) {
    return switch (question.kind()) {
      case SYSCALL -> one.flow() == Flow.SYSCALL;
      case FOREIGN -> one.flow() == Flow.INT80 || one.flow() == Flow.SYSENTER;
      case CALL ->
          switch (one.flow()) {
            case CALL -> leads(one.target(), question.target(), present);
            case JUMP, JUMP_CONDITIONAL ->
                !region.holds(one.target()) && leads(one.target(), question.target(), present);
            case CALL_INDIRECT, JUMP_INDIRECT ->
                one.hasFixedAddress() && isPointer(one.fixedAddress(), question.target());
            default -> false;
          };
      case STORE ->
          one.operation() == Operation.MOVE
              && one.first() == Operand.MEMORY
              && one.firstSize() >= Integer.SIZE
              && one.hasFixedAddress()
              && one.fixedAddress() == question.target();
    };
  }

  private boolean leads(long address, long target, Code present) {
    long word = present.stubWord(address);
    return word == 0
        ? target >= 0 && summary.functions().at(address) == target
        : isPointer(word, target);
  }

  private boolean isPointer(long word, long target) {
    return target < 0 && summary.pointers().at(word) == ~target;
  }

  /** An instruction and what is known before it. */
  private record Place(Instruction instruction, State state, Code code) {
    /** What the called function finds, in terms of this one. */
    Value entered(Atom atom) {
      if (atom instanceof Atom.Entry entry) {
        return state.register(entry.register());
      } else if (atom instanceof Atom.EntryStack slot) {
        Atom.StackAddress top = state.register(State.RSP).only(Atom.StackAddress.class);
        long pushed = pushes() ? Long.BYTES : 0;
        return top == null ? Value.ANY : state.slot(top.offset() + slot.offset() - pushed);
      } else if (atom instanceof Atom.Field field) {
        return pointee(entered(field.base()), field.offset());
      }
      return atom instanceof Atom.StackAddress ? Value.ANY : Value.of(atom);
    }

    private boolean pushes() {
      return instruction.flow() == Flow.CALL || instruction.flow() == Flow.CALL_INDIRECT;
    }

    /** {@code atom} with what is stored here in the place of the variable that it is about. */
    Value stored(Atom atom) {
      if (atom instanceof Atom.Field field) {
        return pointee(stored(field.base()), field.offset());
      }
      return switch (instruction.second()) {
        case REGISTER -> state.register(instruction.secondRegister());
        case IMMEDIATE -> Value.constant(instruction.immediate());
        default -> Value.ANY;
      };
    }

    /** What is at {@code offset} behind what {@code base} points at. */
    private Value pointee(Value base, long offset) {
      Atom.StackAddress stack = base.only(Atom.StackAddress.class);
      if (stack != null) {
        return state.slot(stack.offset() + offset);
      }
      Value all = null;
      for (Atom atom : base.atoms()) {
        Value one = pointee(atom, offset);
        all = all == null ? one : all.or(one);
      }
      return all == null ? Value.ANY : all;
    }

    private Value pointee(Atom base, long offset) {
      if (base instanceof Atom.Constant constant) {
        Integer number = code.constant32(constant.number() + offset);
        return number == null ? Value.ANY : Value.constant(number);
      }
      return base instanceof Atom.StackAddress ? Value.ANY : Atom.Field.of(base, offset);
    }
  }
}

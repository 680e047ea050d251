package org.tinyjail.generator.reach;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.tinyjail.generator.x86.Flow;
import org.tinyjail.generator.x86.Instruction;
import org.tinyjail.generator.x86.Operation;

/**
 * Which functions of a file may return: behind a call of one that does not, such as {@code abort},
 * compilers put what is no continuation. Of other files' functions those do not return that are
 * known by their names.
 */
final class Returning {
  /** Sources: C17, section 7; POSIX; glibc's and libstdc++'s interfaces for compilers. */
  private static final Set<String> NEVER =
      Set.of(
          "abort",
          "exit",
          "_exit",
          "_Exit",
          "quick_exit",
          "pthread_exit",
          "thrd_exit",
          "longjmp",
          "_longjmp",
          "siglongjmp",
          "__longjmp_chk",
          "err",
          "errx",
          "verr",
          "verrx",
          "__assert",
          "__assert_fail",
          "__assert_perror_fail",
          "__stack_chk_fail",
          "__fortify_fail",
          "__chk_fail",
          "__libc_start_main",
          "__cxa_throw",
          "__cxa_rethrow",
          "__cxa_bad_cast",
          "__cxa_bad_typeid",
          "__cxa_throw_bad_array_new_length",
          "_Unwind_Resume",
          "_ZSt9terminatev",
          "_ZSt17__throw_bad_allocv",
          "_ZSt20__throw_length_errorPKc",
          "_ZSt19__throw_logic_errorPKc",
          "_ZSt20__throw_out_of_rangePKc",
          "_ZSt24__throw_out_of_range_fmtPKcz");

  /**
   * How a function ends.
   *
   * @param returns whether it has an instruction that returns, or goes on somewhere unknown
   * @param through functions of the file that return for it if they do
   */
  private record Ways(boolean returns, Set<Integer> through) {
    static final Ways RETURNS = new Ways(true, Set.of());
  }

  private final Summary summary;
  private final Code code;
  private final Map<Integer, Ways> ways = new HashMap<>();
  private final Map<Integer, Boolean> known = new HashMap<>();

  Returning(Summary summary, Code code) {
    this.summary = summary;
    this.code = code;
  }

  /** Whether what an instruction calls may return. */
  boolean mayReturn(Instruction call) {
    if (call.flow() != Flow.CALL) {
      return !call.hasFixedAddress() || mayReturnBy(call.fixedAddress());
    }
    long word = code.stubWord(call.target());
    if (word != 0) {
      return mayReturnBy(word);
    }
    int function = summary.functions().at(call.target());
    return function < 0 || mayReturn(function);
  }

  private boolean mayReturnBy(long word) {
    int pointer = summary.pointers().at(word);
    return pointer < 0 || !NEVER.contains(summary.pointers().symbols()[pointer]);
  }

  private boolean mayReturn(int function) {
    Boolean before = known.get(function);
    if (before != null) {
      return before;
    }
    Set<Integer> seen = new HashSet<>(Set.of(function));
    Deque<Integer> waiting = new ArrayDeque<>(seen);
    while (!waiting.isEmpty()) {
      int next = waiting.pop();
      Ways found = waysOf(next);
      if (found.returns() || known.getOrDefault(next, false)) {
        known.put(function, true);
        return true;
      }
      for (int through : found.through()) {
        if (seen.add(through)) {
          waiting.push(through);
        }
      }
    }
    seen.forEach(one -> known.put(one, false));
    return false;
  }

  private Ways waysOf(int function) {
    Ways before = ways.get(function);
    if (before == null) {
      before = find(function);
      ways.put(function, before);
    }
    return before;
  }

  private Ways find(int function) {
    Region region = summary.functions().region(function);
    Set<Integer> through = new HashSet<>();
    Instruction one = new Instruction(); // not shared: JumpTables and others decode meanwhile
    boolean goesOn = false;
    long last = 0;
    for (long at = region.start(); at < region.end(); at += one.length()) {
      if (code.decode(at, region.end(), one) == 0) {
        return Ways.RETURNS;
      }
      if (one.operation() == Operation.NOTHING && one.flow() == Flow.NONE) {
        continue;
      }
      goesOn = one.flow().goesOn();
      last = one.flow() == Flow.CALL ? one.target() : 0;
      if (!leaves(one, region, through)) {
        return Ways.RETURNS;
      }
    }
    return goesOn && !ends(last, through) ? Ways.RETURNS : new Ways(false, through);
  }

  /** Notes where {@code one} leaves the function for; false: to its caller, or nobody knows. */
  private boolean leaves(Instruction one, Region region, Set<Integer> through) {
    return switch (one.flow()) {
      case RETURN, SYSENTER -> false;
      case JUMP, JUMP_CONDITIONAL -> region.holds(one.target()) || ends(one.target(), through);
      case JUMP_INDIRECT ->
          one.hasFixedAddress() ? !mayReturnBy(one.fixedAddress()) : JumpTables.areIn(code, region);
      default -> true;
    };
  }

  /** Notes that the function ends by another's end; false: by one that may return. */
  private boolean ends(long target, Set<Integer> through) {
    if (target == 0) {
      return false;
    }
    long word = code.stubWord(target);
    if (word != 0) {
      return !mayReturnBy(word);
    }
    int function = summary.functions().at(target);
    if (function < 0) {
      return false;
    }
    through.add(function);
    return true;
  }
}

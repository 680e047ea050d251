package org.tinyjail.model;

import java.util.List;
import java.util.Optional;

/**
 * Where a thread was when it made a call.
 *
 * @param executable the file that its process executes
 * @param thread tells the threads of a run apart
 * @param waits whether the call waits for work, as epoll_wait does
 * @param at the instruction behind the call
 * @param frames words of its stack that may be return addresses, the innermost first: some are left
 *     over from earlier calls
 */
public record StackSample(
    String executable, long thread, boolean waits, Place at, List<Frame> frames) {
  public StackSample {
    frames = List.copyOf(frames);
  }

  /**
   * A place in a file of code.
   *
   * @param file its path
   * @param offset the byte in it
   */
  public record Place(String file, long offset) {}

  /**
   * A word of the stack with the address behind a call instruction.
   *
   * @param slot where in the stack
   * @param returnsTo the place behind the instruction
   * @param calls what the instruction calls, where it says so itself
   */
  public record Frame(long slot, Place returnsTo, Optional<Place> calls) {}
}

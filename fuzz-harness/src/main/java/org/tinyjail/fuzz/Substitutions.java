package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Inputs with an operand substituted, of those of the fuzzer that show something new or meet an
 * operand not met before. What is new then is left in the corpus, where the fuzzer finds it.
 */
final class Substitutions {
  /** Each may have 64 KiB. */
  private static final int WAITING_MAX = 512;

  private final Executions executions;
  private final Path corpus;
  private final OperandSubstitution operands = new OperandSubstitution();
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private long others;
  private long own;

  Substitutions(Executions executions, Path corpus) {
    this.executions = executions;
    this.corpus = corpus;
  }

  /** An input of the fuzzer has just been executed; its own ways are to have half of the time. */
  void after(byte[] input) {
    others++;
    if (own <= others) {
      boolean fresh = executions.feedback().isNew();
      waiting.addAll(operands.of(input, executions.comparisons(), fresh));
    }
  }

  /** One of {@link #next} has just been executed. */
  void afterOwn(byte[] input) throws IOException {
    own++;
    if (executions.feedback().isNew()) {
      Corpus.keep(corpus, input);
      if (waiting.size() < WAITING_MAX) {
        waiting.addAll(operands.of(input, executions.comparisons(), true));
      }
    }
  }

  /** What is to be executed next; null: nothing. */
  byte @Nullable [] next() {
    return waiting.poll();
  }
}

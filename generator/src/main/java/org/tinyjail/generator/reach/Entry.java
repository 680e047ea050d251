package org.tinyjail.generator.reach;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A file of which {@link Summaries} knows what it does, or will soon. */
final class Entry {
  private final Path place;
  private final String key;
  private final Linkage linkage;
  private final Supplier<CompletableFuture<Summary>> starter;
  private final Function<Summary, FlowMemo> memo;
  private @Nullable CompletableFuture<Summary> summary;
  private @Nullable FlowMemo flows;
  private @Nullable SymbolIndex symbols;

  Entry(
      Path place,
      String key,
      Linkage linkage,
      Supplier<CompletableFuture<Summary>> starter,
      Function<Summary, FlowMemo> memo) {
    this.place = place;
    this.key = key;
    this.linkage = linkage;
    this.starter = starter;
    this.memo = memo;
  }

  Path place() {
    return place;
  }

  /** What its content is known by, where that is kept. */
  String key() {
    return key;
  }

  Linkage linkage() {
    return linkage;
  }

  /** Begins to find out what it does, in another thread, if that has not begun. */
  void start() {
    var unused = begun(); // whoever wants it waits for it, and hears of failures
  }

  private synchronized CompletableFuture<Summary> begun() {
    if (summary == null) {
      summary = starter.get();
    }
    return summary;
  }

  /** Waits until it is made. */
  Summary summary() throws IOException {
    try {
      return begun().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UncheckedIOException cause && cause.getCause() != null) {
        throw cause.getCause();
      }
      // A file made to break this reader must not end the analysis of others.
      throw new IOException(place + ": cannot be analysed: " + e.getCause(), e);
    }
  }

  /** {@code made}, its summary, by name; found once for all programs that are linked with it. */
  synchronized SymbolIndex symbols(Summary made) {
    if (symbols == null) {
      symbols = new SymbolIndex(made);
    }
    return symbols;
  }

  /** Answers to questions about data flow in its functions. */
  FlowMemo flows() throws IOException {
    Summary made = summary();
    synchronized (this) {
      if (flows == null) {
        flows = memo.apply(made);
      }
      return flows;
    }
  }

  /** Answers, if there are more than before; else null. */
  synchronized @Nullable Map<Question, List<Question.Answer>> takeGrown() {
    return flows == null ? null : flows.takeGrown();
  }
}

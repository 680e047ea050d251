package org.tinyjail.generator.reach;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A file of which {@link Summaries} knows what it does, or will soon. */
final class Entry {
  /**
   * What is known of its content.
   *
   * @param summary what it does by itself
   * @param key what its content is known by, where that is kept; empty: nowhere
   * @param flows answers questions about data flow in its functions
   */
  record Content(Summary summary, String key, Supplier<FlowMemo> flows) {}

  private final Path place;
  private final Linkage linkage;

  /** Null once it is begun: what it holds of the file is not needed any more. */
  private @Nullable Supplier<CompletableFuture<Content>> starter;

  private final Executor ahead;
  private final Object keeping = new Object();
  private @Nullable CompletableFuture<Content> content;
  private @Nullable FlowMemo flows;
  private @Nullable SymbolIndex symbols;

  /**
   * A file.
   *
   * @param starter begins to find out what it does
   * @param ahead asks what will be wanted of it, once that is known
   */
  Entry(Path place, Linkage linkage, Supplier<CompletableFuture<Content>> starter, Executor ahead) {
    this.place = place;
    this.linkage = linkage;
    this.starter = starter;
    this.ahead = ahead;
  }

  Path place() {
    return place;
  }

  Linkage linkage() {
    return linkage;
  }

  /** Begins to find out what it does, in another thread, if that has not begun. */
  void start() {
    var unused = begun(); // whoever wants it waits for it, and hears of failures
  }

  private synchronized CompletableFuture<Content> begun() {
    CompletableFuture<Content> begun = content;
    if (begun == null) {
      begun = Objects.requireNonNull(starter).get();
      content = begun;
      starter = null;
      var unused = begun.thenRunAsync(this::askAhead, ahead);
    }
    return begun;
  }

  /** What calls are made where; of all functions, as it is not known yet which can be reached. */
  private void askAhead() {
    begun().join().summary().entering().stream()
        .forEach(function -> ahead.execute(() -> Numbers.askAhead(this, function)));
  }

  /** Waits until it is made. */
  Summary summary() throws IOException {
    return content().summary();
  }

  private Content content() throws IOException {
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
    Content known = content();
    synchronized (this) {
      if (flows == null) {
        flows = known.flows().get();
      }
      return flows;
    }
  }

  /** Whether there are answers that were not kept. */
  synchronized boolean hasGrown() {
    return flows != null && flows.hasGrown();
  }

  /** Keeps answers in {@code store}, if there are more than before. */
  void keepAnswers(SummaryStore store) {
    synchronized (keeping) { // else what was taken first may be written last
      FlowMemo known;
      synchronized (this) {
        known = flows;
      }
      Map<Question, List<Question.Answer>> grown = known == null ? null : known.takeGrown();
      if (grown != null) {
        store.putAnswers(begun().join().key(), SummaryCodec.bytes(grown));
      }
    }
  }
}

package org.tinyjail.generator.reach;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.tinyjail.generator.elf.DynamicSection;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.reach.Entry.Content;
import org.tinyjail.generator.x86.Decoder;
import org.tinyjail.generator.x86.Instruction;

/**
 * What files do by themselves, found once for all programs that are linked with them. Can be shared
 * between threads.
 */
final class Summaries {
  private static final Executor NOTHING = task -> {};

  private final Map<Path, Entry> entries = new ConcurrentHashMap<>();
  private final Work work;
  private final Optional<SummaryStore> store;
  private final boolean recognizes;

  /**
   * @param work goes through files
   * @param store keeps what is found for other runs; empty: nothing is kept
   * @param recognizes whether a file is known again by its inode and times. Not in an image: its
   *     maker chooses them, and the next image that is mounted there may have the same
   */
  Summaries(Work work, Optional<SummaryStore> store, boolean recognizes) {
    this.recognizes = recognizes;
    this.work = work;
    this.store = store;
  }

  /**
   * The file at {@code place}, a real path.
   *
   * @throws IOException if it cannot be read, or is no undamaged ELF file
   */
  Entry open(Path place) throws IOException {
    Entry known = entries.get(place);
    if (known == null) {
      known = kept(place).orElse(null);
      known = known == null ? read(place) : known;
      Entry before = entries.putIfAbsent(place, known);
      known = before == null ? known : before;
    }
    return known;
  }

  /** The file is not needed any more. */
  void forget(Path place) {
    entries.remove(place);
  }

  /** Has answers kept that were found since the last time. */
  void keepAnswers() {
    store.ifPresent(
        to ->
            entries.values().stream()
                .filter(Entry::hasGrown)
                .forEach(entry -> work.keeping().execute(() -> entry.keepAnswers(to))));
  }

  private Optional<Entry> kept(Path place) throws IOException {
    String identity = identity(place);
    if (store.isEmpty() || identity.isEmpty()) {
      return Optional.empty();
    }
    return kept(place, identity, store.get(), read -> identity(place))
        .map(
            content ->
                new Entry(
                    place,
                    content.summary().linkage(),
                    () -> CompletableFuture.completedFuture(content),
                    NOTHING)); // most of what will be asked is known
  }

  /** What tells a file that was read from others: what is found is kept under that. */
  private interface Key {
    String of(ElfFile file) throws IOException;
  }

  private static Optional<Content> kept(Path place, String key, SummaryStore store, Key now) {
    return store
        .summary(key)
        .flatMap(SummaryCodec::summary)
        .map(
            summary ->
                new Content(
                    summary,
                    key,
                    () ->
                        new FlowMemo(
                            summary,
                            () -> unchanged(place, key, now),
                            store.answers(key).flatMap(SummaryCodec::answers).orElse(Map.of()))));
  }

  private static Code unchanged(Path place, String key, Key now) throws IOException {
    ElfFile file = ElfFile.read(place);
    if (!now.of(file).equals(key)) {
      throw new IOException(place + ": changes while it is analysed; try again");
    }
    return new Code(file);
  }

  /** Empty where it says nothing. */
  private String identity(Path place) throws IOException {
    return recognizes ? SummaryStore.identity(place) : "";
  }

  /** The tables are made when the first instruction is decoded: while the first file is read. */
  private static void loadTables() {
    byte[] nop = {(byte) 0x90};
    int unused = Decoder.decode(nop, 0, nop.length, 0, new Instruction());
  }

  private Entry read(Path place) throws IOException {
    if (entries.isEmpty()) {
      work.files(Long.MAX_VALUE).execute(Summaries::loadTables);
    }
    String before = identity(place);
    ElfFile file = ElfFile.read(place);
    Optional<DynamicSection> dynamic = file.dynamic();
    Linkage linkage = Linkage.of(file, dynamic);
    String identity = before.equals(identity(place)) ? before : "";
    Supplier<Content> content =
        unchecked(
            () ->
                store.isPresent() && linkage.isAnalysed()
                    ? keptOrMade(place, file, dynamic, identity, store.get())
                    : made(file, dynamic, ""));
    return new Entry(
        place,
        linkage,
        () -> CompletableFuture.supplyAsync(content, work.files(file.content().length)),
        linkage.interpreter().isEmpty() ? work.ahead() : NOTHING); // programs are forgotten soon
  }

  private Content keptOrMade(
      Path place, ElfFile file, Optional<DynamicSection> dynamic, String identity, SummaryStore to)
      throws IOException {
    if (identity.isEmpty()) { // the same content may have been met elsewhere, as in another image
      String key = SummaryStore.key(file.digest());
      Optional<Content> kept = kept(place, key, to, read -> SummaryStore.key(read.digest()));
      return kept.isPresent() ? kept.get() : madeAndKept(file, dynamic, key, to);
    }
    return madeAndKept(file, dynamic, identity, to);
  }

  private Content madeAndKept(
      ElfFile file, Optional<DynamicSection> dynamic, String key, SummaryStore to)
      throws IOException {
    Content content = made(file, dynamic, key);
    work.keeping().execute(() -> to.putSummary(key, SummaryCodec.bytes(content.summary())));
    return content;
  }

  private static Content made(ElfFile file, Optional<DynamicSection> dynamic, String key)
      throws IOException {
    Summary summary = Summarizer.summarize(file, dynamic);
    return new Content(summary, key, () -> new FlowMemo(summary, () -> new Code(file), Map.of()));
  }

  /** What is done in another thread. */
  private interface Task<T> {
    T run() throws IOException;
  }

  private static <T> Supplier<T> unchecked(Task<T> task) {
    return () -> {
      try {
        return task.run();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}

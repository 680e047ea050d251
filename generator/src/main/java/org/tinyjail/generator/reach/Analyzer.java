package org.tinyjail.generator.reach;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.StackSample;

/**
 * Makes analyses, and remembers for the next one what it has seen of files. Can be shared between
 * threads.
 */
public final class Analyzer implements AutoCloseable {
  /** ELF, of 64 bits, little-endian. */
  private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F', 2, 1};

  private static final int MACHINE_AT = 18;

  /** {@code EM_X86_64}. */
  private static final int MACHINE = 62;

  private static final int HEAD = 20;

  private final Work work = new Work();
  private final Summaries summaries;
  private final Optional<KeptAnalyses> kept;
  private final FileTree tree;
  private final Method method;
  private @Nullable LinkerCache linkerCache;

  /**
   * @param tree where programs and libraries are
   * @param method how calls are found
   * @param cache a directory of the user's own, for what is found in files; empty: not kept
   */
  public Analyzer(FileTree tree, Method method, Optional<Path> cache) {
    Optional<SummaryStore> store = cache.flatMap(SummaryStore::in);
    this.tree = tree;
    this.method = method;
    this.summaries = new Summaries(work, store, tree.isWhole());
    this.kept = store.filter(any -> tree.isWhole()).map(to -> new KeptAnalyses(tree, to, method));
  }

  /**
   * Analyses the executable at {@code path}, a name in the tree.
   *
   * @throws IOException if a file cannot be read, is damaged, or is for a processor not known here
   */
  public Analysis analyze(String path) throws IOException {
    return analyze(path, List.of());
  }

  /**
   * The same, of an executable that loads plugins by names that stand in no file.
   *
   * @param loaded names of files, in the tree, that it has loaded or will: those that no file wants
   *     are plugins, of which all that they give to others counts as used; those that are not
   *     there, or cannot be analysed, are {@link Analysis#missing}
   */
  public Analysis analyze(String path, List<String> loaded) throws IOException {
    Optional<Analysis> before = kept.flatMap(all -> all.find(path, loaded));
    return before.isPresent() ? before.get() : made(path, loaded);
  }

  private Analysis made(String path, List<String> loaded) throws IOException {
    Map<String, String> asked = new TreeMap<>();
    FileTree noting = noting(asked);
    try {
      Analysis analysis =
          new AnalysisMaker(noting, linkerCache(noting), summaries, method).analyze(path, loaded);
      if (isWhole(analysis, asked)) {
        kept.ifPresent(
            all -> work.keeping().execute(() -> all.keep(path, loaded, analysis, asked)));
      }
      return analysis;
    } finally {
      summaries.keepAnswers();
      tree.file(path).ifPresent(summaries::forget);
    }
  }

  /** Whether nothing is missing but what is not there: a file may be readable the next time. */
  private static boolean isWhole(Analysis analysis, Map<String, String> asked) {
    return analysis.missing().stream().allMatch(name -> asked.getOrDefault(name, "").isEmpty());
  }

  /** The files, of which all that is looked for is noted in {@code asked} before it is read. */
  private FileTree noting(Map<String, String> asked) {
    return kept.map(all -> tree.noting((name, at) -> asked.putIfAbsent(name, all.state(at))))
        .orElse(tree);
  }

  /** Read once; each analysis depends on it. */
  private synchronized LinkerCache linkerCache(FileTree of) throws IOException {
    var unused = of.file(LinkerCache.FILE); // noted by all, read by the first
    LinkerCache known = linkerCache == null ? LinkerCache.of(of) : linkerCache;
    linkerCache = known;
    return known;
  }

  /**
   * The calls that the executable at {@code path} can make once it serves: from the functions on in
   * which its threads go round.
   *
   * @param loaded as in {@link #analyze(String, List)}
   * @param samples where those were, of each at least once while it waited for work
   * @return empty if these functions are not found
   * @throws IOException as {@link #analyze}
   */
  public Set<String> serving(String path, List<String> loaded, List<StackSample> samples)
      throws IOException {
    FileTree noting = noting(new TreeMap<>());
    try {
      return new AnalysisMaker(noting, linkerCache(noting), summaries, method)
          .serving(path, loaded, samples);
    } finally {
      summaries.keepAnswers();
    }
  }

  /** Waits until what was found is kept. */
  @Override
  public void close() {
    work.close();
  }

  /** Whether the file at {@code place} may be executed, and is for this processor. */
  public static boolean isProgram(Path place) {
    if (!Files.isRegularFile(place) || !Files.isExecutable(place)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(place)) {
      byte[] head = in.readNBytes(HEAD);
      return head.length == HEAD
          && Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
          && head[MACHINE_AT] == MACHINE;
    } catch (IOException e) {
      return false; // whoever wants it named is told so when it is analysed
    }
  }
}

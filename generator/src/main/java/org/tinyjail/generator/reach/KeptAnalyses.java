package org.tinyjail.generator.reach;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/**
 * Analyses that were made before, the last one of each program and method, and the last one with
 * what it was seen to load. It counts for as long as all names that it looked up lead to the same
 * files, or to none, and none of these files has changed: {@link SummaryStore#identity}. Can be
 * shared between threads.
 */
final class KeptAnalyses {
  /** What may have changed unseen is the same as nothing. */
  private static final String UNSETTLED = "?";

  private final FileTree tree;
  private final SummaryStore store;
  private final Method method;

  /** As each file was before it was read for the first time. */
  private final Map<Path, String> states = new ConcurrentHashMap<>();

  /**
   * @param tree the system's own: of an image, times and inodes are chosen by its maker
   */
  KeptAnalyses(FileTree tree, SummaryStore store, Method method) {
    this.tree = tree;
    this.store = store;
    this.method = method;
  }

  /**
   * What was found of the program at {@code path}, with {@code loaded}; empty if it is to be found
   * anew.
   */
  Optional<Analysis> find(String path, List<String> loaded) {
    return store
        .analysis(key(path, loaded))
        .flatMap(AnalysisCodec::kept)
        .filter(kept -> kept.question().equals(question(path, loaded)) && isSame(kept.asked()))
        .map(AnalysisCodec.Kept::analysis);
  }

  private boolean isSame(Map<String, String> asked) {
    return asked.entrySet().stream()
        .allMatch(one -> state(tree.file(one.getKey())).equals(one.getValue()));
  }

  /** What a name leads to now: to be asked before the file is read. */
  String state(Optional<Path> place) {
    return place.map(at -> states.computeIfAbsent(at, KeptAnalyses::state)).orElse("");
  }

  private static String state(Path place) {
    try {
      String identity = SummaryStore.identity(place);
      return identity.isEmpty() ? UNSETTLED : place + " " + identity;
    } catch (IOException e) {
      return UNSETTLED;
    }
  }

  /**
   * Keeps an analysis of the program at {@code path}.
   *
   * @param asked the names that it looked up, and their {@link #state}
   */
  void keep(String path, List<String> loaded, Analysis analysis, Map<String, String> asked) {
    if (!asked.containsValue(UNSETTLED)) {
      AnalysisCodec.bytes(new AnalysisCodec.Kept(question(path, loaded), asked, analysis))
          .ifPresent(bytes -> store.putAnalysis(key(path, loaded), bytes));
    }
  }

  /** All that tells one analysis from others of the same files. */
  private List<String> question(String path, List<String> loaded) {
    List<String> words = new ArrayList<>(List.of(method.name(), path));
    words.addAll(loaded);
    return words;
  }

  /** The same for all that a program was seen to load: the last one is kept. */
  private String key(String path, List<String> loaded) {
    String what = method + (loaded.isEmpty() ? " " : " loaded ") + path;
    CRC32C sum = new CRC32C(); // of two with one sum the last is kept
    sum.update(what.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((int) sum.getValue()) + what.length();
  }
}

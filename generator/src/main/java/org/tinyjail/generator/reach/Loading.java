package org.tinyjail.generator.reach;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tinyjail.generator.reach.Question.Answer;
import org.tinyjail.generator.reach.Question.Kind;

/**
 * What reachable functions load and look up at run time, as far as names stand in the files: names
 * of libraries that code or data refers to, names that are handed to {@code dlsym}, and the modules
 * of nsswitch.conf(5).
 */
final class Loading {
  private static final String SWITCH = "/etc/nsswitch.conf";

  /** A longer one is not read. */
  private static final long SWITCH_BYTES = 1 << 16;

  /** Behind the name of a module: glibc, nss/nss_module.c. */
  private static final String MODULE_VERSION = ".so.2";

  /** What the functions of a module are called by. */
  private static final String FUNCTION = "_nss_";

  private final FileTree files;
  private final Reach reach;
  private final Set<String> libraries = new TreeSet<>();
  private final Set<String> symbols = new TreeSet<>();
  private int seenTexts;
  private boolean switches;
  private int seenLookups;

  Loading(FileTree files, Reach reach) {
    this.files = files;
    this.reach = reach;
  }

  /** Takes in what has become reachable since the last time. */
  void look() throws IOException {
    for (; seenTexts < reach.textsInOrder().size(); seenTexts++) {
      String text = reach.textsInOrder().get(seenTexts);
      if (text.startsWith(Names.MODULE)) {
        switches |= modulesAdded();
      } else if (Names.isLibrary(text)) {
        libraries.add(text);
      }
    }
    for (; seenLookups < reach.lookups().size(); seenLookups++) {
      addNames(reach.lookups().get(seenLookups));
    }
  }

  /** Names of libraries that may be opened. */
  Set<String> libraries() {
    return libraries;
  }

  /** Names that are looked up in what is loaded already. */
  Set<String> symbols() {
    return symbols;
  }

  private boolean modulesAdded() throws IOException {
    if (!switches) {
      for (String module : modules()) {
        libraries.add(Names.MODULE + module + MODULE_VERSION);
      }
    }
    return true;
  }

  /** As nsswitch.conf(5) names them; "files" where it says nothing. */
  private Set<String> modules() throws IOException {
    Set<String> named = new LinkedHashSet<>(Set.of("files"));
    Optional<Path> file = files.file(SWITCH);
    if (file.isPresent() && Files.size(file.get()) <= SWITCH_BYTES) {
      for (String line : Files.readAllLines(file.get(), StandardCharsets.ISO_8859_1)) {
        String rule = line.replaceAll("#.*", "").replaceAll("\\[[^]]*\\]", " ");
        int colon = rule.indexOf(':');
        for (String word : rule.substring(colon + 1).trim().split("\\s+", -1)) {
          if (colon > 0 && word.matches("\\w+")) {
            named.add(word);
          }
        }
      }
    }
    return named;
  }

  private void addNames(Reach.Lookup lookup) throws IOException {
    Summary summary = lookup.file().summary();
    int function = lookup.function() - lookup.file().functions();
    List<Atom> second = List.of(new Atom.Entry(State.RSI));
    Question question = new Question(function, Kind.CALL, ~lookup.pointer(), second);
    for (Answer answer : lookup.file().entry().flows().ask(question)) {
      answer
          .values()
          .get(0)
          .constants()
          .mapToObj(summary.texts()::at)
          .filter(name -> !name.isEmpty())
          .forEach(symbols::add);
    }
  }

  /**
   * Names of what an opened library gives that may be looked up in it: those that reachable code
   * knows as texts, and all that the name service switch puts together, if it is reached.
   */
  Set<String> lookedUpIn(Linked opened) {
    Set<String> exported = opened.summary().exports().keySet();
    Set<String> names = new TreeSet<>();
    exported.stream().filter(reach.texts()::contains).forEach(names::add);
    if (switches) {
      exported.stream().filter(name -> name.startsWith(FUNCTION)).forEach(names::add);
    }
    return names;
  }
}

package org.tinyjail.generator.reach;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.elf.ElfException;
import org.tinyjail.generator.elf.Machine;

/**
 * The files that the dynamic linker maps for a program: the program, the libraries that it wants
 * and those that they want, breadth first as their symbols are searched, and the linker itself.
 * Sources: ld.so(8); musl, ldso/dynlink.c.
 */
final class Closure {
  /** A program that wants more is made to keep this busy. */
  private static final int FILES_MAX = 4096;

  /**
   * One of a search.
   *
   * @param by what wants it; null: nobody
   */
  private record Loaded(Entry entry, String name, @Nullable Loaded by) {
    Linkage linkage() {
      return entry.linkage();
    }
  }

  private final FileTree files;
  private final Summaries summaries;
  private final LinkerCache cache;
  private final Machine machine;
  private final int wordSize;
  private final boolean musl;
  private final Map<Path, Loaded> loaded = new LinkedHashMap<>();
  private final Map<String, Loaded> byName = new LinkedHashMap<>();
  private final Set<String> missing = new TreeSet<>();

  /** What others want. */
  private final Set<Path> wanted = new HashSet<>();

  private Closure(FileTree files, LinkerCache cache, Summaries summaries, Linkage program) {
    this.files = files;
    this.summaries = summaries;
    this.cache = cache;
    this.machine = program.machine();
    this.wordSize = program.wordSize();
    this.musl = program.interpreter().contains("/ld-musl-");
  }

  /**
   * That of the executable at {@code path}, a name in {@code files}.
   *
   * @throws ElfException if one of the files is damaged
   * @throws IOException if one of the files cannot be read, or is not there
   */
  static Closure of(FileTree files, LinkerCache cache, Summaries summaries, String path)
      throws IOException {
    Path place = files.file(path).orElseThrow(() -> new IOException(path + ": no such file"));
    Entry program = summaries.open(place);
    Closure closure = new Closure(files, cache, summaries, program.linkage());
    closure.add(program, path, null);
    String interpreter = program.linkage().interpreter();
    if (!interpreter.isEmpty() && closure.open(interpreter, null) == null) {
      closure.missing.add(interpreter);
    }
    closure.addWanted(1);
    return closure;
  }

  /** The files, the program first. */
  List<Entry> members() {
    return loaded.values().stream().map(Loaded::entry).toList();
  }

  /** Names of libraries that are wanted and not found. */
  Set<String> missing() {
    return Set.copyOf(missing);
  }

  /**
   * Adds what {@code dlopen} would, called by the program, and what that wants.
   *
   * @return whether there is such a library
   */
  boolean open(String library) throws IOException {
    int before = loaded.size();
    Loaded program = loaded.values().iterator().next();
    if (find(library, program) == null) {
      return false;
    }
    addWanted(before);
    return true;
  }

  /**
   * Adds files that the program was seen to load, and what they want. What cannot be analysed is
   * missing.
   *
   * @return those of them that were not there before and that no other file wants, or that were
   *     loaded in place of one that is wanted: plugins
   */
  Set<Entry> load(List<String> paths) throws IOException {
    Loaded program = loaded.values().iterator().next();
    int before = loaded.size();
    for (String path : paths) {
      if (!isLoaded(path, program)) {
        missing.add(path);
      }
    }
    List<Loaded> added = List.copyOf(loaded.values()).subList(before, loaded.size());
    addWanted(before);
    Set<Entry> plugins = new HashSet<>();
    for (Loaded one : added) {
      String name = one.linkage().name();
      boolean another =
          !name.isEmpty()
              && loaded.values().stream()
                  .anyMatch(other -> !other.equals(one) && other.linkage().name().equals(name));
      if (another || !wanted.contains(one.entry().place())) {
        plugins.add(one.entry());
      }
    }
    return plugins;
  }

  private boolean isLoaded(String path, Loaded by) {
    if (files.file(path).filter(loaded::containsKey).isPresent()) {
      return true;
    }
    Loaded one = null;
    try {
      one = open(path, by);
      if (one != null && one.linkage().isAnalysed()) {
        Summary unused = one.entry().summary(); // whether it can be made
      }
      return one != null;
    } catch (IOException e) {
      forget(one);
      return false;
    }
  }

  private void forget(@Nullable Loaded one) {
    if (one != null) {
      loaded.remove(one.entry().place());
      byName.values().removeIf(one::equals);
    }
  }

  private void addWanted(int from) throws IOException {
    List<Loaded> all = new ArrayList<>(loaded.values());
    int first = from == 1 ? 0 : from;
    for (int i = first; i < all.size(); i++) {
      Loaded one = all.get(i);
      for (String library : needed(one)) {
        int before = loaded.size();
        Loaded found = find(library, one);
        if (found == null) {
          missing.add(library);
        } else {
          wanted.add(found.entry().place());
        }
        all.addAll(new ArrayList<>(loaded.values()).subList(before, loaded.size()));
      }
    }
  }

  private static List<String> needed(Loaded one) {
    return one.linkage().needed();
  }

  private @Nullable Loaded find(String library, Loaded by) throws IOException {
    Loaded known = byName.get(library);
    if (known != null) {
      return known;
    }
    Loaded found = null;
    for (String path : candidates(library, by)) {
      found = found == null ? open(path, by) : found;
    }
    if (found != null) {
      byName.put(library, found);
    }
    return found;
  }

  private List<String> candidates(String library, Loaded by) {
    if (library.contains("/")) {
      return List.of(expanded(library, by));
    }
    if (musl && (library.equals("libc.so") || library.startsWith("libc.musl-"))) {
      return List.of(interpreter());
    }
    List<String> paths = new ArrayList<>();
    for (String directory : runPath(by)) {
      paths.add(directory + "/" + library);
    }
    if (by.linkage().usesDefaults()) {
      paths.addAll(musl ? List.of() : cache.pathsOf(library));
      for (String directory : defaultDirectories()) {
        paths.add(directory + "/" + library);
      }
    }
    return paths;
  }

  private String interpreter() {
    return loaded.values().iterator().next().linkage().interpreter();
  }

  private List<String> runPath(Loaded by) {
    List<String> directories = new ArrayList<>();
    String own = by.linkage().runPath();
    if (!own.isEmpty()) {
      addTo(directories, own, by);
      return directories;
    }
    for (Loaded one = by; one != null; one = one.by()) {
      if (one.linkage().runPath().isEmpty() || musl) {
        addTo(directories, one.linkage().oldRunPath(), one);
      }
    }
    return directories;
  }

  private void addTo(List<String> directories, String path, Loaded of) {
    for (String directory : path.split(":", -1)) {
      if (!directory.isEmpty()) {
        directories.add(expanded(directory, of));
      }
    }
  }

  private String expanded(String text, Loaded of) {
    String name = of.name();
    String origin = name.substring(0, Math.max(1, name.lastIndexOf('/')));
    String lib = wordSize == Long.BYTES ? "lib64" : "lib";
    return text.replace("$ORIGIN", origin)
        .replace("${ORIGIN}", origin)
        .replace("$LIB", lib)
        .replace("${LIB}", lib)
        .replace("$PLATFORM", platform())
        .replace("${PLATFORM}", platform());
  }

  private String platform() {
    return switch (machine) {
      case X86_64 -> "x86_64";
      case AARCH64 -> "aarch64";
      default -> "i686";
    };
  }

  /** Those of Debian's, Fedora's and musl's linkers: a file that does not fit is passed over. */
  private List<String> defaultDirectories() {
    String triplet =
        switch (machine) {
          case X86_64 -> "x86_64-linux-gnu";
          case AARCH64 -> "aarch64-linux-gnu";
          case ARM -> "arm-linux-gnueabihf";
          default -> "i386-linux-gnu";
        };
    return musl
        ? List.of("/lib", "/usr/local/lib", "/usr/lib", "/usr/lib/musl/lib", "/lib/" + triplet)
        : List.of(
            "/lib/" + triplet, "/usr/lib/" + triplet, "/lib64", "/usr/lib64", "/lib", "/usr/lib");
  }

  private @Nullable Loaded open(String path, @Nullable Loaded by) throws IOException {
    Optional<Path> place = files.file(path);
    if (place.isEmpty()) {
      return null;
    }
    Loaded known = loaded.get(place.get());
    if (known != null) {
      return known;
    }
    Entry entry;
    try {
      entry = summaries.open(place.get());
    } catch (ElfException e) {
      if (isScript(e)) {
        return null;
      }
      throw e;
    }
    Linkage linkage = entry.linkage();
    boolean fits = linkage.machine() == machine && linkage.wordSize() == wordSize;
    return fits ? add(entry, path, by) : null;
  }

  /** Such as libc.so of a compiler, a text for the static linker. */
  private static boolean isScript(ElfException e) {
    return e.offset() == 0;
  }

  private Loaded add(Entry entry, String name, @Nullable Loaded by) throws IOException {
    if (loaded.size() == FILES_MAX) {
      throw new IOException(name + ": a closure of more than " + FILES_MAX + " files");
    }
    if (entry.linkage().isAnalysed()) {
      entry.start();
    }
    Loaded one = new Loaded(entry, name, by);
    loaded.put(entry.place(), one);
    if (!entry.linkage().name().isEmpty()) {
      byName.put(entry.linkage().name(), one);
    }
    return one;
  }
}

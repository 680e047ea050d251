package org.tinyjail.generator.reach;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * Files below a directory that stands for {@code /}, such as an unpacked image: symbolic links in
 * it, and {@code ..}, lead to no file outside.
 */
public final class FileTree {
  /** As many links as the kernel follows: path_resolution(7). */
  private static final int LINKS_MAX = 40;

  /** The kernel opens no longer one: limits.h. */
  private static final int PATH_MAX = 4096;

  private static final int KNOWN_MAX = 1 << 16;

  private final Path root;

  /** Places that were asked for, of libraries mostly: the next program asks for the same. */
  private final Map<String, Optional<Path>> known;

  private final Map<String, Optional<Path>> directories;
  private final BiConsumer<String, Optional<Path>> listener;

  private FileTree(
      Path root,
      Map<String, Optional<Path>> known,
      Map<String, Optional<Path>> directories,
      BiConsumer<String, Optional<Path>> listener) {
    this.root = root;
    this.known = known;
    this.directories = directories;
    this.listener = listener;
  }

  /**
   * Files below {@code root}.
   *
   * @throws IOException if there is no such directory
   */
  public static FileTree below(Path root) throws IOException {
    return new FileTree(
        root.toRealPath(),
        new ConcurrentHashMap<>(),
        new ConcurrentHashMap<>(),
        (path, place) -> {});
  }

  /** The same files; {@code asked} hears of what {@link #file} is asked for, and of its answer. */
  FileTree noting(BiConsumer<String, Optional<Path>> asked) {
    return new FileTree(root, known, directories, asked);
  }

  /** Whether it is the system's own. */
  boolean isWhole() {
    return root.getParent() == null;
  }

  /** Where the regular file is that programs in the tree know as {@code path}; empty: nowhere. */
  public Optional<Path> file(String path) {
    Optional<Path> place = known.get(path);
    if (place == null) {
      place = inKnown(path).filter(Files::isRegularFile);
      if (known.size() < KNOWN_MAX) {
        known.put(path, place);
      }
    }
    listener.accept(path, place);
    return place;
  }

  /** Where the directory is that programs in the tree know as {@code path}; empty: nowhere. */
  public Optional<Path> directory(String path) {
    return real(path).filter(Files::isDirectory);
  }

  /** The name that programs in the tree have for what lies at {@code place}. */
  public String nameOf(Path place) {
    return isWhole() ? place.toString() : "/" + root.relativize(place);
  }

  /**
   * As {@link #real}; most names are looked for in the same directories. Those of an image are
   * looked at each time: its maker may put links to other places into it meanwhile.
   */
  private Optional<Path> inKnown(String path) {
    int slash = path.lastIndexOf('/');
    String name = path.substring(slash + 1);
    if (!isWhole()
        || slash < 0
        || name.equals(".")
        || name.equals("..")
        || path.length() > PATH_MAX) {
      return real(path);
    }
    Optional<Path> directory = directories.get(path.substring(0, slash));
    if (directory == null) {
      directory = real(path.substring(0, slash));
      if (directories.size() < KNOWN_MAX) {
        directories.put(path.substring(0, slash), directory);
      }
    }
    Optional<Path> place = directory.map(in -> in.resolve(name));
    return place.filter(Files::isSymbolicLink).isPresent() ? real(path) : place;
  }

  private Optional<Path> real(String path) {
    if (path.length() > PATH_MAX) {
      return Optional.empty();
    }
    Deque<String> words = new ArrayDeque<>();
    push(words, path);
    Path at = root;
    int links = 0;
    while (!words.isEmpty()) {
      String word = words.pop();
      Path next = word.equals("..") ? parent(at) : at.resolve(word);
      if (!Files.isSymbolicLink(next)) {
        at = next;
      } else if (links++ == LINKS_MAX) {
        return Optional.empty();
      } else {
        String target = target(next);
        at = target.startsWith("/") ? root : at;
        push(words, target);
      }
    }
    return Optional.of(at);
  }

  private Path parent(Path at) {
    Path parent = at.getParent();
    return at.equals(root) || parent == null ? root : parent;
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // gone meanwhile
    }
  }

  private static void push(Deque<String> words, String path) {
    String[] all = path.split("/", -1);
    for (int i = all.length - 1; i >= 0; i--) {
      if (!all[i].isEmpty() && !all[i].equals(".")) {
        words.push(all[i]);
      }
    }
  }
}

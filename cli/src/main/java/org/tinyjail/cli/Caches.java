package org.tinyjail.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where results are kept that could be found again. */
final class Caches {
  private Caches() {}

  /**
   * The directory of one kind of results, which may not be there yet; empty if nothing says where.
   * Paths that are not absolute do not count: XDG Base Directory Specification.
   */
  static Optional<Path> locate(String kind, Context context) {
    Map<String, String> environment = context.environment();
    return absolute(environment.get("XDG_CACHE_HOME"))
        .or(() -> absolute(environment.get("HOME")).map(home -> home.resolve(".cache")))
        .map(cache -> cache.resolve("tiny-jail").resolve(kind));
  }

  private static Optional<Path> absolute(@org.jspecify.annotations.Nullable String path) {
    return Optional.ofNullable(path).map(Path::of).filter(Path::isAbsolute);
  }
}

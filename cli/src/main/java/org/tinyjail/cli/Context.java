package org.tinyjail.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.tinyjail.model.Escape;

/**
 * What surrounds a command.
 *
 * @param environment as the launcher has built it
 * @param directory the caller's working directory, against which paths are resolved
 * @param home the distribution directory
 * @param out for results
 * @param err for everything else
 * @param clock for times in records
 */
record Context(
    Map<String, String> environment,
    Path directory,
    Path home,
    PrintStream out,
    PrintStream err,
    Clock clock) {

  /** The context of this process. */
  static Context ofProcess() {
    return new Context(
        System.getenv(),
        Path.of(System.getProperty("tinyjail.cwd", System.getProperty("user.dir", "/"))),
        Path.of(System.getProperty("tinyjail.home", ".")),
        System.out,
        System.err,
        Clock.systemUTC());
  }

  /** A path as the caller meant it. */
  Path resolve(String path) {
    return directory.resolve(path);
  }

  /** A program as the store has it: a path that leads to a file is its real one; else a name. */
  String program(String word) {
    try {
      return word.contains("/") ? resolve(word).toRealPath().toString() : word;
    } catch (IOException | InvalidPathException e) {
      return word; // nothing is there any more, or never was
    }
  }

  /** One line on stderr; what names in it would do to a terminal is shown, not done. */
  void say(String line) {
    err.println("tiny-jail: " + Escape.display(line));
    err.flush();
  }
}

package org.tinyjail.audit.store;

import static org.tinyjail.audit.store.Failures.failed;
import static org.tinyjail.audit.store.Failures.refused;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tinyjail.model.EvidenceException;

/**
 * The directory that holds the database, its lock and the spools: 0700, its files 0600.
 *
 * <p>There is one only after {@link #prepare} has found that it is the user's own.
 */
public final class StoreDirectory {
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final String ELSEWHERE = "name another directory with --store or TINY_JAIL_STORE";
  private static final int ROOT = 0;

  /** What the kernel shows for owners that a user namespace does not map. */
  private static final int OVERFLOW_USER = 65534;

  private final Path path;

  private StoreDirectory(Path path) {
    this.path = path;
  }

  /**
   * Where the store is: {@code option}, else {@code TINY_JAIL_STORE}, else {@code tiny-jail} under
   * {@code XDG_DATA_HOME} (ignored unless absolute, as its specification says), else under {@code
   * HOME/.local/share}. Nothing is touched.
   *
   * @param option the value of {@code --store}
   * @param environment the caller's
   * @param workingDirectory what relative paths are relative to, absolute
   * @throws EvidenceException if nothing says where, or it cannot be a path
   */
  public static Path locate(
      Optional<String> option, Map<String, String> environment, Path workingDirectory) {
    try {
      return option
          .or(() -> variable(environment, "TINY_JAIL_STORE"))
          .map(workingDirectory::resolve)
          .or(() -> absolute(environment, "XDG_DATA_HOME").map(data -> data.resolve("tiny-jail")))
          .or(
              () ->
                  absolute(environment, "HOME").map(home -> home.resolve(".local/share/tiny-jail")))
          .map(Path::normalize)
          .orElseThrow(
              () ->
                  new EvidenceException(
                      "no place for the evidence store: HOME is not set to an absolute path;"
                          + " name a directory with --store or TINY_JAIL_STORE",
                      null));
    } catch (InvalidPathException e) {
      throw new EvidenceException(
          "evidence store: \"" + e.getInput() + "\" is no path (" + e.getReason() + ")", e);
    }
  }

  /**
   * Creates the directory and its {@code spool} where they are missing and checks that nobody but
   * the user can have written there.
   *
   * @param path absolute, as from {@link #locate}
   * @throws EvidenceException naming what is wrong and what to do
   */
  public static StoreDirectory prepare(Path path) {
    try {
      checkName(path);
      int user = FileFacts.effectiveUser();
      create(path);
      checkLink(path, user);
      Path real = path.toRealPath();
      checkName(real);
      checkOwn(real, user);
      checkAncestors(real, user);
      checkWritable(real);
      Path spool = real.resolve("spool");
      create(spool);
      checkOwn(spool, user);
      checkWritable(spool);
      return new StoreDirectory(real);
    } catch (IOException e) {
      throw failed(path, "preparing the directory", e);
    }
  }

  /** The real path. */
  public Path path() {
    return path;
  }

  /** Where writers leave evidence while nobody has the store open. */
  public Path spool() {
    return path.resolve("spool");
  }

  Path database() {
    return path.resolve("evidence.mv.db");
  }

  /** A database that is being made or migrated; it takes the other's place when it is whole. */
  Path draft() {
    return path.resolve("draft.mv.db");
  }

  Path lock() {
    return path.resolve("store.lock");
  }

  /**
   * Takes the right to be the only process that does something, until it is closed or this process
   * dies.
   *
   * @param what a word for it
   * @throws EvidenceException naming the process that has it
   */
  public Right reserve(String what) {
    return StoreLock.acquire(path.resolve(what + ".lock"), Duration.ofSeconds(1), () -> {});
  }

  /** What one process at a time may do. */
  public interface Right extends AutoCloseable {
    @Override
    void close();
  }

  /** The process that has taken this right; empty: none. */
  public OptionalLong holder(String what) {
    return StoreLock.holderOf(path.resolve(what + ".lock"));
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  private static Optional<Path> absolute(Map<String, String> environment, String name) {
    return variable(environment, name).map(Path::of).filter(Path::isAbsolute);
  }

  /** In a database URL of H2 a semicolon begins a setting, and a backslash becomes a slash. */
  private static void checkName(Path path) {
    String name = path.toString();
    if (name.chars().anyMatch(c -> c == ';' || c == '\\' || c < ' ' || c == 0x7f)) {
      throw refused(
          path, "its path has a semicolon, a backslash or a control character", ELSEWHERE);
    }
  }

  private static void create(Path path) throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.createDirectories(path, PRIVATE_DIRECTORY);
    } catch (FileAlreadyExistsException e) {
      throw refused(path, e.getFile() + " is not a directory", ELSEWHERE);
    } catch (IOException e) {
      if (Failures.isDiskFull(e)) {
        throw e;
      }
      throw refused(path, "cannot be created (" + Failures.reason(e) + ")", ELSEWHERE);
    }
  }

  private static void checkLink(Path path, int user) throws IOException {
    FileFacts facts = FileFacts.of(path);
    if (facts.isLink() && facts.owner() != user) {
      throw refused(
          path,
          "is a symbolic link of user " + facts.owner() + ", who could turn it elsewhere",
          ELSEWHERE);
    }
    if (!Files.isDirectory(path)) {
      throw refused(path, "is not a directory", ELSEWHERE);
    }
  }

  private static void checkOwn(Path directory, int user) throws IOException {
    FileFacts facts = FileFacts.of(directory);
    if (!facts.isDirectory()) {
      throw refused(directory, "is not a directory", "move it away");
    }
    if (facts.owner() != user) {
      throw refused(
          directory,
          "belongs to user " + facts.owner() + ", tiny-jail runs as user " + user,
          ELSEWHERE);
    }
    if (facts.othersMayWrite()) {
      throw refused(
          directory,
          "others may write to it (mode " + facts.permissions() + ")",
          "if nobody has put files there, chmod 700 " + directory + ", else " + ELSEWHERE);
    }
  }

  /** Whoever may rename a directory above could put another store in the place of this one. */
  private static void checkAncestors(Path directory, int user) throws IOException {
    for (Path above = directory.getParent(); above != null; above = above.getParent()) {
      FileFacts facts = FileFacts.of(above);
      boolean trusted =
          facts.owner() == user || facts.owner() == ROOT || facts.owner() == OVERFLOW_USER;
      if (!trusted) {
        throw refused(directory, above + " above it belongs to user " + facts.owner(), ELSEWHERE);
      }
      if (facts.everybodyMayWrite() && !facts.isSticky()) {
        throw refused(
            directory,
            "everybody may write to " + above + " above it (mode " + facts.permissions() + ")",
            ELSEWHERE);
      }
    }
  }

  private static void checkWritable(Path directory) {
    if (!Files.isWritable(directory) || !Files.isExecutable(directory)) {
      throw refused(directory, "is not writable", "make it so (chmod 700), or " + ELSEWHERE);
    }
  }
}

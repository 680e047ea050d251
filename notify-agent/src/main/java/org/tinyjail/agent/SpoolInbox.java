package org.tinyjail.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceInbox;

/**
 * The directory in which launchers and agents leave spools and what they learned. Plain Java.
 *
 * <p>A file counts only if it is regular, ours, readable by nobody else, and has one name: anything
 * else somebody may have planted.
 */
public final class SpoolInbox implements EvidenceInbox {
  private static final String SPOOL = ".spool";
  private static final int PERMISSIONS = 07777;
  private static final int OWNER_ONLY = 0600;

  private final Path directory;

  /** The inbox in {@code directory}, which need not exist. */
  public SpoolInbox(Path directory) {
    this.directory = directory;
  }

  @Override
  public List<Pending> pending() {
    List<Path> paths = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      files
          .filter(path -> isSpool(path) || isObserved(path))
          .sorted(Comparator.comparing(path -> path.getFileName().toString()))
          .forEach(paths::add);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException | UncheckedIOException e) {
      throw new EvidenceException(directory + ": cannot be listed: " + e.getMessage(), e);
    }
    return paths.stream().<Pending>map(PendingFile::new).toList();
  }

  private static boolean isSpool(Path path) {
    return path.getFileName().toString().endsWith(SPOOL);
  }

  private static boolean isObserved(Path path) {
    return path.getFileName().toString().endsWith(ObservedFile.SUFFIX);
  }

  private record PendingFile(Path path) implements Pending {
    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public Contents read() {
      try {
        checkOurs(path);
        return isSpool(path) ? spool() : observed();
      } catch (SpoolException e) {
        throw new EvidenceException(path + ": " + e.getMessage(), e);
      } catch (IOException e) {
        throw new UncheckedIOException(path + ": cannot be read", e);
      }
    }

    private Contents spool() throws IOException {
      Spool spool = SpoolReader.read(path);
      boolean complete = spool.state() != Spool.State.BEING_WRITTEN;
      return new Contents(spool.run(), List.of(), spool.denials(), complete);
    }

    private Contents observed() throws IOException {
      boolean complete = ObservedFile.read(path).isComplete();
      // Again: what is complete may have been replaced since it was read.
      ObservedFile file = ObservedFile.read(path);
      return new Contents(file.run(), file.observations(), List.of(), complete);
    }

    @Override
    public void discard() {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        throw new UncheckedIOException(path + ": cannot be removed", e);
      }
    }

    @Override
    public String setAside() {
      Path aside = path.resolveSibling(path.getFileName() + ".damaged");
      try {
        return Files.move(path, aside).toString();
      } catch (IOException e) {
        throw new UncheckedIOException(path + ": cannot be renamed", e);
      }
    }
  }

  private static void checkOurs(Path path) throws IOException {
    Map<String, Object> file =
        Files.readAttributes(path, "unix:mode,uid,nlink,isRegularFile", LinkOption.NOFOLLOW_LINKS);
    if (!Boolean.TRUE.equals(file.get("isRegularFile"))) {
      throw new SpoolException("not a regular file");
    }
    int mode = number(file, "mode") & PERMISSIONS;
    if (number(file, "uid") != OwnUser.id() || number(file, "nlink") != 1 || mode != OWNER_ONLY) {
      throw new SpoolException(
          "not ours alone: owner "
              + file.get("uid")
              + ", mode 0"
              + Integer.toOctalString(mode)
              + ", links "
              + file.get("nlink"));
    }
  }

  private static int number(Map<String, Object> attributes, String name) {
    return attributes.get(name) instanceof Number number ? number.intValue() : -1;
  }
}

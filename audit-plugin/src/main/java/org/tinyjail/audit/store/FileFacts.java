package org.tinyjail.audit.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * What decides whether somebody else can have written a file. A symbolic link is not followed.
 *
 * @param owner user id
 * @param mode type and permissions, as in {@code struct stat}
 * @param links how many names the file has
 */
record FileFacts(int owner, int mode, int links) {
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;
  private static final int LINK = 0120000;
  private static final int STICKY = 01000;

  static FileFacts of(Path path) throws IOException {
    Map<String, Object> facts =
        Files.readAttributes(path, "unix:uid,mode,nlink", LinkOption.NOFOLLOW_LINKS);
    return new FileFacts(number(facts, "uid"), number(facts, "mode"), number(facts, "nlink"));
  }

  /** The effective user; /proc/self would belong to root in a process that is not dumpable. */
  static int effectiveUser() throws IOException {
    Path status = Path.of("/proc/self/status");
    for (String line : Files.readAllLines(status, StandardCharsets.ISO_8859_1)) {
      if (line.startsWith("Uid:")) {
        return Integer.parseUnsignedInt(line.split("\\s+", -1)[2]);
      }
    }
    throw new IOException("/proc/self/status has no line Uid:");
  }

  boolean isDirectory() {
    return (mode & TYPE) == DIRECTORY;
  }

  boolean isRegular() {
    return (mode & TYPE) == REGULAR;
  }

  boolean isLink() {
    return (mode & TYPE) == LINK;
  }

  boolean isSticky() {
    return (mode & STICKY) != 0;
  }

  /** Whether the group or others may write. */
  boolean othersMayWrite() {
    return (mode & 0022) != 0;
  }

  /** Whether everybody may write. */
  boolean everybodyMayWrite() {
    return (mode & 0002) != 0;
  }

  /** Whether the group or others may do anything at all. */
  boolean othersMayAnything() {
    return (mode & 0077) != 0;
  }

  /** The permissions as chmod takes them. */
  String permissions() {
    return String.format("%04o", mode & 07777);
  }

  private static int number(Map<String, Object> facts, String name) throws IOException {
    if (facts.get(name) instanceof Integer number) {
      return number;
    }
    throw new IOException("no attribute " + name);
  }
}

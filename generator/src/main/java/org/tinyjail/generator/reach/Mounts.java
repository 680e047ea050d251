package org.tinyjail.generator.reach;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * File systems that say themselves when a file was changed last. On others, such as squashfs or
 * FUSE, and on all in a file, whoever made them says so. Source: proc_pid_mountinfo(5).
 */
final class Mounts {
  private static final Path TABLE = Path.of("/proc/self/mountinfo");
  private static final Set<String> TYPES =
      Set.of("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs");

  /** Begins the devices that are files: Linux, Documentation/admin-guide/devices.txt. */
  private static final String LOOP = "7:";

  private static final int DEVICE_AT = 2;

  private static final Set<String> DEVICES = devices();

  private Mounts() {}

  /** Whether {@code device}, as in {@code st_dev} of stat(3type), is one of those. */
  static boolean sayChanges(long device) {
    long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
    long minor = (device & 0xff) | (device >>> 12 & 0xffffff00L);
    return DEVICES.contains(major + ":" + minor);
  }

  /** None if there is no such table: then all files are read. */
  private static Set<String> devices() {
    Set<String> devices = new HashSet<>();
    try {
      for (String line : Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1)) {
        String device = line.split(" ", -1)[DEVICE_AT];
        String type = line.substring(line.indexOf(" - ") + 3).split(" ", -1)[0];
        if (TYPES.contains(type) && !device.startsWith(LOOP)) {
          devices.add(device);
        }
      }
      return devices;
    } catch (IOException e) {
      return Set.of();
    }
  }
}

package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.KernelProbe;
import org.tinyjail.model.EvidenceException;
import org.tinyjail.model.EvidenceStore;

/** What {@code doctor} says of tiny-jail's own files. */
final class OwnChecks {
  private static final int OLDEST_JAVA = 17;
  private static final long LITTLE_SPACE = 256L << 20;

  private final KernelProbe probe;
  private final Context context;

  OwnChecks(KernelProbe probe, Context context) {
    this.probe = probe;
    this.context = context;
  }

  List<Check> all(CommandLine line) {
    List<Check> all = new ArrayList<>(List.of(java(), cache()));
    if (!all.get(1).isFinding()) {
      all.add(archive().optional());
    }
    all.add(store(line));
    return all;
  }

  private static Check java() {
    String found = Runtime.version() + " in " + System.getProperty("java.home");
    return Runtime.version().feature() >= OLDEST_JAVA
        ? Check.ok("Java", found)
        : Check.missing(
            "Java", found, "tiny-jail wants Java " + OLDEST_JAVA, "install a later one");
  }

  private Check cache() {
    String path = probe.result("cache").orElse("no");
    return path.equals("no")
        ? Check.missing(
            "cache",
            "no directory that only you can write",
            "every run starts Java first, a few tenths of a second",
            "XDG_CACHE_HOME, else ~/.cache, must be yours and not writable by others: chmod go-w")
        : Check.ok("cache", path);
  }

  private Check archive() {
    String path = probe.result("archive").orElse("no");
    return path.equals("no")
        ? Check.missing(
            "class-data archive",
            "not there yet",
            "Java takes about twice as long to start",
            "nothing: it is made in the background after the first command, within seconds")
        : Check.ok("class-data archive", path);
  }

  private Check store(CommandLine line) {
    String means = "learn, run and everything that reads evidence fails";
    String elsewhere = "what is said there, or name another directory with TINY_JAIL_STORE";
    try {
      Path path = Stores.locate(line, context);
      if (!Files.exists(path)) {
        return notMadeYet(path, means);
      }
      try (EvidenceStore store = Stores.open(line, context)) {
        return space(
            Check.ok("store", path + ": " + Words.count(store.profiles().size(), "profile")), path);
      }
    } catch (EvidenceException e) {
      return Check.missing("store", String.valueOf(e.getMessage()), means, elsewhere);
    } catch (IOException e) {
      return Check.unknown("store", Words.of(e), means, elsewhere);
    }
  }

  private static Check notMadeYet(Path path, String means) throws IOException {
    @Nullable Path above = path;
    while (above != null && !Files.exists(above)) {
      above = above.getParent();
    }
    if (above == null || !Files.isWritable(above)) {
      return Check.missing(
          "store",
          path + " cannot be made: " + above + " is not writable",
          means,
          "name another directory with TINY_JAIL_STORE");
    }
    return space(Check.ok("store", path + ", not there yet"), above);
  }

  private static Check space(Check store, Path directory) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    String found = store.found() + ", " + (free >> 20) + " MiB free";
    return free >= LITTLE_SPACE
        ? Check.ok(store.name(), found)
        : Check.partial(
            store.name(),
            found,
            "evidence may be lost when the disk is full",
            "free some space, or name another directory with TINY_JAIL_STORE");
  }
}

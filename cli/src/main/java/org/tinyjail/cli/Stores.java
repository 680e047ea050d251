package org.tinyjail.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.tinyjail.agent.SpoolInbox;
import org.tinyjail.audit.log.LogEvidence;
import org.tinyjail.audit.store.H2EvidenceStore;
import org.tinyjail.audit.store.StoreDirectory;
import org.tinyjail.model.EvidenceStore;

/** Where the evidence is, and how commands get at it. */
final class Stores {
  private Stores() {}

  static Option option() {
    return Option.builder()
        .longOpt("store")
        .hasArg()
        .argName("DIR")
        .desc("the evidence store; default: TINY_JAIL_STORE, else ~/.local/share/tiny-jail")
        .get();
  }

  /** Where the directory of the store is or will be. */
  static Path locate(CommandLine line, Context context) {
    return StoreDirectory.locate(
        Optional.ofNullable(line.getOptionValue("store")),
        context.environment(),
        context.directory());
  }

  /** The directory of the store, created and checked. */
  static StoreDirectory directory(CommandLine line, Context context) {
    return StoreDirectory.prepare(locate(line, context));
  }

  /** Opens the store, after it has taken in what launchers and agents have left. Close it soon. */
  static EvidenceStore open(CommandLine line, Context context) {
    return openWhole(line, context);
  }

  /** The same, with what it knows of the audit log. */
  static H2EvidenceStore openWhole(CommandLine line, Context context) {
    StoreDirectory directory = directory(line, context);
    return H2EvidenceStore.open(directory, new SpoolInbox(directory.spool()), context::say);
  }

  /** Writes what sessions of the audit log have brought. */
  static void keep(List<LogEvidence> log, CommandLine line, Context context) {
    try (H2EvidenceStore store = openWhole(line, context)) {
      store.acceptLog(log);
    }
  }
}

package org.tinyjail.audit.source;

import java.io.IOException;
import org.tinyjail.audit.log.Collector;

/** A source of audit records. */
public sealed interface AuditSource permits PluginInput, LogFiles, KernelListener {
  /**
   * Reads to the end, or until another thread ends it.
   *
   * @throws IOException if it cannot be read; what was read before stays taken
   */
  void read(Collector collector) throws IOException;
}

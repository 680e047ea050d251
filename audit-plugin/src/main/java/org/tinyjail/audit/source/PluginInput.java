package org.tinyjail.audit.source;

import java.io.IOException;
import java.io.InputStream;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.record.LineAssembler;

/**
 * The records that auditd writes to the standard input of its plugin. auditd waits where its plugin
 * does not read, and with it all that is audited: nothing here waits for anything but input.
 *
 * @param in ends when auditd does
 */
public record PluginInput(InputStream in) implements AuditSource {
  @Override
  public void read(Collector collector) throws IOException {
    LineAssembler lines = new LineAssembler(in);
    while (lines.read()) {
      collector.locked(() -> lines.lines(collector));
    }
    collector.locked(() -> lines.end(collector));
  }
}

package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import org.tinyjail.agent.TraceEvent;

/** What a trace looks like. Used by one thread. */
interface TraceFormat {
  /** Appends what is to be written of {@code event}, if anything. */
  void event(TraceEvent event, ByteArrayOutputStream out);

  /** Appends what comes after all events; by default nothing. */
  default void end(ByteArrayOutputStream out) {}
}

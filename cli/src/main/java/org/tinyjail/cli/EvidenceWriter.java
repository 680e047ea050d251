package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Consumer;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;
import tools.jackson.core.JsonGenerator;

/**
 * Writes what {@code evidence export} hands to other hosts: a JSON document on each line, ASCII
 * only, of an object with one field that says what the line is. {@link EvidenceReader} reads it.
 *
 * <pre>{@code
 * {"evidence":{"version":1,"host":"web1"}}                                  // first
 * {"run":{"id":"18a2b3c4d5e6f708-1f2e@web1","kind":"learn","profile":"/usr/bin/curl", ...}}
 * {"call":{"syscall":"socket","arguments":"0&ffffffff=2","count":3, ...}}   // of the run above
 * {"denied":{"syscall":"execve","text":"execve(\"/bin/sh\", ...)", ...}}    // of the run above
 * {"end":{"lines":4}}                                                       // last: lines before
 * }</pre>
 *
 * <p>A run's id ends in the host that it ran on. Times are ISO 8601, registers hexadecimal; {@code
 * arguments} is an {@link org.tinyjail.model.ArgumentClass}, {@code action} what a filter returns
 * ({@code SECCOMP_RET_} with its data). What is not known is left out, or empty. A change of the
 * form that an older reader would misunderstand gets another version.
 */
final class EvidenceWriter {
  static final int VERSION = 1;

  private final OutputStream out;
  private final String host;
  private long lines;

  /** Begins a file of {@code host}. */
  EvidenceWriter(OutputStream out, String host) throws IOException {
    this.out = out;
    this.host = host;
    line(
        "evidence",
        json -> {
          json.writeNumberProperty("version", VERSION);
          json.writeStringProperty("host", host);
        });
  }

  /** Appends a run with all that is known from it. */
  void write(RunEvidence evidence) throws IOException {
    Run run = evidence.run();
    line("run", json -> EvidenceCommand.fields(json, run.withId(RunId.of(run.id()).at(host))));
    for (Observation observation : evidence.observations()) {
      line("call", json -> write(json, observation));
    }
    for (Denial denial : evidence.denials()) {
      line("denied", json -> write(json, denial));
    }
  }

  /** Appends the last line. */
  void end() throws IOException {
    long before = lines;
    line("end", json -> json.writeNumberProperty("lines", before));
  }

  private void line(String type, Consumer<JsonGenerator> fields) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    Json.line(
        line,
        json -> {
          json.writeStartObject();
          json.writeObjectPropertyStart(type);
          fields.accept(json);
          json.writeEndObject();
          json.writeEndObject();
        });
    line.writeTo(out);
    lines++;
  }

  private static void write(JsonGenerator json, Observation observation) {
    json.writeStringProperty("syscall", observation.syscall());
    json.writeStringProperty("arch", observation.arch().label());
    json.writeStringProperty("arguments", observation.arguments().toString());
    json.writeStringProperty("executable", observation.executable());
    json.writeStringProperty("source", observation.source().label());
    json.writeNumberProperty("count", observation.count());
    json.writeStringProperty("first", observation.first().toString());
    json.writeStringProperty("last", observation.last().toString());
    json.writeStringProperty("sample", observation.sample());
  }

  private static void write(JsonGenerator json, Denial denial) {
    json.writeStringProperty("syscall", denial.syscall());
    json.writeStringProperty("arch", denial.arch().label());
    json.writeStringProperty("text", denial.arguments());
    json.writeStringProperty("executable", denial.executable());
    json.writeStringProperty("comm", denial.comm());
    json.writeNumberProperty("pid", denial.pid());
    json.writeStringProperty("number", hex(denial.data().number() & 0xffffffffL));
    json.writeStringProperty("auditArch", hex(denial.data().arch() & 0xffffffffL));
    json.writeStringProperty("address", hex(denial.data().instructionPointer()));
    json.writeArrayPropertyStart("registers");
    denial.data().arguments().forEach(register -> json.writeString(hex(register)));
    json.writeEndArray();
    json.writeStringProperty("callSite", denial.callSite());
    json.writeStringProperty("action", hex(denial.action().filterValue() & 0xffffffffL));
    json.writeBooleanProperty("carriedOut", denial.carriedOut());
    json.writeNumberProperty("count", denial.count());
    json.writeStringProperty("first", denial.first().toString());
    json.writeStringProperty("last", denial.last().toString());
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}

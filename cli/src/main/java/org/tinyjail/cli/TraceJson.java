package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import org.tinyjail.agent.ArgumentDecoder.Decoded;
import org.tinyjail.agent.TraceEvent;
import org.tinyjail.agent.TraceEvent.Called;
import org.tinyjail.agent.TraceEvent.Ended;
import org.tinyjail.agent.TraceEvent.Started;
import org.tinyjail.agent.TracedCall;
import org.tinyjail.agent.WaitStatus;
import org.tinyjail.agent.WallTime;
import tools.jackson.core.JsonGenerator;

/** One JSON object a line, as {@code trace-schema.json} has it. */
final class TraceJson implements TraceFormat {
  private final WallTime time;

  TraceJson(WallTime time) {
    this.time = time;
  }

  @Override
  public void event(TraceEvent event, ByteArrayOutputStream out) {
    Json.line(out, json -> write(json, event));
  }

  private void write(JsonGenerator json, TraceEvent event) {
    json.writeStartObject();
    json.writeStringProperty("event", kind(event));
    json.writeStringProperty("time", time.at(event.nanoTime()).toString());
    json.writeNumberProperty("pid", event.process());
    if (event instanceof Ended ended) {
      end(json, ended.status());
    } else {
      json.writeNumberProperty("tid", event.thread());
      json.writeStringProperty("executable", event.executable());
    }
    if (event instanceof Started started && started.parent() != 0) {
      json.writeNumberProperty("parent", started.parent());
    }
    if (event instanceof Called called) {
      call(json, called);
    }
    json.writeEndObject();
  }

  private static String kind(TraceEvent event) {
    if (event instanceof Called) {
      return "call";
    } else if (event instanceof Started) {
      return "start";
    }
    return event instanceof Ended ? "exit" : "exec";
  }

  private static void end(JsonGenerator json, int status) {
    if (WaitStatus.signal(status) == 0) {
      json.writeNumberProperty("code", WaitStatus.exitCode(status));
    } else {
      json.writeStringProperty("signal", TraceText.signal(WaitStatus.signal(status)));
    }
  }

  private static void call(JsonGenerator json, Called called) {
    TracedCall call = called.call();
    json.writeStringProperty("arch", call.arch().label());
    json.writeNumberProperty("number", call.number());
    json.writeStringProperty("call", call.name());
    json.writeName("arguments");
    Json.array(json, call.arguments(), TraceJson::argument);
    json.writeStringProperty("site", called.callSite());
    if (called.error().isPresent()) {
      json.writeNumberProperty("result", -called.error().getAsInt());
    } else {
      json.writeNullProperty("result");
    }
    json.writeBooleanProperty("seen", called.error().isPresent());
  }

  private static void argument(JsonGenerator json, Decoded argument) {
    json.writeStartObject();
    json.writeStringProperty("name", argument.name());
    json.writeStringProperty("register", "0x" + Long.toHexString(argument.register()));
    json.writeStringProperty("decoded", argument.text());
    json.writeEndObject();
  }
}

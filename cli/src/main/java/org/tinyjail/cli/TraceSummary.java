package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.tinyjail.agent.TraceEvent;
import org.tinyjail.agent.TraceEvent.Called;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Escape;
import tools.jackson.core.JsonGenerator;

/** Counts by call, executable and process, written at the end. */
final class TraceSummary implements TraceFormat {
  private final boolean asJson;
  private final Map<Key, long[]> counts = new HashMap<>();

  private record Key(int process, String executable, Arch arch, String call) {
    /** With its architecture, where that is not the machine's own. */
    String callName() {
      return arch == Arch.current() ? call : "[" + arch.label() + "] " + call;
    }

    Executed executed() {
      return new Executed(process, executable);
    }
  }

  private record Executed(int process, String executable) {}

  private record Count<T>(T what, long count) {}

  TraceSummary(boolean asJson) {
    this.asJson = asJson;
  }

  @Override
  public void event(TraceEvent event, ByteArrayOutputStream out) {
    if (event instanceof Called called) {
      Key key =
          new Key(
              called.process(), called.executable(), called.call().arch(), called.call().name());
      counts.computeIfAbsent(key, unused -> new long[1])[0]++;
    }
  }

  /** The sums over what {@code what} tells apart, the greatest first. */
  private <T> List<Count<T>> by(Function<Key, T> what) {
    Map<T, Long> sums = new HashMap<>();
    counts.forEach((key, count) -> sums.merge(what.apply(key), count[0], Long::sum));
    return sums.entrySet().stream()
        .map(entry -> new Count<>(entry.getKey(), entry.getValue()))
        .sorted(
            Comparator.comparingLong((Count<T> count) -> -count.count())
                .thenComparing(count -> String.valueOf(count.what())))
        .toList();
  }

  @Override
  public void end(ByteArrayOutputStream out) {
    if (asJson) {
      Json.line(out, this::write);
    } else {
      out.writeBytes(text().getBytes(StandardCharsets.UTF_8));
    }
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    table(text, "call", by(Key::callName), name -> name);
    table(text, "executable", by(Key::executable), Escape::display);
    table(
        text,
        "process",
        by(Key::executed),
        executed -> executed.process() + " " + Escape.display(executed.executable()));
    return text.toString();
  }

  private static <T> void table(
      StringBuilder text, String title, List<Count<T>> rows, Function<T, String> show) {
    text.append(String.format("%10s  %s%n", "calls", title));
    rows.forEach(
        row -> text.append(String.format("%10d  %s%n", row.count(), show.apply(row.what()))));
    long sum = rows.stream().mapToLong(Count::count).sum();
    text.append(String.format("%10d  in all%n%n", sum));
  }

  private void write(JsonGenerator json) {
    json.writeStartObject();
    json.writeStringProperty("event", "summary");
    rows(json, "calls", by(Key::callName), (out, name) -> out.writeStringProperty("call", name));
    rows(json, "executables", by(Key::executable), TraceSummary::executable);
    rows(
        json,
        "processes",
        by(Key::executed),
        (out, executed) -> {
          out.writeNumberProperty("pid", executed.process());
          executable(out, executed.executable());
        });
    json.writeEndObject();
  }

  private static void executable(JsonGenerator json, String path) {
    json.writeStringProperty("executable", path);
  }

  private static <T> void rows(
      JsonGenerator json, String name, List<Count<T>> rows, BiConsumer<JsonGenerator, T> what) {
    json.writeName(name);
    Json.array(
        json,
        rows,
        (out, row) -> {
          out.writeStartObject();
          what.accept(out, row.what());
          out.writeNumberProperty("count", row.count());
          out.writeEndObject();
        });
  }
}

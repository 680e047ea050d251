package org.tinyjail.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.commons.cli.Option;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/** What commands print under {@code --json}. */
final class Json {
  static final String OPTION = "json";

  /** ASCII only: also a reader who looks at it on a terminal sees what a target chose, no more. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private Json() {}

  static Option option() {
    return Option.builder().longOpt(OPTION).desc("print JSON, for programs").get();
  }

  /** Prints one document and a line end. */
  static void print(PrintStream out, Consumer<JsonGenerator> document) {
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      document.accept(json);
    }
    out.println();
  }

  /** Appends one document, on a line of its own. */
  static void line(ByteArrayOutputStream out, Consumer<JsonGenerator> document) {
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      document.accept(json);
    }
    out.write('\n');
  }

  /** Writes an array of {@code items}. */
  static <T> void array(JsonGenerator json, List<T> items, BiConsumer<JsonGenerator, T> element) {
    json.writeStartArray();
    items.forEach(item -> element.accept(json, item));
    json.writeEndArray();
  }
}

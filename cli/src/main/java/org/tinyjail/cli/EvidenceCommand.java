package org.tinyjail.cli;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.tinyjail.model.Escape;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Run;
import org.tinyjail.model.UnseenChance;
import tools.jackson.core.JsonGenerator;

/** {@code evidence}: what the store holds, and what other stores hold. */
final class EvidenceCommand implements Command {
  @Override
  public String name() {
    return "evidence";
  }

  @Override
  public String summary() {
    return "list, forget, export and import the runs in the store";
  }

  @Override
  public String usage() {
    return "list [OPTION]... | forget RUN... | export [--profile NAME|RUN...] [-o FILE]"
        + " | import FILE...";
  }

  @Override
  public String description() {
    return "list shows the runs whose evidence the store holds; forget removes runs and all that"
        + " is known from them alone."
        + "\n\nA run that was cut off, or has lost records, is marked: counts of its calls are"
        + " lower bounds."
        + " Policies that are already written stay as they are; generate writes them anew."
        + "\n\nexport writes runs, all of them if none is named, with their calls and denials as"
        + " lines of JSON; import takes such files in, all or, if a line is not right, none. So the"
        + " evidence of several hosts becomes one policy. The id of an imported run ends in its"
        + " host; a run that is there already is not taken again, own ones and decisions never"
        + " change. Import only from hosts that you trust: what a file says was observed, the next"
        + " policy allows.";
  }

  @Override
  public Options options() {
    return new OptionSet()
        .value("profile", "NAME", "only runs of this profile")
        .add(Outputs.option("what is exported"))
        .add(Stores.option())
        .add(Json.option())
        .build();
  }

  @Override
  public List<Example> examples() {
    return List.of(
        new Example("tiny-jail evidence list", "all runs, the newest first"),
        new Example(
            "tiny-jail evidence forget 18a2b3c4d5e6f708-1f2e", "as if this run had never been"),
        new Example(
            "tiny-jail evidence export --profile /usr/sbin/nginx -o web1.jsonl",
            "what this host has seen of nginx"),
        new Example(
            "ssh web2 tiny-jail evidence export | tiny-jail evidence import web1.jsonl -",
            "what two others have seen"));
  }

  @Override
  public int run(CommandLine line, Context context) throws CommandException, IOException {
    List<String> words = line.getArgList();
    String verb = words.isEmpty() ? "" : words.get(0);
    List<String> ids = words.isEmpty() ? List.of() : words.subList(1, words.size());
    if (verb.equals("list") && ids.isEmpty()) {
      return list(line, context);
    }
    if (verb.equals("forget") && !ids.isEmpty()) {
      return forget(ids, line, context);
    }
    if (verb.equals("export")) {
      return EvidenceTransfer.export(ids, line, context);
    }
    if (verb.equals("import") && !ids.isEmpty()) {
      return EvidenceTransfer.take(ids, line, context);
    }
    throw CommandException.usage(
        "wants \"list\", \"forget RUN...\", \"export [RUN...]\" or \"import FILE...\", was \""
            + String.join(" ", words)
            + "\"");
  }

  private static int list(CommandLine line, Context context) throws CommandException, IOException {
    List<Run> runs;
    try (EvidenceStore store = Stores.open(line, context)) {
      runs = store.runs(Optional.ofNullable(line.getOptionValue("profile")));
    }
    if (line.hasOption(Json.OPTION)) {
      Json.print(context.out(), json -> Json.array(json, runs, EvidenceCommand::write));
      return ExitCode.DONE;
    }
    for (Run run : runs) {
      context
          .out()
          .printf(
              "%s  %-8s  %s  %-12s  %s%n",
              run.id(),
              run.kind().name().toLowerCase(Locale.ROOT),
              run.started().truncatedTo(ChronoUnit.SECONDS),
              end(run),
              Escape.display(String.join(" ", run.command())));
    }
    if (runs.isEmpty()) {
      context.say("the store holds no runs");
    }
    return ExitCode.DONE;
  }

  private static String end(Run run) {
    String end =
        run.status().isPresent()
            ? "exit " + run.status().getAsInt()
            : run.ended().isPresent() ? "ended" : "cut off"; // a campaign has no exit code
    return run.lost() == 0 ? end : end + ", " + run.lost() + " lost";
  }

  private static int forget(List<String> ids, CommandLine line, Context context)
      throws CommandException, IOException {
    try (EvidenceStore store = Stores.open(line, context)) {
      for (String id : ids) {
        if (!store.forget(id)) {
          throw unknownRun(id);
        }
        context.say("forgot " + id);
      }
    }
    return ExitCode.DONE;
  }

  static CommandException unknownRun(String id) {
    return CommandException.usage(
        "no run has the id \"" + id + "\"; \"tiny-jail evidence list\" lists them");
  }

  private static void write(JsonGenerator json, Run run) {
    json.writeStartObject();
    fields(json, run);
    json.writeEndObject();
  }

  /** The fields of a run, in files of evidence too. */
  static void fields(JsonGenerator json, Run run) {
    json.writeStringProperty("id", run.id());
    json.writeStringProperty("kind", run.kind().name().toLowerCase(Locale.ROOT));
    json.writeStringProperty("profile", run.profile());
    json.writeStringProperty("executable", run.executable());
    json.writeStringProperty("buildId", run.buildId());
    json.writeArrayPropertyStart("command");
    run.command().forEach(json::writeString);
    json.writeEndArray();
    json.writeStringProperty("policy", run.policy());
    json.writeStringProperty("started", run.started().toString());
    run.ended().map(Instant::toString).ifPresent(at -> json.writeStringProperty("ended", at));
    run.status().ifPresent(status -> json.writeNumberProperty("status", status));
    json.writeBooleanProperty("exact", run.exact());
    json.writeNumberProperty("lost", run.lost());
    if (run.unseen().isPresent()) {
      UnseenChance unseen = run.unseen().get();
      json.writeObjectPropertyStart("unseen");
      json.writeNumberProperty("executions", unseen.executions());
      json.writeNumberProperty("unguided", unseen.unguided());
      json.writeNumberProperty("hits", unseen.hits());
      json.writeNumberProperty("limit", unseen.limit());
      json.writeNumberProperty("confidence", unseen.confidence());
      json.writeNumberProperty("estimate", unseen.estimate());
      json.writeStringProperty("measured", unseen.measured().toString());
      json.writeEndObject();
    }
    if (!run.loaded().isEmpty()) {
      loaded(json, run.loaded());
    }
  }

  private static void loaded(JsonGenerator json, List<LoadedFile> files) {
    Map<String, List<String>> byExecutable = new LinkedHashMap<>();
    for (LoadedFile file : files) {
      byExecutable.computeIfAbsent(file.executable(), path -> new ArrayList<>()).add(file.path());
    }
    json.writeArrayPropertyStart("loaded");
    byExecutable.forEach(
        (executable, paths) -> {
          json.writeStartObject();
          json.writeStringProperty("executable", executable);
          json.writeArrayPropertyStart("files");
          paths.forEach(json::writeString);
          json.writeEndArray();
          json.writeEndObject();
        });
    json.writeEndArray();
  }
}

package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.merge.GeneratedPolicy;
import org.tinyjail.generator.merge.RuleReason;
import org.tinyjail.generator.merge.Tier;
import org.tinyjail.generator.oci.OciSeccompJson;
import org.tinyjail.generator.reach.Analyzer;
import org.tinyjail.generator.reach.FileTree;
import org.tinyjail.generator.reach.Method;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Serving;
import org.tinyjail.model.Source;
import org.tinyjail.model.StackSample;

/**
 * The part of a policy that a server needs once it has started, for {@code run --phases}: what it
 * was seen to call since, and what it can call from the functions on in which it goes round.
 */
final class ServingPolicy {
  private final List<Observation> evidence;
  private final List<LoadedFile> loaded;
  private final Serving serving;
  private final Set<String> kept = new HashSet<>();

  /**
   * @param evidence all that is known of the program
   * @param loaded what its executables have loaded
   * @param serving where they go round
   */
  ServingPolicy(List<Observation> evidence, List<LoadedFile> loaded, Serving serving) {
    this.evidence = evidence;
    this.loaded = loaded;
    this.serving = serving;
  }

  /**
   * Writes it beside {@code out}, if a server was seen.
   *
   * @param fresh whether what such a file says already is forgotten
   */
  void write(
      Path out, GeneratedPolicy generated, boolean fresh, Context context, Consumer<String> say)
      throws IOException {
    if (!serving.isSeen()) {
      return;
    }
    keep(context, say);
    Path file = PolicyNames.servingOf(out);
    if (!fresh) {
      kept.addAll(names(file));
    }
    write(file, generated, say);
  }

  private static List<String> names(Path file) throws IOException {
    try {
      return Files.isRegularFile(file)
          ? OciSeccompJson.read(file).rules().stream().map(Rule::syscall).toList()
          : List.of();
    } catch (PolicyFormatException e) {
      return List.of(); // damaged: it is replaced
    }
  }

  private void keep(Context context, Consumer<String> say) throws IOException {
    Optional<Path> cache = Caches.locate("static", context);
    FileTree files = FileTree.below(Path.of("/"));
    try (Analyzer analyzer = new Analyzer(files, Method.SAFE, cache)) {
      for (String executable : serving.calls().keySet()) {
        kept.addAll(serving.calls().getOrDefault(executable, Set.of()));
        Set<String> possible = possible(executable, analyzer);
        if (possible.isEmpty()) {
          say.accept("of " + executable + " nothing is taken to be needed by its start alone");
          evidence.stream()
              .filter(one -> one.executable().equals(executable))
              .map(Observation::syscall)
              .forEach(kept::add);
        }
        kept.addAll(possible);
      }
    }
  }

  /** Empty: not known. */
  private Set<String> possible(String executable, Analyzer analyzer) {
    List<StackSample> samples =
        serving.samples().stream().filter(one -> one.executable().equals(executable)).toList();
    if (samples.isEmpty() || !Analyzer.isProgram(Path.of(executable))) {
      return Set.of();
    }
    try {
      return analyzer.serving(executable, StaticEvidence.files(loaded, executable), samples);
    } catch (IOException e) {
      return Set.of(); // said when what it can do was asked for
    }
  }

  private void write(Path file, GeneratedPolicy generated, Consumer<String> say)
      throws IOException {
    List<Rule> rules = new ArrayList<>();
    Set<String> left = new TreeSet<>();
    for (RuleReason reason : generated.reasons()) {
      boolean stays = reason.tier() == Tier.ADDED || reason.action().denies();
      if (stays || kept.contains(reason.syscall())) {
        rules.add(reason.rule());
      } else {
        left.add(reason.syscall());
      }
    }
    AtomicFile.write(file, OciSeccompJson.write(generated.policy().withRules(rules)));
    Set<String> seen =
        evidence.stream()
            .filter(one -> one.source() != Source.STATIC)
            .map(Observation::syscall)
            .collect(Collectors.toSet());
    Set<String> once = new TreeSet<>(left);
    once.retainAll(seen);
    say.accept(
        "only its start needs "
            + Words.count(left.size(), "call")
            + (once.isEmpty() ? "" : ", among them " + String.join(", ", once))
            + ": run --phases denies them afterwards, by "
            + file.getFileName());
  }
}

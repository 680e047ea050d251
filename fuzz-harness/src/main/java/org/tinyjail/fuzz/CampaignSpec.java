package org.tinyjail.fuzz;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.tinyjail.agent.RunInput;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Run;

/**
 * What a campaign fuzzes, and how. It reaches the fuzzer's process through a pipe and no file: the
 * environment in it may hold secrets.
 *
 * @param directory of the campaign: corpus and findings
 * @param spools where what is observed is kept until the store takes it in
 * @param home with executor, preload.so and Jazzer
 * @param run what is observed belongs to it
 * @param workingDirectory of the target
 * @param words the command line
 * @param input how the target gets its input
 * @param variables the environment, {@code NAME=VALUE}
 * @param choices what the fuzzer may add to the command line and the environment, beside the
 *     options of the program's help
 * @param values for options and variables; at least one
 * @param choosing whether inputs choose options, words and variables at all
 * @param guided whether what executions show guides the fuzzer
 * @param faults whether calls are made to fail, and signals sent
 * @param scope which arguments are learned by value
 * @param refused calls that answer ENOSYS
 * @param fast whether calls that are known run without the agent from the first
 * @param timeout of one execution
 * @param effects whether executions have no namespaces
 * @param plan how long it goes on
 * @param finding the only thing to execute, one of {@link #findings}; empty: none
 * @param seed of the fuzzer's random numbers
 */
public record CampaignSpec(
    Path directory,
    Path spools,
    Path home,
    Run run,
    Path workingDirectory,
    List<byte[]> words,
    RunInput input,
    List<byte[]> variables,
    List<Choice> choices,
    List<byte[]> values,
    boolean choosing,
    boolean guided,
    boolean faults,
    ArgumentScope scope,
    Set<String> refused,
    boolean fast,
    Duration timeout,
    boolean effects,
    CampaignPlan plan,
    String finding,
    int seed) {
  private static final int LIST_MAX = 1 << 16;
  private static final int BYTES_MAX = 4 << 20;

  public CampaignSpec {
    words = List.copyOf(words);
    variables = List.copyOf(variables);
    choices = List.copyOf(choices);
    values = List.copyOf(values);
    refused = Set.copyOf(refused);
  }

  /**
   * The input of a command line that says nothing else: the {@link InputFiles} that it names or, if
   * it names none, standard input.
   *
   * @throws IllegalArgumentException if it names files that cannot be
   */
  public static RunInput inputOf(List<byte[]> words) {
    int count = InputFiles.count(words);
    return count == 0
        ? new RunInput.Standard()
        : new RunInput.InFiles(InputFiles.in(InputFiles.DIRECTORY, count));
  }

  /** That of another process, which helps this one. */
  CampaignSpec helping(Run own, long executions, int otherSeed) {
    return new CampaignSpec(
        directory,
        spools,
        home,
        own,
        workingDirectory,
        words,
        input,
        variables,
        choices,
        values,
        choosing,
        guided,
        faults,
        scope,
        refused,
        fast,
        timeout,
        effects,
        plan.helping(executions),
        "",
        otherSeed);
  }

  /** The corpus: inputs that have shown something new. */
  public Path corpus() {
    return directory.resolve("corpus");
  }

  /** What to begin with: payloads, without anything chosen beside. */
  public Path payloads() {
    return directory.resolve("payloads");
  }

  /** Words that the fuzzer puts into inputs, in libFuzzer's form. */
  public Path dictionary() {
    return directory.resolve("dictionary");
  }

  /** What inputs have chosen from so far: the numbers in the corpus are places in this list. */
  Path chosen() {
    return directory.resolve("choices");
  }

  /** What the fuzzer begins with, made of the payloads. */
  Path seeds() {
    return directory.resolve("seeds");
  }

  /** Inputs that the target did not survive. */
  public Path findings() {
    return directory.resolve("findings");
  }

  void write(DataOutputStream out) throws IOException {
    for (Path path : List.of(directory, spools, home, workingDirectory)) {
      out.writeUTF(path.toString());
    }
    writeRun(out);
    out.writeUTF(input.word());
    for (List<byte[]> list : List.of(words, variables, values)) {
      out.writeInt(list.size());
      for (byte[] bytes : list) {
        out.writeInt(bytes.length);
        out.write(bytes);
      }
    }
    out.writeInt(choices.size());
    for (Choice choice : choices) {
      out.writeUTF(choice.line());
    }
    out.writeBoolean(choosing);
    out.writeBoolean(guided);
    out.writeBoolean(faults);
    out.writeUTF(scope.name());
    out.writeUTF(String.join(" ", new TreeSet<>(refused)));
    out.writeBoolean(fast);
    out.writeLong(timeout.toMillis());
    out.writeBoolean(effects);
    out.writeUTF(plan.kind().name());
    out.writeLong(plan.time().toMillis());
    out.writeLong(plan.executions());
    out.writeDouble(plan.risk());
    out.writeInt(plan.jobs());
    out.writeUTF(finding);
    out.writeInt(seed);
    out.flush();
  }

  private void writeRun(DataOutputStream out) throws IOException {
    out.writeUTF(run.id());
    out.writeUTF(run.profile());
    out.writeUTF(run.executable());
    out.writeUTF(run.buildId());
    out.writeInt(run.command().size());
    for (String word : run.command()) {
      out.writeUTF(word);
    }
    out.writeUTF(run.started().toString());
  }

  static CampaignSpec read(DataInputStream in) throws IOException {
    Path directory = Path.of(in.readUTF());
    Path spools = Path.of(in.readUTF());
    Path home = Path.of(in.readUTF());
    Path workingDirectory = Path.of(in.readUTF());
    Run run = readRun(in);
    RunInput input = RunInput.of(in.readUTF());
    List<byte[]> words = readList(in);
    List<byte[]> variables = readList(in);
    List<byte[]> values = readList(in);
    return new CampaignSpec(
        directory,
        spools,
        home,
        run,
        workingDirectory,
        words,
        input,
        variables,
        readChoices(in),
        values,
        in.readBoolean(),
        in.readBoolean(),
        in.readBoolean(),
        ArgumentScope.valueOf(in.readUTF()),
        readNames(in.readUTF()),
        in.readBoolean(),
        Duration.ofMillis(in.readLong()),
        in.readBoolean(),
        readPlan(in),
        in.readUTF(),
        in.readInt());
  }

  private static CampaignPlan readPlan(DataInputStream in) throws IOException {
    return new CampaignPlan(
        CampaignPlan.Kind.valueOf(in.readUTF()),
        Duration.ofMillis(in.readLong()),
        in.readLong(),
        in.readDouble(),
        in.readInt());
  }

  private static List<Choice> readChoices(DataInputStream in) throws IOException {
    int count = checked(in.readInt(), LIST_MAX);
    List<Choice> choices = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      choices.add(Choice.of(in.readUTF()));
    }
    return choices;
  }

  private static Set<String> readNames(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(" ", -1));
  }

  private static Run readRun(DataInputStream in) throws IOException {
    String id = in.readUTF();
    String profile = in.readUTF();
    String executable = in.readUTF();
    String buildId = in.readUTF();
    int count = checked(in.readInt(), LIST_MAX);
    List<String> command = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      command.add(in.readUTF());
    }
    return new Run(
        id,
        Run.Kind.LEARN,
        profile,
        executable,
        buildId,
        command,
        "",
        Instant.parse(in.readUTF()),
        Optional.empty(),
        OptionalInt.empty(),
        true,
        0);
  }

  private static List<byte[]> readList(DataInputStream in) throws IOException {
    int count = checked(in.readInt(), LIST_MAX);
    List<byte[]> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(in.readNBytes(checked(in.readInt(), BYTES_MAX)));
    }
    return list;
  }

  private static int checked(int number, int most) throws IOException {
    if (number < 0 || number > most) {
      throw new IOException("the campaign's description is damaged: " + number);
    }
    return number;
  }
}

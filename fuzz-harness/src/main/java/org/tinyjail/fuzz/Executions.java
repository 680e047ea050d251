package org.tinyjail.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.AgentException;
import org.tinyjail.agent.Coverage;
import org.tinyjail.agent.Coverage.Comparison;
import org.tinyjail.agent.Decider;
import org.tinyjail.agent.ForkServer;
import org.tinyjail.agent.ForkServerSetting;
import org.tinyjail.agent.ForkServerSetting.Kind;
import org.tinyjail.agent.ForkServerSetting.Limits;
import org.tinyjail.agent.ForkServerSetting.Tells;
import org.tinyjail.agent.Notification;
import org.tinyjail.agent.RecordingDecider;
import org.tinyjail.agent.RunInput;
import org.tinyjail.agent.Verdict;
import org.tinyjail.generator.bpf.BpfCompiler;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Instrumentation;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Rule;
import org.tinyjail.model.Source;

/** Executes the target for one input after the other, and starts its server anew where it ends. */
final class Executions {
  /** Bytes of address space that a process may have. */
  static final long MEMORY = Limits.DEFAULT.memory();

  /** Executions in a row that have ended their server. */
  static final int FAILURES_MAX = 50;

  private static final Duration HELP_TIMEOUT = Duration.ofSeconds(5);
  private static final Verdict CONTINUE =
      Verdict.unsafeContinue("asking for help: contained like every execution");

  private final CampaignSpec spec;
  private final RecordingDecider recorder;
  private final InputLayout layout;
  private final int choices;
  private final RunInput input;
  private final KnownCalls known;
  private final Tells tells;
  private final Feedback feedback;
  private final LastingTarget lasting;
  private final Consumer<String> notes;
  private final KindCounts kinds = new KindCounts();
  private final long token = new SecureRandom().nextLong() | 1;
  private final Trail trail = new Trail();
  private final MemoryWatch memory = new MemoryWatch(MEMORY);
  private List<Fault> faults = List.of();
  private int call;
  private Kind kind = Kind.PRELOAD;
  private @Nullable ForkServer server;
  private int failures;
  private boolean noted;
  private @Nullable Coverage told;

  /**
   * @param notes is told what a user should know
   */
  Executions(CampaignSpec spec, Consumer<String> notes)
      throws IOException, ReflectiveOperationException {
    this.spec = spec;
    this.notes = notes;
    this.recorder =
        new RecordingDecider(spec.scope(), spec.refused(), Clock.systemUTC(), Source.FUZZED);
    this.known = new KnownCalls(spec, recorder, kinds);
    List<Choice> all = spec.choosing() ? readChoices() : List.of();
    this.choices = all.size();
    this.input = input(spec);
    this.layout = new InputLayout(spec.words(), all, spec.values(), spec.faults(), files(input));
    this.tells = tells(spec);
    this.feedback = new Feedback(tells != Tells.NOTHING);
    this.lasting = new LastingTarget(input, spec.timeout());
  }

  /** Where the effects of a run are real its files lie in the directory of this process. */
  private static RunInput input(CampaignSpec spec) {
    List<Path> files = files(spec.input());
    if (files.isEmpty() || !spec.effects()) {
      return spec.input();
    }
    Path own = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    return new RunInput.InFiles(InputFiles.in(own, files.size()));
  }

  /** Where the input files are seen inside. */
  List<Path> files() {
    return files(input);
  }

  private static List<Path> files(RunInput input) {
    return input instanceof RunInput.InFiles files ? files.paths() : List.of();
  }

  private static Tells tells(CampaignSpec spec) {
    Instrumentation found;
    try {
      found = Instrumentation.of(ElfFile.read(Path.of(spec.run().executable())));
    } catch (IOException e) {
      return Tells.NOTHING; // a script, or what only the kernel understands
    }
    return switch (found) {
      case NONE -> Tells.NOTHING;
      case CALLBACKS -> Tells.CALLBACKS;
      case AFL -> Tells.AFL;
    };
  }

  private ForkServerSetting setting(RunInput input, List<byte[]> words, boolean capture) {
    List<Rule> passing = new ArrayList<>(ForkServerSetting.ownCalls(token));
    passing.addAll(known.rules());
    return new ForkServerSetting(
        Path.of(spec.run().executable()),
        spec.workingDirectory(),
        words,
        spec.variables(),
        BpfCompiler.compileLearning(Arch.current(), spec.refused(), passing),
        token,
        input,
        Limits.DEFAULT,
        Kind.PLAIN,
        tells,
        capture,
        spec.effects());
  }

  /** Those of earlier campaigns, whose places inputs keep; those given; those of the help. */
  private List<Choice> readChoices() throws IOException {
    Path file = spec.chosen();
    List<Choice> earlier =
        Files.exists(file) ? Files.readAllLines(file).stream().map(Choice::of).toList() : List.of();
    if (spec.plan().kind() == CampaignPlan.Kind.HELP) {
      return earlier; // as the one that it helps has them
    }
    Stream<Choice> own = Stream.concat(spec.choices().stream(), optionsInHelp().stream());
    List<Choice> all = distinct(Stream.concat(earlier.stream(), own));
    Path next = file.resolveSibling("choices.new");
    Files.write(next, all.stream().map(Choice::line).toList());
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    return all;
  }

  /** {@code --sort} and {@code --sort=} with a value count as one. */
  private static List<Choice> distinct(Stream<Choice> choices) {
    return choices
        .collect(
            Collectors.toMap(
                choice -> choice.kind() + choice.name().replace("=", ""),
                choice -> choice,
                (first, second) -> first,
                LinkedHashMap::new))
        .values()
        .stream()
        .toList();
  }

  /** The program is asked for its help; what it does meanwhile is nobody's evidence. */
  private List<Choice> optionsInHelp() {
    List<byte[]> words = List.of(spec.words().get(0), "--help".getBytes(StandardCharsets.US_ASCII));
    Decider unrecorded = call -> CONTINUE;
    ForkServerSetting setting = setting(new RunInput.Standard(), words, true);
    try (ForkServer asked = open(setting, unrecorded)) {
      ForkServer.End end = asked.run(new byte[0], HELP_TIMEOUT);
      return end == null ? List.of() : HelpText.options(asked.output());
    } catch (ForkServer.CannotServe e) {
      return List.of();
    }
  }

  /** How many choices inputs have. */
  int choices() {
    return choices;
  }

  RecordingDecider recorder() {
    return recorder;
  }

  Feedback feedback() {
    return feedback;
  }

  KindCounts kinds() {
    return kinds;
  }

  /** Of the last execution. */
  Trail trail() {
    return trail;
  }

  /** What an input means beside its payload. */
  InputLayout.Choices chosenBy(byte[] input) {
    return layout.choices(input);
  }

  /** How an execution that has just taken place ended. */
  Ending ending(ForkServer.End end) {
    return Ending.of(end, memory.isExceeded());
  }

  /** Whether no execution has left its server alive for so long that none will. */
  boolean isHopeless() {
    return failures >= FAILURES_MAX;
  }

  /**
   * One execution. A target that listens goes on from one to the next, unless the input chooses
   * something beside its payload: then it is started and ended for it, another one beside.
   *
   * @return how it ended; null if that is not known, since it has ended its server
   */
  ForkServer.@Nullable End execute(byte[] input) {
    InputLayout.Choices chosen = layout.choices(input);
    boolean lasts = spec.input().isConnection() && layout.isPlain(chosen);
    return execute(chosen, InputLayout.payload(input), lasts);
  }

  /** The same, with what is chosen beside the payload; in any case with a start of its own. */
  ForkServer.@Nullable End executeAlone(InputLayout.Choices chosen, byte[] payload) {
    return execute(chosen, payload, false);
  }

  private ForkServer.@Nullable End execute(
      InputLayout.Choices chosen, byte[] payload, boolean lasts) {
    if (!lasts) {
      var unused =
          server(); // its start is not the doing of this input, and meets none of its faults
    }
    feedback.begin();
    kinds.begin();
    trail.begin();
    memory.begin();
    faults = chosen.faults();
    call = 0;
    long begun = System.nanoTime();
    long before = answering();
    ForkServer.End end = lasts ? sendToLasting(payload) : startAndFeed(chosen, payload);
    if (end == null || (server != null && server.isSpent())) {
      restart();
    }
    failures = end == null ? failures + 1 : 0;
    if (end == null) {
      return null;
    }
    feedback.end(end.status());
    if (told != null && tells != Tells.NOTHING) {
      told.edges(feedback::edge);
    }
    boolean first = known.rules().isEmpty();
    if (known.executed(System.nanoTime() - begun, answering() - before)) {
      if (first && !spec.fast()) {
        notes.accept(
            "answering takes much of the time: known calls run without tiny-jail from here on; what"
                + " is said of how often they came are lower bounds");
      }
      restart();
    }
    return end;
  }

  /** What the last execution has compared; empty unless the target is built to tell. */
  List<Comparison> comparisons() {
    return tells == Tells.CALLBACKS && told != null ? told.comparisons() : List.of();
  }

  private ForkServer.@Nullable End startAndFeed(InputLayout.Choices chosen, byte[] payload) {
    ForkServer running = server();
    running.words(chosen.command());
    running.variables(chosen.variables());
    told = running.coverage();
    return running.run(payload, spec.timeout());
  }

  private ForkServer.@Nullable End sendToLasting(byte[] payload) {
    if (lasting.wantsServer()) {
      lasting.open(start());
    }
    boolean ready;
    try {
      ready = lasting.isReady();
    } catch (IOException e) {
      throw new AgentException(e.getMessage() + heard(), e);
    }
    feedback.begin(); // what its start shows is not the doing of this input
    trail.begin();
    memory.begin();
    told = lasting.coverage();
    if (told != null && tells != Tells.NOTHING) {
      told.clear();
    }
    return ready ? lasting.send(payload) : null;
  }

  /** What the target says when it is started once more, to be put behind a sentence. */
  private String heard() {
    ForkServerSetting setting = setting(input, layout.plainCommand(), true);
    try (ForkServer asked = open(setting, call -> CONTINUE)) {
      var unused = asked.served().start(HELP_TIMEOUT);
      String text = new String(asked.output(), StandardCharsets.UTF_8).strip();
      String last = text.substring(text.lastIndexOf('\n') + 1).replaceAll("\\p{Cntrl}", " ");
      return last.isEmpty() ? "" : "; it says: " + last;
    } catch (ForkServer.CannotServe e) {
      return "";
    }
  }

  /** Has the next execution begin with a new server. */
  private void restart() {
    lasting.close();
    if (server != null) {
      server.close();
      server = null;
    }
  }

  /**
   * Whether all calls are answered from here on, also those that ran without.
   *
   * @return whether they were before
   */
  boolean showAll(boolean wanted) {
    boolean before = known.showsAll();
    if (known.showAll(wanted)) {
      restart();
    }
    return before;
  }

  /** How much of the time went into answering calls, up to 1. */
  double share() {
    return known.share();
  }

  private long answering() {
    return lasting.answering() + (server == null ? 0 : server.answering());
  }

  private ForkServer server() {
    ForkServer running = server == null ? start() : server;
    server = running;
    return running;
  }

  private ForkServer start() {
    ForkServer running = null;
    while (running == null) {
      running = tryStart();
    }
    return running;
  }

  private ForkServer open(ForkServerSetting setting, Decider decider)
      throws ForkServer.CannotServe {
    try {
      return ForkServer.start(spec.home(), setting, decider);
    } catch (AgentException e) {
      String without =
          "; --allow-effects does without namespaces: what the program does is real then";
      throw new AgentException(e.getMessage() + (spec.effects() ? "" : without), e);
    }
  }

  private @Nullable ForkServer tryStart() {
    try {
      ForkServer started =
          open(setting(input, layout.plainCommand(), false).as(kind), new Observer());
      noteInstrumentation();
      return started;
    } catch (ForkServer.CannotServe e) {
      if (kind == Kind.PLAIN) {
        throw new AgentException("the program cannot be executed: " + e.getMessage(), e);
      }
      notes.accept("no fork server inside the target: " + e.getMessage());
      kind = Kind.PLAIN;
      return null;
    }
  }

  private void noteInstrumentation() {
    if (tells != Tells.NOTHING && kind == Kind.PRELOAD && !noted) {
      noted = true;
      notes.accept(
          "edges guide the fuzzer too: the program is built with "
              + (tells == Tells.AFL ? "AFL's instrumentation" : "-fsanitize-coverage"));
    }
  }

  /** Records each call, tells the fuzzer of its kind, and lets happen what the input asks for. */
  private final class Observer implements Decider {
    @Override
    public Verdict decide(Notification notification) {
      Verdict verdict = recorder.decide(notification);
      trail.call(notification);
      memory.call(notification);
      int number = recorder.lastKind();
      feedback.call(number);
      kinds.call(number);
      return faults.isEmpty() ? verdict : afflicted(notification, verdict);
    }

    private Verdict afflicted(Notification notification, Verdict unafflicted) {
      Verdict verdict = unafflicted;
      for (Fault fault : faults) {
        if (fault.call() == call) {
          Verdict usual = verdict;
          verdict = fault.answer(notification, usual);
          if (verdict != usual || fault.signal() != 0) {
            trail.hit(fault, notification);
          }
          ForkServer running = server;
          if (fault.signal() != 0 && running != null) {
            running.signal(notification, fault.signal());
          }
        }
      }
      call++;
      return verdict;
    }
  }
}

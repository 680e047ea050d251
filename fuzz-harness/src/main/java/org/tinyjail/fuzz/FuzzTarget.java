package org.tinyjail.fuzz;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.AgentException;
import org.tinyjail.agent.Checkpoints;
import org.tinyjail.agent.ForkServer;
import org.tinyjail.model.Run;
import org.tinyjail.model.UnseenChance;

/** What Jazzer calls for each input, in a process of its own. */
public final class FuzzTarget {
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(3);
  private static final long PROGRESS_NANOS = 500_000_000L;

  private static @Nullable FuzzTarget instance;

  private final CampaignSpec spec;
  private final Executions executions;
  private final Substitutions substitutions;
  private final Schedule schedule;
  private final Findings findings;
  private final Checkpoints kept;
  private final PrintStream progress;
  private long executed;
  private long found;
  private long late;

  /** Inputs of the corpus like which none are made. */
  private final Set<ByteBuffer> hanging = new HashSet<>();

  private long lastProgress;
  private long othersExecuted;
  private Optional<UnseenChance> measured = Optional.empty();
  private final BlockingQueue<Long> told = new LinkedBlockingQueue<>();
  private volatile boolean stopping;

  private FuzzTarget(CampaignSpec spec, PrintStream progress)
      throws IOException, ReflectiveOperationException {
    this.spec = spec;
    this.progress = progress;
    this.executions = new Executions(spec, note -> progress.println("note\t" + note));
    this.substitutions = new Substitutions(executions, spec.corpus());
    this.schedule = new Schedule(spec.plan(), System.nanoTime());
    if (spec.plan().isLeading()) {
      Seeds.write(spec, executions);
    }
    progress.println("options\t" + executions.choices());
    this.findings = new Findings(spec.findings());
    this.kept =
        Checkpoints.start(
            spec.spools(),
            () -> withLoaded(spec.run()),
            executions.recorder()::observations,
            CHECKPOINT_INTERVAL);
    beginGuided();
  }

  /** Tells the campaign, which starts helpers. */
  private void beginGuided() {
    long most = schedule.begin(System.nanoTime(), total(), executed);
    if (spec.plan().isLeading()) {
      progress.println("guided\t" + most);
      progress.flush();
    }
  }

  /** Executions of all jobs, as far as they are known. */
  private long total() {
    return executed + othersExecuted;
  }

  /** Called once, before the first input; the description comes from standard input. */
  public static void fuzzerInitialize() throws IOException, ReflectiveOperationException {
    DataInputStream in = new DataInputStream(System.in);
    FuzzTarget target = started(CampaignSpec.read(in));
    instance = target;
    Runtime.getRuntime().addShutdownHook(new Thread(target::finish, "finish"));
    Thread thread = new Thread(() -> target.stopAtEnd(in), "parent");
    thread.setDaemon(true);
    thread.start();
    if (!target.spec.finding().isEmpty()) {
      replayFinding(target);
    }
  }

  private static void replayFinding(FuzzTarget target) throws IOException {
    try {
      target.replayFinding();
    } catch (AgentException e) {
      throw failed(e);
    }
  }

  private static FuzzTarget started(CampaignSpec spec)
      throws IOException, ReflectiveOperationException {
    try {
      return new FuzzTarget(spec, System.out);
    } catch (AgentException e) {
      throw failed(e);
    }
  }

  /** Told to the user in one line; Jazzer would take it for something found. */
  private static IllegalStateException failed(AgentException e) {
    System.out.println(Job.FAILED + "\t" + e.getMessage());
    System.out.flush();
    System.exit(1);
    return new IllegalStateException(e);
  }

  /** Called for each input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    FuzzTarget target = instance;
    if (target == null) {
      throw new IllegalStateException("not initialized");
    }
    try {
      target.test(input);
    } catch (AgentException e) {
      throw failed(e);
    }
  }

  /** The command's process closes the pipe, or has ended: so do we. */
  private void stopAtEnd(DataInputStream in) {
    try {
      while (true) {
        told.add(in.readLong());
      }
    } catch (IOException e) {
      stopping = true;
      told.add(0L);
    }
  }

  /** Waits until nobody else works on the corpus. */
  private void awaitOthers() {
    progress.println(Job.FROZEN);
    progress.flush();
    try {
      long executions = told.take();
      othersExecuted = stopping ? othersExecuted : executions;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void test(byte[] input) throws IOException {
    boolean helped =
        spec.plan().kind() == CampaignPlan.Kind.HELP
            && schedule.isSpent(System.nanoTime(), executed);
    if (stopping || helped) {
      end();
    }
    if (isToFreeze()) {
      freeze();
    }
    var unused = execute(input, () -> guide(input));
    byte[] derived = substitutions.next();
    while (derived != null && goesOn() && !isToFreeze()) {
      byte[] own = derived;
      unused = execute(own, () -> substitutions.afterOwn(own));
      derived = substitutions.next();
    }
  }

  private void guide(byte[] input) {
    executions.feedback().report();
    if (spec.plan().kind() != CampaignPlan.Kind.REPLAY) {
      substitutions.after(input);
    }
  }

  /** Looks at what an execution has shown, before there is another one. */
  private interface Look {
    void take() throws IOException;
  }

  private int execute(byte[] input) throws IOException {
    return execute(input, () -> {});
  }

  /** Returns the newest kind of call that it has shown. */
  private int execute(byte[] input, Look look) throws IOException {
    long before = executions.recorder().kinds();
    ForkServer.End end = executeOnce(input);
    int newest = executions.kinds().newest();
    boolean adds = executions.recorder().kinds() > before;
    if (end != null && spec.guided()) {
      if (guides(end)) {
        look.take();
      } else if (adds && spec.plan().kind() != CampaignPlan.Kind.REPLAY) {
        Corpus.keep(spec.corpus(), input);
      }
    }
    if (adds) {
      found = executed;
    }
    if (end != null) {
      keepFinding(input, end);
    }
    report(false);
    endIfHopeless();
    return newest;
  }

  private ForkServer.@Nullable End executeOnce(byte[] input) {
    ForkServer.End end = executions.execute(input);
    executed++;
    late += end != null && end.timedOut() ? 1 : 0;
    return end;
  }

  /**
   * Inputs like one that does not end in time take as long as hundreds of others: none are made,
   * unless most executions are of this kind.
   */
  private boolean guides(ForkServer.End end) {
    return !end.timedOut() || late > executed / 2;
  }

  private void endIfHopeless() {
    if (executions.isHopeless()) {
      progress.println(
          "note\tthe program has ended its fork server "
              + Executions.FAILURES_MAX
              + " times in a row: no use in going on");
      end();
    }
  }

  /** Measures with a generator that no longer changes; where that was the last thing, ends. */
  private void freeze() throws IOException {
    awaitOthers();
    executions.showAll(true);
    hanging.clear();
    CorpusReduction.reduce(spec.corpus(), this::features, this::goesOn);
    FrozenGenerator generator = generator();
    while (goesOn() && schedule.isSettling(System.nanoTime(), total())) {
      var unused = executeUnguided(generator.next());
    }
    int known = executions.recorder().kinds();
    executions.kinds().clear();
    long unguided = 0;
    long hits = 0;
    while (goesOn() && schedule.isMeasuring(System.nanoTime(), total(), unguided, hits)) {
      hits += executeUnguided(generator.next()) > known ? 1 : 0;
      unguided++;
    }
    UnseenBound bound =
        new UnseenBound(unguided, hits, executions.kinds().singletons(), schedule.error());
    tell(bound);
    if (stopping || schedule.isOver(bound, System.nanoTime(), total())) {
      end();
    }
    executions.showAll(false);
    beginGuided();
  }

  private void tell(UnseenBound bound) {
    if (bound.executions() == 0) {
      return;
    }
    UnseenChance chance = bound.chance(total(), Clock.systemUTC().instant());
    measured = Optional.of(chance);
    progress.println(
        String.join(
            "\t",
            "bound",
            String.valueOf(chance.executions()),
            String.valueOf(chance.unguided()),
            String.valueOf(chance.hits()),
            String.valueOf(chance.limit()),
            String.valueOf(chance.confidence()),
            String.valueOf(chance.estimate()),
            chance.measured().toString()));
  }

  /** As {@link #execute}; what shows something new is kept here, since no fuzzer is told. */
  private int executeUnguided(byte[] input) throws IOException {
    long before = executions.recorder().kinds();
    int newest = execute(input);
    if (spec.guided() && executions.recorder().kinds() > before) {
      Corpus.keep(spec.corpus(), input);
    }
    return newest;
  }

  private FrozenGenerator generator() throws IOException {
    List<byte[]> words = new ArrayList<>(spec.values());
    if (Files.exists(spec.dictionary())) {
      words.addAll(Dictionary.read(spec.dictionary()).words());
    }
    Path base = spec.guided() ? spec.corpus() : spec.seeds();
    List<byte[]> corpus = FrozenGenerator.corpus(base);
    corpus.removeIf(input -> hanging.contains(ByteBuffer.wrap(input)));
    return new FrozenGenerator(corpus, words, spec.seed() + executed);
  }

  /** In the middle of an input, which libFuzzer takes for a crash: so it is said. */
  private void end() {
    progress.println(Job.END);
    progress.flush();
    System.exit(0);
  }

  private boolean isToFreeze() {
    return schedule.isToFreeze(System.nanoTime(), executed, executed - found);
  }

  private boolean goesOn() {
    return !stopping;
  }

  /** What the fuzzer's counters show for {@code input}; empty: it could not be executed. */
  private int[] features(byte[] input) throws IOException {
    ForkServer.End end = executeOnce(input);
    report(false);
    endIfHopeless();
    if (end != null && !guides(end)) {
      hanging.add(ByteBuffer.wrap(input));
    }
    return end == null ? new int[0] : executions.feedback().features();
  }

  /** Once more without any fault, all calls seen: then it is known what it takes. */
  private void keepFinding(byte[] input, ForkServer.End end) throws IOException {
    Ending ending = executions.ending(end);
    List<Trail.Hit> hits = executions.trail().hits();
    Ending first = hits.isEmpty() ? ending : ending.withFault();
    String name = nameOf(first);
    if (!ending.isBad() || !findings.wants(first, name)) {
      return;
    }
    InputLayout.Choices chosen = executions.chosenBy(input).without();
    byte[] payload = InputLayout.payload(input);
    Ending plain = executePlain(chosen, payload);
    boolean same = plain.name().equals(ending.name());
    if (same && !nameOf(plain).equals(name)) {
      name = nameOf(plain);
      if (!findings.wants(plain, name)) {
        return;
      }
    }
    String again = same || hits.isEmpty() ? plain.text() : "without, " + plain.text();
    Finding finding =
        Finding.of(ending, chosen, same ? List.of() : hits, again, executions.files());
    if (findings.keep(name, finding, payload, spec)) {
      progress.println("finding\t" + name + "\t" + finding.summary());
    }
  }

  private Ending executePlain(InputLayout.Choices chosen, byte[] payload) throws IOException {
    boolean before = executions.showAll(true);
    try {
      return execute(chosen, payload);
    } finally {
      executions.showAll(before);
    }
  }

  private Ending execute(InputLayout.Choices chosen, byte[] payload) throws IOException {
    ForkServer.End end = executions.executeAlone(chosen, payload);
    executed++;
    return end == null ? new Ending("", "ends its fork server") : executions.ending(end);
  }

  /** Of the last execution. */
  private String nameOf(Ending ending) {
    return ending.name() + "-" + executions.trail().hash();
  }

  /** Nothing else is done. */
  private void replayFinding() throws IOException {
    String name = spec.finding();
    Finding finding = findings.read(name);
    Ending now = execute(finding.choices(executions.files()), findings.payload(name));
    boolean same = now.text().equals(finding.ending());
    progress.println(
        "note\t"
            + name
            + " "
            + now.text()
            + (same ? ", as before" : "; it was: " + finding.ending()));
    end();
  }

  private void report(boolean last) {
    long now = System.nanoTime();
    if (last || now - lastProgress > PROGRESS_NANOS) {
      lastProgress = now;
      progress.println(
          "progress\t"
              + executed
              + "\t"
              + executions.recorder().kinds()
              + "\t"
              + found
              + "\t"
              + executions.share());
      progress.flush();
    }
  }

  private Run withLoaded(Run run) {
    return run.withLoaded(executions.recorder().loaded());
  }

  private void finish() {
    Run ended = withLoaded(spec.run().ended(Clock.systemUTC().instant(), OptionalInt.empty()));
    kept.finish(measured.map(ended::measured).orElse(ended));
    report(true);
  }
}

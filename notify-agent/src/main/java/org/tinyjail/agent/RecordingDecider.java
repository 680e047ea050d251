package org.tinyjail.agent;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.CallKinds.Kind;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallTable;

/**
 * Learns: lets every call through and counts it, by executable, call and class of arguments.
 *
 * <p>A call that has been seen before costs no memory and no lookup beyond two arrays. Once a call
 * of one executable has been seen with {@value #CLASSES_MAX} different arguments, those to come are
 * counted together, as any arguments. Of numbers that no table has, {@value #OTHER_CELLS_MAX} are
 * kept; the others are answered ENOSYS, as the kernel would, and not learned.
 */
public final class RecordingDecider implements Decider {
  /** Classes of one call by one executable that are told apart. */
  public static final int CLASSES_MAX = 64;

  /** Different observations that are kept; beyond, arguments are no longer told apart. */
  private static final int COUNTERS_MAX = 200_000;

  /** Numbers outside the tables: more than any architecture's calls that may be among them. */
  static final int OTHER_CELLS_MAX = 4096;

  private static final int SAMPLE_MAX = 512;
  private static final int NATIVE = Arch.current().auditValue();
  private static final int MMAP = SyscallTable.of(Arch.current()).number("mmap").orElse(-1);
  private static final int PROT_EXEC = 4;
  private static final int MAP_ANONYMOUS = 0x20;

  private static final Verdict CONTINUE =
      Verdict.unsafeContinue("learning: nothing is decided, everything is let through");
  private static final Verdict UNAVAILABLE = Verdict.fail(Action.ENOSYS);

  private final CallKinds kinds;
  private final PointerTable pointers;
  private final WallTime time;
  private final @Nullable Cell[] @Nullable [] cells = new Cell[ProcessTable.maxImageIndex() + 1][];
  private final Map<Long, Cell> otherCells = new HashMap<>();
  private final Queue<Counter> all = new ConcurrentLinkedQueue<>();
  private final Set<LoadedFile> loaded = ConcurrentHashMap.newKeySet();
  private final Source source;
  private int counters;
  private int lastKind;

  /** The counters of one call by one executable. */
  private static final class Cell {
    private @Nullable Counter counters;
    private @Nullable Counter any;
    private int classes;
  }

  /**
   * @param scope which arguments are learned by value
   * @param unavailable names of calls that are answered ENOSYS and not learned, such as clone3, so
   *     that libc falls back to calls whose arguments can be seen
   */
  public RecordingDecider(ArgumentScope scope, Set<String> unavailable, Clock clock) {
    this(scope, unavailable, clock, Source.OBSERVED);
  }

  /**
   * As above.
   *
   * @param source what the observations say of themselves
   */
  public RecordingDecider(
      ArgumentScope scope, Set<String> unavailable, Clock clock, Source source) {
    this.source = source;
    this.kinds = new CallKinds(scope, unavailable);
    this.pointers = PointerTable.of(EnumSet.of(Arch.current(), Arch.X86));
    this.time = WallTime.since(clock);
  }

  @Override
  public Verdict decide(Notification call) {
    int arch = call.archValue();
    int number = call.number();
    Caller caller = call.caller();
    lastKind = 0;
    if (number == MMAP && arch == NATIVE && (call.argument(2) & PROT_EXEC) != 0) {
      addLoaded(call, caller);
    }
    Cell cell = cell(caller, arch, number);
    if (cell == null) {
      return UNAVAILABLE;
    }
    for (Counter counter = cell.counters; counter != null; counter = counter.next()) {
      if (counter.matches(call)) {
        return count(counter, call);
      }
    }
    return cell.any != null ? count(cell.any, call) : first(cell, call, caller);
  }

  /** Learned all the same: what the program needs does not depend on which process it names. */
  @Override
  public void refused(Notification call, Action action) {
    var unused = decide(call);
  }

  /** What is mapped to be executed, if it is a file. */
  private void addLoaded(Notification call, Caller caller) {
    int descriptor = (int) call.argument(4);
    boolean none = descriptor < 0 || (call.argument(3) & MAP_ANONYMOUS) != 0;
    String path = none || loaded.size() == LoadedFile.MAX ? "" : caller.file(descriptor);
    if (!path.isEmpty() && call.isWaiting()) {
      loaded.add(new LoadedFile(caller.executable(), path));
    }
  }

  /** The files of code that were mapped so far, in order; for any thread. */
  public List<LoadedFile> loaded() {
    return loaded.stream()
        .sorted(Comparator.comparing(LoadedFile::executable).thenComparing(LoadedFile::path))
        .toList();
  }

  /** How many different observations there are; for the listener's thread. */
  public int kinds() {
    return counters;
  }

  /** The number of the observation that the last call belongs to, from 1; 0 if to none. */
  public int lastKind() {
    return lastKind;
  }

  private Verdict count(Counter counter, Notification call) {
    lastKind = counter.number();
    if (!counter.kind().isAvailable()) {
      return UNAVAILABLE;
    }
    counter.count(call.nanoTime());
    return CONTINUE;
  }

  /** Null: one number too many. */
  private @Nullable Cell cell(Caller caller, int arch, int number) {
    int image = caller.targetProcess().image().index();
    int place = CallKinds.place(arch, number);
    @Nullable Cell[] row = cells[image];
    if (row == null) {
      row = new Cell[CallKinds.ROWS * CallKinds.NUMBERS];
      cells[image] = row;
    }
    if (place < 0) {
      long key = CallKinds.key(arch, number);
      boolean full = otherCells.size() >= OTHER_CELLS_MAX;
      return full ? otherCells.get(key) : otherCells.computeIfAbsent(key, any -> new Cell());
    }
    Cell cell = row[place];
    if (cell == null) {
      cell = new Cell();
      row[place] = cell;
    }
    return cell;
  }

  /** The first call of its class. */
  private Verdict first(Cell cell, Notification call, Caller caller) {
    Kind kind = kinds.kind(call.archValue(), call.number());
    String sample = kind != null && kind.isAvailable() ? sample(call) : "";
    // A call whose thread was killed meanwhile is not carried out, and who made it is not known.
    if (kind == null || !call.isWaiting()) {
      return kind == null ? UNAVAILABLE : CONTINUE;
    }
    Counter.First first =
        new Counter.First(counters + 1, caller.executable(), kind, sample, call.nanoTime());
    Counter counter = add(cell, first, call);
    all.add(counter);
    counters++;
    return count(counter, call);
  }

  private Counter add(Cell cell, Counter.First first, Notification call) {
    if (cell.classes >= CLASSES_MAX || counters >= COUNTERS_MAX) {
      cell.any = Counter.ofAny(first);
      return cell.any;
    }
    long[] values = new long[first.kind().dangerous()];
    for (int i = 0; i < values.length; i++) {
      values[i] = first.kind().value(i, call);
    }
    cell.counters = Counter.of(first, values, cell.counters);
    cell.classes++;
    return cell.counters;
  }

  private String sample(Notification call) {
    PointerTable.Rule rule = pointers.rule(call.archValue(), call.number());
    MemoryView memory = rule == null ? MemoryView.NOTHING : call.memory(rule);
    String text = ArgumentDecoder.decode(call.data(), memory);
    return text.length() <= SAMPLE_MAX ? text : text.substring(0, SAMPLE_MAX) + "…";
  }

  /** All that has been learned so far; for any thread. */
  public List<Observation> observations() {
    return observations(number -> true);
  }

  /** Of that those whose number, as {@link #lastKind} gives it, is {@code wanted}. */
  public List<Observation> observations(IntPredicate wanted) {
    List<Observation> observations = new ArrayList<>();
    for (Counter counter : all) {
      long count = counter.count();
      if (count > 0 && wanted.test(counter.number())) {
        observations.add(observation(counter, count));
      }
    }
    return observations;
  }

  private Observation observation(Counter counter, long count) {
    return new Observation(
        counter.executable(),
        counter.kind().arch(),
        counter.kind().name(),
        counter.argumentClass(),
        source,
        count,
        time.at(counter.first()),
        time.at(counter.last()),
        counter.sample());
  }
}

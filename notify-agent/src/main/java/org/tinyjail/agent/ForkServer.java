package org.tinyjail.agent;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.PacketSocket.Packet;
import org.tinyjail.model.Arch;
import org.tinyjail.model.SyscallTable;

/**
 * Runs a target again and again, each time with another input, with its calls notified.
 *
 * <p>The executor, a native program of the distribution, holds the target in namespaces of its own
 * and ends when this process does. The thread that runs the target also answers its calls: one
 * thread, no lock on the way. Linux kernels since 6.11 end its waiting when the target is gone.
 */
public final class ForkServer implements AutoCloseable {
  private static final int SIGKILL = 9;
  private static final byte[] NO_BYTES = {};
  private static final Duration START = Duration.ofSeconds(10);

  /** For the server to see that its run was killed. */
  private static final Duration KILLED = Duration.ofSeconds(5);

  private static final int EXECVE = SyscallTable.of(Arch.current()).number("execve").orElseThrow();

  private static final int BOARD_AND_COVERAGE = FuzzWire.COVERAGE_AT + FuzzWire.COVERAGE_SIZE;

  private static final Verdict CONTINUE =
      Verdict.unsafeContinue("the fork server's own call, which starts or ends a run");
  private static final Verdict NEXT = Verdict.value(FuzzWire.RUN_NEXT);
  private static final Verdict NOTHING = Verdict.value(0);
  private static final Verdict TOO_MANY = Verdict.fail(LinuxC.EAGAIN);

  private final LinuxC c;
  private final Decider decider;
  private final int executor;
  private final PacketSocket control;
  private final boolean plain;
  private final boolean alone;
  private final RunInput source;
  private final NotificationFd listener;
  private final NativeBuffer board;
  private final Coverage coverage;
  private final boolean tells;
  private final long token;
  private final Slots slots = Slots.alone();
  private final NativeBuffer response = NotificationFd.newResponse();
  private final ProcessTable processes;
  private final Notification notification;
  private final int slot;
  private final Deadline deadline;
  private final Feeder feeder;
  private final ServedTarget served;
  private final TaskLimit tasks;
  private NativeBuffer inputBytes = NativeBuffer.allocate(1 << 16);
  private List<Integer> inputs;
  private final int output;

  private long codeStart;
  private long codeEnd;
  private int server;
  private TargetProcess origin = TargetProcess.UNKNOWN;
  private long waiting;
  private int run;
  private final long[] forked = new long[2];
  private boolean launching;
  private boolean adopting;
  private boolean changesFiles;
  private boolean leavesProcesses;
  private boolean spent;
  private int status;
  private int threads;
  private int calls;
  private int wordsEnd;
  private long answering;

  /**
   * How a run ended.
   *
   * @param status of its first process, as of waitpid
   * @param timedOut whether it was killed for taking too long
   * @param calls how many calls were notified
   */
  public record End(int status, boolean timedOut, int calls) {}

  /** A target that cannot be started in this way; the message says why. */
  public static final class CannotServe extends Exception {
    private static final long serialVersionUID = 1;

    CannotServe(String message) {
      super(message);
    }
  }

  private ForkServer(
      LinuxC c,
      Decider decider,
      int executor,
      PacketSocket control,
      Packet ready,
      ForkServerSetting setting) {
    this.c = c;
    this.decider = decider;
    this.executor = executor;
    this.control = control;
    this.plain = setting.kind() == ForkServerSetting.Kind.PLAIN;
    this.alone = !setting.effects();
    this.source = setting.input();
    List<Integer> fds = ready.descriptors();
    this.listener = new NotificationFd(c, fds.get(0));
    this.board = map(fds.get(1));
    this.coverage = new Coverage(board);
    this.tells = setting.tells() != ForkServerSetting.Tells.NOTHING;
    c.close(fds.get(1));
    this.token = setting.token();
    board.putLong(FuzzWire.BOARD_TOKEN_AT, token);
    int output = 2 + Math.max(1, setting.inputs().size());
    this.inputs = fds.subList(2, output);
    this.output = fds.size() > output ? fds.get(output) : -1;
    ProcFiles files = new ProcFiles(c);
    this.processes = new ProcessTable(c, files, ProcessTable.EXECS_NOTIFIED, setting::hostPath);
    TargetMemory memory = new TargetMemory(c, files, thread -> -LinuxC.EPERM);
    this.notification = new Notification(listener, slots, processes, memory);
    this.slot = takeSlot(slots);
    this.deadline = new Deadline(control, () -> c.kill(executor, SIGKILL));
    this.tasks = new TaskLimit(setting.limits().processes(), executor);
    this.feeder = new Feeder(c, this, listener, source instanceof RunInput.Terminal);
    this.served = new ServedTarget(this, feeder, source);
  }

  /**
   * Starts a server and waits until it is ready for its first run; what the target does before main
   * is shown to {@code decider}.
   *
   * @param home the directory with {@code executor} and {@code preload.so}
   * @throws CannotServe if this target cannot be served in this way
   * @throws AgentException if nothing can be
   */
  public static ForkServer start(Path home, ForkServerSetting setting, Decider decider)
      throws CannotServe {
    LinuxC c = JnaLinuxC.load();
    NotificationFd.checkSizes(c);
    NativeBuffer pair = NativeBuffer.allocate(8);
    check(c.socketPair(pair.address()), "make a pair of sockets");
    PacketSocket control = new PacketSocket(c, pair.getInt(0), FuzzWire.MESSAGE_SIZE);
    int executor = spawn(c, home, setting, pair.getInt(4));
    Packet ready = control.receive();
    if (ready == null || ready.getInt(0) != FuzzWire.MESSAGE_READY) {
      end(c, executor);
      c.close(control.descriptor());
      throw new AgentException("the target cannot be started for fuzzing: " + failure(ready));
    }
    ForkServer server = new ForkServer(c, decider, executor, control, ready, setting);
    try {
      server.awaitReady();
      return server;
    } catch (CannotServe | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private static int spawn(LinuxC c, Path home, ForkServerSetting setting, int socket) {
    NativeBuffer name = NativeBuffer.allocate(16).putText(bytes("setting"));
    byte[] bytes = setting.toBytes(home.resolve("preload.so"));
    NativeBuffer copy = NativeBuffer.allocate(bytes.length);
    copy.bytes().put(0, bytes);
    int file = check(c.memfd(name.address()), "make a file in memory");
    check((int) c.pwrite(file, copy.address(), bytes.length, 0), "write a file in memory");
    byte[] path = bytes(home.resolve("executor").toString());
    NativeBuffer program = NativeBuffer.allocate(path.length + 1).putText(path);
    int first = check(c.copyOf(socket), "copy a descriptor");
    int second = check(c.copyOf(file), "copy a descriptor");
    int pid = c.spawn(program.address(), first, second);
    List.of(socket, file, first, second).forEach(c::close);
    return check(pid, "start " + home.resolve("executor"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int check(int result, String what) {
    if (result < 0) {
      throw new AgentException("cannot " + what + ": errno " + -result);
    }
    return result;
  }

  private static String failure(@Nullable Packet packet) {
    if (packet == null || packet.getInt(0) != FuzzWire.MESSAGE_FAILED) {
      return "the executor has ended";
    }
    return packet.text(FuzzWire.MESSAGE_TEXT) + ": errno " + packet.getInt(4);
  }

  private static NativeBuffer map(int fd) {
    Path path = Path.of("/proc/self/fd/" + fd);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return NativeBuffer.of(channel.map(MapMode.READ_WRITE, 0, BOARD_AND_COVERAGE));
    } catch (IOException e) {
      throw new AgentException("cannot map the board: " + e.getMessage(), e);
    }
  }

  private static int takeSlot(Slots slots) {
    try {
      return slots.take();
    } catch (InterruptedException e) {
      throw new AgentException("interrupted", e);
    }
  }

  private void awaitReady() throws CannotServe {
    listener.wakeInStep(true); // older kernels refuse: then without
    launching = !plain;
    deadline.begin(START);
    boolean ready = serve();
    boolean late = deadline.end();
    if (!ready || late) {
      throw new CannotServe(late ? "it does not begin within " + START.toSeconds() + " s" : gone());
    }
    if (threads > 1) {
      throw new CannotServe("it has " + threads + " threads before main");
    }
  }

  private String gone() {
    Packet packet = control.receive();
    return packet != null && packet.getInt(0) == FuzzWire.MESSAGE_ENDED
        ? "it has ended before main with status " + WaitStatus.exitCode(packet.getInt(4))
        : failure(packet);
  }

  /**
   * The command line of the runs to come; empty: as first started. What does not fit is left out.
   */
  public void words(List<byte[]> words) {
    wordsEnd =
        write(words, FuzzWire.BOARD_WORD_COUNT_AT, FuzzWire.BOARD_WORD_AT, FuzzWire.BOARD_WORDS, 0);
  }

  /**
   * Variables of the runs to come, {@code NAME=VALUE}, beside those of the setting or in place of
   * them; after {@link #words}, whose text they follow.
   */
  public void variables(List<byte[]> variables) {
    var unused =
        write(
            variables,
            FuzzWire.BOARD_VARIABLE_COUNT_AT,
            FuzzWire.BOARD_VARIABLE_AT,
            FuzzWire.BOARD_VARIABLES,
            wordsEnd);
  }

  /** Sends a signal to the process that makes a call of this run. */
  public void signal(Notification call, int signal) {
    int process = call.process();
    if (process != server && process > 0) {
      c.kill(process, signal);
    }
  }

  /** Returns where the text after the last one goes. */
  private int write(List<byte[]> texts, int countAt, int offsetsAt, int most, int textAt) {
    int at = textAt;
    int count = 0;
    for (byte[] text : texts) {
      if (count >= most || at + text.length + 1 > FuzzWire.BOARD_TEXT) {
        break;
      }
      board.putInt(offsetsAt + 4 * count, at);
      board.bytes().put(FuzzWire.BOARD_TEXT_AT + at, text);
      board.bytes().put(FuzzWire.BOARD_TEXT_AT + at + text.length, (byte) 0);
      at += text.length + 1;
      count++;
    }
    board.putInt(countAt, count);
    return at;
  }

  /**
   * One run. Of a target that is to listen: its start, the connections of the input, and SIGTERM.
   *
   * @param timeout after which it is killed
   * @return how it ended; null if the server is gone: close this one and start another
   */
  public @Nullable End run(byte[] bytes, Duration timeout) {
    if (source.isConnection()) {
      return served.run(bytes, timeout);
    }
    return source instanceof RunInput.Terminal
        ? new TypedRun(this, feeder).run(bytes, timeout)
        : runFed(bytes, timeout);
  }

  private @Nullable End runFed(byte[] bytes, Duration timeout) {
    List<byte[]> contents =
        source instanceof RunInput.InFiles files ? files.parts(bytes) : List.of(bytes);
    if (!writeInputs(contents)) {
      return null;
    }
    deadline.begin(timeout);
    if (!release()) {
      return null;
    }
    boolean ready = serve();
    boolean late = deadline.end();
    if (!ready || !deadline.settle() || !cleanUp()) {
      return null;
    }
    return new End(status, late, calls);
  }

  /** The target as a server, if its input comes over connections. */
  public ServedTarget served() {
    return served;
  }

  /** Lets the next run begin; false if there cannot be one. */
  boolean release() {
    if (waiting == 0 || (output >= 0 && c.ftruncate(output, 0) != 0)) {
      return false;
    }
    calls = 0;
    launching = plain;
    adopting = alone && !plain;
    changesFiles = false;
    leavesProcesses = false;
    if (tells) {
      coverage.clear();
    }
    boolean begun;
    do {
      run++;
      board.putLong(FuzzWire.BOARD_SPARE_AT, 0);
      begun = begin();
      listener.send(response, waiting, NEXT);
      waiting = 0;
      while (!begun && waiting == 0) {
        if (!answerNext()) {
          return false;
        }
        begun = begin();
      }
    } while (!begun); // the run before has killed the child of this one: there is another
    return true;
  }

  /** Lets the run's child begin, if it is there. */
  private boolean begin() {
    int place = run % forked.length;
    long child = forked[place];
    forked[place] = 0;
    return child != 0 && listener.send(response, child, NEXT) == 0;
  }

  /** Whether the first process of the run has ended. */
  boolean hasEnded() {
    return waiting != 0;
  }

  /** The status of the run's first process, as of waitpid, once it has ended. */
  int status() {
    return hasEnded() ? status : 0;
  }

  /** How many calls of the run have been notified. */
  int calls() {
    return calls;
  }

  /** Whether a run may have changed the server, its limits above all: then start another. */
  public boolean isSpent() {
    return spent;
  }

  private boolean writeInputs(List<byte[]> contents) {
    for (int i = 0; i < inputs.size(); i++) {
      if (!writeInput(inputs.get(i), i < contents.size() ? contents.get(i) : NO_BYTES)) {
        return false;
      }
    }
    return true;
  }

  private boolean writeInput(int input, byte[] bytes) {
    if (bytes.length > inputBytes.size()) {
      inputBytes = NativeBuffer.allocate(Integer.highestOneBit(bytes.length) * 2);
    }
    inputBytes.bytes().put(0, bytes);
    return c.pwrite(input, inputBytes.address(), bytes.length, 0) == bytes.length
        && c.ftruncate(input, bytes.length) == 0;
  }

  /** Ends what has outlived the run, and drops what it has written; false if that failed. */
  boolean cleanUp() {
    if (changesFiles) {
      return clean();
    }
    return !leavesProcesses || kill();
  }

  private boolean clean() {
    Packet answer = ask(FuzzWire.MESSAGE_CLEAN, 0, "");
    if (answer == null
        || answer.getInt(0) != FuzzWire.MESSAGE_INPUT
        || answer.descriptors().size() != inputs.size()) {
      return false;
    }
    inputs.forEach(c::close);
    inputs = answer.descriptors();
    return true;
  }

  /** Ends all processes of the run at once; false if that failed. */
  boolean kill() {
    Packet answer = ask(FuzzWire.MESSAGE_KILL, 0, "");
    return answer != null && answer.getInt(0) == FuzzWire.MESSAGE_KILLED;
  }

  /** Asks the executor; null if it is gone. No call is answered meanwhile. */
  @Nullable Packet ask(int type, int value, String text) {
    return control.send(type, value, text) ? control.receive() : null;
  }

  /** Answers calls until the server waits for a run; false if it is gone. */
  boolean serve() {
    while (waiting == 0) {
      if (!answerNext()) {
        return false;
      }
    }
    return true;
  }

  /** The same after a kill: a server that does not get that far in time is ended. */
  boolean serveKilled() {
    deadline.begin(KILLED);
    boolean ready = serve();
    deadline.end();
    return ready && deadline.settle();
  }

  /** Waits for a call and answers it; false if the server is gone. */
  boolean answerNext() {
    int result = listener.receive(slots.memory().address(Slots.offset(slot)));
    if (result == 0) {
      long received = System.nanoTime();
      notification.moveTo(slot, received);
      answer();
      answering += System.nanoTime() - received;
    }
    slots.clear(slot);
    if (result == -LinuxC.ENOENT && listener.isHungUp()) {
      return false;
    } else if (result < 0 && result != -LinuxC.ENOENT && result != -LinuxC.EINTR) {
      throw new AgentException("receiving a notification failed with errno " + -result);
    }
    return true;
  }

  private void answer() {
    if (notification.number() == FuzzWire.FUZZ_CALL) {
      answerServer();
      return;
    }
    boolean own = isServers();
    if (adopting && notification.thread() != server) {
      // No other process is left: this is the server's child, and a copy of it.
      processes.adopt(notification, origin);
      adopting = false;
    }
    if (!own) {
      calls++;
      changesFiles |= CallEffects.onFiles(notification);
      leavesProcesses |= CallEffects.onProcesses(notification);
      spent |= CallEffects.onOthers(notification);
    }
    Verdict verdict = own ? CONTINUE : decider.decide(notification);
    if (!own && CallEffects.onTasks(notification) && !tasks.admits()) {
      verdict = TOO_MANY;
    }
    processes.beforeAnswer(notification, verdict);
    listener.send(response, notification.id(), verdict);
  }

  /**
   * What the server does, and in a plain one its child up to its exec, is not the target's doing.
   */
  private boolean isServers() {
    if (plain ? notification.thread() == server : isInCode()) {
      return true;
    }
    boolean own = launching;
    launching &= !isExecve();
    return own;
  }

  private boolean isInCode() {
    long ip = notification.instructionPointer();
    return ip >= codeStart && ip < codeEnd;
  }

  private boolean isExecve() {
    return notification.archValue() == Arch.current().auditValue()
        && notification.number() == EXECVE;
  }

  /**
   * Whether calls of this name may run without being notified: they neither leave anything behind
   * nor change who is who.
   */
  public static boolean mayPassUnseen(String name) {
    return CallEffects.areNone(name) && !ProcessTable.isSpecial(name);
  }

  private void answerServer() {
    int kind = (int) notification.argument(0);
    boolean isServer = notification.thread() == server;
    if (kind == FuzzWire.FUZZ_HELLO && server == 0) {
      server = notification.thread();
      codeStart = notification.argument(1);
      codeEnd = notification.argument(2);
      origin = notification.caller().targetProcess();
    } else if (isServer && (kind == FuzzWire.FUZZ_READY || kind == FuzzWire.FUZZ_DONE)) {
      status = kind == FuzzWire.FUZZ_DONE ? (int) notification.argument(1) : 0;
      threads = kind == FuzzWire.FUZZ_READY ? (int) notification.argument(1) : threads;
      waiting = notification.id();
      return;
    } else if (!isServer && kind == FuzzWire.FUZZ_FORKED && holdForked()) {
      return;
    }
    listener.send(response, notification.id(), NOTHING);
  }

  /** Whether the caller is the child that this run or the next one has waited for. */
  private boolean holdForked() {
    long number = notification.argument(1);
    int place = (int) (number % forked.length);
    if (number < run
        || number > run + 1L
        || forked[place] != 0
        || notification.argument(3) != token) {
      return false;
    }
    forked[place] = notification.id();
    if (number > run) {
      board.putLong(FuzzWire.BOARD_SPARE_AT, notification.argument(2));
    }
    return true;
  }

  /** Nanoseconds that went into answering calls, of all runs: the agent's share of the time. */
  public long answering() {
    return answering;
  }

  /** What an instrumented target has said of the last run. */
  public Coverage coverage() {
    return coverage;
  }

  /** What the last run has written to standard output and error, with capturing. */
  public byte[] output() {
    NativeBuffer bytes = NativeBuffer.allocate(1 << 16);
    long length = output < 0 ? 0 : c.pread(output, bytes.address(), bytes.size(), 0);
    return bytes.copy(0, (int) Math.max(0, length));
  }

  /** Ends the server and all it has started. */
  @Override
  public void close() {
    deadline.close();
    feeder.drop();
    end(c, executor);
    c.close(control.descriptor());
    c.close(listener.descriptor());
    inputs.forEach(c::close);
    if (output >= 0) {
      c.close(output);
    }
  }

  private static void end(LinuxC c, int executor) {
    NativeBuffer status = NativeBuffer.allocate(8);
    c.kill(executor, SIGKILL);
    int ended;
    do {
      ended = c.waitFor(executor, status.address(), true);
    } while (ended == -LinuxC.EINTR);
  }
}

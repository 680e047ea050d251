package org.tinyjail.agent;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.ControlSocket.Message;

/**
 * The agent's side of one run: takes the listener from the launcher and answers until the target is
 * gone. Send the {@link LaunchPlan} first.
 */
public final class AgentSession {
  private static final int PR_SET_DUMPABLE = 4;
  private static final int END_SECONDS = 5;
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** How soon a failure of the loop is noticed. */
  private static final int CHECK_MILLISECONDS = 200;

  private final LinuxC c;
  private final ControlSocket control;
  private final int terminal;
  private boolean untilMainEnds;
  private volatile OptionalInt mainStatus = OptionalInt.empty();
  private volatile Supplier<Map<Integer, Long>> started = Map::of;

  /**
   * How a session ended.
   *
   * @param main the id of the main process; 0 if there was no target at all
   * @param mainStatus of the main process, as of waitpid; empty if the launcher did not say
   */
  public record End(int main, OptionalInt mainStatus) {
    /** Whether there was a target at all. */
    public boolean started() {
      return main != 0;
    }
  }

  private AgentSession(LinuxC c, int control, int terminal) {
    this.c = c;
    this.control = new ControlSocket(c, control);
    this.terminal = terminal;
  }

  /**
   * Takes the descriptors that the launcher left, and keeps this process from being traced.
   *
   * @throws AgentException if native code cannot be loaded or the kernel's sizes are not known
   */
  public static AgentSession open() {
    LinuxC c = JnaLinuxC.load();
    c.prctl(PR_SET_DUMPABLE, 0, 0);
    return over(c, Wire.CONTROL_FD, Wire.TERMINAL_FD);
  }

  static AgentSession over(LinuxC c, int control, int terminal) {
    NotificationFd.checkSizes(c);
    return new AgentSession(c, control, terminal);
  }

  /** The terminal on which to ask, if the user has one. */
  public Terminal terminal() {
    return new Terminal(c, terminal);
  }

  /** Ends the session with the main process; the launcher answers those that outlive it. */
  public void leaveWithMain() {
    untilMainEnds = true;
  }

  /**
   * Answers the target's calls until the last task of its filter is gone.
   *
   * @param decider is closed at the end
   * @throws AgentException if receiving fails; the launcher then answers by the policy
   */
  public End serve(Decider decider) {
    try (decider) {
      Message first = control.receive();
      // Where the execve has failed the launcher only says that the main process has ended.
      if (first.type() == ControlSocket.CLOSED || first.type() == Wire.CONTROL_MAIN_ENDED) {
        return new End(0, OptionalInt.empty());
      }
      if (first.type() != Wire.CONTROL_LISTENER || first.descriptors().size() != 2) {
        first.descriptors().forEach(c::close);
        throw new AgentException(
            "the launcher began with message "
                + first.type()
                + " and "
                + first.descriptors().size()
                + " descriptor, wanted 2: listener and slots");
      }
      return serve(decider, first);
    }
  }

  /**
   * Ends the target: SIGTERM, after two seconds SIGKILL. The launcher ends its descendants; daemons
   * are nobody's descendants, so this process, which knows who has called, ends those.
   */
  public boolean stopTarget() {
    boolean told = control.send(Wire.CONTROL_STOP, 0);
    endCallers();
    return told;
  }

  private void endCallers() {
    Thread thread =
        new Thread(
            () -> {
              try {
                Stopper.end(started.get(), GRACE);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stopper");
    thread.setDaemon(true);
    thread.start();
  }

  /** The status of the main process as of waitpid, once it has ended; others may go on. */
  public OptionalInt mainStatus() {
    return mainStatus;
  }

  private End serve(Decider decider, Message first) {
    NotificationFd listener = new NotificationFd(c, first.descriptors().get(0));
    Slots slots = Slots.map(first.descriptors().get(1));
    c.close(first.descriptors().get(1));
    ProcFiles files = new ProcFiles(c);
    TargetMemory memory = new TargetMemory(c, files, control::openMemory);
    ProcessTable processes = new ProcessTable(c, files, ProcessTable.EXECS_NOTIFIED);
    started = processes::started;
    Outsiders outsiders = new Outsiders(c, files);
    Listener loop = new Listener(listener, slots, decider, processes, outsiders, memory);
    CompletableFuture<@Nullable Void> answering = start(loop);
    try {
      followControl(listener, answering);
      await(answering);
      return new End(first.thread(), mainStatus);
    } finally {
      // While the loop goes on, an answer to a closed descriptor would leave its caller waiting.
      if (answering.isDone()) {
        c.close(listener.descriptor());
      }
    }
  }

  private static CompletableFuture<@Nullable Void> start(Listener loop) {
    CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                loop.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            "listener");
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  /** Follows the launcher's messages until the listener hangs up or the loop fails. */
  private void followControl(NotificationFd listener, CompletableFuture<@Nullable Void> answering) {
    NativeBuffer poll = NativeBuffer.allocate(16);
    boolean open = true;
    while (!answering.isCompletedExceptionally()) {
      poll.putInt(0, open ? control.descriptor() : -1).putInt(4, LinuxC.POLLIN);
      poll.putInt(8, listener.descriptor()).putInt(12, 0);
      c.poll(poll.address(), 2, CHECK_MILLISECONDS);
      if (hasEvent(poll, 4)) {
        open = follow(control.receive());
      }
      if (untilMainEnds && mainStatus.isPresent()) {
        return;
      }
      if (hasEvent(poll, 12)) {
        awaitStatus(poll, open);
        return;
      }
    }
  }

  /** The last task is gone; the launcher, its parent, is about to say how the main one ended. */
  private void awaitStatus(NativeBuffer poll, boolean open) {
    boolean follows = open;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
    while (follows && mainStatus.isEmpty() && System.nanoTime() - end < 0) {
      poll.putInt(0, control.descriptor()).putInt(4, LinuxC.POLLIN);
      c.poll(poll.address(), 1, CHECK_MILLISECONDS);
      follows = !hasEvent(poll, 4) || follow(control.receive());
    }
  }

  /** Whether {@code revents} of the {@code struct pollfd} whose events are at {@code at} is set. */
  private static boolean hasEvent(NativeBuffer poll, int at) {
    return poll.getInt(at) >>> 16 != 0;
  }

  private boolean follow(Message message) {
    switch (message.type()) {
      case ControlSocket.CLOSED -> {
        return false;
      }
      case Wire.CONTROL_MAIN_ENDED -> mainStatus = OptionalInt.of(message.status());
      case Wire.CONTROL_MEMORY -> pass(message);
      case Wire.CONTROL_STOP -> endCallers();
      default -> message.descriptors().forEach(c::close);
    }
    return true;
  }

  private void pass(Message message) {
    try {
      control.memory(message);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kernels before 6.11 leave the loop waiting in RECV: nobody will come, so go on without it. */
  private static void await(CompletableFuture<@Nullable Void> answering) {
    try {
      answering.get(200, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof AgentException known
          ? known
          : new AgentException("answering failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

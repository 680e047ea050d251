package org.tinyjail.agent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.Answer.Standing;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.ArgumentScope;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Syscall;

/**
 * Puts each call that a policy denies to a person; the thread that made it waits, others go on.
 *
 * <p>No answer in time is a denial, as is a full queue. Denials are recorded before they are
 * answered. An answer rests on number and registers alone: what pointers show is told to the
 * person, but may be changed by the target while the person reads.
 */
public final class AskingDecider implements Decider {
  /** Calls that wait for the person at a time; more are denied at once. */
  static final int QUEUE_MAX = 64;

  private static final Verdict ALLOWED =
      Verdict.unsafeContinue("the policy or the user allows it by number and registers");

  private static final Verdict GONE = Verdict.fail(Action.EPERM);

  private final EnforcingDecider enforcing;
  private final Prompt prompt;
  private final Duration patience;
  private final BlockingQueue<Question> questions = new ArrayBlockingQueue<>(QUEUE_MAX);
  private final Map<Scope, Standing> standing = new ConcurrentHashMap<>();
  private volatile @Nullable RuntimeException failure;
  private final Thread asker = new Thread(this::askAll, "asker");

  /** Calls that one answer for good covers. */
  private record Scope(Arch arch, String syscall, ArgumentClass arguments) {}

  private record Question(DeniedCall call, Scope covers, HeldNotification held) {}

  /**
   * @param enforcing says what is denied, and denies it where the person does
   * @param patience how long a question waits for its answer
   */
  public AskingDecider(EnforcingDecider enforcing, Prompt prompt, Duration patience) {
    this.enforcing = enforcing;
    this.prompt = prompt;
    this.patience = patience;
    asker.setDaemon(true);
    asker.start();
  }

  /** The answers for good, in no order. */
  public List<Standing> standingAnswers() {
    return new ArrayList<>(standing.values());
  }

  @Override
  public Verdict decide(Notification call) {
    Action action = enforcing.action(call);
    if (!action.denies()) {
      return ALLOWED;
    }
    Optional<DeniedCall> read = enforcing.read(call, action);
    if (read.isEmpty()) {
      return Verdict.fail(Action.EPERM);
    }
    DeniedCall denied = read.get();
    Scope covers = scopeOf(denied);
    Standing known = standing.get(covers);
    if (known != null) {
      return known.allow() ? ALLOWED : enforcing.deny(denied);
    }
    if (questions.remainingCapacity() == 0) {
      return enforcing.deny(denied);
    }
    // Only this thread adds: there is room.
    questions.add(new Question(denied, covers, call.hold()));
    return Verdict.held();
  }

  @Override
  public void refused(Notification call, Action action) {
    enforcing.refused(call, action);
  }

  private static Scope scopeOf(DeniedCall call) {
    String syscall = call.syscall();
    return new Scope(
        call.arch(), syscall, ArgumentScope.DANGEROUS.classOf(syscall, call.arch(), call.data()));
  }

  private void askAll() {
    try {
      while (true) {
        Question question = questions.take();
        question.held.answer(verdict(question));
      }
    } catch (InterruptedException e) {
      // The target is gone: there is nobody left to answer.
      Thread.currentThread().interrupt();
    }
  }

  /** On any failure the answer is still a denial. */
  private Verdict verdict(Question question) {
    try {
      if (question.held.isWaiting() && isAllowed(question)) {
        return ALLOWED;
      }
      return question.held.isWaiting() ? enforcing.deny(question.call) : GONE;
    } catch (RuntimeException e) {
      failure = e;
      return GONE;
    }
  }

  /** What went wrong while asking; null if nothing did. */
  public @Nullable RuntimeException failure() {
    return failure;
  }

  private boolean isAllowed(Question question) {
    Standing known = standing.get(question.covers);
    if (known != null) {
      return known.allow();
    }
    Optional<Answer> answer = ask(question);
    answer.filter(Answer::isForGood).ifPresent(a -> keep(question.covers, a));
    return answer.map(Answer::allows).orElse(false);
  }

  private void keep(Scope covers, Answer answer) {
    standing.put(
        covers, new Standing(answer.allows(), covers.arch, covers.syscall, covers.arguments));
  }

  /** The person's answer; empty if there was none in time. */
  private Optional<Answer> ask(Question question) {
    long end = System.nanoTime() + patience.toNanos();
    prompt.dropTyped();
    boolean shown = prompt.show(text(question));
    while (shown) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      Optional<String> typed = prompt.readLine(left);
      if (typed.isEmpty()) {
        prompt.show("\nno answer: denied\n");
        return Optional.empty();
      }
      Optional<Answer> answer = Answer.of(typed.get());
      if (answer.isPresent()) {
        return answer;
      }
      shown = prompt.show("y, a, n or d? ");
    }
    return Optional.empty();
  }

  private String text(Question question) {
    DeniedCall call = question.call;
    Syscall syscall = Syscall.named(call.syscall());
    String where = call.callSite().isEmpty() ? "" : " at " + call.callSite();
    String who = call.executable() + " (" + call.comm() + ", pid " + call.process() + ")" + where;
    return "\ntiny-jail: "
        + Escape.display(who)
        + " wants\n  "
        + Escape.display(call.arguments())
        + "\n  "
        + syscall.description()
        + "; risk: "
        + syscall.risk().label()
        + "\nallow? y once, a all calls of "
        + covered(question.covers)
        + "; deny? n once, d all ("
        + patience.toSeconds()
        + " s, then denied): ";
  }

  private static String covered(Scope covers) {
    return covers.arguments.values().isEmpty()
        ? covers.syscall + " with any arguments"
        : covers.syscall
            + " with "
            + ArgumentDecoder.decode(covers.arch, covers.syscall, covers.arguments);
  }

  /** The target is gone: nobody waits for an answer. */
  @Override
  public void close() {
    asker.interrupt();
  }
}

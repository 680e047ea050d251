/*
 * supervise.c - the loop of the launcher, and of its keeper.
 *
 * One process is in charge of the listener at a time: the launcher, or its keeper once there is one. Being in charge is
 * to answer, or to watch the agent that does.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { LISTENER, SIGNALS, CONTROL, READY, SOURCES };
enum { HOLD_CHECK_MS = 5, HOLD_CHECK_CALLS = 256, STOP_CHECK_MS = 100 };
static const uint64_t NS_PER_MS = 1000000;

bool listener_hung_up(int listener) {
  struct pollfd on = {.fd = listener};
  return poll(&on, 1, 0) == 1 && on.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static void filter_gone(struct supervisor *s) {
  close(s->listener);
  s->listener = -1;
  s->answering = false;
  s->kill_at = s->give_up_at = 0; /* nobody is left to be ended; the agent may take its time to write */
}

static int milliseconds_to(uint64_t moment) {
  uint64_t now = clock_ns();
  return moment <= now ? 0 : (int)((moment - now) / NS_PER_MS + 1);
}

static int timeout_of_process(const struct supervisor *s) {
  if (s->kill_at) return milliseconds_to(s->kill_at);
  if (s->give_up_at) return milliseconds_to(s->give_up_at);
  if (s->launcher && s->launcher == getppid()) return STOP_CHECK_MS;
  return s->holding ? HOLD_CHECK_MS : -1;
}

static int timeout_of(const struct supervisor *s) {
  int one = timeout_of_process(s);
  int other = phases_timeout(s);
  return one < 0 || (other >= 0 && other < one) ? other : one;
}

/*
 * The caller's descriptors are shared with the child until its exec; from then on the target alone holds them, so that
 * whoever reads from it sees its end of file. Standard error stays, for the closing line.
 */
static void let_go(struct supervisor *s) {
  if (!spawn_has_executed(s->child)) return;
  s->holding = false;
  start_let_go();
}

/* Somebody has continued the target alone: its launcher is to see how it ends. */
static void continue_launcher(const struct supervisor *s) {
  if (s->launcher && getppid() == s->launcher && s->page->stopped && !process_is_stopped(s->child))
    kill(s->launcher, SIGCONT);
}

static void on_timeout(struct supervisor *s) {
  continue_launcher(s);
  if (s->holding) let_go(s);
  if (s->kill_at && milliseconds_to(s->kill_at) == 0) stop_kill(s);
}

static void serve_once(struct supervisor *s) {
  bool in_charge = !s->keeper;
  struct pollfd on[SOURCES] = {{s->listener, s->answering ? POLLIN : 0, 0},
                               {s->signals, POLLIN, 0},
                               {in_charge ? s->control : -1, POLLIN, 0},
                               {in_charge ? s->ready : -1, POLLIN, 0}};
  int ready = poll(on, SOURCES, timeout_of(s));
  if (ready < 0) return;
  if (in_charge) phases_look(s);
  if (on[LISTENER].revents & POLLIN) recorder_serve(s);
  else if (on[LISTENER].revents) filter_gone(s);
  if (on[CONTROL].revents) agent_serve(s);
  if (on[SIGNALS].revents) signals_handle(s);
  if (ready == 0 || s->kill_at || (s->holding && s->served % HOLD_CHECK_CALLS == 0)) on_timeout(s);
  if (burst_worthwhile(s, on[LISTENER].revents == POLLIN && ready == 1)) burst_serve(s);
}

static bool gave_up(const struct supervisor *s) { return s->give_up_at && milliseconds_to(s->give_up_at) == 0; }

/* Whether the launcher may end; leaves a keeper behind where the filter outlives the main child. */
static bool finished(struct supervisor *s) {
  if (!s->ended) return false;
  if (s->listener >= 0 && listener_hung_up(s->listener)) filter_gone(s);
  if (s->page->exec_error && s->control >= 0) { /* nothing was started: the agent need not wait for it */
    close(s->control);
    s->control = -1;
  }
  if (gave_up(s)) return true;
  if (s->listener < 0) return !s->java && !s->keeper;
  if ((s->view->plan->flags & PLAN_FOLLOW && s->java) || s->killing) return false;
  if (!s->keeper) keeper_start(s);
  return s->keeper != 0;
}

/* Only what was recorded can be shown. */
static void say_denied(const struct supervisor *s, unsigned long long denied, unsigned long long recorded) {
  const char *calls = denied == 1 ? "call" : "calls";
  const char *how = s->view->plan->flags & PLAN_COMPLAIN ? "would have been denied" : "denied";
  if (recorded == 0) say("%llu %s %s", denied, calls, how);
  else if (recorded == denied)
    say("%llu %s %s; \"tiny-jail review\" shows %s", denied, calls, how, denied == 1 ? "it" : "them");
  else say("%llu %s %s; \"tiny-jail review\" shows %llu of them", denied, calls, how, recorded);
}

static void say_closing_lines(const struct supervisor *s) {
  unsigned long long denied = s->page->denied;
  unsigned long long unrecorded = s->page->unrecorded;
  if (unrecorded)
    say("%llu denied %s could not be recorded; make room for the store", unrecorded, unrecorded == 1 ? "call" : "calls");
  if (s->page->killed_main)
    say(unrecorded ? "killed by the policy" : "killed by the policy; \"tiny-jail review\" shows the call");
  else if (WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGSYS)
    say("killed by the policy (SIGSYS); the kernel's audit log names the call");
  if (s->view->plan->flags & PLAN_QUIET) return;
  if (phases_wait(s)) say("it never was ready: all that its start needs was allowed");
  if (denied) say_denied(s, denied, denied - unrecorded);
}

static int outcome(const struct supervisor *s) {
  if (s->page->exec_error) spawn_exec_failed(s->launch, s->page->exec_error);
  say_closing_lines(s);
  if (s->broken || s->java_code) return EXIT_OURS;
  if (s->page->killed_main) signals_die(SIGSYS);
  if (WIFSIGNALED(s->status)) signals_die(WTERMSIG(s->status));
  return WEXITSTATUS(s->status);
}

int supervise(struct supervisor *s) {
  while (!finished(s)) serve_once(s);
  if (!s->keeper) spool_end(s->status, true);
  return outcome(s);
}

void supervise_kept(struct supervisor *s) {
  s->keeper = 0;
  s->holding = false;
  s->answering = s->control < 0;
  while (s->listener >= 0 && !gave_up(s)) serve_once(s);
  spool_end(s->page->main_status, true);
  continue_launcher(s);
}

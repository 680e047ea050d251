/*
 * burst.c - poll before each RECV is a quarter of a denied call's cost. A target that calls and calls again is served by
 * RECV alone; a timer interrupts it every few milliseconds, so that signals and the agent wait no longer than that. An
 * interval timer and not a signal handler per event: one that fires just before RECV begins fires again.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "launcher.h"

enum { WORTHWHILE = 32, TICK_NS = 2000000, FEW_CALLS = 8 };

static timer_t timer;
static bool has_timer;

static volatile sig_atomic_t alarm_of_others;

static void on_tick(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  if (info->si_code != SI_TIMER) alarm_of_others = 1;
}

/* SIGALRM: blocked but here, and the target's own disposition is restored in its child and reset by exec. */
static bool prepare(void) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO};
  if (has_timer) return true;
  has_timer = !sigaction(SIGALRM, &action, NULL) && !timer_create(CLOCK_MONOTONIC, &event, &timer);
  return has_timer;
}

static void tick_every(long nanoseconds) {
  struct itimerspec interval = {{0, nanoseconds}, {0, nanoseconds}};
  timer_settime(timer, 0, &interval, NULL);
}

static bool something_else(const struct supervisor *s) {
  struct pollfd on[] = {{s->signals, POLLIN, 0}, {s->control, POLLIN, 0}};
  return poll(on, 2, 0) != 0;
}

bool burst_worthwhile(struct supervisor *s, bool called_only) {
  s->served = called_only ? s->served + 1 : 0;
  return s->served > WORTHWHILE && s->answering && !s->holding && !s->kill_at && !s->give_up_at && !phases_wait(s) &&
         prepare();
}

void burst_serve(struct supervisor *s) {
  sigset_t tick;
  uint32_t before;
  sigemptyset(&tick);
  sigaddset(&tick, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &tick, NULL);
  tick_every(TICK_NS);
  do {
    before = s->served;
    while (recorder_serve(s)) s->served++;
  } while (s->served - before > FEW_CALLS && !something_else(s));
  tick_every(0);
  sigprocmask(SIG_BLOCK, &tick, NULL);
  s->served = 0;
  if (alarm_of_others && !s->ended) kill(s->child, SIGALRM);
  alarm_of_others = 0;
}

void burst_forked(void) { has_timer = false; } /* a timer is not inherited */

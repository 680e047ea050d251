/*
 * signals.c - as if the shell had started the target itself.
 *
 * Target and launcher share process group and terminal: what the kernel sends (a key, a hang-up) has reached the target
 * already. What somebody sent to the launcher alone is passed on, also from within the process group: in a script the
 * shell, timeout(1) and the launcher are all in one. Only the target's own signals are not sent back to it.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

static bool ends_waiting(int number) {
  return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

/* Our own are faults of our own calls: SIGPIPE, SIGXFSZ. */
static bool is_for_the_target(const struct supervisor *s, const struct signalfd_siginfo *info) {
  pid_t sender = (pid_t)info->ssi_pid;
  return info->ssi_code != SI_KERNEL && info->ssi_code != SI_TIMER && info->ssi_signo != SIGWINCH &&
         sender != s->child && sender != getpid();
}

static void pass_on(const struct supervisor *s, const struct signalfd_siginfo *info) {
  int number = (int)info->ssi_signo;
  if (!is_for_the_target(s, info)) return;
  if (number == SIGCONT && !process_is_stopped(s->child)) return; /* sent to the whole group: it goes on already */
  if (info->ssi_code == SI_QUEUE) sigqueue(s->child, number, (union sigval){.sival_ptr = (void *)info->ssi_ptr});
  else kill(s->child, number);
}

/*
 * A stopped child stops us too, so that the shell takes its terminal back. What else lives under the filter goes on:
 * the keeper answers from here on.
 */
static void mirror_stop(struct supervisor *s) {
  if (s->listener >= 0 && !s->keeper) keeper_start(s);
  s->page->stopped = 1;
  kill(getpid(), SIGSTOP);
  s->page->stopped = 0;
}

static void main_changed(struct supervisor *s, int status) {
  if (WIFSTOPPED(status)) {
    mirror_stop(s);
  } else if (WIFEXITED(status) || WIFSIGNALED(status)) {
    s->status = status;
    s->ended = true;
    s->page->main_status = status;
    agent_main_ended(s);
  }
}

static int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

static void collect(struct supervisor *s) {
  int status;
  for (;;) {
    pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED);
    if (pid <= 0) return;
    if (pid == s->child) {
      main_changed(s, status);
    } else if (WIFSTOPPED(status)) {
      continue;
    } else if (pid == s->java) {
      s->java = 0;
      s->java_code = exit_code(status);
      agent_ended(s, status);
    } else if (pid == s->keeper) {
      s->keeper = 0;
      s->answering = s->control < 0; /* it was killed, or there is nothing left to answer */
    }
  }
}

void signals_handle(struct supervisor *s) {
  struct signalfd_siginfo info;
  while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo == SIGCHLD) collect(s);
    else if (!s->ended) pass_on(s, &info);
    else if (ends_waiting((int)info.ssi_signo)) stop_daemons(s);
  }
}

/* So that our parent sees how the target died. A core would be the launcher's, not the target's. */
void signals_die(int number) {
  struct rlimit none = {0, 0};
  sigset_t one;
  setrlimit(RLIMIT_CORE, &none);
  signal(number, SIG_DFL);
  sigemptyset(&one);
  sigaddset(&one, number);
  kill(getpid(), number);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  _exit(128 + number);
}

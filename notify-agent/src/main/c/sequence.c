/*
 * sequence.c - the target of learn --from-file: runs commands one after another. It lives under the filter like what it
 * starts, and the agent leaves its calls out.
 *
 *   tiny-jail --sequence say|quiet FILE [LINE COUNT WORD...]...
 *
 * A command that fails is reported and the rest goes on; SIGINT, SIGTERM and SIGHUP end it after the command that runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { SHOWN_MAX = 200 };

static volatile sig_atomic_t stopped_by;
static volatile pid_t running;

/* A key has reached the command as well, which is in our process group; what somebody sent to us alone has not. */
static void on_signal(int number, siginfo_t *info, void *unused) {
  (void)unused;
  stopped_by = number;
  if (info->si_code <= 0 && running > 0) kill(running, number);
}

static void take_signal(int number) {
  struct sigaction before;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(number, &action, NULL);
}

static void say_progress(int number, int all, char **words, int count) {
  char text[SHOWN_MAX + 1] = "";
  size_t size = 0;
  for (int i = 0; i < count && size < SHOWN_MAX; i++) {
    int more = snprintf(text + size, sizeof text - size, "%s%s", i ? " " : "", words[i]);
    size += more < 0 ? 0 : (size_t)more;
  }
  say("[%d/%d] %s%s", number, all, text, size > SHOWN_MAX ? "..." : "");
}

static _Noreturn void be(char **words, const char *file, const char *line, const sigset_t *mask) {
  sigprocmask(SIG_SETMASK, mask, NULL);
  execvp(words[0], words);
  int error = errno;
  bool unknown = error == ENOENT && !strchr(words[0], '/');
  say("%s:%s: %s: %s", file, line, words[0], unknown ? "command not found" : strerror(error));
  _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT);
}

/* Its status as of waitpid. Signals wait until it can be told of them. */
static int run(char **words, const char *file, const char *line) {
  sigset_t all;
  sigset_t mask;
  int status = 0;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &mask);
  pid_t child = fork();
  if (child == 0) be(words, file, line, &mask);
  running = child;
  sigprocmask(SIG_SETMASK, &mask, NULL);
  if (child < 0) fail("%s:%s: cannot start a process: %s", file, line, strerror(errno));
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("%s:%s: cannot wait for it: %s", file, line, strerror(errno));
  running = 0;
  return status;
}

static bool succeeded(int status, const char *file, const char *line) {
  if (status == 0) return true;
  int killer = WTERMSIG(status);
  if (WIFSIGNALED(status)) say("%s:%s: ended by signal %d (%s)", file, line, killer, strsignal(killer));
  else say("%s:%s: exit code %d", file, line, WEXITSTATUS(status));
  return false;
}

/* How many commands there are; ends where the words are not what workloads.c makes. */
static int count_commands(char **at) {
  int commands = 0;
  for (; *at; commands++) {
    int words = at[1] ? atoi(at[1]) : 0;
    if (words < 1) fail("%s is not for people; wanted learn --from-file FILE", SEQUENCE_WORD);
    at += 2;
    for (; words > 0; words--)
      if (!*at++) fail("%s is not for people; wanted learn --from-file FILE", SEQUENCE_WORD);
  }
  return commands;
}

void sequence_run(char **words) {
  if (!words[0] || !words[1]) fail("%s is not for people; wanted learn --from-file FILE", SEQUENCE_WORD);
  bool quiet = !strcmp(words[0], "quiet");
  const char *file = words[1];
  char **at = words + 2;
  int all = count_commands(at);
  int failed = 0;
  take_signal(SIGINT);
  take_signal(SIGTERM);
  take_signal(SIGHUP);
  for (int number = 1; *at && !stopped_by; number++) {
    const char *line = at[0];
    int count = atoi(at[1]);
    char **command = at + 2;
    char *next = command[count];
    if (!quiet) say_progress(number, all, command, count);
    command[count] = NULL;
    failed += !succeeded(run(command, file, line), file, line);
    command[count] = next;
    at = command + count;
  }
  if (failed) say("%d of %d commands failed", failed, all);
  if (stopped_by && *at) say("%s: interrupted; commands left out: %d", file, count_commands(at));
  if (stopped_by) signals_die(stopped_by);
  _exit(failed ? 1 : 0);
}

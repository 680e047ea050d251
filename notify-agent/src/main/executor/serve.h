/*
 * serve.h - the loop of a fork server, in the executor's child (plain) and in the target (preload).
 *
 * Each system call is made here, from code that Java knows: what the loop does is not what the target does.
 */
#ifndef TINY_JAIL_SERVE_H
#define TINY_JAIL_SERVE_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../c/raw.h"
#include "fuzz.h"

/* Forks without libc, which would make calls of its own. thread: where libc keeps its thread id, or NULL. */
static inline long serve_fork(void *thread) {
  unsigned long flags = SIGCHLD | (thread ? CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID : 0);
#if defined(__x86_64__)
  return raw5(__NR_clone, (long)flags, 0, 0, (long)thread, 0);
#else
  return raw5(__NR_clone, (long)flags, 0, 0, 0, (long)thread);
#endif
}

static inline void serve_leave(int status) {
  for (;;) raw4(__NR_exit_group, status, 0, 0, 0);
}

/*
 * Returns in the child of each run; never in the server. thread: as for serve_fork.
 */
static inline void serve(void *thread, long threads) {
  long kind = FUZZ_READY;
  long a = threads;
  long b = 0;
  while (raw4(FUZZ_CALL, kind, a, b, 0) == RUN_NEXT) {
    long child = serve_fork(thread);
    if (child == 0) {
      raw5(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      raw4(__NR_setsid, 0, 0, 0, 0);
      raw4(__NR_lseek, STDIN_FILENO, 0, SEEK_SET, 0);
      return;
    }
    int status = 0;
    if (child < 0) status = 255 << 8;
    else while (raw4(__NR_wait4, child, (long)&status, 0, 0) == -EINTR) {}
    kind = FUZZ_DONE;
    a = status;
    b = child;
  }
  serve_leave(0);
}

#endif

/*
 * serve.h - the loop of a fork server, in the executor's child (plain) and in the target (preload).
 *
 * Each system call is made here, from code that Java knows: what the loop does is not what the target does. The calls
 * of each run have the board's token for a sixth argument, which none of them has: so the filter can let them pass.
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
static inline long serve_fork(void *thread, long token) {
  unsigned long flags = SIGCHLD | (thread ? CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID : 0);
#if defined(__x86_64__)
  return raw6(__NR_clone, (long)flags, 0, 0, (long)thread, 0, token);
#else
  return raw6(__NR_clone, (long)flags, 0, 0, 0, (long)thread, token);
#endif
}

static inline void serve_leave(int status) {
  for (;;) raw4(__NR_exit_group, status, 0, 0, 0);
}

/* The leader of a session that has no terminal gets the first that it opens. */
static inline void serve_terminal(uint32_t number, long token) {
  char path[32] = "/dev/pts/";
  char digits[12];
  size_t count = 0;
  size_t at = 9;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  while (count) path[at++] = digits[--count];
  path[at] = 0;
  long fd = raw6(__NR_openat, AT_FDCWD, (long)path, O_RDWR, 0, 0, token);
  if (fd < 0) return;
  for (long stream = 0; stream < 3; stream++) raw6(__NR_dup3, fd, stream, 0, 0, 0, token);
  if (fd > 2) raw6(__NR_close, fd, 0, 0, 0, 0, token);
}

/*
 * The child of run number: waits until the run may begin, and returns 0; in the server, its process id. Forking it costs
 * a good part of a short run, and is done beside the run before.
 */
static inline long serve_child(long number, void *thread, const struct board *board) {
  long token = (long)board->token;
  long child = serve_fork(thread, token);
  if (child < 0) serve_leave(1); /* limits that a run has set for us: the next server has others */
  if (child > 0) return child;
  raw6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, token);
  long self = raw6(__NR_getpid, 0, 0, 0, 0, 0, token);
  if (raw4(FUZZ_CALL, FUZZ_FORKED, number, self, token) != RUN_NEXT) serve_leave(1);
  if (board->terminal) {
    raw6(__NR_setsid, 0, 0, 0, 0, 0, token);
    serve_terminal(board->terminal - 1, token);
  } else {
    raw6(__NR_setpgid, 0, 0, 0, 0, 0, token); /* a session would cost a twentieth of a short run */
    raw6(__NR_lseek, STDIN_FILENO, 0, SEEK_SET, 0, 0, token);
  }
  return 0;
}

/*
 * Returns in the child of each run; never in the server. thread: as for serve_fork.
 */
static inline void serve(void *thread, long threads, const struct board *board) {
  if (raw4(FUZZ_CALL, FUZZ_READY, threads, 0, 0) != RUN_NEXT) serve_leave(0);
  long token = (long)board->token;
  long number = 1;
  long child = serve_child(number, thread, board);
  if (child == 0) return;
  for (;;) {
    long next = serve_child(number + 1, thread, board);
    if (next == 0) return;
    int status = 0;
    while (raw6(__NR_wait4, child, (long)&status, 0, 0, 0, token) == -EINTR) {}
    if (raw4(FUZZ_CALL, FUZZ_DONE, status, 0, 0) != RUN_NEXT) serve_leave(0);
    number++;
    child = next;
  }
}

#endif

/* keeper.c - stays with the listener when the launcher cannot: the target's daemons stay jailed. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

enum { KEPT = 6 };

static bool is_kept(const int kept[KEPT], int fd) {
  for (int i = 0; i < KEPT; i++)
    if (kept[i] == fd) return true;
  return false;
}

/* Nobody may wait for us on a pipe of the caller's. */
static void close_all_but(const int kept[KEPT]) {
  int highest = STDERR_FILENO;
  for (int i = 0; i < KEPT; i++)
    if (kept[i] > highest) highest = kept[i];
  for (int fd = STDERR_FILENO + 1; fd < highest; fd++)
    if (!is_kept(kept, fd)) close(fd);
  syscall(__NR_close_range, highest + 1, ~0U, 0);
}

static _Noreturn void keep(struct supervisor *s, pid_t launcher) {
  int kept[KEPT] = {s->listener, s->control, s->pidfd, s->ready};
  spool_descriptors(kept + 4);
  close_all_but(kept);
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
  setsid();
  if (chdir("/")) _exit(EXIT_OURS);
  burst_forked();
  s->launcher = launcher;
  s->signals = -1; /* all blocked for good: only SIGKILL ends a keeper before its time */
  supervise_kept(s);
  _exit(0);
}

void keeper_start(struct supervisor *s) {
  pid_t launcher = getpid();
  pid_t child = fork();
  if (child < 0) return; /* then the launcher stays in charge */
  if (child == 0) keep(s, launcher);
  s->keeper = child;
  s->answering = false;
  spool_new_writer(child);
}

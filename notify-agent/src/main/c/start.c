/* start.c - what the caller gave us, and the target must get unchanged. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

enum { FILES_NEEDED = 64, KERNEL_SIGSET = 8 };

/* The kernel's sigaction, for calls without libc; all zero but the handler. */
struct kernel_sigaction {
  uintptr_t handler;
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
};

struct start start;

/* No descriptor of ours may take the place of a standard one that the caller closed. */
static void hold_closed_descriptors(void) {
  for (int fd = 0; fd < 3; fd++) {
    start.closed[fd] = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
    if (!start.closed[fd]) continue;
    if (open("/dev/null", O_RDWR | O_CLOEXEC) == fd) continue;
    if (memfd_create("closed", MFD_CLOEXEC) != fd) _exit(EXIT_OURS);
  }
}

static void make_room_for_descriptors(void) {
  if (getrlimit(RLIMIT_NOFILE, &start.files) || start.files.rlim_cur >= FILES_NEEDED) return;
  struct rlimit more = start.files;
  more.rlim_cur = more.rlim_max < FILES_NEEDED ? more.rlim_max : FILES_NEEDED;
  setrlimit(RLIMIT_NOFILE, &more);
}

static void remember_ignored_signals(void) {
  sigemptyset(&start.ignored);
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action;
    if (!sigaction(signal, NULL, &action) && action.sa_handler == SIG_IGN) sigaddset(&start.ignored, signal);
  }
}

static void remember_descriptors(void) {
  DIR *open_ones = opendir("/proc/self/fd");
  for (struct dirent *entry = open_ones ? readdir(open_ones) : NULL; entry; entry = readdir(open_ones)) {
    int fd = atoi(entry->d_name);
    if (fd > STDERR_FILENO && fd != dirfd(open_ones) && start.inherited_count < INHERITED_MAX)
      start.inherited[start.inherited_count++] = fd;
  }
  if (open_ones) closedir(open_ones);
}

void start_let_go(void) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  dup3(nothing, STDIN_FILENO, O_CLOEXEC);
  dup3(nothing, STDOUT_FILENO, O_CLOEXEC);
  close(nothing);
  for (int i = 0; i < start.inherited_count; i++) close(start.inherited[i]);
}

void start_remember(void) {
  hold_closed_descriptors();
  remember_descriptors();
  make_room_for_descriptors();
  sigprocmask(SIG_SETMASK, NULL, &start.mask);
  remember_ignored_signals();
  signal(SIGCHLD, SIG_DFL); /* ignored, it would take the children's exit codes from us */
}

static void default_signals(void) {
  for (int number = 1; number < NSIG; number++)
    if (sigismember(&start.ignored, number) == 1) signal(number, SIG_DFL);
}

int start_take_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  default_signals(); /* an ignored signal never reaches a signalfd, and the target may want it */
  return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

void start_restore_raw(void) {
  struct kernel_sigaction ignore = {.handler = (uintptr_t)SIG_IGN};
  for (int signal = 1; signal < NSIG; signal++)
    if (sigismember(&start.ignored, signal) == 1)
      raw4(__NR_rt_sigaction, signal, (long)&ignore, 0, KERNEL_SIGSET);
  raw4(__NR_prlimit64, 0, RLIMIT_NOFILE, (long)&start.files, 0);
  raw4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&start.mask, 0, KERNEL_SIGSET);
}

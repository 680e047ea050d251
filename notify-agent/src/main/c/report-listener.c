/* report-listener.c - a listener and one notification for each way of answering it, as supervisor and agent do. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { PATIENCE_MS = 2000, SECRET = 0x5ec2e7 };

enum attempt { CONTINUED, DESCRIPTOR, DESCRIPTOR_SENT, ATTEMPTS };

/* Shared with the child. */
struct session {
  long listener; /* -errno */
  int secret;
  long results[ATTEMPTS]; /* of the child's calls */
};

static _Noreturn void make_calls(struct session *session, unsigned long flags, int ready) {
  bool installed = report_install(flags, SECCOMP_RET_USER_NOTIF, &session->listener);
  if (write(ready, "", 1) != 1) _exit(EXIT_OURS);
  close(ready);
  for (int i = 0; installed && i < ATTEMPTS; i++) session->results[i] = syscall(__NR_getppid, &session->secret);
  for (;;) pause(); /* there to be looked at, until it is killed */
}

static int receive(int listener, struct seccomp_notif *n) {
  struct pollfd on = {listener, POLLIN, 0};
  memset(n, 0, sizeof *n);
  if (poll(&on, 1, PATIENCE_MS) <= 0) return ETIMEDOUT;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, n) ? errno : 0;
}

static int answer(int listener, const struct seccomp_notif *n, uint32_t flags, int64_t value) {
  struct seccomp_notif_resp response = {.id = n->id, .flags = flags, .val = value};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) ? errno : 0;
}

static int read_secret(const struct seccomp_notif *n) {
  int secret = 0;
  struct iovec here = {&secret, sizeof secret};
  struct iovec there = {(void *)(uintptr_t)n->data.args[0], sizeof secret};
  if (process_vm_readv((pid_t)n->pid, &here, 1, &there, 1, 0) != (ssize_t)sizeof secret) return errno;
  return secret == SECRET ? 0 : EPROTO;
}

/* The descriptor's number in the child; -errno. */
static int give_descriptor(int listener, const struct seccomp_notif *n, uint32_t flags) {
  struct seccomp_notif_addfd give = {.id = n->id, .flags = flags, .srcfd = (uint32_t)listener};
  int given = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
  return given < 0 ? -errno : given;
}

/* Stops at the first step that leaves the child without an answer. */
static void serve(int listener) {
  struct seccomp_notif n;
  int error = receive(listener, &n);
  report_result("receive", error);
  if (error) return;
  report_result("id_valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) ? errno : 0);
  report_result("process_vm_readv", read_secret(&n));
  error = answer(listener, &n, SECCOMP_USER_NOTIF_FLAG_CONTINUE, 0);
  report_result("continue", error);
  if (error || receive(listener, &n)) return;
  int given = give_descriptor(listener, &n, 0);
  report_result("addfd", given < 0 ? -given : 0);
  if (answer(listener, &n, 0, 0) || receive(listener, &n)) return;
  given = give_descriptor(listener, &n, SECCOMP_ADDFD_FLAG_SEND);
  report_result("addfd_send", given < 0 ? -given : 0);
}

static void report_pidfd(pid_t child, int descriptor) {
  int pidfd = (int)syscall(__NR_pidfd_open, child, 0);
  int taken = pidfd < 0 ? -1 : (int)syscall(__NR_pidfd_getfd, pidfd, descriptor, 0);
  report_result("pidfd_getfd", taken < 0 ? errno : 0);
}

void report_listener(const struct launch *launch) {
  int ready[2];
  char byte;
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  printf("user_notif %s\n", launch->features & FEATURE_USER_NOTIF ? "yes" : "no");
  if (!(launch->features & FEATURE_USER_NOTIF)) return;
  if (launch->features & FEATURE_WAIT_KILLABLE) flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  struct session *session =
      mmap(NULL, sizeof *session, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (session == MAP_FAILED || pipe2(ready, O_CLOEXEC)) fail("cannot probe: %s", strerror(errno));
  session->secret = SECRET;
  fflush(stdout);
  /* A fork that shares the descriptor table: the listener's number is the same here, as in spawn.c. */
  pid_t child = (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child < 0) fail("cannot start a process: %s", strerror(errno));
  if (child == 0) make_calls(session, flags, ready[1]);
  bool begun = read(ready[0], &byte, 1) == 1;
  report_result("listener", begun && session->listener < 0 ? (int)-session->listener : begun ? 0 : ECANCELED);
  report_pidfd(child, ready[0]);
  if (begun && session->listener >= 0) {
    if (!launch->sync_wake_up) puts("sync_wake_up no");
    else report_result("sync_wake_up", pin_wake_up_in_step((int)session->listener) ? 0 : errno);
    serve((int)session->listener);
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

/* report-audit.c - the kernel's audit records: may they be read, do they arrive, is a daemon there to keep them? */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { READLOG_GROUP = 1, PATIENCE_MS = 300, RECORD_MAX = 9000, WORD = 32 };

static int open_audit(uint32_t groups) {
  struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
  if (fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own)) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

/* A message of at most RECORD_MAX bytes, ended by NUL; false when none comes in time. */
static bool next_message(int fd, struct nlmsghdr *message) {
  struct pollfd on = {fd, POLLIN, 0};
  if (poll(&on, 1, PATIENCE_MS) <= 0) return false;
  ssize_t got = recv(fd, message, RECORD_MAX, 0);
  if (got < (ssize_t)sizeof *message) return false;
  ((char *)message)[got] = 0;
  return true;
}

static void make_logged_call(void) {
  long result;
  pid_t child = fork();
  if (child == 0) {
    if (report_install(0, SECCOMP_RET_LOG, &result)) syscall(__NR_getppid);
    _exit(0);
  }
  if (child > 0) waitpid(child, NULL, 0);
}

/* Known by its call: the process has another number where this is not the first pid namespace. */
static bool record_arrives(int fd) {
  struct {
    struct nlmsghdr header;
    char text[RECORD_MAX];
  } message;
  char wanted[WORD];
  snprintf(wanted, sizeof wanted, " syscall=%d ", (int)__NR_getppid);
  fflush(stdout);
  make_logged_call();
  while (next_message(fd, &message.header))
    if (message.header.nlmsg_type == AUDIT_SECCOMP && strstr(message.text, wanted)) return true;
  return false;
}

/* The process that has registered as the audit daemon, 0: none; -errno. */
static long daemon_process(void) {
  struct {
    struct nlmsghdr header;
    char text[RECORD_MAX];
  } message;
  struct nlmsghdr request = {.nlmsg_len = sizeof request, .nlmsg_type = AUDIT_GET, .nlmsg_flags = NLM_F_REQUEST};
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  struct audit_status status;
  struct nlmsgerr failure;
  long result = -ETIMEDOUT;
  int fd = open_audit(0);
  if (fd < 0 || sendto(fd, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) return -errno;
  while (result == -ETIMEDOUT && next_message(fd, &message.header)) {
    memcpy(&status, message.text, sizeof status);
    memcpy(&failure, message.text, sizeof failure);
    if (message.header.nlmsg_type == AUDIT_GET) result = status.pid;
    if (message.header.nlmsg_type == NLMSG_ERROR && failure.error) result = failure.error;
  }
  close(fd);
  return result;
}

void report_audit(void) {
  int fd = open_audit(READLOG_GROUP);
  report_result("audit_read", fd < 0 ? errno : 0);
  if (fd >= 0) {
    printf("audit_record %s\n", record_arrives(fd) ? "yes" : "no");
    close(fd);
  }
  long daemon = daemon_process();
  if (daemon < 0) report_result("audit_daemon", (int)-daemon);
  else printf("audit_daemon %ld\n", daemon);
}

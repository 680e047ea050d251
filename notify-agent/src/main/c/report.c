/*
 * report.c - "tiny-jail probe": tries in children what commands rest on, for "tiny-jail doctor" to explain.
 *
 * Prints lines of a name, a space and a result: "yes", "no", the name of the errno that the attempt ended with, a
 * number or a path. A name that is missing was not tried.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

void report_result(const char *name, int error) {
  const char *text = error ? strerrorname_np(error) : "yes";
  printf("%s %s\n", name, text ? text : "no");
}

bool report_install(unsigned long flags, uint32_t action, long *result) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  *result = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
  if (*result == 0) *result = raw4(__NR_seccomp, SECCOMP_SET_MODE_FILTER, (long)flags, (long)&program, 0);
  return *result >= 0;
}

/* The errno that a child ends with: whatever it does to itself, this process stays as it is. */
static int in_child(int (*attempt)(const struct launch *), const struct launch *launch) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(attempt(launch));
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED; /* killed for trying */
}

static int filter_denies(const struct launch *launch) {
  (void)launch;
  long result;
  if (!report_install(0, SECCOMP_RET_ERRNO | EDOM, &result)) return (int)-result;
  return syscall(__NR_getppid) == -1 && errno == EDOM ? 0 : EPROTO;
}

static int domain_scopes(const struct launch *launch) {
  int ruleset = spawn_landlock_ruleset(launch);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno;
  long result = raw4(__NR_landlock_restrict_self, ruleset, 0, 0, 0);
  if (result) return (int)-result;
  return kill(getppid(), 0) == -1 && errno == EPERM ? 0 : EPROTO;
}

static int own_user_namespace(const struct launch *launch) {
  (void)launch;
  return unshare(CLONE_NEWUSER) ? errno : 0;
}

/* With io_uring there, what is missing are the parameters. */
static int io_uring(const struct launch *launch) {
  (void)launch;
  long result = raw4(__NR_io_uring_setup, 1, 0, 0, 0);
  return result == -EFAULT ? 0 : (int)-result;
}

static void report_actions(void) {
  static const struct {
    const char *name;
    uint32_t value;
  } actions[] = {{"kill_process", SECCOMP_RET_KILL_PROCESS}, {"kill_thread", SECCOMP_RET_KILL_THREAD},
                 {"trap", SECCOMP_RET_TRAP},                 {"errno", SECCOMP_RET_ERRNO},
                 {"user_notif", SECCOMP_RET_USER_NOTIF},     {"trace", SECCOMP_RET_TRACE},
                 {"log", SECCOMP_RET_LOG},                   {"allow", SECCOMP_RET_ALLOW}};
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
    char name[32];
    snprintf(name, sizeof name, "action.%s", actions[i].name);
    report_result(name, syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &actions[i].value) ? errno : 0);
  }
}

static void report_landlock(const struct launch *launch) {
  long abi = probe_landlock_abi();
  if (abi < 0) report_result("landlock_abi", errno);
  else printf("landlock_abi %ld\n", abi);
  if (launch->features & FEATURE_LANDLOCK_SCOPE) report_result("landlock_scope", in_child(domain_scopes, launch));
  else puts("landlock_scope no");
}

static void report_files(void) {
  char path[PATH_MAX];
  struct archive archive;
  int directory = cache_directory(path);
  printf("cache %s\n", directory < 0 ? "no" : path);
  archive_find(&archive, java_find());
  printf("archive %s\n", *archive.use ? strchr(archive.use, '=') + 1 : "no");
}

void report_print(void) {
  struct launch launch = {0};
  probe_features(&launch);
  report_result("filter", in_child(filter_denies, &launch));
  report_actions();
  printf("log %s\n", launch.features & FEATURE_LOG ? "yes" : "no");
  printf("wait_killable %s\n", launch.features & FEATURE_WAIT_KILLABLE ? "yes" : "no");
  report_listener(&launch);
  report_landlock(&launch);
  report_result("user_namespace", in_child(own_user_namespace, &launch));
  report_result("io_uring", in_child(io_uring, &launch));
  report_audit();
  report_files();
  fflush(stdout);
  _exit(0);
}

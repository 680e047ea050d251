/*
 * spawn.c - the child from clone to exec.
 *
 * Under a filter that notifies everything, each call between installing and exec is itself notified, with nobody to
 * answer yet. So the child shares memory and descriptor table with us: it stores the listener's number and execs.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

enum {
  STACK_SIZE = 64 << 10,
  SPINS = 500,
  SHORT_SLEEP_NS = 20000,
  FORKED_NOT_EXECUTED = 0x40, /* PF_FORKNOEXEC in the flags of /proc/PID/stat */
  LANDLOCK_SCOPE_OF_SIGNALS = 2,
};

/* What the child has to do; all of it prepared, since it shares our memory. */
struct errand {
  const struct launch *launch;
  struct page *page;
  struct sock_fprog notify;
  struct sock_fprog verdict;
  unsigned long notify_flags;
  unsigned long verdict_flags;
  int landlock; /* ruleset; -1: none */
  bool native;  /* install verdict only */
  int launcher; /* our process id */
  bool may_be_native;
};

struct page *page_new(void) {
  struct page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) fail("out of memory");
  page->listener = -1;
  return page;
}

static struct sock_fprog fprog(struct program program) {
  return (struct sock_fprog){(unsigned short)program.length, (struct sock_filter *)program.code};
}

static long install(unsigned long flags, const struct sock_fprog *program) {
  return raw4(__NR_seccomp, SECCOMP_SET_MODE_FILTER, (long)flags, (long)program, 0);
}

static _Noreturn void leave(struct page *page, enum step step, long error) {
  page->step = step;
  page->error = (int)-error;
  page->state = PAGE_FAILED;
  for (;;) raw4(__NR_exit_group, EXIT_OURS, 0, 0, 0);
}

static void enter_walls(const struct errand *errand) {
  long result = raw5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (result) leave(errand->page, STEP_PRIVILEGES, result);
  if (errand->landlock < 0) return;
  result = raw4(__NR_landlock_restrict_self, errand->landlock, 0, 0, 0);
  if (result) leave(errand->page, STEP_LANDLOCK, result);
}

static void install_native(const struct errand *errand) {
  long result = install(errand->verdict_flags, &errand->verdict);
  if (result) leave(errand->page, STEP_FILTER, result);
  errand->page->state = PAGE_NATIVE;
}

static void install_notify(const struct errand *errand) {
  struct page *page = errand->page;
  long result = install(errand->notify_flags, &errand->notify);
  if (result == -EBUSY && errand->may_be_native) {
    install_native(errand);
  } else if (result < 0) {
    leave(page, STEP_FILTER, result);
  } else {
    page->listener = (int)result;
    page->state = PAGE_LISTENING;
  }
}

/*
 * Until its exec the child holds the listener itself: were the launcher killed, nobody would answer, and no end of the
 * listener would be seen. SIGURG is ignored by default: once the exec has reset this handler it does nothing.
 */
static void on_orphaned(int number) {
  (void)number;
  __builtin_trap(); /* any call would be a notification */
}

static void end_with_launcher(const struct errand *errand) {
  raw5(__NR_prctl, PR_SET_PDEATHSIG, SIGURG, 0, 0, 0);
  if (raw4(__NR_getppid, 0, 0, 0, 0) != errand->launcher) __builtin_trap();
}

static int child_main(void *argument) {
  const struct errand *errand = argument;
  const struct launch *launch = errand->launch;
  start_restore_raw();
  end_with_launcher(errand);
  enter_walls(errand);
  if (errand->native) install_native(errand);
  else install_notify(errand);
  long result = raw4(__NR_execve, (long)launch->executable, (long)launch->target, (long)launch->environment, 0);
  errand->page->exec_error = (int)-result;
  raw4(__NR_exit_group, EXIT_CANNOT, 0, 0, 0);
  __builtin_trap(); /* a policy without exit_group */
}

static unsigned long log_flag(const struct launch *launch) {
  return launch->features & FEATURE_LOG ? SECCOMP_FILTER_FLAG_LOG : 0;
}

static unsigned long notify_flags(const struct launch *launch, const struct view *view) {
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  if (launch->features & FEATURE_WAIT_KILLABLE) flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  if (view->plan->flags & PLAN_LOG) flags |= log_flag(launch);
  return flags;
}

/* A domain that scopes signals and, as every domain, ptrace: the target can neither kill nor write its supervisor. */
int spawn_landlock_ruleset(const struct launch *launch) {
  struct {
    uint64_t handled_access_fs, handled_access_net, scoped;
  } attributes = {.scoped = LANDLOCK_SCOPE_OF_SIGNALS};
  if (!(launch->features & FEATURE_LANDLOCK_SCOPE)) return -1;
  int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (ruleset < 0) fail("cannot make a Landlock domain: %s", strerror(errno));
  return ruleset;
}

static bool is_dead(pid_t child) {
  siginfo_t info = {0};
  return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

static void await_child(const struct page *page, pid_t child) {
  for (int round = 0; page->state == PAGE_EMPTY; round++) {
    struct timespec moment = {.tv_nsec = SHORT_SLEEP_NS};
    if (round < SPINS) sched_yield();
    else if (is_dead(child)) return;
    else nanosleep(&moment, NULL);
  }
}

static void report_failure(const struct page *page, const struct view *view, bool may_be_native) {
  if (page->state != PAGE_FAILED) return;
  if (page->step == STEP_FILTER && page->error == EBUSY && !may_be_native)
    fail(view->plan->flags & PLAN_COMPLAIN
             ? "a jail within a jail has no supervisor, and --complain needs one: what is denied could not pass"
         : view->plan->flags & PLAN_FREE_EXEC
             ? "a jail within a jail has no supervisor, and this policy needs one: it does not allow execve; allow it"
             : "a jail within a jail has no supervisor, and this command needs one; use run");
  static const char *const steps[] = {"", "set no_new_privs", "enter a Landlock domain", "install the filter"};
  fail("cannot %s: %s", steps[page->step], strerror(page->error));
}

struct spawned spawn_child(const struct launch *launch, const struct view *view, struct page *page, bool native) {
  static struct errand errand; /* the child reads it until its exec */
  errand = (struct errand){.launch = launch,
                          .page = page,
                          .notify = fprog(view->notify),
                          .verdict = fprog(view->verdict),
                          .notify_flags = notify_flags(launch, view),
                          .verdict_flags = log_flag(launch),
                          .landlock = spawn_landlock_ruleset(launch),
                          .native = native,
                          .launcher = getpid(),
                          .may_be_native = plan_may_be_native(view->plan)};
  struct spawned spawned = {.pidfd = -1, .listener = -1};
  char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) fail("out of memory");
  struct sigaction orphaned = {.sa_handler = on_orphaned};
  sigaction(SIGURG, &orphaned, NULL); /* blocked in this process */
  int flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | SIGCHLD;
  spawned.child = clone(child_main, stack + STACK_SIZE, flags, &errand, &spawned.pidfd);
  if (spawned.child < 0) fail("cannot start a process: %s", strerror(errno));
  await_child(page, spawned.child);
  report_failure(page, view, errand.may_be_native);
  spawned.listener = page->listener;
  return spawned;
}

/* Nothing stays behind: this process becomes the target. */
void spawn_here(const struct launch *launch, const struct view *view) {
  struct sock_fprog verdict = fprog(view->verdict);
  start_restore_raw();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("cannot set no_new_privs: %s", strerror(errno));
  long result = install(log_flag(launch), &verdict);
  if (result) fail("cannot install the filter: %s", strerror((int)-result));
  result = raw4(__NR_execve, (long)launch->executable, (long)launch->target, (long)launch->environment, 0);
  spawn_exec_failed(launch, (int)-result);
}

void spawn_exec_failed(const struct launch *launch, int error) {
  say("%s: %s", launch->executable, strerror(error));
  _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT);
}

bool spawn_has_executed(pid_t child) { return !(process_stat(child, STAT_FLAGS, NULL) & FORKED_NOT_EXECUTED); }

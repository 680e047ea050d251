/*
 * hostile.c - a program to be jailed that times what it does by its supervisor's steps. A path on a page that a
 * userfaultfd serves holds the supervisor up where it reads it: after it has received the notification, before it
 * answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void report(const char *what, long result) {
  printf("%s=%s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
  fflush(stdout);
}

static void announce(void) {
  printf("pid=%d\n", getpid());
  fflush(stdout);
}

static _Noreturn void give_up(const char *what) {
  perror(what);
  _exit(98);
}

static void await_file(const char *path) {
  for (int i = 0; i < 2000 && access(path, F_OK); i++) usleep(10000);
}

/* A page that is not there, shared or not, and what is told of whoever touches it. */
struct trap {
  char *page;
  int faults;
};

static void set_trap(struct trap *trap) {
  struct uffdio_api api = {.api = UFFD_API};
  trap->faults = (int)syscall(__NR_userfaultfd, O_CLOEXEC);
  if (trap->faults < 0 || ioctl(trap->faults, UFFDIO_API, &api)) give_up("userfaultfd");
  struct uffdio_register range = {{(uintptr_t)trap->page, PAGE}, UFFDIO_REGISTER_MODE_MISSING, 0};
  if (ioctl(trap->faults, UFFDIO_REGISTER, &range)) give_up("userfaultfd register");
}

static void map_page(struct trap *trap) {
  trap->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Until the supervisor reads. */
static void await_reader(const struct trap *trap) {
  struct uffd_msg message;
  if (read(trap->faults, &message, sizeof message) != sizeof message) give_up("userfaultfd read");
}

static void let_it_read(const struct trap *trap, const char *text) {
  static char content[PAGE] __attribute__((aligned(PAGE)));
  snprintf(content, sizeof content, "%s", text);
  struct uffdio_copy copy = {.dst = (uintptr_t)trap->page, .src = (uintptr_t)content, .len = PAGE};
  if (ioctl(trap->faults, UFFDIO_COPY, &copy)) give_up("userfaultfd copy");
}

static struct trap trap;
static pthread_t main_thread;
static volatile sig_atomic_t handled;
static int handled_while_read;
static const char *told; /* what the page shows in the end */

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void *signal_in_flight(void *unused) {
  await_reader(&trap);
  pthread_kill(main_thread, SIGUSR1);
  usleep(100000);
  handled_while_read = handled;
  let_it_read(&trap, told);
  return unused;
}

/* A signal for the thread whose call has been received and not answered; its handler wants the call restarted. */
static int signalled(char **words) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  pthread_t thread;
  told = words[0];
  main_thread = pthread_self();
  sigaction(SIGUSR1, &action, NULL);
  map_page(&trap);
  set_trap(&trap);
  pthread_create(&thread, NULL, signal_in_flight, NULL);
  report("mkdir", syscall(__NR_mkdir, trap.page, 0700));
  pthread_join(thread, NULL);
  printf("handled=%d\nhandled in between=%d\n", handled, handled_while_read);
  return 0;
}

static void *kill_in_flight(void *unused) {
  await_reader(&trap);
  kill(getpid(), SIGKILL);
  return unused;
}

/* Killed when its call has been received and not answered. */
static int killed(char **words) {
  (void)words;
  pthread_t thread;
  map_page(&trap);
  set_trap(&trap);
  pthread_create(&thread, NULL, kill_in_flight, NULL);
  syscall(__NR_mkdir, trap.page, 0700);
  return 1;
}

/* What the caller and whoever gets its process id have at the same address. */
static char second[32];

/*
 * A child's call is received; the child is killed and another process gets its id, before the supervisor reads the
 * second path. The descriptor table is shared: the child makes the userfaultfd, its parent serves it.
 */
static int reused_id(char **words) {
  struct trap *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  volatile int *ready = (volatile int *)(shared + 1);
  map_page(shared);
  pid_t child = (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) {
    set_trap(shared);
    *ready = 1;
    strcpy(second, "the-callers");
    syscall(__NR_rename, shared->page, second);
    _exit(1);
  }
  while (!*ready) usleep(1000);
  await_reader(shared);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  struct clone_args as = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&child, .set_tid_size = 1};
  pid_t other = (pid_t)syscall(__NR_clone3, &as, sizeof as);
  if (other == 0) {
    strcpy(second, "the-strangers");
    *ready = 2;
    pause();
  }
  if (other != child) give_up("clone3 with the same id");
  while (*ready != 2) usleep(1000);
  let_it_read(shared, "the-first");
  report("rename", syscall(__NR_rename, "one-more", words[0])); /* answered after the child's */
  kill(other, SIGKILL);
  waitpid(other, NULL, 0);
  printf("reused=%d\n", other == child);
  return 0;
}

static void *call_once(void *unused) {
  report("getppid", syscall(__NR_getppid));
  return unused;
}

/* So many threads at once, each with a call that waits. */
static int waiters(char **words) {
  pthread_t all[64];
  int count = atoi(words[0]);
  announce();
  for (int i = 0; i < count; i++) pthread_create(&all[i], NULL, call_once, NULL);
  for (int i = 0; i < count; i++) pthread_join(all[i], NULL);
  return 0;
}

static int results(char **words) {
  for (int i = 0; i < atoi(words[0]); i++) report("getppid", syscall(__NR_getppid));
  return 0;
}

/* Calls under a storm of signals, each of which must fail with EDOM. */
static int storm(char **words) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  struct itimerval often = {{0, 200}, {0, 200}};
  struct itimerval never = {{0, 0}, {0, 0}};
  int wrong = 0;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 0; i < atoi(words[0]); i++) wrong += syscall(__NR_getppid) != -1 || errno != EDOM;
  setitimer(ITIMER_REAL, &never, NULL);
  printf("wrong=%d\nsignals=%s\n", wrong, handled > 10 ? "many" : "few");
  return 0;
}

/* A tree of processes so many levels deep, all alive at once, each of which calls ten times. */
static int grow(int levels) {
  int failed = 0;
  int status;
  for (int i = 0; levels > 0 && i < 2; i++) {
    pid_t child = fork();
    if (child == 0) _exit(grow(levels - 1));
    failed |= child < 0;
  }
  for (int i = 0; i < 10; i++) failed |= syscall(__NR_getppid) != -1 || errno != EDOM;
  while (wait(&status) > 0) failed |= status;
  return failed;
}

static int bomb(char **words) {
  printf("failed=%d\n", grow(atoi(words[0])));
  announce();
  await_file(words[1]);
  return 0;
}

/* So many calls that differ, each with much to be recorded. */
static int ever_new(char **words) {
  static char path[1024];
  int wrong = 0;
  memset(path, 'x', sizeof path - 1);
  for (int i = 0; i < atoi(words[0]); i++) {
    snprintf(path, 16, "%08d", i);
    path[8] = 'x';
    wrong += syscall(__NR_mkdir, path, 0700) != -1 || errno != EDOM;
  }
  printf("wrong=%d\n", wrong);
  return 0;
}

/* Not the process's first thread calls, and dies of it. */
static int by_thread(char **words) {
  pthread_t thread;
  (void)words;
  pthread_create(&thread, NULL, call_once, NULL);
  pthread_join(thread, NULL);
  usleep(200000);
  printf("the process goes on\n");
  return 0;
}

static void *call_when_alone(void *go) {
  await_file(go);
  report("getppid", syscall(__NR_getppid));
  exit(3);
}

/* The main thread ends; another one calls and ends the process. */
static int without_leader(char **words) {
  pthread_t thread;
  announce();
  pthread_create(&thread, NULL, call_when_alone, words[0]);
  pthread_exit(NULL);
}

/* Whoever has not the right to trace everybody cannot read such a process. */
static int unreadable(char **words) {
  prctl(PR_SET_DUMPABLE, 0);
  report("mkdir", syscall(__NR_mkdir, words[0], 0700));
  return 0;
}

static const struct {
  const char *name;
  int (*run)(char **words);
} jobs[] = {{"signalled", signalled}, {"killed", killed},     {"reused-id", reused_id}, {"waiters", waiters},
            {"results", results},     {"storm", storm},       {"bomb", bomb},           {"ever-new", ever_new},
            {"by-thread", by_thread}, {"unreadable", unreadable}, {"without-leader", without_leader}};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof jobs / sizeof *jobs; i++)
    if (!strcmp(jobs[i].name, argv[1])) return jobs[i].run(argv + 2);
  return 99;
}

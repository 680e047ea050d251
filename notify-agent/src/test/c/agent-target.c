/* agent-target.c - a program that makes the calls which tests of the agent are about: agent-target MODE [ARGUMENT...] */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int count;

static void *call_getppid(void *unused) {
  for (int i = 0; i < count; i++) syscall(SYS_getppid);
  return unused;
}

static int threads(int n, int calls) {
  pthread_t list[256];
  count = calls;
  for (int i = 0; i < n; i++) pthread_create(&list[i], NULL, call_getppid, NULL);
  for (int i = 0; i < n; i++) pthread_join(list[i], NULL);
  return 0;
}

static int forks(int n) {
  for (int i = 0; i < n; i++) {
    pid_t child = fork();
    if (child == 0) {
      syscall(SYS_getppid);
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  return 0;
}

/* The thread, not the leader, becomes another program: in it getpgrp is called. */
static void *exec_getpgrp(void *name) {
  char *words[] = {name, "getpgrp", NULL};
  usleep(20000);
  execv(name, words);
  return NULL;
}

static int exec_by_thread(char *other) {
  pthread_t thread;
  pthread_create(&thread, NULL, exec_getpgrp, other);
  while (count == 0) syscall(SYS_getppid); /* the leader goes on calling until the exec is over */
  return 1;
}

static int failed_exec(char *other) {
  char *words[] = {"missing", NULL};
  for (int i = 0; i < 10; i++) {
    execv("/nonexistent", words);
    syscall(SYS_getppid);
  }
  return other == NULL;
}

static int vfork_exec(char *other) {
  char *words[] = {other, "getpgrp", NULL};
  for (int i = 0; i < 20; i++) {
    pid_t child = vfork();
    if (child == 0) {
      execv(other, words);
      _exit(127);
    }
    waitpid(child, NULL, 0);
    syscall(SYS_getppid);
  }
  return 0;
}

static void open_quietly(const char *path) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd >= 0) close(fd);
}

/* Strings that end at, run over and run into the border of a page; and none at all. */
static int strings(void) {
  char *pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 2 * 4096, 4096);
  memset(pages, 'x', 2 * 4096);
  strcpy(pages + 4096 - 5, "/over-the-border");
  open_quietly(pages + 4096 - 5);
  memcpy(pages + 2 * 4096 - 8, "/at-edge", 8);
  pages[2 * 4096 - 1] = 0;
  open_quietly(pages + 2 * 4096 - 8);
  memcpy(pages + 2 * 4096 - 8, "/no-nul!", 8);
  open_quietly(pages + 2 * 4096 - 8);
  open_quietly((const char *)(pages + 2 * 4096));
  open_quietly(NULL);
  memset(pages, 'y', 4096);
  open_quietly(pages);
  open_quietly("/bytes\xff\x01\"\\\n");
  return 0;
}

static int sockets(void) {
  int in = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  connect(in, (struct sockaddr *)&v4, sizeof v4);
  struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/tmp/no-such-socket"};
  int un = socket(AF_UNIX, SOCK_STREAM, 0);
  connect(un, (struct sockaddr *)&local, sizeof local);
  struct msghdr header = {.msg_name = &v4, .msg_namelen = sizeof v4};
  sendmsg(in, &header, MSG_NOSIGNAL);
  return 0;
}

static void ignore(int signal) { (void)signal; }

/* Calls under a storm of signals: each call returns what it should, whatever interrupts it. */
static int storm(int calls) {
  struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
  struct itimerval often = {{0, 200}, {0, 200}};
  pid_t parent = getppid();
  int wrong = 0;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 0; i < calls; i++) wrong += syscall(SYS_getppid) != parent;
  struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  printf("wrong=%d\n", wrong);
  return wrong != 0;
}

static void *kill_soon(void *unused) {
  usleep(50000);
  kill(getpid(), SIGKILL);
  return unused;
}

static int killed(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, kill_soon, NULL);
  while (count == 0) syscall(SYS_getppid);
  return 1;
}

static int results(int calls) {
  for (int i = 0; i < calls; i++) {
    errno = 0;
    long value = syscall(SYS_getppid);
    printf("%ld %d\n", value < 0 ? -1 : value, value < 0 ? errno : 0);
  }
  return 0;
}

/* A call that opens a descriptor, with none left and with one. */
static int full(void) {
  struct rlimit limit;
  int next = dup(0);
  close(next);
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = (rlim_t)next;
  setrlimit(RLIMIT_NOFILE, &limit);
  results(1);
  limit.rlim_cur++;
  setrlimit(RLIMIT_NOFILE, &limit);
  printf("%s\n", syscall(SYS_getppid) == next && fcntl(next, F_GETFD) >= 0 ? "added" : "not added");
  return 0;
}

/* Ever new values of an argument that is learned, and numbers that no call has. */
static int ever_new(int calls) {
  for (int i = 0; i < calls; i++) {
    syscall(SYS_socket, 1000 + i, SOCK_STREAM, 0);
    if (syscall(10000 + i) != -1 || errno != ENOSYS) return 1;
  }
  return 0;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Microseconds per call: rounds of getppid, or of openat. */
static int bench(const char *call, int rounds, int calls) {
  for (int round = 0; round < rounds; round++) {
    double start = seconds();
    for (int i = 0; i < calls; i++) {
      if (call[0] == 'g') syscall(SYS_getppid);
      else syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC, 0);
    }
    printf("%.3f\n", (seconds() - start) / calls * 1e6);
    if (call[0] == 'o') syscall(SYS_close_range, 3, ~0U, 0);
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int number = argc > 2 ? atoi(argv[2]) : 0;
  if (!strcmp(mode, "threads")) return threads(number, atoi(argv[3]));
  if (!strcmp(mode, "forks")) return forks(number);
  if (!strcmp(mode, "exec-by-thread")) return exec_by_thread(argv[2]);
  if (!strcmp(mode, "failed-exec")) return failed_exec(argv[0]);
  if (!strcmp(mode, "vfork")) return vfork_exec(argv[2]);
  if (!strcmp(mode, "strings")) return strings();
  if (!strcmp(mode, "sockets")) return sockets();
  if (!strcmp(mode, "storm")) return storm(number);
  if (!strcmp(mode, "killed")) return killed();
  if (!strcmp(mode, "results")) return results(number);
  if (!strcmp(mode, "full")) return full();
  if (!strcmp(mode, "ever-new")) return ever_new(number);
  if (!strcmp(mode, "bench")) return bench(argv[2], atoi(argv[3]), atoi(argv[4]));
  if (!strcmp(mode, "getpgrp")) {
    for (int i = 0; i < 3; i++) syscall(SYS_getpgrp);
    return 0;
  }
  if (!strcmp(mode, "exit")) return number;
  fprintf(stderr, "target: unknown mode %s\n", mode);
  return 2;
}

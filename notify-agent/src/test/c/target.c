/* target.c - a program to be jailed: its words say what it does, its output says what came of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *what, long result) {
  printf("%s=%s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
  fflush(stdout);
}

static int calls(char **words) {
  int count = atoi(words[0]);
  long result = 0;
  for (int i = 0; i < count; i++) result = syscall(__NR_getppid);
  report("getppid", result);
  return 0;
}

static int make_directory(char **words) {
  report("mkdir", mkdir(words[0], 0700));
  return 0;
}

static int execute(char **words) {
  execv(words[0], words);
  report("execve", -1);
  return 0;
}

static int print_file(const char *path, const char *only) {
  char line[4096];
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (!only || strstr(only, strtok(strdup(line), ":\n"))) fputs(line, stdout);
  if (file) fclose(file);
  return 0;
}

/* All that a process inherits. */
static int state(char **words) {
  (void)words;
  print_file("/proc/self/status", "SigBlk SigIgn SigCgt Umask");
  print_file("/proc/self/limits", NULL);
  print_file("/proc/self/oom_score_adj", NULL);
  printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
  printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
  printf("session %d\n", getsid(0));
  for (int fd = 0; fd < 1024; fd++)
    if (fcntl(fd, F_GETFD) >= 0) printf("fd %d\n", fd);
  return 0;
}

/* A string that ends where the mapping does, without a NUL. */
static int page_end(char **words) {
  (void)words;
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 4096, 4096);
  memcpy(pages + 4096 - 4, "/end", 4);
  report("mkdir", syscall(__NR_mkdir, pages + 4096 - 4, 0700));
  report("unmapped", syscall(__NR_mkdir, pages + 4096, 0700));
  return 0;
}

static int connect_to(char **words) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4711)};
  inet_aton(words[0], &address.sin_addr);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  report("connect", connect(fd, (struct sockaddr *)&address, sizeof address));
  return 0;
}

/* On whoever supervises us. */
static int attack(char **words) {
  pid_t victim = atoi(words[0]);
  char path[64];
  uint64_t word = 0;
  struct iovec here = {&word, sizeof word};
  struct iovec there = {(void *)0x400000, sizeof word};
  snprintf(path, sizeof path, "/proc/%d/mem", victim);
  report("open", open(path, O_RDWR));
  report("writev", process_vm_writev(victim, &here, 1, &there, 1, 0) < 0 && errno != EFAULT ? -1 : 0);
  report("kill", kill(victim, SIGKILL));
  sleep(1);
  return 0;
}

static int daemonize(char **words) {
  if (fork()) return 7;
  setsid();
  if (fork()) _exit(0);
  if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stderr) || !freopen(words[0], "w", stdout)) _exit(1);
  printf("pid=%d\n", getpid());
  fflush(stdout);
  for (int i = 0; i < 100 && access(words[1], F_OK); i++) usleep(50000);
  report("getppid", syscall(__NR_getppid));
  return 0;
}

static int loop(char **words) {
  (void)words;
  printf("pid=%d\n", getpid());
  fflush(stdout);
  for (;;) syscall(__NR_getppid);
  return 0;
}

static int wait_long(char **words) {
  (void)words;
  printf("pid=%d\n", getpid());
  fflush(stdout);
  sleep(20);
  return 0;
}

/* Until a file is there, then one denied call. */
static int late(char **words) {
  printf("pid=%d\n", getpid());
  fflush(stdout);
  for (int i = 0; i < 400 && access(words[0], F_OK); i++) usleep(50000);
  report("getppid", syscall(__NR_getppid));
  return 0;
}

static volatile sig_atomic_t caught;
static void on_signal(int number) { caught = number; }

static int catch_signal(char **words) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(atoi(words[0]), &action, NULL);
  printf("pid=%d\n", getpid());
  fflush(stdout);
  while (!caught) usleep(10000);
  printf("caught=%d\n", caught);
  return 3;
}

static int close_output(char **words) {
  (void)words;
  printf("closing\n");
  fflush(stdout);
  close(STDOUT_FILENO);
  sleep(3);
  return 0;
}

static int stop_self(char **words) {
  if (fork() == 0) {
    for (int i = 0; i < 400 && access(words[0], F_OK); i++) usleep(20000);
    report("getppid", syscall(__NR_getppid));
    _exit(0);
  }
  printf("pid=%d\n", getpid());
  fflush(stdout);
  raise(SIGSTOP);
  wait(NULL);
  printf("continued\n");
  return 4;
}

static void *in_thread(void *unused) {
  (void)unused;
  for (int i = 0; i < 200; i++) syscall(__NR_getppid);
  return NULL;
}

static int threads(char **words) {
  (void)words;
  pthread_t all[8];
  for (int i = 0; i < 8; i++) pthread_create(&all[i], NULL, in_thread, NULL);
  for (int i = 0; i < 8; i++) pthread_join(all[i], NULL);
  return 0;
}

static int die(char **words) {
  signal(atoi(words[0]), SIG_DFL);
  raise(atoi(words[0]));
  return 0;
}

static const struct {
  const char *name;
  int (*run)(char **words);
} jobs[] = {{"calls", calls},     {"mkdir", make_directory}, {"exec", execute},   {"state", state},
            {"page-end", page_end}, {"connect", connect_to},  {"attack", attack},  {"daemon", daemonize},
            {"loop", loop},       {"wait", wait_long},        {"late", late},      {"catch", catch_signal},
            {"close-output", close_output}, {"stop", stop_self}, {"threads", threads}, {"die", die}};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof jobs / sizeof *jobs; i++)
    if (!strcmp(jobs[i].name, argv[1])) return jobs[i].run(argv + 2);
  return 99;
}

/* kind.c - does a little of everything that a C library does for a program; with a word what it never did before. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CODE = 7, PAGE = 4096 };

static volatile sig_atomic_t caught;

static void on_signal(int number) { caught = number; }

static void *count(void *sum) {
  __atomic_add_fetch((int *)sum, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

static int threads(void) {
  pthread_t all[4];
  int sum = 0;
  for (int i = 0; i < 4; i++)
    if (pthread_create(all + i, NULL, count, &sum)) return -1;
  for (int i = 0; i < 4; i++) pthread_join(all[i], NULL);
  return sum;
}

static int child(void) {
  int status;
  pid_t pid = fork();
  if (pid == 0) _exit(CODE);
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int talk(void) {
  int ends[2];
  char byte = 0;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || send(ends[0], "x", 1, 0) != 1) return -1;
  struct pollfd on = {.fd = ends[1], .events = POLLIN};
  return poll(&on, 1, 1000) == 1 && recv(ends[1], &byte, 1, 0) == 1 ? byte : -1;
}

static long file(void) {
  char line[16] = "";
  FILE *all = tmpfile();
  if (!all || fputs("line\n", all) < 0) return -1;
  rewind(all);
  return fgets(line, sizeof line, all) ? (long)strlen(line) : -1;
}

static int memory(void) {
  char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return -1;
  *page = 1;
  return mprotect(page, PAGE, PROT_READ) || munmap(page, PAGE);
}

#ifdef INT80 /* a 32-bit call, from 64-bit code too */
static int by_interrupt(void) {
  int pid;
  __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20) : "memory", "cc");
  return pid == getpid();
}
#else
static int by_interrupt(void) { return 1; }
#endif

int main(int argc, char **argv) {
  (void)argv;
  struct sigaction action = {.sa_handler = on_signal};
  struct timespec moment = {.tv_nsec = 1000000};
  sigaction(SIGUSR1, &action, NULL);
  kill(getpid(), SIGUSR1);
  nanosleep(&moment, NULL);
  printf("threads=%d child=%d talk=%d file=%ld memory=%d caught=%d interrupt=%d\n", threads(), child(), talk(), file(),
         memory(), caught == SIGUSR1, by_interrupt());
  if (argc > 1) printf("trespass=%d\n", symlink("nowhere", "trespassed"));
  return CODE;
}

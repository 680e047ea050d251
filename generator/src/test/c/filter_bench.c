/*
 * What filters cost: filter_bench ROUNDS FILE..., each FILE a sock_filter array, "-" for no filter at all.
 * Writes a line for each: load in ns, then ns per allowed, argument-checked and denied call, and per denied call that the
 * kernel lacks anyway; medians of ROUNDS, each in a fresh child, the filters in turn so that a busy moment hits all.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOADS = 20, CALLS = 100000, KINDS = 5, PROGRAMS_MAX = 8, ROUNDS_MAX = 999 };

struct program {
  struct sock_fprog code;
  double results[KINDS][ROUNDS_MAX];
};

static double *shared; /* results of one child */

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void load(struct program *p) {
  if (!p->code.len) return;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
  double start = now(CLOCK_MONOTONIC);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p->code)) fail("seccomp");
  shared[0] = now(CLOCK_MONOTONIC) - start;
}

/* In time on the CPU, so that a busy machine does not count. */
static double per_call(long number, long argument) {
  double start = now(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < CALLS; i++) syscall(number, argument, 0, 0, 0);
  return (now(CLOCK_THREAD_CPUTIME_ID) - start) / CALLS;
}

static void in_child(struct program *p, int with_calls) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (!child) {
    load(p);
    if (with_calls) {
      shared[1] = per_call(SYS_getppid, 0);
      shared[2] = per_call(SYS_personality, 0xffffffff);
      shared[3] = per_call(SYS_move_pages, -1); /* bare: ESRCH, no such process */
      shared[4] = per_call(SYS_lookup_dcookie, 0); /* gone since Linux 6.7: bare, it is the cheapest call there is */
    }
    _exit(0);
  }
  int status;
  if (waitpid(child, &status, 0) < 0 || status) fail("child");
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return values[count / 2];
}

static void read_program(struct program *p, const char *path) {
  if (!strcmp(path, "-")) return;
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  p->code.filter = malloc(BPF_MAXINSNS * sizeof(struct sock_filter));
  p->code.len = (unsigned short)fread(p->code.filter, sizeof(struct sock_filter), BPF_MAXINSNS, file);
  fclose(file);
}

static void measure(struct program *p, int round) {
  double loads[LOADS];
  for (int i = 0; i < LOADS; i++) {
    in_child(p, 0);
    loads[i] = shared[0];
  }
  in_child(p, 1);
  p->results[0][round] = median(loads, LOADS);
  for (int kind = 1; kind < KINDS; kind++) p->results[kind][round] = shared[kind];
}

int main(int argc, char **argv) {
  static struct program programs[PROGRAMS_MAX];
  int rounds = argc > 2 ? atoi(argv[1]) : 0;
  int count = argc - 2;
  if (rounds < 1 || rounds > ROUNDS_MAX || count > PROGRAMS_MAX) {
    fprintf(stderr, "usage: filter_bench ROUNDS FILE...\n");
    return 2;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap");
  for (int i = 0; i < count; i++) read_program(&programs[i], argv[i + 2]);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) {
      memset(shared, 0, 4096);
      measure(&programs[i], round);
    }
  for (int i = 0; i < count; i++) {
    for (int kind = 0; kind < KINDS; kind++) printf("%.1f ", median(programs[i].results[kind], rounds));
    printf("\n");
  }
  return 0;
}

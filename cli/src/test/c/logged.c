/* logged.c - makes COUNT calls of getppid that a filter answers with ACTION: log, errno, trap, kill. Prints the seconds.
   usage: logged ACTION COUNT */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static unsigned action(const char *word) {
  if (!strcmp(word, "log")) return SECCOMP_RET_LOG;
  if (!strcmp(word, "errno")) return SECCOMP_RET_ERRNO | 13;
  return strcmp(word, "trap") ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_TRAP;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action(argv[1])),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  struct timespec began, ended;
  signal(SIGSYS, SIG_IGN);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program)) {
    perror("seccomp");
    return 1;
  }
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (long left = atol(argv[2]); left > 0; left--) syscall(__NR_getppid);
  clock_gettime(CLOCK_MONOTONIC, &ended);
  printf("%.3f\n", (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9);
  return 0;
}

/*
 * What the kernel does with calls under a filter: filter_run FILE < CALLS. FILE is a sock_filter array; a line of CALLS is
 * an architecture (x86_64 or x86), a number and six arguments, decimal. Each call is made in a fresh child; a line of
 * output says what became of it: "returned VALUE" (errno as a negative number) or "signal NUMBER".
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long call64(long number, const uint64_t *a) {
  long result;
  register uint64_t r10 __asm__("r10") = a[3];
  register uint64_t r8 __asm__("r8") = a[4];
  register uint64_t r9 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

/* By int 0x80 from 64-bit code: the filter sees full registers, the kernel takes their low halves. */
static long call32(long number, const uint64_t *a) {
  long result;
  register uint64_t sixth __asm__("r13") = a[5];
  __asm__ volatile(
      "mov %%rbp, %%r12\n\t"
      "mov %%r13, %%rbp\n\t"
      "int $0x80\n\t"
      "mov %%r12, %%rbp"
      : "=a"(result), "+r"(sixth)
      : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
      : "r8", "r9", "r10", "r11", "r12", "memory");
  return (int)result;
}

static void child(const struct sock_fprog *program, int x86, long number, const uint64_t *arguments, long *result) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program)) fail("seccomp");
  *result = x86 ? call32(number, arguments) : call64(number, arguments);
  _exit(0);
}

int main(int argc, char **argv) {
  static struct sock_filter code[BPF_MAXINSNS];
  if (argc != 2) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) fail(argv[1]);
  struct sock_fprog program = {(unsigned short)fread(code, sizeof *code, BPF_MAXINSNS, file), code};
  long *result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (result == MAP_FAILED) fail("mmap");
  char arch[16];
  long number;
  uint64_t a[6];
  while (scanf("%15s %ld %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, arch, &number, &a[0],
               &a[1], &a[2], &a[3], &a[4], &a[5]) == 8) {
    int status;
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (!pid) child(&program, !strcmp(arch, "x86"), number, a, result);
    if (waitpid(pid, &status, 0) < 0) fail("waitpid");
    if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
    else if (status) fail("child");
    else printf("returned %ld\n", *result);
  }
  return 0;
}

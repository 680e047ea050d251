/*
 * Builds a filter with libseccomp from a policy on standard input and writes its instructions to standard output.
 *
 *   default ACTION            numbers are decimal; actions are SECCOMP_RET_ values
 *   badarch ACTION
 *   machine TOKEN             in place of the native architecture
 *   arch TOKEN                beside the machine's
 *   optimize LEVEL            1: linear, 2: binary tree
 *   rule ACTION NAME N {INDEX OPERATOR VALUE VALUETWO}*N
 *
 * With the argument "numbers" it reads names instead and writes each with its numbers on x86_64, x86, x32 and aarch64.
 *
 * Exit 3 and a message where libseccomp refuses; 1 on anything else.
 */
#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(int code, const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
  exit(code);
}

static void check(const char *what, int result) {
  if (result < 0) fail(3, what, result);
}

static enum scmp_compare operator(const char *name) {
  static const char *const names[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return (enum scmp_compare)(SCMP_CMP_NE + i);
  fail(1, name, EINVAL);
  return _SCMP_CMP_MIN;
}

static void add_rule(scmp_filter_ctx filter) {
  uint32_t action;
  char name[128];
  unsigned count;
  struct scmp_arg_cmp args[6];
  if (scanf("%" SCNu32 " %127s %u", &action, name, &count) != 3 || count > 6) fail(1, "rule", EINVAL);
  for (unsigned i = 0; i < count; i++) {
    char op[16];
    if (scanf("%u %15s %" SCNu64 " %" SCNu64, &args[i].arg, op, &args[i].datum_a, &args[i].datum_b) != 4)
      fail(1, "condition", EINVAL);
    args[i].op = operator(op);
  }
  int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) fail(3, name, ENOENT);
  check(name, seccomp_rule_add_array(filter, action, number, count, args));
}

static int numbers(void) {
  char name[128];
  while (scanf("%127s", name) == 1)
    printf("%s %d %d %d %d\n", name, seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name),
           seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, name),
           seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, name),
           seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, name));
  return 0;
}

static void add_architecture(scmp_filter_ctx filter, uint32_t token) {
  int result = seccomp_arch_add(filter, token);
  if (result != -EEXIST) check("arch", result);
}

static void set_machine(scmp_filter_ctx filter, uint32_t token) {
  add_architecture(filter, token);
  if (token != seccomp_arch_native()) check("machine", seccomp_arch_remove(filter, SCMP_ARCH_NATIVE));
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "numbers")) return numbers();
  char word[32];
  uint32_t value;
  scmp_filter_ctx filter = NULL;
  check("api", seccomp_api_set(6));
  while (scanf("%31s", word) == 1) {
    if (!strcmp(word, "rule")) {
      add_rule(filter);
      continue;
    }
    if (scanf("%" SCNu32, &value) != 1) fail(1, word, EINVAL);
    if (!strcmp(word, "default")) {
      filter = seccomp_init(value);
      if (!filter) fail(3, "init", EINVAL);
    } else if (!strcmp(word, "badarch")) {
      check(word, seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, value));
    } else if (!strcmp(word, "optimize")) {
      check(word, seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, value));
    } else if (!strcmp(word, "machine")) {
      set_machine(filter, value);
    } else if (!strcmp(word, "arch")) {
      add_architecture(filter, value);
    } else {
      fail(1, word, EINVAL);
    }
  }
  check("export", seccomp_export_bpf(filter, STDOUT_FILENO));
  seccomp_release(filter);
  return 0;
}

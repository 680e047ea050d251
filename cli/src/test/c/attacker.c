/* attacker.c - a jailed program that goes for its jail: the first word says how, the output what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *what, long result) {
  printf("%s=%s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
  fflush(stdout);
}

static void await_file(const char *path) {
  for (int i = 0; i < 3000 && access(path, F_OK); i++) usleep(10000);
}

static void write_byte(char byte) {
  if (write(STDOUT_FILENO, &byte, 1) != 1) _exit(3);
}

/* mkdir PATH again and again; says d for each denial, S when it succeeds, n at the end, when nobody answers any more. */
static int deny(char **words) {
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    if (syscall(__NR_mkdir, words[0], 0700) == 0) write_byte('S');
    else if (errno == EDOM) write_byte('d');
    else break;
  }
  write_byte(errno == ENOSYS ? 'n' : '?');
  return 0;
}

static long listen_with(unsigned long flags) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mkdir, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &program);
}

static void *mkdir_in_thread(void *path) {
  report("mkdir", syscall(__NR_mkdir, path, 0700));
  return NULL;
}

/* A listener of its own, which lets through what the jail denies. */
static void let_oneself_through(const char *when, const char *path) {
  static const unsigned long flags[] = {0, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_FILTER_FLAG_LOG,
                                        SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH};
  long listener = -1;
  for (size_t i = 0; listener < 0 && i < sizeof flags / sizeof *flags; i++) {
    listener = listen_with(flags[i]);
    report(when, listener);
  }
  pthread_t thread;
  pthread_create(&thread, NULL, mkdir_in_thread, (void *)path);
  if (listener >= 0) {
    struct seccomp_notif n = {0};
    ioctl((int)listener, SECCOMP_IOCTL_NOTIF_RECV, &n);
    struct seccomp_notif_resp answer = {.id = n.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    report("continue", ioctl((int)listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
  }
  pthread_join(thread, NULL);
}

static int relisten(char **words) {
  pid_t launcher = getppid();
  let_oneself_through("with supervisor", words[0]);
  while (getppid() == launcher) usleep(10000);
  let_oneself_through("without supervisor", words[0]);
  return 0;
}

static void by_sigio(pid_t victim) {
  int ends[2];
  if (pipe(ends)) return;
  fcntl(ends[0], F_SETOWN, victim);
  fcntl(ends[0], F_SETSIG, SIGKILL);
  fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
  if (write(ends[1], "x", 1) != 1) return;
}

static void attack_one(pid_t victim) {
  char path[64];
  unsigned long word = 0;
  struct iovec here = {&word, sizeof word};
  struct iovec there = {(void *)0x400000, sizeof word};
  siginfo_t info = {.si_signo = SIGKILL, .si_code = SI_QUEUE};
  int pidfd = (int)syscall(__NR_pidfd_open, victim, 0);
  printf("victim %d\n", victim);
  snprintf(path, sizeof path, "/proc/%d/mem", victim);
  report("open mem", open(path, O_RDWR));
  snprintf(path, sizeof path, "/proc/%d/fd/2", victim);
  report("open fd", open(path, O_WRONLY));
  snprintf(path, sizeof path, "/proc/%d/root/etc", victim);
  report("open root", open(path, O_RDONLY));
  report("writev", process_vm_writev(victim, &here, 1, &there, 1, 0) < 0 && errno != EFAULT ? -1 : 0);
  report("readv", process_vm_readv(victim, &here, 1, &there, 1, 0) < 0 && errno != EFAULT ? -1 : 0);
  report("seize", ptrace(PTRACE_SEIZE, victim, 0, 0));
  report("attach", ptrace(PTRACE_ATTACH, victim, 0, 0));
  report("getfd", syscall(__NR_pidfd_getfd, pidfd, 2, 0));
  report("sigqueue", syscall(__NR_rt_sigqueueinfo, victim, SIGKILL, &info));
  report("tgkill", syscall(__NR_tgkill, victim, victim, SIGKILL));
  report("tkill", syscall(__NR_tkill, victim, SIGSTOP));
  report("signal by pidfd", syscall(__NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0));
  report("kill", kill(victim, SIGKILL));
  by_sigio(victim);
}

/* Everybody whose process id the file holds; then one denied call: somebody must be there to answer it. */
static int attack(char **words) {
  int victim;
  printf("pid=%d\n", getpid());
  fflush(stdout);
  await_file(words[0]);
  FILE *file = fopen(words[0], "r");
  while (file && fscanf(file, "%d", &victim) == 1) attack_one(victim);
  usleep(300000);
  report("mkdir", syscall(__NR_mkdir, words[1], 0700));
  return 0;
}

/* Where the kernel has no calls of i386, their gate is a fault: ENXIO. */
static sigjmp_buf without_gate;
static void no_gate(int signal) { siglongjmp(without_gate, signal); }
#define THROUGH_I386_GATE()                  \
  do {                                       \
    signal(SIGSEGV, no_gate);                \
    if (sigsetjmp(without_gate, 1)) {        \
      errno = ENXIO;                         \
      return -1;                             \
    }                                        \
  } while (0)

/* prlimit64 as i386 has it, by the gate that 64-bit programs may use too; the limit lies below 4 GiB. */
static long limit_by_i386(pid_t victim, int resource, const struct rlimit *limit) {
  long result;
  THROUGH_I386_GATE();
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(340), "b"(victim), "c"(resource), "d"(limit), "S"(0)
                   : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}

/* A limit at which a process is killed, and one at which it can write no more. */
static void limit(pid_t victim, struct rlimit *value) {
  static const int resources[] = {RLIMIT_CPU, RLIMIT_FSIZE};
  for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
    report("limit", prlimit(victim, resources[i], value, NULL));
    report("limit by i386", limit_by_i386(victim, resources[i], value));
    report("limit by x32", syscall(0x40000000 | __NR_prlimit64, victim, resources[i], value, NULL));
  }
}

static pid_t start_sleeper(void) {
  pid_t child = fork();
  if (child == 0) pause();
  return child;
}

/* In a pid namespace of its own, where the number of a victim is that of a child. */
static void limit_namesake(pid_t victim) {
  struct rlimit none = {0, 0};
  if (fork()) {
    wait(NULL);
    return;
  }
  if (unshare(CLONE_NEWPID)) _exit(1);
  if (fork()) {
    wait(NULL);
    _exit(0);
  }
  int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
  if (dprintf(last, "%d", victim - 1) < 0 || start_sleeper() != victim) report("namesake's number", -1);
  report("namesake", prlimit(victim, RLIMIT_CORE, &none, NULL));
  _exit(0);
}

/* Limits of everybody whose process or thread id the file holds, and of processes of its own; then one denied call. */
static int limit_all(char **words) {
  struct rlimit *value = mmap(NULL, sizeof *value, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  struct rlimit old;
  int victim;
  await_file(words[0]);
  FILE *file = fopen(words[0], "r");
  while (file && fscanf(file, "%d", &victim) == 1) {
    report("read", prlimit(victim, RLIMIT_CPU, NULL, &old));
    limit(victim, value);
    limit_namesake(victim);
  }
  pid_t child = start_sleeper();
  report("own", prlimit(getpid(), RLIMIT_CORE, value, NULL));
  report("child", prlimit(child, RLIMIT_CORE, value, NULL));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  report("nobody", prlimit(child, RLIMIT_CORE, value, NULL));
  report("mkdir", syscall(__NR_mkdir, words[1], 0700));
  return 0;
}

static long by_i386(long number, const void *first, long second) {
  long result;
  THROUGH_I386_GATE();
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second) : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}

/* mkdir by every gate there is, and numbers that are none. */
static int gates(char **words) {
  enum { X32 = 0x40000000, MKDIR_I386 = 39, GETPID_I386 = 20 };
  char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  strncpy(path, words[0], 4095);
  report("native", syscall(__NR_mkdir, path, 0700));
  report("high bits of the number", syscall(__NR_mkdir | 1L << 32, path, 0700));
  report("i386", by_i386(MKDIR_I386, path, 0700));
  report("x32", syscall(X32 | __NR_mkdir, path, 0700));
  report("i386 getpid", by_i386(GETPID_I386, NULL, 0));
  report("x32 getpid", syscall(X32 | __NR_getpid));
  report("-1", syscall(-1));
  report("i386 -1", by_i386(-1, NULL, 0));
  report("no call", syscall(9999));
  report("lowest", syscall(0x80000000L));
  return 0;
}

static void to_next_stop(pid_t tracee, int how) {
  int status;
  if (ptrace(how, tracee, 0, 0) || waitpid(tracee, &status, 0) != tracee || !WIFSTOPPED(status)) _exit(4);
}

/* A tracee's getppid is made another call where the tracer stops it, before the filter sees it. */
static void rewrite_at_entry(const char *what, char *path, long number) {
  struct user_regs_struct registers = {0};
  pid_t tracee = fork();
  if (tracee == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    syscall(__NR_getppid, path, 0700);
    _exit(0);
  }
  waitpid(tracee, NULL, 0);
  while (registers.orig_rax != __NR_getppid) {
    to_next_stop(tracee, PTRACE_SYSCALL);
    ptrace(PTRACE_GETREGS, tracee, 0, &registers);
  }
  registers.orig_rax = (unsigned long)number;
  ptrace(PTRACE_SETREGS, tracee, 0, &registers);
  to_next_stop(tracee, PTRACE_SYSCALL);
  ptrace(PTRACE_GETREGS, tracee, 0, &registers);
  errno = (int)-registers.rax;
  report(what, (long)registers.rax);
  kill(tracee, SIGKILL);
  waitpid(tracee, NULL, 0);
}

/* Limits of its supervisor, and of a process of its own. */
static int limit_outside(char **words) {
  struct rlimit none = {0, 0};
  (void)words;
  report("outside", prlimit(getppid(), RLIMIT_CORE, &none, NULL));
  report("own", prlimit(getpid(), RLIMIT_CORE, &none, NULL));
  return 0;
}

/* Whom a call that the supervisor lets through is about, changed while it waits for the answer. */
static void rewrite_while_it_waits(pid_t victim) {
  struct user_regs_struct registers;
  struct rlimit before, after;
  int rewritten = 0;
  pid_t own = getpid();
  prlimit(victim, RLIMIT_MSGQUEUE, NULL, &before);
  pid_t tracee = fork();
  while (tracee == 0) {
    struct rlimit none = {0, 0};
    prlimit(own, RLIMIT_MSGQUEUE, &none, NULL);
  }
  ptrace(PTRACE_SEIZE, tracee, 0, 0);
  for (int i = 0; i < 20000 && rewritten < 20; i++) {
    usleep((unsigned)(i % 5) * 20);
    to_next_stop(tracee, PTRACE_INTERRUPT);
    ptrace(PTRACE_GETREGS, tracee, 0, &registers);
    if (registers.orig_rax == __NR_prlimit64 && (long)registers.rax <= -512) { /* to be made again */
      registers.rdi = (unsigned long)victim;
      ptrace(PTRACE_SETREGS, tracee, 0, &registers);
      rewritten++;
      to_next_stop(tracee, PTRACE_SYSCALL); /* it is made again, */
      to_next_stop(tracee, PTRACE_SYSCALL); /* and answered */
    }
    ptrace(PTRACE_CONT, tracee, 0, 0);
  }
  kill(tracee, SIGKILL);
  waitpid(tracee, NULL, 0);
  prlimit(victim, RLIMIT_MSGQUEUE, NULL, &after);
  printf("rewritten=%s\n", rewritten ? "yes" : "never");
  printf("limit=%s\n", before.rlim_cur == after.rlim_cur ? "as before" : "changed");
}

static int rewrite(char **words) {
  rewrite_at_entry("made mkdir", words[0], __NR_mkdir);
  rewrite_at_entry("made -1", words[0], -1);
  rewrite_while_it_waits(getppid());
  return 0;
}

/* A process whose memory and executable can be seen by those only who may trace all; so is its child from its start. */
static int hide(char **words) {
  prctl(PR_SET_DUMPABLE, 0);
  pid_t child = fork();
  if (child == 0) {
    report("mkdir", syscall(__NR_mkdir, words[0], 0700));
    _exit(0);
  }
  waitpid(child, NULL, 0);
  return 0;
}

/* What a terminal might obey, in a path, in a name and in arguments. Prints nothing. */
static int steer(char **words) {
  static char evil[] = "\x1b]0;owned\a\r\n\xe2\x80\xae\xff\xc2\x9b" "31m";
  char path[512];
  char *arguments[] = {evil, evil, NULL};
  snprintf(path, sizeof path, "%s/%s", words[0], evil);
  prctl(PR_SET_NAME, evil);
  syscall(__NR_mkdir, path, 0700);
  execve(path, arguments, arguments);
  int fd = open(path, O_RDONLY);
  return fd >= 0;
}

/* The main process ends with 7 at once; its daemon tries a denied call when told to. */
static int daemonize(char **words) {
  if (fork()) return 7;
  setsid();
  if (fork()) _exit(0);
  if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stderr) || !freopen(words[0], "w", stdout)) _exit(1);
  printf("pid=%d\n", getpid());
  fflush(stdout);
  await_file(words[1]);
  report("mkdir", syscall(__NR_mkdir, words[2], 0700));
  return 0;
}

static int make(char **words) {
  int failed = 0;
  for (; *words; words++) {
    long result = syscall(__NR_mkdir, *words, 0700);
    failed |= result < 0;
    report("mkdir", result);
  }
  return failed;
}

static int many(char **words) {
  int count = atoi(words[0]);
  for (int i = 0; i < count; i++)
    if (syscall(__NR_mkdir, words[1], 0700) == 0 || errno != EDOM) return 1;
  return 0;
}

static int end_by(char **words) {
  signal(atoi(words[0]), SIG_DFL);
  raise(atoi(words[0]));
  return 0;
}

static int wait_for_signal(char **words) {
  (void)words;
  printf("pid=%d\n", getpid());
  fflush(stdout);
  for (int i = 0; i < 60; i++) sleep(1);
  return 0;
}

static const struct {
  const char *name;
  int (*run)(char **words);
} jobs[] = {{"deny", deny},       {"relisten", relisten}, {"attack", attack}, {"steer", steer}, {"daemon", daemonize},
            {"mkdir", make},     {"many", many},         {"limit", limit_all}, {"gates", gates}, {"rewrite", rewrite},
            {"hide", hide},      {"outside", limit_outside}, {"die", end_by},        {"wait", wait_for_signal}};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof jobs / sizeof *jobs; i++)
    if (!strcmp(jobs[i].name, argv[1])) return jobs[i].run(argv + 2);
  return 99;
}

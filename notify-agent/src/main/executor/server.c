/* server.c - the process that forks a child for each run: prepared, put under the filter, and never trusted again. */
#include <limits.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "executor.h"
#include "serve.h"

extern const char __executable_start[]; /* by the linker */
extern const char etext[];

/* Shared with the warden until the server's exec. */
struct page {
  _Atomic int listener; /* 0: not yet, -1: failed */
  _Atomic int error;
  _Atomic int step;
};

enum { STEP_PRIVILEGES = 1, STEP_LIMITS, STEP_FILES, STEP_FILTER, STEP_EXEC };

static const char *const steps[] = {"", "drop privileges", "set limits", "open its files", "install the filter",
                                    "execute the target"};

static bool limit(int resource, uint64_t value) {
  struct rlimit both = {value, value};
  return !setrlimit(resource, &both);
}

static bool set_limits(const struct limits *limits) {
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, limits->file_size) && limit(RLIMIT_NPROC, limits->processes) &&
         limit(RLIMIT_NOFILE, 1024) && (!limits->memory || limit(RLIMIT_AS, limits->memory));
}

/* A keyring of its own: that of the session holds the user's keys, and no namespace parts it off. */
static bool leave_keyring(void) {
  return syscall(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS;
}

static bool drop_privileges(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* fails where we have none: then there is nothing to lose */
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return !syscall(__NR_capset, &header, none) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Another open file of what a descriptor shows, with an offset of its own. */
static int open_again(int fd, int flags) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, flags | O_CLOEXEC);
}

/* Whoever is to go first when the host has no memory left. */
static void offer_to_be_killed(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "1000", 4) == 4) close(fd);
}

static bool open_files(const struct setting *setting, const struct files *files, int board, int shown) {
  int given = setting->flags & (SETTING_CALLBACKS | SETTING_AFL) ? board : shown;
  /* An input file is made anew after changes, which an open standard input would not follow. */
  int in = setting->input_count ? open("/dev/null", O_RDONLY | O_CLOEXEC) : open_again(files->inputs[0], O_RDONLY);
  int out = files->output >= 0 ? open_again(files->output, O_WRONLY | O_APPEND)
                               : open("/dev/null", O_WRONLY | O_CLOEXEC);
  return in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
         dup2(out, STDERR_FILENO) >= 0 && (!setting->preload || dup2(given, BOARD_FD) >= 0);
}

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void leave(struct page *page, int step, int error) {
  page->error = error;
  page->step = step;
  page->listener = -1;
  for (;;) raw4(__NR_exit_group, 1, 0, 0, 0);
}

/* The child of a plain server becomes the target: with the board's words, if there are any. */
static _Noreturn void become_target(const struct setting *setting, const struct board *board) {
  static const char *words[BOARD_WORDS + 1];
  static const char *variables[SETTING_LIST + BOARD_VARIABLES + 1];
  static uint32_t generation;
  const char *const *arguments = (const char *const *)setting->words;
  if (board->generation != generation) raw4(__NR_chdir, (long)setting->directory, 0, 0, 0);
  uint32_t count = board->words;
  if (count && count <= BOARD_WORDS) {
    for (uint32_t i = 0; i < count; i++) words[i] = board->text + board->word[i] % BOARD_TEXT;
    arguments = words;
  }
  size_t at = 0;
  for (uint32_t i = 0; i < board->variables && i < BOARD_VARIABLES; i++)
    variables[at++] = board->text + board->variable[i] % BOARD_TEXT;
  for (size_t i = 0; i < setting->variable_count; i++) variables[at++] = setting->variables[i];
  raw4(__NR_execve, (long)setting->executable, (long)arguments, (long)variables, 0);
  for (;;) raw4(__NR_exit_group, 127, 0, 0, 0);
}

static _Noreturn void be_server(const struct setting *setting, const struct files *files, int board_fd,
                                struct page *page) {
  /* Java and the warden write it; a target, which may do with the server's memory what it likes, is not to. */
  int shown = open_again(board_fd, O_RDONLY);
  const struct board *board = mmap(NULL, sizeof *board, PROT_READ, MAP_SHARED, shown, 0);
  if (board == MAP_FAILED) leave(page, STEP_FILES, errno);
  reset_signals();
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!open_files(setting, files, board_fd, shown)) leave(page, STEP_FILES, errno);
  if (!leave_keyring() || !drop_privileges()) leave(page, STEP_PRIVILEGES, errno);
  offer_to_be_killed();
  personality(ADDR_NO_RANDOMIZE);
  if (!set_limits(&setting->limits)) leave(page, STEP_LIMITS, errno);
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  long listener = raw4(__NR_seccomp, SECCOMP_SET_MODE_FILTER, (long)flags, (long)&setting->filter, 0);
  if (listener == -EINVAL)
    listener = raw4(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, (long)&setting->filter, 0);
  if (listener < 0) leave(page, STEP_FILTER, (int)-listener);
  page->listener = (int)listener;
  /* From here on each call is notified. */
  if (setting->preload) {
    long result = raw4(__NR_execve, (long)setting->executable, (long)setting->words, (long)setting->variables, 0);
    leave(page, STEP_EXEC, (int)-result);
  }
  raw4(FUZZ_CALL, FUZZ_HELLO, (long)__executable_start, (long)etext, 0);
  /* The target may take its parent's descriptors, the listener among them: so those are the warden's alone. */
  if (raw4(__NR_close_range, STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_UNSHARE, 0)) serve_leave(1);
  serve(NULL, 1, board);
  become_target(setting, board);
}

pid_t server_start(const struct setting *setting, const struct files *files, int board, int *listener) {
  struct page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) report_failure("start a server");
  /* One table of descriptors: the listener's number is ours too. */
  pid_t child = (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) report_failure("start a server");
  if (child == 0) be_server(setting, files, board, page);
  while (!page->listener) {
    struct timespec moment = {.tv_nsec = 20000};
    int status;
    if (waitpid(child, &status, WNOHANG) == child && !page->listener) {
      errno = ECHILD;
      report_failure("start a server");
    }
    nanosleep(&moment, NULL);
  }
  if (page->listener < 0) {
    errno = page->error;
    report_failure(steps[page->step]);
  }
  *listener = page->listener;
  return child;
}

/*
 * fuzz-hostile.c - fuzz-hostile MODE CANARIES PROCESS: one attack on what is around it, aimed at canaries only.
 *
 * Whether a wall has held is told by calls, which a policy shows: getsid when the attack has been tried, times when it
 * has come through, and getpgrp when something of an earlier execution is still there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

enum { MEBIBYTE = 1 << 20, WARDEN_SERVER_THIS_AND_THE_NEXT = 4 };

static const char *canaries; /* a directory outside, with a file "canary" in it */
static pid_t canary_process;

static void came_through_if(bool so) {
  if (so) syscall(SYS_times, NULL);
}

static void left_over_if(bool so) {
  if (so) syscall(SYS_getpgrp);
}

/* No harm where the wall is not there: then nothing beyond canaries is touched. */
static bool is_alone(void) {
  bool alone = kill(canary_process, 0) && errno == ESRCH;
  came_through_if(!alone);
  return alone;
}

static void tried(void) { syscall(SYS_getsid, 0); }

static const char *outside(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", canaries, name);
  return path;
}

static bool opens(const char *path) { return open(path, O_WRONLY | O_NONBLOCK) >= 0; }

static void ignore_all_signals(void) {
  for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
}

static int processes(void (*visit)(pid_t)) {
  int count = 0;
  DIR *all = opendir("/proc");
  for (struct dirent *entry = all ? readdir(all) : NULL; entry; entry = readdir(all)) {
    pid_t process = atoi(entry->d_name);
    if (process > 0) count++;
    if (process > 0 && process != getpid() && visit) visit(process);
  }
  return count;
}

static void daemons(void) {
  left_over_if(processes(NULL) > WARDEN_SERVER_THIS_AND_THE_NEXT);
  for (int i = 0; i < 3; i++)
    if (fork() == 0) {
      setsid();
      if (fork()) _exit(0);
      ignore_all_signals();
      for (;;) pause();
    }
  tried();
}

/* More than there may be, one after another, and then ever more at once. */
static void fork_bomb(void) {
  enum { TOO_MANY = 256, MORE = 1024 };
  left_over_if(processes(NULL) > WARDEN_SERVER_THIS_AND_THE_NEXT);
  tried();
  for (int begun = 0; begun <= TOO_MANY; begun++) {
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
      for (;;) pause();
    if (child < 0) break;
    came_through_if(begun == TOO_MANY);
  }
  atomic_int *begun = mmap(NULL, sizeof *begun, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  while (atomic_load(begun) < MORE)
    if (fork() == 0) atomic_fetch_add(begun, 1);
}

static void fill(void) {
  static const size_t TOO_MUCH = (size_t)512 * MEBIBYTE;
  static char bytes[MEBIBYTE];
  static const char *const places[] = {".", "/tmp", "/run", "/dev/shm"};
  size_t written = 0;
  signal(SIGXFSZ, SIG_IGN);
  for (size_t place = 0; place < 4; place++)
    for (int i = 0; i < 1000 && written <= TOO_MUCH; i++) {
      char name[64];
      snprintf(name, sizeof name, "%s/fill-%d", places[place], i);
      int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
      left_over_if(fd < 0 && errno == EEXIST);
      ssize_t got = 0;
      for (int j = 0; j < 16 && (got = write(fd, bytes, sizeof bytes)) > 0; j++) written += (size_t)got;
      close(fd);
      if (got <= 0) break;
    }
  came_through_if(written > TOO_MUCH);
  tried();
}

static int remove_one(const char *path, const struct stat *file, int kind, struct FTW *where) {
  (void)file, (void)kind, (void)where;
  remove(path);
  return 0;
}

static void delete_all(void) {
  left_over_if(access("mine", F_OK)); /* the copy in the working directory is there again in each execution */
  nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
  nftw(canaries, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  came_through_if(access(outside("canary"), F_OK));
  tried();
}

static void deep_tree(void) {
  static const char *const places[] = {"/dev/shm", "."};
  int start = open(".", O_RDONLY);
  for (size_t i = 0; i < 2; i++) {
    if (fchdir(start) || chdir(places[i])) return;
    left_over_if(access("d", F_OK) == 0);
    for (int depth = 0; depth < 300; depth++)
      if (mkdir("d", 0700) || chdir("d")) return;
  }
  tried();
}

static void sleep_forever(void) {
  ignore_all_signals();
  tried();
  for (;;) pause();
}

static void spin(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  ignore_all_signals();
  tried();
  for (volatile int i = 0;; i++) {}
}

static void eat(void) {
  size_t got = 0;
  while (got < (size_t)8192 * MEBIBYTE &&
         mmap(NULL, 64 * MEBIBYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) !=
             MAP_FAILED)
    got += (size_t)64 * MEBIBYTE;
  came_through_if(got > (size_t)4096 * MEBIBYTE);
  char word[16] = "";
  int fd = open("/proc/self/oom_score_adj", O_RDONLY);
  came_through_if(read(fd, word, sizeof word - 1) < 1 || atoi(word) != 1000); /* who goes first when the host is short */
  tried();
}

/* No magic number: it cannot succeed. EINVAL: it would have been allowed. */
static void restart_host(void) {
  errno = 0;
  syscall(SYS_reboot, 0, 0, 0, 0);
  came_through_if(errno != EPERM);
  tried();
}

static void write_devices(void) {
  came_through_if(opens(outside("canary")));
  came_through_if(!mknod("made", S_IFBLK | 0600, makedev(7, 250)));
  errno = 0;
  came_through_if(opens("node") || errno != EACCES); /* which the host has made */
  came_through_if(opens("/dev/mem") || opens("/dev/kmsg") || opens("/dev/vda") || opens("/dev/sda"));
  tried();
}

/* Opened, never written to. */
static void write_settings_of_the_kernel(void) {
  static const char *const settings[] = {"/proc/sys/kernel/core_pattern",  "/proc/sys/kernel/domainname",
                                         "/proc/irq/default_smp_affinity", "/proc/sysrq-trigger",
                                         "/proc/sys/vm/drop_caches",       "/sys/power/state",
                                         "/sys/kernel/uevent_helper",      "/sys/fs/cgroup/cgroup.procs"};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) came_through_if(opens(settings[i]));
  tried();
}

static void kill_it(pid_t process) { kill(process, SIGKILL); }

static void signal_all(void) {
  tried();
  came_through_if(!kill(canary_process, SIGKILL));
  if (!is_alone()) return;
  processes(kill_it);
  kill(-1, SIGKILL);
}

static void kill_parents(void) {
  tried();
  if (!is_alone()) return;
  kill(1, SIGKILL);
  kill(getppid(), SIGKILL);
}

static void kill_younger(pid_t process) {
  if (process > getpid()) kill(process, SIGKILL);
}

/* Whatever waits to be the next execution, as often as there is another. */
static void kill_the_next(void) {
  tried();
  if (!is_alone()) return;
  for (int i = 0; i < 10; i++) {
    processes(kill_younger);
    usleep(1000);
  }
}

static void stop_parents(void) {
  tried();
  if (!is_alone()) return;
  kill(1, SIGSTOP);
  kill(getppid(), SIGSTOP);
}

static void close_descriptors(void) {
  close_range(0, ~0U, 0);
  for (int i = 0; i < 16; i++) came_through_if(write(i, "x", 1) > 0 || read(i, (char[1]){0}, 1) > 0);
  tried();
}

static void flood(void) {
  size_t size = (size_t)64 * MEBIBYTE;
  char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 64; i++)
    if (write(1, bytes, size) < 0 || write(2, bytes, size) < 0) break;
  tried();
}

static void trace_parent(void) {
  if (!is_alone()) return;
  came_through_if(!ptrace(PTRACE_ATTACH, 1, 0, 0));
  ptrace(PTRACE_ATTACH, getppid(), 0, 0);
  tried(); /* and leaves it stopped */
}

static void mount_over(void) {
  came_through_if(!mount("none", ".", "tmpfs", 0, NULL));
  came_through_if(!mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
  came_through_if(!umount2("/proc", MNT_DETACH));
  came_through_if(!chroot("."));
  tried();
}

static void leave_namespaces(void) {
  came_through_if(!unshare(CLONE_NEWNS)); /* without a user namespace */
  if (!unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID)) {
    came_through_if(!mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
    came_through_if(!umount2("/proc", MNT_DETACH));
    came_through_if(!umount2("/proc/sys", MNT_DETACH));
    came_through_if(!umount2(".", MNT_DETACH));
    if (fork() == 0) { /* process 1 of its own namespace */
      came_through_if(!mount("proc", "/proc", "proc", 0, NULL));
      ignore_all_signals();
      for (;;) pause();
    }
  }
  came_through_if(opens(outside("canary")));
  write_settings_of_the_kernel();
}

static void set_limits(void) {
  static const struct rlimit none = {0, 0};
  static const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  left_over_if(malloc(64 * MEBIBYTE) == NULL);
  came_through_if(!setrlimit(RLIMIT_AS, &all) || !setrlimit(RLIMIT_FSIZE, &all));
  tried();
  prlimit(getppid(), RLIMIT_AS, &none, NULL);
  setrlimit(RLIMIT_NOFILE, &none);
  setrlimit(RLIMIT_AS, &none);
}

static void leave_directory(void) {
  left_over_if(access("mine", F_OK));
  if (chdir("/") || chdir(canaries)) return;
  came_through_if(open("made", O_WRONLY | O_CREAT, 0600) >= 0);
  tried();
}

static void remove_input(const char *path) {
  left_over_if(access(path, F_OK));
  unlink(path);
  if (mkdir(path, 0700) == 0) tried();
}

/* The memory with the words of the executions to come; it must be a copy. */
static void write_board(void) {
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps)) {
    unsigned long start;
    unsigned long end;
    if (!strstr(line, "memfd:board") || sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
    char *text = (char *)(end - 8192); /* at the end of the texts, which are not that long */
    if (mprotect((void *)start, end - start, PROT_READ | PROT_WRITE)) continue;
    left_over_if(*text == 'x');
    *text = 'x';
    tried();
  }
}

/* With a key in a session's keyring, as a login has: the rest of the command line. */
static void with_key(char **command) {
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
  syscall(SYS_add_key, "user", "canary", "secret", (size_t)6, KEY_SPEC_SESSION_KEYRING);
  execv(command[0], command);
}

static bool has_key(const char *name) {
  return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0) >= 0;
}

static void take_keys(void) {
  came_through_if(has_key("canary"));
  left_over_if(has_key("left"));
  if (syscall(SYS_add_key, "user", "left", "x", (size_t)1, KEY_SPEC_SESSION_KEYRING) >= 0) tried();
}

static void leave_ipc(void) {
  enum { KEY = 0x7461 };
  int only_new = IPC_CREAT | IPC_EXCL | 0600;
  left_over_if(shmget(KEY, MEBIBYTE, only_new) < 0);
  left_over_if(semget(KEY, 4, only_new) < 0);
  left_over_if(msgget(KEY, only_new) < 0);
  left_over_if(mq_open("/left", O_RDWR | O_CREAT | O_EXCL, 0600, NULL) < 0);
  tried();
}

/* Of the server, whose parent's listener and messages to Java are not for the target. */
static void take_descriptors(void) {
  char path[64];
  int parent = (int)syscall(SYS_pidfd_open, getppid(), 0);
  for (int i = 3; i < 1024; i++) {
    came_through_if(syscall(SYS_pidfd_getfd, parent, i, 0) >= 0);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", getppid(), i);
    came_through_if(truncate(path, 0) == 0);
  }
  tried();
}

/* A descriptor to read with is enough to change the mode. */
static void change_mode(void) {
  struct stat file;
  int fd = open("mine", O_RDONLY);
  left_over_if(fstat(fd, &file) || (file.st_mode & 0777) == 0100);
  if (!fchmod(fd, 0100)) tried();
}

static bool connects(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return !connect(fd, (struct sockaddr *)&address, sizeof address);
}

/* Where the working directory, and so those that hold it, have another file system mounted below: see the test. */
static void write_beside_mounts(void) {
  left_over_if(!access("made", F_OK) || !access("/tmp/made", F_OK) || access("link", F_OK) || access("mine", R_OK));
  came_through_if(opens("mine") || opens("below/file") || opens("other/mounted"));
  came_through_if(connects("below/socket") || connects("socket"));
  unlink("link");
  if (!access("other/mounted", R_OK) && !access("below/file", R_OK) && !mkdir("made", 0700) && !mkdir("made/deep", 0700) && !mkdir("/tmp/made", 0700))
    tried();
}

int main(int count, char **words) {
  static const struct {
    const char *name;
    void (*attack)(void);
  } modes[] = {
      {"daemons", daemons},
      {"fork-bomb", fork_bomb},
      {"fill", fill},
      {"delete-all", delete_all},
      {"deep-tree", deep_tree},
      {"sleep", sleep_forever},
      {"spin", spin},
      {"eat", eat},
      {"reboot", restart_host},
      {"devices", write_devices},
      {"settings", write_settings_of_the_kernel},
      {"signal-all", signal_all},
      {"kill-parents", kill_parents},
      {"kill-the-next", kill_the_next},
      {"stop-parents", stop_parents},
      {"close-descriptors", close_descriptors},
      {"flood", flood},
      {"trace-parent", trace_parent},
      {"mount", mount_over},
      {"unshare", leave_namespaces},
      {"limits", set_limits},
      {"directory", leave_directory},
      {"board", write_board},
      {"keys", take_keys},
      {"ipc", leave_ipc},
      {"descriptors", take_descriptors},
      {"mode", change_mode},
      {"beside-mounts", write_beside_mounts},
  };
  if (count < 4) return 99;
  canaries = words[2];
  canary_process = atoi(words[3]);
  if (!strcmp(words[1], "with-key")) with_key(words + 4);
  if (count > 4) remove_input(words[4]);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    if (!strcmp(words[1], modes[i].name)) modes[i].attack();
  return 0;
}

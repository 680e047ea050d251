/* java.c - finding and starting Java, in an environment that is built and never inherited. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { FIXED_OPTIONS = 24, ABOVE_OURS = 16 };

static bool executable(const char *path) { return access(path, X_OK) == 0; }

static bool found_in_path(char path[PATH_MAX]) {
  const char *directories = getenv("PATH");
  while (directories && *directories) {
    const char *end = strchrnul(directories, ':');
    int length = snprintf(path, PATH_MAX, "%.*s/java", (int)(end - directories), directories);
    if (*directories == '/' && length < PATH_MAX && executable(path)) return true;
    directories = *end ? end + 1 : end;
  }
  return false;
}

const char *java_find(void) {
  static char path[PATH_MAX];
  static const char *const known[] = {
      "/usr/lib/jvm/default-java/bin/java",         "/usr/lib/jvm/java-25-openjdk-amd64/bin/java",
      "/usr/lib/jvm/java-25-openjdk-arm64/bin/java", "/usr/lib/jvm/java-21-openjdk-amd64/bin/java",
      "/usr/lib/jvm/java-21-openjdk-arm64/bin/java", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java",
      "/usr/lib/jvm/java-17-openjdk-arm64/bin/java", "/usr/lib/jvm/java/bin/java"};
  const char *chosen = getenv("JAVA_HOME");
  if (chosen && *chosen == '/' && snprintf(path, sizeof path, "%s/bin/java", chosen) < PATH_MAX && executable(path))
    return path;
  if (found_in_path(path)) return path;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (executable(known[i])) return known[i];
  fail("no Java found in JAVA_HOME, PATH or /usr/lib/jvm; install one: apt-get install openjdk-17-jre-headless");
}

/* Never the target's: JAVA_TOOL_OPTIONS, LD_PRELOAD or CLASSPATH would run the target's code in its own warden. */
char **java_environment(void) {
  static const char *const passed[] = {"PATH",          "HOME",           "TERM",            "COLUMNS",
                                       "NO_COLOR",      "XDG_DATA_HOME",  "XDG_CACHE_HOME",  "XDG_CONFIG_HOME",
                                       "TINY_JAIL_STORE", "TINY_JAIL_TEST_WITHOUT", "TZ"};
  enum { PASSED = sizeof passed / sizeof *passed };
  static char *environment[PASSED + 3];
  struct winsize window;
  int count = 0;
  for (size_t i = 0; i < PASSED; i++) {
    const char *value = getenv(passed[i]);
    if (value && asprintf(&environment[count++], "%s=%s", passed[i], value) < 0) fail("out of memory");
  }
  if (!getenv("COLUMNS") && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) && window.ws_col > 0 &&
      asprintf(&environment[count++], "COLUMNS=%u", window.ws_col) < 0)
    fail("out of memory");
  environment[count] = "LANG=C.UTF-8";
  return environment;
}

static char *option(const char *name, const char *value, const char *more) {
  char *text;
  if (asprintf(&text, "%s%s%s", name, value, more) < 0) fail("out of memory");
  return text;
}

char **java_options(const char *java, const struct archive *archive, const char *extra, char **words, size_t count) {
  char **all = calloc(FIXED_OPTIONS + count + 1, sizeof *all);
  char *here = getcwd(NULL, 0);
  if (!all) fail("out of memory");
  char *fixed[FIXED_OPTIONS] = {
      (char *)java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-Xlog:disable",
      /* Else Java writes all addresses in the archive anew, a third of its start; later ones may not know the option. */
      "-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0",
      /* Else a share of all memory is filled before any is used again. */
      "-XX:NewSize=40m",
      "-Djna.nounpack=true", "-Djna.nosys=true", option("-Djna.boot.library.path=", home.path, "/lib/native"),
      option("-Dtinyjail.home=", home.path, ""), option("-Dtinyjail.cwd=", here ? here : "/", "")};
  free(here);
  size_t at = 0;
  while (fixed[at]) at++;
  /* Half of a short run's memory is touched for the first time: 2 MiB a fault instead of 4 KiB. Java warns without these. */
  if (!access("/sys/kernel/mm/transparent_hugepage", F_OK)) fixed[at++] = "-XX:+UseTransparentHugePages";
  if (archive && *archive->use) fixed[at++] = (char *)archive->use;
  if (extra) fixed[at++] = (char *)extra;
  fixed[at++] = "-cp";
  fixed[at++] = (char *)home.class_path.data;
  fixed[at++] = "org.tinyjail.cli.Main";
  memcpy(all, fixed, at * sizeof *all);
  memcpy(all + at, words, count * sizeof *all);
  return all;
}

static _Noreturn void run(char **options) {
  execve(options[0], options, java_environment());
  fail("%s: %s; reinstall Java", options[0], strerror(errno));
}

void java_exec(char **words) {
  struct archive archive;
  const char *java = java_find();
  archive_find(&archive, java);
  if (archive.missing) archive_make(&archive, java);
  size_t count = 0;
  while (words[count]) count++;
  run(java_options(java, &archive, NULL, words, count));
}

void java_fuzz(const struct launch *launch) {
  struct archive archive;
  const char *java = java_find();
  archive_find(&archive, java);
  char **options = java_options(java, &archive, "-Dtinyjail.launched=true", launch->words, (size_t)launch->options);
  int description = launch_describe(launch);
  if (description != LAUNCH_FD && dup2(description, LAUNCH_FD) < 0) fail("cannot start Java: %s", strerror(errno));
  fcntl(LAUNCH_FD, F_SETFD, 0);
  run(options);
}

/* From wherever they are to their numbers in wire.h: first out of the way, then into place. */
static void place_descriptors(int plan, int control, int launch, int terminal) {
  int from[] = {plan, control, launch, terminal};
  for (int i = 0; i < 4; i++)
    if (from[i] >= 0) from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, ABOVE_OURS);
  for (int i = 0; i < 4; i++) {
    close(PLAN_FD + i);
    if (from[i] >= 0 && dup2(from[i], PLAN_FD + i) < 0) _exit(EXIT_OURS);
  }
  syscall(__NR_close_range, TERMINAL_FD + 1, ~0U, 0);
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) fcntl(fd, F_SETFD, 0);
}

static _Noreturn void be_java(const struct launch *launch, char **options, const int plan[2], const int control[2]) {
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  place_descriptors(plan[1], control[1], launch_describe(launch), terminal);
  setsid();
  if (chdir("/")) _exit(EXIT_OURS);
  run(options);
}

pid_t java_start(const struct launch *launch, int *plan, int *control) {
  struct archive archive;
  int pipes[2];
  int sockets[2];
  const char *java = java_find();
  archive_find(&archive, java);
  char **options = java_options(java, &archive, "-Dtinyjail.launched=true", launch->words, (size_t)launch->options);
  if (pipe2(pipes, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
    fail("cannot start Java: %s", strerror(errno));
  pid_t child = fork();
  if (child < 0) fail("cannot start Java: %s", strerror(errno));
  if (child == 0) be_java(launch, options, pipes, sockets);
  close(pipes[1]);
  close(sockets[1]);
  if (archive.missing) archive_make(&archive, java);
  free(options);
  *plan = pipes[0];
  *control = sockets[0];
  return child;
}

int java_wait(pid_t java) {
  int status;
  while (waitpid(java, &status, 0) < 0)
    if (errno != EINTR) return EXIT_OURS;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

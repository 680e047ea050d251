/* archive.c - the class-data archive that halves Java's start: made once in each place, in the background. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"

enum { STALE_LOCK = 300, OLD_ARCHIVE = 7 * 24 * 3600, NICENESS = 10, DELAY = 2 };

static void name_of(const struct archive *archive, const char *ending, char name[64]) {
  snprintf(name, 64, "java-%016llx%s", (unsigned long long)archive->identity, ending);
}

static uint64_t identity_of(const char *java) {
  struct buffer all = {0};
  struct stat file;
  char real[PATH_MAX];
  buffer_add_prefixed(&all, home.identity.data, home.identity.size);
  if (realpath(java, real) && !stat(real, &file)) {
    buffer_add_text(&all, real);
    buffer_add_file_identity(&all, &file);
  }
  uint64_t hash = fnv1a(FNV1A_START, all.data, all.size);
  free(all.data);
  return hash;
}

static bool exists_trusted(int directory, const char *name) {
  int fd = openat(directory, name, O_RDONLY | OPEN_OURS);
  if (fd < 0) return false;
  bool trusted = cache_trusts(fd);
  close(fd);
  return trusted;
}

void archive_find(struct archive *archive, const char *java) {
  char path[PATH_MAX];
  char name[64];
  *archive = (struct archive){.identity = identity_of(java)};
  int directory = probe_without("archive") ? -1 : cache_directory(path);
  if (directory < 0) return;
  name_of(archive, ".jsa", name);
  archive->missing = !exists_trusted(directory, name);
  if (!archive->missing) snprintf(archive->use, sizeof archive->use, "-XX:SharedArchiveFile=%s/%s", path, name);
  close(directory);
}

static bool lock(int directory, const char *name) {
  struct stat old;
  if (!fstatat(directory, name, &old, AT_SYMLINK_NOFOLLOW) && time(NULL) - old.st_mtime > STALE_LOCK)
    unlinkat(directory, name, 0);
  int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | OPEN_OURS, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

/* All that belongs to the caller is let go: nobody waits for this process, on a pipe or otherwise. */
static void detach(void) {
  syscall(__NR_close_range, 0, ~0U, 0);
  if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2) _exit(EXIT_OURS);
  umask(077);
  if (setpriority(PRIO_PROCESS, 0, NICENESS) || chdir("/")) _exit(EXIT_OURS);
}

static bool warm_up(const char *java, const char *path, const char *temporary) {
  static char *words[] = {"warm-up"};
  char *extra;
  if (asprintf(&extra, "-XX:ArchiveClassesAtExit=%s/%s", path, temporary) < 0) return false;
  char **options = java_options(java, NULL, extra, words, 1);
  pid_t child = fork();
  if (child == 0) {
    execve(java, options, java_environment());
    _exit(EXIT_CANNOT);
  }
  return child > 0 && java_wait(child) == 0;
}

static void put_in_place(int directory, const char *temporary, const char *name) {
  int fd = openat(directory, temporary, O_RDONLY | OPEN_OURS);
  if (fd < 0) return;
  bool good = cache_trusts(fd) && fchmod(fd, 0600) == 0 && renameat(directory, temporary, directory, name) == 0;
  if (!good) unlinkat(directory, temporary, 0);
  close(fd);
}

static void remove_old(const char *path) {
  DIR *entries = opendir(path);
  if (!entries) return;
  for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
    struct stat file;
    const char *name = entry->d_name;
    if (strncmp(name, "java-", 5) || !strstr(name, ".jsa")) continue;
    if (!fstatat(dirfd(entries), name, &file, AT_SYMLINK_NOFOLLOW) && time(NULL) - file.st_mtime > OLD_ARCHIVE)
      unlinkat(dirfd(entries), name, 0);
  }
  closedir(entries);
}

static _Noreturn void make(const struct archive *archive, const char *java) {
  char path[PATH_MAX];
  char locked[64];
  char name[64];
  char temporary[64];
  int directory = cache_directory(path);
  name_of(archive, ".lock", locked);
  name_of(archive, ".jsa", name);
  if (directory < 0 || !lock(directory, locked)) _exit(0);
  sleep(DELAY); /* the start that found no archive has the processor first */
  int fd = cache_create(directory, temporary, ".jsa-");
  if (fd >= 0) close(fd);
  if (fd >= 0 && warm_up(java, path, temporary)) put_in_place(directory, temporary, name);
  else if (fd >= 0) unlinkat(directory, temporary, 0);
  unlinkat(directory, locked, 0);
  remove_old(path);
  _exit(0);
}

void archive_make(const struct archive *archive, const char *java) {
  pid_t child = fork();
  if (child < 0) return;
  if (child > 0) {
    waitpid(child, NULL, 0);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  detach();
  make(archive, java);
}

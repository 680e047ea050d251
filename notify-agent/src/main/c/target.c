/* target.c - the command line and the file to execute, found as a shell would. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "launcher.h"

enum { POLICY_SIZE_MAX = 64 << 20 };

static bool starts_targets(const char *command) {
  return !strcmp(command, "run") || !strcmp(command, "learn") || !strcmp(command, "trace");
}

/* The value of an option that stands before "--"; NULL: it is not there. */
static const char *option_value(const struct launch *launch, const char *name) {
  size_t length = strlen(name);
  for (int i = 1; i < launch->options; i++) {
    const char *word = launch->words[i];
    if (strncmp(word, name, length)) continue;
    if (word[length] == '=') return word + length + 1;
    if (!word[length]) return i + 1 < launch->options ? launch->words[i + 1] : NULL;
  }
  return NULL;
}

static bool has_option(const struct launch *launch, const char *name) {
  for (int i = 1; i < launch->options; i++)
    if (!strcmp(launch->words[i], name)) return true;
  return false;
}

void target_split(struct launch *launch, char **words, char **environment) {
  launch->words = words;
  launch->environment = environment;
  if (!words[0] || !starts_targets(words[0])) return;
  int i = 1;
  for (; words[i] && strcmp(words[i], "--"); i++)
    if (!strcmp(words[i], "--help") || !strcmp(words[i], "-h")) return;
  launch->options = i;
  if (words[i] && words[i + 1]) {
    launch->target = words + i + 1;
    launch->fuzz = !strcmp(words[0], "learn") && (option_value(launch, "--fuzz") || has_option(launch, "--replay"));
    return;
  }
  const char *file = strcmp(words[0], "learn") ? NULL : option_value(launch, "--from-file");
  if (file) launch->target = workloads_read(file, has_option(launch, "--quiet"));
}

/* As things are outside of a jail; to root, files give no capability that it does not have. */
static bool gives_privileges(const char *path) {
  struct statvfs mounted;
  bool kept = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  return !kept && !statvfs(path, &mounted) && !(mounted.f_flag & ST_NOSUID);
}

/*
 * A jail takes away what a file would give (no_new_privs). Who is to become another user and does not would do and teach
 * something else: refused. Root needs nobody else's privileges.
 */
static void check_privileges(const char *name, const char *path, const struct stat *file) {
  bool user = file->st_mode & S_ISUID && file->st_uid != geteuid();
  bool group = (file->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && file->st_gid != getegid();
  bool capabilities = geteuid() && getxattr(path, "security.capability", NULL, 0) > 0;
  if (!(user || group || capabilities) || !gives_privileges(path)) return;
  if (user && geteuid()) {
    say("%s: not started: it is set-user-ID to run as user %u, and in a jail no program gains privileges "
        "(no_new_privs); start tiny-jail itself as that user",
        name, file->st_uid);
    _exit(EXIT_CANNOT);
  }
  say("%s: its %s no effect inside a jail", name,
      user ? "set-user-ID bit has" : group ? "set-group-ID bit has" : "file capabilities have");
}

static int problem_of(const char *path, struct stat *file) {
  if (stat(path, file)) return errno;
  if (S_ISDIR(file->st_mode)) return EISDIR;
  return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? errno : 0;
}

/* The first that can be executed, else the first that is there: as dash and bash do it. */
static int search_path(struct launch *launch, const char *name, struct stat *file) {
  const char *path = getenv("PATH");
  int problem = ENOENT;
  if (!path) path = "/usr/local/bin:/usr/bin:/bin";
  while (path) {
    const char *end = strchrnul(path, ':');
    char candidate[PATH_MAX];
    const char *directory_end = end == path ? "." : "";
    int length = snprintf(candidate, sizeof candidate, "%.*s%s/%s", (int)(end - path), path, directory_end, name);
    path = *end ? end + 1 : NULL;
    if (length >= (int)sizeof candidate) continue;
    int found = problem_of(candidate, file);
    if (found == ENOENT || found == ENOTDIR) continue;
    if (found && problem == ENOENT) problem = found;
    if (found) continue;
    strcpy(launch->executable, candidate);
    return 0;
  }
  return problem;
}

void target_resolve(struct launch *launch) {
  const char *name = launch->target[0];
  struct stat file = {0};
  int problem = ENOENT;
  if (strchr(name, '/')) {
    if (strlen(name) >= sizeof launch->executable) problem = ENAMETOOLONG;
    else problem = problem_of(strcpy(launch->executable, name), &file);
  } else if (*name) {
    problem = search_path(launch, name, &file);
  }
  if (problem == ENOENT && !strchr(name, '/')) say("%s: command not found", name);
  else if (problem) say("%s: %s", name, strerror(problem == EISDIR ? EACCES : problem));
  if (problem) _exit(problem == ENOENT || problem == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT);
  check_privileges(name, launch->executable, &file);
  if (!getcwd(launch->directory, sizeof launch->directory)) strcpy(launch->directory, "/");
  if (!realpath(launch->executable, launch->real)) strcpy(launch->real, launch->executable);
}

/* @podman is the distribution's share/policies/podman.json: nothing that could lead out of that directory. */
static bool policy_file(const char *word, char path[PATH_MAX]) {
  if (*word != '@') return snprintf(path, PATH_MAX, "%s", word) < PATH_MAX;
  const char *name = word + 1;
  if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")]) return false;
  return snprintf(path, PATH_MAX, "%s/share/policies/%s.json", home.path, name) < PATH_MAX;
}

/* A policy that cannot be read here is Java's to explain. */
void target_read_policy(struct launch *launch) {
  struct stat file;
  char path[PATH_MAX];
  launch->policy_path = option_value(launch, "--policy");
  if (!launch->policy_path) launch->policy_path = option_value(launch, "-p");
  if (!launch->policy_path || !policy_file(launch->policy_path, path)) return;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a fifo must not hang us */
  if (fd < 0) return;
  if (!fstat(fd, &file) && S_ISREG(file.st_mode) && file.st_size <= POLICY_SIZE_MAX)
    launch->policy_read = buffer_read(&launch->policy, fd, POLICY_SIZE_MAX);
  close(fd);
}

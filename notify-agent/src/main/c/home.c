/* home.c - the distribution: bin/tiny-jail is this launcher, lib/ holds the jars. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

struct home home;

static bool cut_last_name(char *path) {
  char *slash = strrchr(path, '/');
  if (!slash) return false;
  *slash = 0;
  return true;
}

static int is_jar(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && !strcmp(entry->d_name + length - 4, ".jar");
}

/* Backwards: the table's jar comes before those of H2 and JNA, which Java need not open to find a table. */
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*b)->d_name, (*a)->d_name); }

static void add_jar(int directory, const char *name) {
  struct stat jar;
  if (fstatat(directory, name, &jar, 0)) return;
  buffer_add_text(&home.identity, name);
  buffer_add_file_identity(&home.identity, &jar);
  if (home.class_path.size) buffer_add(&home.class_path, ":", 1);
  buffer_add(&home.class_path, home.path, strlen(home.path));
  buffer_add(&home.class_path, "/lib/", 5);
  buffer_add(&home.class_path, name, strlen(name));
}

/* Sorted and spelled out: the order of a class-path wildcard is the directory's, and an archive depends on it. */
static void list_jars(int directory) {
  struct dirent **jars = NULL;
  int count = scandirat(directory, ".", &jars, is_jar, by_name);
  for (int i = 0; i < count; i++) {
    add_jar(directory, jars[i]->d_name);
    free(jars[i]);
  }
  free(jars);
}

void home_find(void) {
  struct stat self;
  ssize_t length = readlink("/proc/self/exe", home.path, sizeof home.path - 1);
  if (length <= 0 || stat("/proc/self/exe", &self)) fail("/proc is not mounted; tiny-jail needs it");
  home.path[length] = 0;
  if (!cut_last_name(home.path) || !cut_last_name(home.path)) fail("%s: not inside a distribution", home.path);
  if (strchr(home.path, ':'))
    fail("%s: a path with ':' cannot be a Java class path; move tiny-jail elsewhere", home.path);
  buffer_add_text(&home.identity, home.path);
  buffer_add_file_identity(&home.identity, &self);
  char lib[PATH_MAX + 8];
  strcpy(stpcpy(lib, home.path), "/lib");
  int directory = open(lib, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    list_jars(directory);
    close(directory);
  }
  buffer_add(&home.class_path, "", 1);
}

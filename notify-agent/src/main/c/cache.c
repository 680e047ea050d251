/*
 * cache.c - compiled plans, kept under everything they depend on.
 *
 * An entry is trusted only when nobody but the effective user could have written it: a forged one would be the policy.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "launcher.h"

enum { KEY_SIZE_MAX = 8 << 20, ENTRY_NAME = 32 };

static bool base_directory(char path[PATH_MAX]) {
  const char *cache = getenv("XDG_CACHE_HOME");
  const char *user = getenv("HOME");
  int length = -1;
  if (cache && *cache == '/') length = snprintf(path, PATH_MAX, "%s", cache);
  else if (user && *user == '/') length = snprintf(path, PATH_MAX, "%s/.cache", user);
  return length > 0 && length < PATH_MAX - 64;
}

/* Whoever may write the parent could put a directory of his own in our place, unless it is sticky. */
static bool parent_trusted(const struct stat *parent) {
  bool shared = parent->st_mode & (S_IWGRP | S_IWOTH);
  return (parent->st_uid == geteuid() || parent->st_uid == 0) && (!shared || parent->st_mode & S_ISVTX);
}

static int open_parent(const char *path) {
  struct stat parent;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && mkdir(path, 0700) == 0) fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && (fstat(fd, &parent) || !parent_trusted(&parent))) {
    close(fd);
    return -1;
  }
  /* Under sudo the parent is the user's: a directory of root's there would shut him out of his own cache. */
  if (fd >= 0 && parent.st_uid == geteuid()) mkdirat(fd, "tiny-jail", 0700);
  return fd;
}

int cache_directory(char path[PATH_MAX]) {
  struct stat status;
  if (!base_directory(path)) return -1;
  int parent = open_parent(path);
  if (parent < 0) return -1;
  int fd = openat(parent, "tiny-jail", O_RDONLY | O_DIRECTORY | OPEN_OURS);
  close(parent);
  if (fd < 0) return -1;
  strcat(path, "/tiny-jail");
  if (!fstat(fd, &status) && status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH))) return fd;
  close(fd);
  return -1;
}

bool cache_trusts(int fd) {
  struct stat file;
  return !fstat(fd, &file) && S_ISREG(file.st_mode) && file.st_uid == geteuid() && file.st_nlink == 1 &&
         !(file.st_mode & (S_IWGRP | S_IWOTH));
}

int cache_create(int directory, char name[64], const char *prefix) {
  uint64_t random;
  if (getrandom(&random, sizeof random, 0) != sizeof random) return -1;
  snprintf(name, 64, "%s%016llx", prefix, (unsigned long long)random);
  return openat(directory, name, O_RDWR | O_CREAT | O_EXCL | OPEN_OURS, 0600);
}

static void make_key(const struct launch *launch, struct buffer *key) {
  static const char *const variables[] = {"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TINY_JAIL_STORE"};
  struct utsname machine;
  buffer_add(key, "TJKEY1\0\0", 8);
  buffer_add_prefixed(key, launch->policy.data, launch->policy.size);
  buffer_add_u64(key, (uint64_t)launch->options);
  for (int i = 0; i < launch->options; i++) buffer_add_text(key, launch->words[i]);
  bool known = !uname(&machine);
  buffer_add_text(key, known ? machine.machine : NULL);
  buffer_add_text(key, known ? machine.release : NULL); /* container profiles have rules for kernels from X.Y on */
  buffer_add_prefixed(key, home.identity.data, home.identity.size);
  buffer_add_u64(key, launch->features);
  buffer_add_u64(key, geteuid());
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) buffer_add_text(key, getenv(variables[i]));
  buffer_add_text(key, launch->directory);
}

static bool may_cache(const struct launch *launch) {
  return launch->policy_read && launch->policy.size < KEY_SIZE_MAX && !strcmp(launch->words[0], "run");
}

static void entry_name(const struct buffer *key, char name[ENTRY_NAME]) {
  snprintf(name, ENTRY_NAME, "%016llx.plan", (unsigned long long)fnv1a(FNV1A_START, key->data, key->size));
}

/* The key whole, not its hash: who finds a collision must not choose another one's policy. */
static bool entry_matches(const struct buffer *entry, const struct buffer *key, struct buffer *plan) {
  uint64_t length;
  if (entry->size < sizeof length) return false;
  memcpy(&length, entry->data, sizeof length);
  size_t begin = (sizeof length + key->size + 7) & ~(size_t)7;
  if (length != key->size || entry->size < begin) return false;
  if (memcmp(entry->data + sizeof length, key->data, key->size)) return false;
  buffer_add(plan, entry->data + begin, entry->size - begin);
  return true;
}

bool cache_load(const struct launch *launch, struct buffer *plan) {
  char path[PATH_MAX];
  char name[ENTRY_NAME];
  struct buffer key = {0};
  struct buffer entry = {0};
  bool found = false;
  int directory = may_cache(launch) ? cache_directory(path) : -1;
  if (directory < 0) return false;
  make_key(launch, &key);
  entry_name(&key, name);
  int fd = openat(directory, name, O_RDONLY | OPEN_OURS);
  if (fd >= 0) {
    found = cache_trusts(fd) && buffer_read(&entry, fd, KEY_SIZE_MAX + 2 * PLAN_SIZE_MAX) &&
            entry_matches(&entry, &key, plan);
    close(fd);
  }
  close(directory);
  free(key.data);
  free(entry.data);
  return found;
}

static bool write_all(int fd, const struct buffer *bytes) {
  for (size_t done = 0; done < bytes->size;) {
    ssize_t wrote = write(fd, bytes->data + done, bytes->size - done);
    if (wrote <= 0) return false;
    done += (size_t)wrote;
  }
  return true;
}

void cache_save(const struct launch *launch, const struct buffer *plan) {
  char path[PATH_MAX];
  char name[ENTRY_NAME];
  char temporary[64];
  struct buffer key = {0};
  struct buffer entry = {0};
  int directory = may_cache(launch) ? cache_directory(path) : -1;
  if (directory < 0) return;
  make_key(launch, &key);
  entry_name(&key, name);
  buffer_add_prefixed(&entry, key.data, key.size);
  buffer_pad(&entry);
  buffer_add(&entry, plan->data, plan->size);
  int fd = cache_create(directory, temporary, ".plan-");
  if (fd >= 0) {
    if (!write_all(fd, &entry) || renameat(directory, temporary, directory, name)) unlinkat(directory, temporary, 0);
    close(fd);
  }
  close(directory);
  free(key.data);
  free(entry.data);
}

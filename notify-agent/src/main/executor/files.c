/*
 * files.c - the file system of a run: all that is there, read-only, but for a few places that take changes in memory.
 *
 * The working directory, the home directory and the places for temporary files are overlays whose upper layers are
 * thrown away; devices are the harmless six; /run, with the sockets of the host's services, is empty. Where the kernel
 * makes no overlay of a place, what is there is read-only and more may be put beside it, in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dirent.h>

#include "executor.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

enum { PLACES = 4, DEVICES = 6, TEXT = 128 };

static const char *const devices[DEVICES] = {"null", "zero", "full", "random", "urandom", "tty"};

/* A directory whose changes go to upper layer number `layer` of the scratch file system; none: to memory. */
struct place {
  const char *path;
  int lower; /* O_PATH, of what was there */
  unsigned layer;
};

static struct place places[PLACES];
static size_t place_count;
static int scratch = -1; /* a directory of the file system that holds the layers */
static unsigned layers;
static int queues = -1; /* POSIX message queues; -1: this kernel has none */

static void must(int result, const char *what) {
  if (result < 0) report_failure(what);
}

static void mount_memory(const char *path, uint64_t bytes) {
  char options[TEXT];
  snprintf(options, sizeof options, "mode=0755,size=%llu,nr_inodes=20000", (unsigned long long)bytes);
  must(mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options), "mount memory");
}

static bool contains(const char *directory, const char *path) {
  size_t length = strlen(directory);
  return !strncmp(directory, path, length) && (!path[length] || path[length] == '/');
}

/* The root itself cannot be one. */
static void add_place(const char *path) {
  struct stat file;
  if (!path || *path != '/' || !path[1] || stat(path, &file) || !S_ISDIR(file.st_mode)) return;
  if (contains("/run", path) || contains("/dev", path) || contains("/proc", path) || contains("/sys", path)) return;
  int lower = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (lower >= 0) places[place_count++] = (struct place){.path = path, .lower = lower};
}

static const char *home_of(const struct setting *setting) {
  for (size_t i = 0; i < setting->variable_count; i++)
    if (!strncmp(setting->variables[i], "HOME=", 5)) return setting->variables[i] + 5;
  return NULL;
}

static int make_layer(unsigned layer, const char *kind) {
  char name[TEXT];
  snprintf(name, sizeof name, "%s%u", kind, layer);
  return mkdirat(scratch, name, 0700);
}

static void mount_devices(void) {
  int found[DEVICES];
  char path[TEXT];
  for (size_t i = 0; i < DEVICES; i++) {
    snprintf(path, sizeof path, "/dev/%s", devices[i]);
    found[i] = (int)syscall(__NR_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  }
  struct mount_attr closed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
  must((int)syscall(__NR_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &closed, sizeof closed), "make all read-only");
  mount_memory("/dev", 64 << 10);
  for (size_t i = 0; i < DEVICES; i++) {
    if (found[i] < 0) continue;
    snprintf(path, sizeof path, "/dev/%s", devices[i]);
    must(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666)), path);
    must((int)syscall(__NR_move_mount, found[i], "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), path);
    close(found[i]);
  }
  if (symlink("/proc/self/fd", "/dev/fd") || symlink("/proc/self/fd/0", "/dev/stdin") ||
      symlink("/proc/self/fd/1", "/dev/stdout") || symlink("/proc/self/fd/2", "/dev/stderr"))
    report_failure("make /dev");
}

/*
 * A target of root's may write what root may by the mode of the file: here that would be the kernel's own settings. A
 * /proc of its own, in namespaces of its own, the kernel does not let it mount beside these.
 */
static void close_settings(void) {
  static const char *const paths[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs",
                                      "/proc/acpi", "/proc/mtrr", "/proc/scsi"};
  struct mount_attr closed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    int tree = (int)syscall(__NR_open_tree, AT_FDCWD, paths[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0 && errno == ENOENT) continue;
    must(tree, paths[i]);
    must((int)syscall(__NR_mount_setattr, tree, "", AT_EMPTY_PATH, &closed, sizeof closed), paths[i]);
    must((int)syscall(__NR_move_mount, tree, "", AT_FDCWD, paths[i], MOVE_MOUNT_F_EMPTY_PATH), paths[i]);
    close(tree);
  }
}

/* A terminal device of its own; not every container lets us have one, and few programs want it. */
static void mount_terminals(void) {
  if (mkdir("/dev/pts", 0755) || mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                                       "newinstance,ptmxmode=0666,mode=0620"))
    return;
  if (symlink("pts/ptmx", "/dev/ptmx")) return;
}

/* Only we see them as files, hidden from the target: it has mq_open. */
static void mount_queues(void) {
  if (mkdirat(scratch, "q", 0700) || mount("mqueue", "/run/q", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) return;
  queues = open("/run/q", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  must(queues, "/run/q");
}

/* Ports below 1024 too: whose target has no capability is to be served as it would be with one. */
static void open_ports(void) {
  int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "0", 1) != 1) errno = 0; /* then such a server does not listen, which is said */
  close(fd);
}

/* The next name in a directory, but for itself and its parent; NULL: there is none. */
static const char *next_name(DIR *entries) {
  struct dirent *entry = readdir(entries);
  while (entry && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))) entry = readdir(entries);
  return entry ? entry->d_name : NULL;
}

static bool is_empty(int directory) {
  DIR *entries = fdopendir(directory);
  bool empty = entries && !next_name(entries);
  if (entries) closedir(entries);
  return empty;
}

static DIR *open_entries(int parent, const char *name) {
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return directory < 0 ? NULL : fdopendir(directory);
}

static bool remove_one(int directory, const char *name) {
  return !unlinkat(directory, name, 0) || !unlinkat(directory, name, AT_REMOVEDIR);
}

/* Moves what is in a directory of a directory to where that is, under names of our own, if it cannot be removed. */
static void raise_all(int parent, const char *directory) {
  static unsigned long number;
  DIR *entries = open_entries(parent, directory);
  if (!entries) return;
  for (const char *name = next_name(entries); name; name = next_name(entries)) {
    if (remove_one(dirfd(entries), name)) continue;
    char raised[TEXT];
    do snprintf(raised, sizeof raised, ".raised-%lu", number++);
    while (renameat2(dirfd(entries), name, parent, raised, RENAME_NOREPLACE) && errno == EEXIST);
  }
  closedir(entries);
}

static bool is_mount(int directory, const char *name) {
  struct statx file;
  return !statx(directory, name, AT_SYMLINK_NOFOLLOW, 0, &file) && file.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/*
 * However deep it is, by descriptors: no path of the target's making is ever followed. Each round removes a level, and
 * there is another only after one that has removed a directory. What is mounted in it stays.
 */
static void remove_all(int parent, const char *directory) {
  DIR *entries = open_entries(parent, directory);
  if (!entries) return;
  bool more = true;
  while (more) {
    more = false;
    rewinddir(entries);
    for (const char *name = next_name(entries); name; name = next_name(entries)) {
      if (remove_one(dirfd(entries), name) || is_mount(dirfd(entries), name)) continue;
      raise_all(dirfd(entries), name);
      more |= remove_one(dirfd(entries), name);
    }
  }
  closedir(entries);
}

/*
 * The paths of an overlay's parts are our descriptors: no character of a path has a meaning here. False: the kernel takes
 * no overlay of it, as where other file systems are mounted below it that a user namespace must not uncover.
 */
static bool mount_overlay(struct place *place) {
  char options[TEXT * 2];
  char upper[TEXT];
  struct stat like;
  place->layer = ++layers;
  must(make_layer(place->layer, "u"), "make a layer for changes");
  must(make_layer(place->layer, "w"), "make a layer for changes");
  snprintf(options, sizeof options,
           "userxattr,lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d/u%u,workdir=/proc/self/fd/%d/w%u",
           place->lower, scratch, place->layer, scratch, place->layer);
  snprintf(upper, sizeof upper, "u%u", place->layer);
  if (!fstat(place->lower, &like)) must(fchmodat(scratch, upper, like.st_mode & 07777, 0), "make a layer for changes");
  if (!mount("overlay", place->path, "overlay", MS_NOSUID | MS_NODEV, options)) return true;
  if (errno != EINVAL) report_failure(place->path);
  return false;
}

static void drop_layer(unsigned layer) {
  static const char *const kinds[] = {"u", "w"};
  for (size_t i = 0; i < 2; i++) {
    char name[TEXT];
    snprintf(name, sizeof name, "%s%u", kinds[i], layer);
    remove_all(scratch, name);
    unlinkat(scratch, name, AT_REMOVEDIR);
  }
}

static void copy_link(int from, int to, const char *name) {
  char target[PATH_MAX];
  ssize_t length = readlinkat(from, name, target, sizeof target - 1);
  if (length <= 0) return;
  target[length] = 0;
  if (symlinkat(target, to, name) && errno != EEXIST) report_failure("copy a symbolic link");
}

/* Read-only; unlike a bind mount, it gives no connection to the sockets in it. */
static bool mount_below(int from, int to, const char *name) {
  char options[TEXT];
  char path[PATH_MAX];
  int lower = openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (lower < 0) return false;
  snprintf(options, sizeof options, "userxattr,lowerdir=/proc/self/fd/%d:/proc/self/fd/%d/empty", lower, scratch);
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", to, name);
  bool mounted = !mount("overlay", path, "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV, options);
  close(lower);
  return mounted;
}

static void bind_name(int from, int to, const char *name) {
  int tree = (int)syscall(__NR_open_tree, from, name,
                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
  if (tree < 0) return; /* what we may not look at, the target would not either */
  must((int)syscall(__NR_move_mount, tree, "", to, name, MOVE_MOUNT_F_EMPTY_PATH), "mount what was there");
  close(tree);
}

static void add_name(int from, int to, const char *name, mode_t kind) {
  if (S_ISDIR(kind)) {
    must(mkdirat(to, name, 0700), "make a place for a directory");
    if (!mount_below(from, to, name)) bind_name(from, to, name);
  } else if (S_ISREG(kind)) {
    must(close(openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)), "make a place for a file");
    bind_name(from, to, name);
  }
}

/* Adds what the place began with and is not there: all of it at first, symbolic links alone (no mounts) later. */
static void add_names(struct place *place, bool first) {
  struct stat file;
  int memory = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  must(memory, place->path);
  DIR *entries = open_entries(place->lower, ".");
  for (const char *name = entries ? next_name(entries) : NULL; name; name = next_name(entries)) {
    if (fstatat(place->lower, name, &file, AT_SYMLINK_NOFOLLOW)) continue;
    if (S_ISLNK(file.st_mode))
      copy_link(place->lower, memory, name);
    else if (first)
      add_name(place->lower, memory, name, file.st_mode);
  }
  if (entries) closedir(entries);
  if (!fstat(place->lower, &file)) must(fchmod(memory, file.st_mode & 07777), place->path);
  close(memory);
}

static void mount_names(struct place *place, uint64_t bytes) {
  drop_layer(place->layer);
  place->layer = 0;
  mount_memory(place->path, bytes);
  add_names(place, true);
}

static int by_length(const void *a, const void *b) {
  size_t one = strlen(((const struct place *)a)->path);
  size_t other = strlen(((const struct place *)b)->path);
  return (one > other) - (one < other);
}

static bool is_in_overlay(const char *path, size_t mounted) {
  for (size_t i = 0; i < mounted; i++)
    if (contains(places[i].path, path) && (places[i].layer || !strcmp(places[i].path, path))) return true;
  return false;
}

/* Those that hold others first; one inside an overlay needs none of its own. */
static void mount_places(const struct setting *setting) {
  size_t mounted = 0;
  must(mkdirat(scratch, "empty", 0700), "make an empty directory");
  qsort(places, place_count, sizeof *places, by_length);
  for (size_t i = 0; i < place_count; i++) {
    if (is_in_overlay(places[i].path, mounted)) continue;
    struct place *place = &places[mounted++];
    *place = places[i];
    if (!mount_overlay(place)) mount_names(place, setting->limits.scratch);
  }
  place_count = mounted;
}

void files_prepare(const struct setting *setting) {
  must(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
  add_place(setting->directory);
  add_place("/tmp");
  add_place("/var/tmp");
  add_place(home_of(setting));
  mount_devices();
  mount_memory("/run", setting->limits.scratch);
  scratch = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  must(scratch, "/run");
  mount_queues();
  must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
  open_ports();
  close_settings();
  mount_places(setting);
  mount_memory("/run", setting->limits.scratch);
  must(mkdir("/dev/shm", 01777), "/dev/shm");
  mount_memory("/dev/shm", setting->limits.scratch);
  mount_terminals();
}

static int open_input(const char *path) { return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }

static void open_inputs(const struct setting *setting, struct files *files) {
  files->input_count = setting->input_count ? setting->input_count : 1;
  for (size_t i = 0; i < files->input_count; i++) {
    files->inputs[i] = setting->input_count ? open_input(setting->inputs[i]) : memfd_create("input", MFD_CLOEXEC);
    must(files->inputs[i], "make the input file");
  }
}

static void open_inputs_anew(const struct setting *setting, struct files *files) {
  for (size_t i = 0; i < files->input_count; i++) {
    close(files->inputs[i]);
    if (scratch < 0) unlink(setting->inputs[i]);
  }
  open_inputs(setting, files);
}

void files_open(const struct setting *setting, struct files *files) {
  if (chdir(setting->directory)) report_failure(setting->directory);
  open_inputs(setting, files);
  files->output = -1;
  if (!(setting->flags & SETTING_CAPTURE)) return;
  files->output = memfd_create("output", MFD_CLOEXEC);
  must(files->output, "make a file for the output");
}

/* What a run has made in the namespace of System V, which would be there until the namespace ends. */
static void remove_ipc(const char *list, int (*drop)(int id)) {
  char line[TEXT * 4];
  FILE *entries = fopen(list, "re");
  int id;
  while (entries && fgets(line, sizeof line, entries))
    if (sscanf(line, "%*d %d", &id) == 1) drop(id); /* not so the heading */
  if (entries) fclose(entries);
}

static int remove_memory(int id) { return shmctl(id, IPC_RMID, NULL); }
static int remove_semaphores(int id) { return semctl(id, 0, IPC_RMID); }
static int remove_messages(int id) { return msgctl(id, IPC_RMID, NULL); }

static void ipc_clean(void) {
  remove_ipc("/proc/sysvipc/shm", remove_memory);
  remove_ipc("/proc/sysvipc/sem", remove_semaphores);
  remove_ipc("/proc/sysvipc/msg", remove_messages);
  if (queues >= 0) remove_all(queues, ".");
}

static bool is_changed(const struct place *place) {
  char name[TEXT];
  snprintf(name, sizeof name, "u%u", place->layer);
  int upper = openat(scratch, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return upper < 0 || !is_empty(upper);
}

/* True: the working directory is another mount than before. */
static bool clean_overlay(struct place *place, const struct setting *setting) {
  unsigned before = place->layer;
  if (!is_changed(place)) return false;
  must(chdir("/"), "/");
  must(umount2(place->path, MNT_DETACH), place->path);
  if (!mount_overlay(place)) report_failure(place->path);
  drop_layer(before);
  return contains(place->path, setting->directory);
}

static bool clean_place(struct place *place, const struct setting *setting) {
  if (place->layer) return clean_overlay(place, setting);
  remove_all(AT_FDCWD, place->path);
  add_names(place, false);
  return false;
}

bool files_clean(const struct setting *setting, struct files *files, struct board *board) {
  bool moved = false;
  for (size_t i = 0; i < place_count; i++) moved |= clean_place(&places[i], setting);
  if (scratch >= 0) {
    remove_all(AT_FDCWD, "/run");
    remove_all(AT_FDCWD, "/dev/shm");
    ipc_clean();
  }
  if (moved) board->generation++;
  if (setting->input_count) open_inputs_anew(setting, files);
  return moved;
}

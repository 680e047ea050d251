/* process.c - what /proc says of a process or thread. Reads into buffers of the caller; allocates nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

enum { NAME_SIZE = 64, STATUS_SIZE = 4096 };

int process_open(int thread, const char *file) {
  char path[NAME_SIZE];
  snprintf(path, sizeof path, "/proc/%d/%s", thread, file);
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

ssize_t process_file(int thread, const char *file, void *into, size_t room) {
  int fd = process_open(thread, file);
  if (fd < 0) return -errno;
  ssize_t got = read(fd, into, room);
  if (got < 0) got = -errno;
  close(fd);
  return got;
}

ssize_t process_link(int thread, const char *file, char *into, size_t room) {
  char path[NAME_SIZE];
  snprintf(path, sizeof path, "/proc/%d/%s", thread, file);
  ssize_t got = readlink(path, into, room);
  return got < 0 ? -errno : got;
}

bool process_numbers_are_ours(void) {
  char number[NAME_SIZE] = "";
  return readlink("/proc/self", number, sizeof number - 1) > 0 && atoi(number) == getpid();
}

int process_leader(int thread) {
  char text[STATUS_SIZE];
  ssize_t length = process_file(thread, "status", text, sizeof text - 1);
  if (length <= 0) return 0;
  text[length] = 0;
  const char *line = strstr(text, "\nTgid:"); /* the name before it has its newlines escaped */
  return line ? atoi(line + 6) : 0;
}

uint64_t process_stat(int process, int field, char *state) {
  char text[STATUS_SIZE];
  ssize_t length = process_file(process, "stat", text, sizeof text - 1);
  if (state) *state = 0;
  if (length <= 0) return 0;
  text[length] = 0;
  const char *at = strrchr(text, ')'); /* the name may hold anything, a ')' too */
  if (!at || at[1] != ' ') return 0;
  if (state) *state = at[2];
  for (int i = 2; at && i < field; i++) at = strchr(at + 1, ' ');
  return at ? strtoull(at, NULL, 10) : 0;
}

bool process_is_stopped(int process) {
  char state;
  process_stat(process, STAT_PARENT, &state);
  return state == 'T';
}

bool process_kill(int process) {
  int fd = process > 0 ? (int)syscall(__NR_pidfd_open, process, 0) : -1;
  if (fd < 0) return false;
  bool sent = syscall(__NR_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
  close(fd);
  return sent;
}

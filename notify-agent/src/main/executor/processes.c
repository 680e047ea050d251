/* processes.c - the processes of a run and theirs, wherever they have hidden: all that is in our namespace. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor.h"

/* The number that is the name of the next entry; 0: there is none. */
static pid_t next_number(DIR *directory) {
  for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
    if (isdigit((unsigned char)entry->d_name[0])) return (pid_t)strtol(entry->d_name, NULL, 10);
  return 0;
}

static bool is_ours(pid_t process, const struct own *own) {
  return process == 1 || process == getpid() || process == own->server || process == own->spare;
}

static pid_t next_process(DIR *processes, const struct own *own) {
  pid_t process = next_number(processes);
  while (process && is_ours(process, own)) process = next_number(processes);
  return process;
}

int processes_kill(const struct own *own) {
  int killed = 0;
  DIR *processes = opendir("/proc");
  if (!processes) return 0;
  for (pid_t process = next_process(processes, own); process; process = next_process(processes, own))
    killed += !kill(process, SIGKILL);
  closedir(processes);
  return killed;
}

/* Reads a small file of a thread's; false: the thread is gone. */
static bool read_of(pid_t process, pid_t thread, const char *name, char *text, size_t room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/%s", process, thread, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t size = read(fd, text, room - 1);
  close(fd);
  text[size > 0 ? size : 0] = 0;
  return size > 0;
}

/* The field behind the name, which may hold anything; 0: the thread is gone. */
static char state_of(pid_t process, pid_t thread) {
  char text[512];
  if (!read_of(process, thread, "stat", text, sizeof text)) return 0;
  const char *name_end = strrchr(text, ')');
  return name_end && name_end[1] ? name_end[2] : 0;
}

/* How often it has been put on a processor; 0 where the kernel does not count that. */
static uint64_t runs_of(pid_t process, pid_t thread) {
  char text[128];
  unsigned long long runs = 0;
  if (read_of(process, thread, "schedstat", text, sizeof text) && sscanf(text, "%*u %*u %llu", &runs) != 1) return 0;
  return runs;
}

static enum look look_at(pid_t process, uint64_t *ran) {
  enum look seen = LOOK_NONE;
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/task", process);
  DIR *threads = opendir(path);
  if (!threads) return LOOK_NONE;
  for (pid_t thread = next_number(threads); thread && seen != LOOK_BUSY; thread = next_number(threads)) {
    char state = state_of(process, thread);
    *ran = *ran * 31 + (uint64_t)thread + runs_of(process, thread);
    if (state == 'R' || state == 'D') seen = LOOK_BUSY;
    else if (state && !strchr("ZX", state)) seen = LOOK_ASLEEP;
  }
  closedir(threads);
  return seen;
}

enum look processes_look(const struct own *own, uint64_t *ran) {
  enum look seen = LOOK_NONE;
  DIR *processes = opendir("/proc");
  if (!processes) return LOOK_NONE;
  for (pid_t process = next_process(processes, own); process && seen != LOOK_BUSY;
       process = next_process(processes, own)) {
    enum look one = look_at(process, ran);
    if (one > seen) seen = one;
  }
  closedir(processes);
  return seen;
}

/* The oldest is the one with the lowest number, until numbers begin again: then any. */
static pid_t oldest(DIR *processes, const struct own *own) {
  pid_t lowest = INT_MAX;
  uint64_t ran = 0;
  for (pid_t process = next_process(processes, own); process; process = next_process(processes, own))
    if (process < lowest && look_at(process, &ran) != LOOK_NONE) lowest = process;
  return lowest;
}

void processes_stop(const struct own *own, enum stop whom) {
  DIR *processes = opendir("/proc");
  if (!processes) return;
  if (whom == STOP_OLDEST) kill(oldest(processes, own), SIGTERM);
  else
    for (pid_t process = next_process(processes, own); process; process = next_process(processes, own))
      kill(process, SIGTERM);
  closedir(processes);
}

/*
 * pin.c - on kernels without SYNC_WAKE_UP whoever answers stays on the target's processor: waking another one costs 100
 * to 200 microseconds per call. The target's own affinity is not touched.
 */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "launcher.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, uint64_t)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#endif

bool pin_wake_up_in_step(int listener) {
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;
}

/* Threads that the agent starts later inherit from these. */
static void pin_threads(int agent, const cpu_set_t *set) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/task", agent);
  DIR *threads = opendir(path);
  if (!threads) return;
  for (struct dirent *entry = readdir(threads); entry; entry = readdir(threads)) {
    int thread = atoi(entry->d_name);
    if (thread > 0) sched_setaffinity(thread, sizeof *set, set);
  }
  closedir(threads);
}

void pin_to_cpu_of(int process, int agent) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(process_stat(process, STAT_CPU, NULL), &set);
  sched_setaffinity(0, sizeof set, &set);
  if (agent) pin_threads(agent, &set);
}

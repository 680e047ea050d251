/*
 * pin.c - on kernels without SYNC_WAKE_UP the supervisor stays on the target's processor: waking another one costs 100
 * to 200 microseconds per denied call. The target's own affinity is not touched.
 */
#include <sched.h>

#include "launcher.h"

void pin_to_cpu_of(int process) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(process_stat(process, STAT_CPU, NULL), &set);
  sched_setaffinity(0, sizeof set, &set);
}

/*
 * outsider.c - the limits of processes outside the jail are not the target's to set, whatever its policy: with
 * RLIMIT_CPU or RLIMIT_FSIZE it could end or cripple what answers and records its denials. Landlock scopes signals and
 * tracing, not this.
 *
 * Every process of the jail has the jail's filter, its supervisor has not: so those with no more filters than we have
 * are outside. No list of our own processes is needed, and no thread of Java's can be missing from one.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

enum { STATUS_SIZE = 8192, X32_BIT = 0x40000000 };

struct status {
  long filters;
  bool nested; /* in a pid namespace below that of /proc */
};

/* Fields of /proc/PID/status, see proc(5); false on any doubt. */
static bool read_status(int process, const char *file, struct status *status) {
  char text[STATUS_SIZE];
  ssize_t length = process_file(process, file, text, sizeof text - 1);
  if (length <= 0) return false;
  text[length] = 0;
  const char *filters = strstr(text, "\nSeccomp_filters:\t"); /* Linux 5.9 */
  const char *numbers = strstr(text, "\nNSpid:\t");           /* one in each namespace, outermost first */
  if (!filters || !numbers) return false;
  numbers += strlen("\nNSpid:\t");
  status->filters = atol(filters + strlen("\nSeccomp_filters:\t"));
  status->nested = memchr(numbers, '\t', strcspn(numbers, "\n")) != NULL;
  return true;
}

/* prlimit64(pid, resource, new_limit, old_limit): 0 is the caller itself, and without new_limit nothing is set. */
static bool sets_limits_of_another(const struct seccomp_data *call) {
  static const struct {
    uint32_t arch;
    int nr;
  } prlimit64[] = {{AUDIT_ARCH_X86_64, 302}, {AUDIT_ARCH_X86_64, X32_BIT | 302}, {AUDIT_ARCH_I386, 340},
                   {AUDIT_ARCH_AARCH64, 261}};
  for (size_t i = 0; i < sizeof prlimit64 / sizeof *prlimit64; i++)
    if (call->arch == prlimit64[i].arch && call->nr == prlimit64[i].nr) return (int)call->args[0] && call->args[2];
  return false;
}

/*
 * Our processes live on, so their numbers cannot become another's. The number of a process that was in the jail could
 * become our keeper's before the call is carried out; the target would have to wrap all process ids in that moment.
 */
bool outsider_is_limited(const struct seccomp_notif *n) {
  struct status ours, callers, victims;
  int victim = (int)n->data.args[0];
  if (!sets_limits_of_another(&n->data)) return false;
  /* A nested "self": /proc is another namespace's, and numbers in it are not those of calls. */
  if (!read_status(getpid(), "../self/status", &ours) || ours.nested) return true;
  if (!n->pid || !read_status((int)n->pid, "status", &callers)) return true;
  if (callers.nested) return false; /* it has no number for what is outside its namespace */
  if (read_status(victim, "status", &victims)) return victims.filters <= ours.filters;
  return kill(victim, 0) == 0 || errno != ESRCH;
}

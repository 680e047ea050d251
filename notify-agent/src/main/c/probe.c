/* probe.c - what the kernel has: asked, never concluded from its version. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

enum { LANDLOCK_VERSION = 1, LANDLOCK_ABI_SCOPES = 6 };

/* TINY_JAIL_TEST_WITHOUT=a,b takes features away, for tests; it can add none. */
bool probe_without(const char *feature) {
  const char *list = getenv("TINY_JAIL_TEST_WITHOUT");
  size_t length = strlen(feature);
  while (list && *list) {
    const char *end = strchrnul(list, ',');
    if ((size_t)(end - list) == length && !strncmp(list, feature, length)) return true;
    list = *end ? end + 1 : end;
  }
  return false;
}

/* A known flag gets as far as the missing program, or the filter of a jail around us has answered; an unknown one does
   not. What becomes of EBUSY is decided where a filter is installed. */
static bool has_flags(unsigned long flags) {
  return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == -1 && (errno == EFAULT || errno == EBUSY);
}

static bool has_user_notif(void) {
  uint32_t action = SECCOMP_RET_USER_NOTIF;
  struct seccomp_notif_sizes sizes = {0}; /* a sandbox around us may pretend that it was filled in */
  return syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 &&
         has_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER) &&
         syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 && sizes.seccomp_notif <= SLOT_SIZE &&
         sizes.seccomp_notif_resp <= SLOT_SIZE && sizes.seccomp_data == sizeof(struct seccomp_data);
}

long probe_landlock_abi(void) { return syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION); }

void probe_features(struct launch *launch) {
  uint32_t features = 0;
  if (!probe_without("user_notif") && has_user_notif()) features |= FEATURE_USER_NOTIF;
  if (!probe_without("log") && has_flags(SECCOMP_FILTER_FLAG_LOG)) features |= FEATURE_LOG;
  if (!probe_without("wait_killable") &&
      has_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
    features |= FEATURE_WAIT_KILLABLE;
  if (!probe_without("landlock") && probe_landlock_abi() >= LANDLOCK_ABI_SCOPES) features |= FEATURE_LANDLOCK_SCOPE;
  if (geteuid() == 0) features |= FEATURE_ROOT;
  launch->features = features;
  launch->sync_wake_up = !probe_without("sync_wake_up"); /* whether it works is known once there is a listener */
}

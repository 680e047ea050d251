/* executor.c - starts a target again and again, for a fuzzer: see fuzz.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor.h"

static void add_preload(struct setting *setting) {
  static char variable[8192];
  static const char name[] = "LD_PRELOAD=";
  const char *own = "";
  for (size_t i = 0; i < setting->variable_count; i++)
    if (!strncmp(setting->variables[i], name, strlen(name))) {
      own = setting->variables[i] + strlen(name);
      setting->variables[i] = variable;
    }
  snprintf(variable, sizeof variable, "%s%s%s%s", name, setting->preload, *own ? ":" : "", own);
  if (!*own) setting->variables[setting->variable_count++] = variable;
}

/* Else each run would look up for itself what it calls. */
static void bind_early(struct setting *setting) {
  static char variable[] = BIND_EARLY;
  setting->variables[setting->variable_count++] = variable;
}

int main(void) {
  static struct setting setting;
  if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) || fcntl(SETTING_FD, F_SETFD, FD_CLOEXEC)) {
    fputs("executor: a part of tiny-jail's learn --fuzz, not to be started by hand\n", stderr);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  syscall(__NR_close_range, SETTING_FD + 1, ~0U, 0);
  if (!setting_read(SETTING_FD, &setting)) report_failure("read the setting");
  if (setting.preload) {
    add_preload(&setting);
    bind_early(&setting);
  }
  bool own = !(setting.flags & SETTING_EFFECTS);
  pid_t warden = namespaces_fork(own);
  if (warden < 0) report_failure("make namespaces");
  if (warden == 0) warden_run(&setting);
  close(CONTROL_FD);
  int status;
  while (waitpid(warden, &status, 0) < 0) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/*
 * phases.c - a server that starts, and then serves: from then on what only its start needed is denied.
 *
 * It is ready when somebody listens on a port, or after some time; where neither is asked for, when it says so
 * (sd_notify(3)). That is for the whole jail: the kernel has one filter for all of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "launcher.h"

enum { LOOK_MS = 50, MESSAGE_MAX = 4096, LISTENS = 0x0a /* TCP_LISTEN in /proc/net/tcp */ };
static const uint64_t NS_PER_MS = 1000000;
static const char VARIABLE[] = "NOTIFY_SOCKET=";

static struct sockaddr_un outer; /* where the caller's own service manager listens */
static socklen_t outer_length;

static socklen_t address_of(const char *name, struct sockaddr_un *address) {
  size_t length = strlen(name);
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (length == 0 || length >= sizeof address->sun_path || (*name != '/' && *name != '@')) return 0;
  memcpy(address->sun_path, name, length);
  if (*name == '@') address->sun_path[0] = 0;
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static void set_variable(struct launch *launch, const char *name) {
  static char variable[sizeof VARIABLE + sizeof((struct sockaddr_un *)0)->sun_path];
  size_t count = 0;
  size_t kept = 0;
  while (launch->environment[count]) count++;
  char **environment = calloc(count + 2, sizeof *environment);
  if (!environment) fail("out of memory");
  for (size_t i = 0; i < count; i++) {
    bool is_it = !strncmp(launch->environment[i], VARIABLE, sizeof VARIABLE - 1);
    if (is_it) outer_length = address_of(launch->environment[i] + sizeof VARIABLE - 1, &outer);
    else environment[kept++] = launch->environment[i];
  }
  snprintf(variable, sizeof variable, "%s%s", VARIABLE, name);
  environment[kept] = variable;
  launch->environment = environment;
}

/* Nobody can foresee its name; whoever could send to it all the same would only deny more, and earlier. */
static int open_socket(struct launch *launch) {
  unsigned char random[16];
  char name[64] = "@tiny-jail-";
  struct sockaddr_un address;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) fail("no random bytes: %s", strerror(errno));
  for (size_t i = 0; i < sizeof random; i++) snprintf(name + strlen(name), 3, "%02x", random[i]);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, address_of(name, &address)))
    fail("cannot make a socket for the program to say that it is ready: %s", strerror(errno));
  set_variable(launch, name);
  return fd;
}

static bool listens_in(int process, const char *table, unsigned wanted) {
  char line[512];
  bool found = false;
  int fd = process_open(process, table);
  FILE *lines = fd < 0 ? NULL : fdopen(fd, "r");
  while (lines && !found && fgets(line, sizeof line, lines)) {
    unsigned port;
    unsigned state;
    found = sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &port, &state) == 2 && port == wanted && state == LISTENS;
  }
  if (lines) fclose(lines);
  return found;
}

static bool listens(int process, unsigned port) {
  return listens_in(process, "net/tcp", port) || listens_in(process, "net/tcp6", port);
}

void phases_prepare(struct launch *launch, struct supervisor *s) {
  const struct plan *plan = s->view->plan;
  if (s->view->serving.length == 0) return;
  if (plan->ready_port && listens(getpid(), plan->ready_port))
    fail("somebody listens on port %u already; the program would be taken for ready at once", plan->ready_port);
  if (!plan->ready_port && !plan->ready_after_ms) s->ready = open_socket(launch);
  if (plan->ready_after_ms) s->ready_at = clock_ns() + plan->ready_after_ms * NS_PER_MS;
}

bool phases_wait(const struct supervisor *s) { return s->view->serving.length > 0 && !s->page->ready; }

static void become_ready(struct supervisor *s, const char *why) {
  s->page->ready = 1;
  if (!(s->view->plan->flags & PLAN_QUIET)) say("ready (%s): what only its start needed is denied from now on", why);
}

static bool says_ready(const char *message) {
  for (const char *line = message; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (!strncmp(line, "READY=1", 7) && (!line[7] || line[7] == '\n')) return true;
  return false;
}

/* One at a time, so that a flood of them keeps nobody else waiting. The caller's service manager hears them too. */
static void take_message(struct supervisor *s) {
  char message[MESSAGE_MAX + 1];
  ssize_t length = recv(s->ready, message, MESSAGE_MAX, MSG_DONTWAIT);
  if (length < 0) return;
  if (outer_length) sendto(s->ready, message, (size_t)length, MSG_DONTWAIT, (struct sockaddr *)&outer, outer_length);
  message[length] = 0;
  if (!s->page->ready && says_ready(message)) become_ready(s, "it says so");
}

void phases_look(struct supervisor *s) {
  const struct plan *plan = s->view->plan;
  if (s->ready >= 0) take_message(s);
  if (!phases_wait(s)) return;
  uint64_t now = clock_ns();
  if (s->ready_at && now >= s->ready_at) {
    become_ready(s, "time");
  } else if (plan->ready_port && now >= s->look_at) {
    if (listens(s->ended ? getpid() : s->child, plan->ready_port)) become_ready(s, "it listens");
    s->look_at = now + LOOK_MS * NS_PER_MS;
  }
}

int phases_timeout(const struct supervisor *s) {
  if (!phases_wait(s) || s->keeper) return -1;
  if (s->view->plan->ready_port) return LOOK_MS;
  if (!s->ready_at) return -1;
  uint64_t now = clock_ns();
  return now >= s->ready_at ? 0 : (int)((s->ready_at - now) / NS_PER_MS + 1);
}

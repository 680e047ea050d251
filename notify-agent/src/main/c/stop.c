/* stop.c - ends the target and what it has started: SIGTERM, after two seconds SIGKILL. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

enum { TREE_MAX = 1024 };
static const uint64_t PATIENCE_NS = 2000000000u;

static struct member {
  pid_t pid;
  uint64_t start;
} tree[TREE_MAX];
static size_t tree_size;

static bool is_member(pid_t pid) {
  for (size_t i = 0; i < tree_size; i++)
    if (tree[i].pid == pid) return true;
  return false;
}

/* One pass over /proc; true if it found another descendant. */
static bool grow(void) {
  bool grown = false;
  DIR *all = opendir("/proc");
  if (!all) return false;
  for (struct dirent *entry = readdir(all); entry && tree_size < TREE_MAX; entry = readdir(all)) {
    pid_t pid = atoi(entry->d_name);
    if (pid <= 0 || is_member(pid) || !is_member((pid_t)process_stat(pid, STAT_PARENT, NULL))) continue;
    tree[tree_size++] = (struct member){.pid = pid, .start = process_stat(pid, STAT_START, NULL)};
    grown = true;
  }
  closedir(all);
  return grown;
}

static void signal_tree(int number) {
  for (size_t i = 0; i < tree_size; i++) {
    int fd = (int)syscall(__NR_pidfd_open, tree[i].pid, 0);
    if (fd < 0) continue;
    if (process_stat(tree[i].pid, STAT_START, NULL) == tree[i].start)
      syscall(__NR_pidfd_send_signal, fd, number, NULL, 0);
    close(fd);
  }
}

void stop_begin(struct supervisor *s) {
  if (s->kill_at || s->give_up_at) return;
  if (!s->ended) {
    tree[0] = (struct member){.pid = s->child, .start = process_stat(s->child, STAT_START, NULL)};
    tree_size = 1;
    while (grow()) continue;
    signal_tree(SIGTERM);
  }
  bool graceful = !s->ended || s->control >= 0; /* else nobody knows whom to ask */
  s->kill_at = clock_ns() + (graceful ? PATIENCE_NS : 0);
}

/* They are nobody's descendants: the agent, which knows who has called, ends them. */
void stop_daemons(struct supervisor *s) {
  if (s->kill_at || s->give_up_at) return;
  say("ending what the program has left running");
  agent_stop(s);
  stop_begin(s);
}

/* Whoever is left and does not notify any more loses its listener: its denied calls fail with ENOSYS. */
void stop_kill(struct supervisor *s) {
  signal_tree(SIGKILL);
  s->killing = true;
  s->answering = true;
  s->kill_at = 0;
  s->give_up_at = clock_ns() + PATIENCE_NS;
}

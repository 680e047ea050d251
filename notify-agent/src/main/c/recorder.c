/*
 * recorder.c - answers notifications by the policy's own verdict and records what was denied.
 *
 * On any doubt the call is denied. Limits of processes outside the jail are refused whatever the policy. A verdict rests
 * on number, architecture and register values only, so that CONTINUE is safe where the verdict is to allow.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

enum { ERRNO_MAX = 4095 };

enum kind { PASS, DENY, KILL };

struct decision {
  enum kind kind;
  int error;
  bool denial; /* to be recorded */
};

static struct decision by_verdict(uint32_t verdict) {
  uint32_t data = verdict & SECCOMP_RET_DATA;
  switch (verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
      return (struct decision){.kind = PASS};
    case SECCOMP_RET_ERRNO:
      return (struct decision){DENY, data < ERRNO_MAX ? (int)data : ERRNO_MAX, true};
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
      return (struct decision){KILL, EPERM, true};
    default:
      return (struct decision){DENY, EPERM, true};
  }
}

/* The child's own way into the target: its one execve, or its exit where that failed. */
static bool is_launch(const struct supervisor *s, const struct seccomp_notif *n) {
  if ((pid_t)n->pid != s->child || n->data.arch != NATIVE_ARCH) return false;
  return s->page->exec_error || (s->free_exec && n->data.nr == __NR_execve);
}

static bool still_waits(const struct supervisor *s, uint64_t id) {
  return ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static bool send_answer(const struct supervisor *s, uint64_t id, const struct decision *decision) {
  struct seccomp_notif_resp answer = {.id = id};
  if (decision->kind == PASS) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  else answer.error = -decision->error;
  return ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}

/* A process that cannot be named, in another pid namespace, cannot be killed: it is denied. */
static void kill_caller(struct supervisor *s, const struct seccomp_notif *n) {
  static const struct decision denied = {.kind = DENY, .error = EPERM};
  int process = n->pid ? process_leader((int)n->pid) : 0;
  if (!still_waits(s, n->id)) return; /* the number may be another's by now */
  if (process == s->child && !s->killing) s->page->killed_main = 1;
  if (!process_kill(process)) send_answer(s, n->id, &denied);
}

/* False: the call was withdrawn while it was being read. */
static bool record(struct supervisor *s, const struct seccomp_notif *n, uint32_t verdict, uint16_t flags) {
  static union {
    struct record_denial denial;
    uint8_t bytes[sizeof(struct record_denial) + BLOCKS_MAX];
  } scratch;
  uint64_t now = clock_ns();
  bool unreadable = false;
  size_t size = sizeof scratch.denial;
  const struct pointer_rule *rule = plan_pointers(s->view, n->data.arch, (uint32_t)n->data.nr);
  uint32_t image = image_of((int)n->pid, n->data.instruction_pointer, now, &s->page->images);
  if (rule) {
    size_t blocks = memory_blocks(rule, n, scratch.bytes + size, &unreadable);
    size += blocks;
    if (blocks && !still_waits(s, n->id)) return false;
  }
  if (unreadable) flags |= DENIAL_UNREADABLE;
  scratch.denial = (struct record_denial){.record = {(uint32_t)size, RECORD_DENIAL, flags},
                                          .image = image,
                                          .thread = (int32_t)n->pid,
                                          .verdict = verdict,
                                          .arch = n->data.arch,
                                          .nr = n->data.nr,
                                          .ip = n->data.instruction_pointer};
  for (int i = 0; i < 6; i++)
    scratch.denial.args[i] = rule && rule->kinds[i] == POINTER_UNUSED ? 0 : n->data.args[i];
  s->page->denied++;
  if (!spool_add_denial(&scratch.denial, now)) s->page->unrecorded++;
  return true;
}

void recorder_answer(struct supervisor *s, const struct seccomp_notif *n) {
  struct decision decision = {.kind = PASS};
  if (is_launch(s, n)) {
    if (send_answer(s, n->id, &decision)) s->free_exec = false;
    return;
  }
  bool refused = outsider_is_limited(n);
  struct program policy = s->page->ready ? s->view->serving : s->view->verdict;
  uint32_t verdict = refused ? SECCOMP_RET_USER_NOTIF : bpf_run(policy, &n->data);
  bool complain = !refused && s->view->plan->flags & PLAN_COMPLAIN;
  decision = by_verdict(verdict);
  if (s->killing) decision = (struct decision){.kind = KILL};
  else if (decision.denial && complain) decision.kind = PASS;
  if (decision.denial) {
    uint16_t flags = complain ? DENIAL_CONTINUED : decision.kind == KILL ? DENIAL_KILLED : 0;
    if (!record(s, n, verdict, flags)) return;
  }
  if (decision.kind == KILL) kill_caller(s, n);
  else send_answer(s, n->id, &decision);
}

bool recorder_serve(struct supervisor *s) {
  static union {
    struct seccomp_notif n;
    uint8_t room[SLOT_SIZE]; /* a newer kernel may write more than this header knows */
  } received;
  memset(&received, 0, sizeof received);
  if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &received)) return false;
  recorder_answer(s, &received.n);
  return true;
}

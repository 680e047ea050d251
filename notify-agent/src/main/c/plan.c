/* plan.c - reading a plan and refusing it on any doubt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

static bool inside(const struct plan *plan, struct plan_section section, uint32_t unit, uint32_t limit) {
  if (section.length == 0) return true;
  return section.offset >= sizeof *plan && section.offset % 8 == 0 && section.length % unit == 0 &&
         section.length <= limit && section.offset <= plan->size && section.length <= plan->size - section.offset;
}

static bool is_text(const struct plan *plan, struct plan_section section) {
  return inside(plan, section, 1, PATH_MAX - 1) &&
         (section.length == 0 || !memchr((const char *)plan + section.offset, 0, section.length));
}

static struct program program_at(const struct plan *plan, struct plan_section section) {
  return (struct program){(const struct sock_filter *)((const char *)plan + section.offset),
                          section.length / (uint32_t)sizeof(struct sock_filter)};
}

static bool header_valid(const struct plan *plan, size_t size) {
  return !memcmp(plan->magic, PLAN_MAGIC, sizeof plan->magic) && plan->size == size && plan->reserved == 0 &&
         plan->mode >= MODE_EXEC && plan->mode <= MODE_AGENT && plan->flags < 2 * PLAN_LEAVE;
}

bool plan_check(const uint8_t *bytes, size_t size, struct view *view) {
  const struct plan *plan = (const struct plan *)bytes;
  uint32_t program = sizeof(struct sock_filter);
  uint32_t rule = sizeof(struct pointer_rule);
  if (size < sizeof *plan || size > PLAN_SIZE_MAX || !header_valid(plan, size)) return false;
  if (!inside(plan, plan->notify, program, PLAN_SIZE_MAX) || !inside(plan, plan->verdict, program, PLAN_SIZE_MAX) ||
      !inside(plan, plan->pointers, rule, PLAN_SIZE_MAX) || !inside(plan, plan->serving, program, PLAN_SIZE_MAX))
    return false;
  if (plan->mode == MODE_RECORDER && plan->spool.length == 0) return false;
  if (!is_text(plan, plan->spool) || !is_text(plan, plan->profile) || !is_text(plan, plan->policy)) return false;
  *view = (struct view){.plan = plan,
                        .notify = program_at(plan, plan->notify),
                        .verdict = program_at(plan, plan->verdict),
                        .serving = program_at(plan, plan->serving),
                        .pointers = (const struct pointer_rule *)(bytes + plan->pointers.offset),
                        .pointer_count = plan->pointers.length / rule};
  if (!bpf_valid(view->verdict)) return false;
  if (view->serving.length > 0 && (plan->mode != MODE_RECORDER || !bpf_valid(view->serving))) return false;
  return plan->mode == MODE_EXEC ? view->notify.length == 0 || bpf_valid(view->notify) : bpf_valid(view->notify);
}

static bool read_exactly(int fd, struct buffer *buffer, size_t size) {
  while (buffer->size < size) {
    uint8_t bytes[4096];
    size_t want = size - buffer->size < sizeof bytes ? size - buffer->size : sizeof bytes;
    ssize_t got = read(fd, bytes, want);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    buffer_add(buffer, bytes, (size_t)got);
  }
  return true;
}

/* As soon as the plan is complete the target can start; Java may take its time to end. */
bool plan_read(int fd, struct buffer *buffer) {
  if (!read_exactly(fd, buffer, sizeof(struct plan))) return false;
  uint32_t size = ((const struct plan *)buffer->data)->size;
  return size >= sizeof(struct plan) && size <= PLAN_SIZE_MAX && read_exactly(fd, buffer, size);
}

char *plan_text(const struct view *view, struct plan_section section, char *into, size_t room) {
  size_t length = section.length < room ? section.length : room - 1;
  memcpy(into, (const char *)view->plan + section.offset, length);
  into[length] = 0;
  return into;
}

static int by_call(const void *a, const void *b) {
  const struct pointer_rule *x = a;
  const struct pointer_rule *y = b;
  if (x->arch != y->arch) return x->arch < y->arch ? -1 : 1;
  return x->nr < y->nr ? -1 : x->nr > y->nr;
}

const struct pointer_rule *plan_pointers(const struct view *view, uint32_t arch, uint32_t nr) {
  struct pointer_rule wanted = {.arch = arch, .nr = nr};
  return bsearch(&wanted, view->pointers, view->pointer_count, sizeof wanted, by_call);
}

/* Who answers is needed for an agent's plan, the launch's own execve, to let what is denied pass, and for phases. */
bool plan_may_be_native(const struct plan *plan) {
  return plan->mode == MODE_RECORDER && !(plan->flags & (PLAN_FREE_EXEC | PLAN_COMPLAIN)) && plan->serving.length == 0;
}

/* main.c - tiny-jail: starts Java for most commands, and targets under a ready-made plan. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launcher.h"
#include "raw.h"

/* Java has said why; without a word of a plan and with exit code 0 it has printed help. */
static _Noreturn void end_with_java(pid_t java, bool begun) {
  int code = java_wait(java);
  if (code > 128) fail("Java was killed by signal %d before it had a plan", code - 128);
  if (code == 0 && begun) fail("Java ended in the middle of a plan; this is a bug, please report it");
  _exit(code);
}

/* Where the store has been removed, Java makes it anew. */
static bool has_spool(const struct view *view) {
  char path[PATH_MAX];
  return view->plan->spool.length == 0 || !access(plan_text(view, view->plan->spool, path, sizeof path), F_OK);
}

static bool plan_from_cache(const struct launch *launch, struct buffer *plan, struct view *view) {
  return cache_load(launch, plan) && plan_check(plan->data, plan->size, view) && view->plan->mode != MODE_AGENT &&
         has_spool(view);
}

/* From the cache, else from Java, which then is the agent or about to end. True: it is a new one. */
static bool get_plan(const struct launch *launch, struct supervisor *s, struct view *view) {
  static struct buffer plan; /* the view is of its bytes */
  int pipe;
  int control;
  if (plan_from_cache(launch, &plan, view)) return false;
  plan.size = 0;
  pid_t java = java_start(launch, &pipe, &control);
  bool complete = plan_read(pipe, &plan);
  close(pipe);
  if (!complete) {
    close(control);
    end_with_java(java, plan.size > 0);
  }
  if (!plan_check(plan.data, plan.size, view))
    fail("Java made a plan that is not valid; this is a bug, please report it");
  if (view->plan->mode == MODE_AGENT) {
    s->java = java;
    s->control = control;
  } else {
    close(control);
  }
  if (view->plan->flags & PLAN_CACHEABLE && view->plan->mode != MODE_AGENT) cache_save(launch, &plan);
  return true;
}

static void note_own_files(const struct launch *launch, const struct view *view) {
  bool quiet = view->plan->flags & PLAN_QUIET || view->plan->mode == MODE_AGENT;
  if (!quiet && launch->policy_path && !access(launch->policy_path, W_OK))
    say("note: the program can write where you can, this policy included; seccomp has no rules for files");
}

/* Partial enforcement is refused unless asked for. True: there can be no supervisor. */
static bool check_enforcement(const struct launch *launch, const struct view *view) {
  const struct plan *plan = view->plan;
  bool best_effort = plan->flags & PLAN_BEST_EFFORT;
  uint32_t has = launch->features;
  if (plan->mode == MODE_EXEC) return true;
  if (!process_numbers_are_ours())
    fail("/proc is missing or that of another pid namespace, and would name strangers; mount this one's: "
         "mount -t proc proc /proc");
  if (!(has & FEATURE_USER_NOTIF)) {
    bool native = plan_may_be_native(plan);
    if (!native || !best_effort)
      fail("this kernel has no seccomp user notification (Linux 5.0 and later)%s",
           native ? "; --best-effort enforces without recording denials" : "");
    return true;
  }
  if ((has & FEATURE_ROOT) && !(has & FEATURE_LANDLOCK_SCOPE) && !best_effort)
    fail("this kernel has no Landlock scopes (Linux 6.12, ABI 6), without which a target that runs as root can tamper "
         "with its supervisor; --best-effort runs it all the same");
  return false;
}

/* The child's execve is answered here, so that the agent sees nothing but the target's own calls. */
static void await_exec(struct supervisor *s) {
  while (!s->page->exec_error) {
    struct pollfd on[] = {{s->listener, POLLIN, 0}, {s->pidfd, POLLIN, 0}};
    poll(on, 2, 1);
    if (spawn_has_executed(s->child)) return; /* then what came in is the target's */
    if (on[0].revents & POLLIN) recorder_serve(s);
    else if (on[0].revents || on[1].revents) return;
  }
}

static bool execve_is_notified(const struct view *view) {
  struct seccomp_data data = {.nr = __NR_execve, .arch = NATIVE_ARCH};
  return (bpf_run(view->notify, &data) & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

static int run_supervised(struct launch *launch, struct supervisor *s, bool native) {
  const struct plan *plan = s->view->plan;
  s->page = page_new();
  phases_prepare(launch, s);
  s->signals = start_take_signals();
  if (s->signals < 0) fail("cannot take signals: %s", strerror(errno));
  prctl(PR_SET_DUMPABLE, 0); /* other processes of the same user cannot ptrace us or write our memory */
  struct spawned spawned = spawn_child(launch, s->view, s->page, native);
  s->child = spawned.child;
  s->pidfd = spawned.pidfd;
  s->listener = spawned.listener;
  s->holding = true;
  if (s->page->state == PAGE_NATIVE)
    say("no supervisor can stay with the target here; denials go to the kernel's audit log");
  spool_prepare_for(s->child);
  if (s->listener < 0) return supervise(s);
  if (!launch->sync_wake_up || !pin_wake_up_in_step(s->listener)) pin_to_cpu_of(s->child, s->java);
  s->answering = true;
  s->free_exec = plan->flags & PLAN_FREE_EXEC || plan->mode == MODE_AGENT;
  if (plan->mode == MODE_AGENT) {
    if (execve_is_notified(s->view)) await_exec(s);
    s->free_exec = false;
    if (!s->page->exec_error) agent_hand_over(s);
  }
  return supervise(s);
}

int main(int argc, char **argv, char **environment) {
  static struct launch launch;
  static struct supervisor s = {.listener = -1, .control = -1, .pidfd = -1, .ready = -1};
  static struct view view;
  if (argc > 1 && !strcmp(argv[1], SEQUENCE_WORD)) sequence_run(argv + 2);
  start_remember();
  if (argc < 1) fail("started without a name; start it as tiny-jail");
  home_find();
  target_split(&launch, argv + 1, environment);
  if (argc == 2 && !strcmp(argv[1], "probe")) report_print();
  if (!launch.target) java_exec(argv + 1);
  target_resolve(&launch);
  target_read_policy(&launch);
  probe_features(&launch);
  if (launch.fuzz) java_fuzz(&launch);
  bool fresh = get_plan(&launch, &s, &view);
  s.launch = &launch;
  s.view = &view;
  bool native = check_enforcement(&launch, &view);
  if (fresh) note_own_files(&launch, &view);
  if (view.plan->mode == MODE_EXEC) spawn_here(&launch, &view);
  if (!native) spool_prepare(&launch, &view);
  return run_supervised(&launch, &s, native);
}

/*
 * launcher.h - the map of the launcher: what each file offers to the others.
 *
 * The launcher is the process that the shell started, and the parent of both the target and Java. It takes ready-made
 * bytes (a plan, see wire.h) and never parses a policy.
 */
#ifndef TINY_JAIL_LAUNCHER_H
#define TINY_JAIL_LAUNCHER_H

#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "wire.h"

enum { EXIT_OURS = 125, EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127 };

/* Ours by the launcher's rule: nothing follows a symbolic link, nothing leaks into what is executed. */
#define OPEN_OURS (O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* say.c: one line on standard error; control bytes in it are shown as '?' */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2))); /* and exit 125 */

/* buffer.c: bytes that grow; fails with 125 when memory ends. Not used once the target runs. */
struct buffer {
  uint8_t *data;
  size_t size;
  size_t capacity;
};
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_u64(struct buffer *buffer, uint64_t value);
void buffer_add_prefixed(struct buffer *buffer, const void *bytes, size_t length); /* its length, then the bytes */
void buffer_add_text(struct buffer *buffer, const char *text);                     /* the same; NULL is a value too */
void buffer_add_file_identity(struct buffer *buffer, const struct stat *file);
void buffer_pad(struct buffer *buffer);
bool buffer_read(struct buffer *buffer, int fd, size_t limit); /* to the end; false on error or beyond the limit */
uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length);
#define FNV1A_START 0xcbf29ce484222325u

/* start.c: what the caller gave us, and the target must get unchanged */
enum { INHERITED_MAX = 256 };
struct start {
  sigset_t mask;
  sigset_t ignored;
  struct rlimit files;
  int inherited[INHERITED_MAX]; /* descriptors above 2 */
  int inherited_count;
  bool closed[3]; /* descriptors 0 to 2 that were closed: held by /dev/null with CLOEXEC */
};
extern struct start start;
void start_remember(void);
int start_take_signals(void);  /* blocks all signals; a signalfd for them */
void start_restore_raw(void);  /* in the child, without libc; in MODE_EXEC in the launcher itself */
void start_let_go(void); /* closes the caller's descriptors but for standard error */

/* home.c: the distribution that this launcher belongs to */
struct home {
  char path[PATH_MAX];
  struct buffer class_path; /* the jars of HOME/lib, sorted, joined by ':' and ended by NUL */
  struct buffer identity;   /* names, inodes, sizes and times of the jars and of the launcher */
};
extern struct home home;
void home_find(void);

/* target.c: the command line and the file to execute */
struct launch {
  char **words; /* all words after the program's name */
  int options;  /* how many of them stand before "--" */
  char **target; /* the words after it; NULL: nothing to start, Java does it all */
  char **environment;
  char executable[PATH_MAX];
  char directory[PATH_MAX];
  char real[PATH_MAX]; /* the executable, canonical: the profile when the plan names none */
  uint32_t features;   /* enum feature */
  bool fuzz;           /* Java starts the target itself, again and again */
  bool sync_wake_up;
  const char *policy_path; /* NULL: none given */
  struct buffer policy;
  bool policy_read;
};
void target_split(struct launch *launch, char **words, char **environment);
void target_resolve(struct launch *launch);
void target_read_policy(struct launch *launch);

/* workloads.c and sequence.c: learn --from-file */
#define SEQUENCE_WORD "--sequence" /* Workloads.java knows it too */
char **workloads_read(const char *file, bool quiet); /* the words of a target that runs the file's commands */
_Noreturn void sequence_run(char **words);           /* be that target; words after SEQUENCE_WORD */

/* probe.c */
void probe_features(struct launch *launch);
bool probe_without(const char *feature); /* taken away for a test */
long probe_landlock_abi(void);           /* -1 and errno: none */

/* report.c, report-listener.c, report-audit.c: everything tried in children, a line each on standard output; for
   "tiny-jail doctor" */
_Noreturn void report_print(void);
void report_result(const char *name, int error); /* "NAME yes" or "NAME EPERM" */
bool report_install(unsigned long flags, uint32_t action, long *result); /* of getppid; result is -errno or a listener */
void report_listener(const struct launch *launch);
void report_audit(void);

/* cache.c: the directory of plans and class-data archives; -1 when there is none that can be trusted */
int cache_directory(char path[PATH_MAX]);
bool cache_trusts(int fd); /* a regular file of ours, with one link, that nobody else can write */
bool cache_load(const struct launch *launch, struct buffer *plan);
void cache_save(const struct launch *launch, const struct buffer *plan);
int cache_create(int directory, char name[64], const char *prefix); /* a new file of an unpredictable name */

/* java.c */
_Noreturn void java_exec(char **words);                                 /* instead of this process */
_Noreturn void java_fuzz(const struct launch *launch);                   /* the same, with the description of the target */
pid_t java_start(const struct launch *launch, int *plan, int *control); /* as a child, for a target */
int java_wait(pid_t java);                                              /* its exit code, 128+n for a signal */
const char *java_find(void);
struct archive;
char **java_options(const char *java, const struct archive *archive, const char *extra, char **words,
                    size_t count);
char **java_environment(void);

/* archive.c */
struct archive {
  char use[PATH_MAX + 128]; /* the option that names the archive, or empty */
  uint64_t identity;
  bool missing; /* a cache directory is there, and no archive */
};
void archive_find(struct archive *archive, const char *java);
void archive_make(const struct archive *archive, const char *java); /* in the background */

/* launch.c: the description that Java gets */
int launch_describe(const struct launch *launch);

/* bpf.c */
struct program {
  const struct sock_filter *code;
  uint32_t length; /* instructions; 0: absent */
};
bool bpf_valid(struct program program);
uint32_t bpf_run(struct program program, const struct seccomp_data *data);

/* plan.c: a plan that has been checked from its first to its last byte */
struct view {
  const struct plan *plan;
  struct program notify;
  struct program verdict;
  struct program serving; /* absent where there are no phases */
  const struct pointer_rule *pointers;
  uint32_t pointer_count;
};
bool plan_check(const uint8_t *bytes, size_t size, struct view *view);
bool plan_read(int fd, struct buffer *buffer); /* as many bytes as its header says */
char *plan_text(const struct view *view, struct plan_section section, char *into, size_t room);
bool plan_may_be_native(const struct plan *plan); /* without a supervisor */
const struct pointer_rule *plan_pointers(const struct view *view, uint32_t arch, uint32_t nr);

/* spawn.c */
enum page_state { PAGE_EMPTY, PAGE_LISTENING, PAGE_NATIVE, PAGE_FAILED };
enum step { STEP_NONE, STEP_PRIVILEGES, STEP_LANDLOCK, STEP_FILTER };
struct page { /* shared by the launcher, the child until its exec, and the keeper */
  _Atomic int state;
  _Atomic int listener;
  _Atomic int step;       /* enum step: what failed before exec */
  _Atomic int error;      /* and how */
  _Atomic int exec_error; /* errno of the execve */
  _Atomic uint64_t denied;
  _Atomic uint64_t unrecorded;
  _Atomic uint32_t images; /* how many the spool has */
  _Atomic int killed_main; /* the policy's KILL, carried out by the supervisor */
  _Atomic int stopped; /* the launcher has stopped, as the main child has */
  _Atomic int main_status; /* as of waitpid */
  _Atomic int ready; /* the target is: what only its start needed is denied */
};
struct spawned {
  pid_t child;
  int pidfd;
  int listener; /* -1: the policy is enforced natively */
};
struct page *page_new(void);
_Noreturn void spawn_here(const struct launch *launch, const struct view *view); /* MODE_EXEC */
struct spawned spawn_child(const struct launch *launch, const struct view *view, struct page *page, bool native);
_Noreturn void spawn_exec_failed(const struct launch *launch, int error);
bool spawn_has_executed(pid_t child); /* its execve has succeeded */
int spawn_landlock_ruleset(const struct launch *launch); /* that scopes signals; -1: the kernel has none */

/* supervise.c */
struct supervisor {
  const struct launch *launch;
  const struct view *view;
  struct page *page;
  pid_t child;
  pid_t java;     /* 0: none, or it has ended */
  pid_t launcher; /* in the keeper */
  pid_t keeper;   /* 0: none; else it is in charge of the listener */
  int pidfd;      /* of the child */
  int listener;   /* -1: none, or its last task is gone */
  int signals;    /* signalfd */
  int control;    /* -1: no agent */
  int ready;      /* where the target says that it is ready; -1: it need not */
  int status;     /* of the main child, as of waitpid */
  int java_code;  /* 0 until it has ended */
  bool answering; /* this process answers, not the agent or the keeper */
  bool killing;   /* whoever notifies is killed */
  bool broken;    /* the agent of a learn run is gone */
  bool free_exec; /* the launch's own execve has not passed yet */
  bool holding;   /* the caller's descriptors are still open here */
  bool ended;     /* the main child */
  uint32_t served;     /* notifications since something else happened */
  uint64_t kill_at;    /* nanoseconds; 0: never */
  uint64_t give_up_at; /* the same */
  uint64_t ready_at;   /* the same */
  uint64_t look_at;    /* when to look again whether somebody listens */
  uint8_t *slots;      /* SLOT_COUNT, shared with the agent */
};
int supervise(struct supervisor *s); /* the exit code; or ends by the main child's signal */
void supervise_kept(struct supervisor *s); /* the keeper's part: until the filter's last task is gone */
bool listener_hung_up(int listener);

/* signals.c */
void signals_handle(struct supervisor *s);
_Noreturn void signals_die(int signal);

/* keeper.c */
void keeper_start(struct supervisor *s);

/* agent.c */
void agent_hand_over(struct supervisor *s);
void agent_serve(struct supervisor *s);
void agent_main_ended(struct supervisor *s);
void agent_ended(struct supervisor *s, int status); /* as of waitpid; says so where it was killed */
void agent_stop(struct supervisor *s);

/* stop.c: ending the target and what it has started */
void stop_begin(struct supervisor *s);
void stop_daemons(struct supervisor *s); /* what has outlived the main child */
void stop_kill(struct supervisor *s);

/* burst.c: serves a target that notifies often, without a poll before each call */
bool burst_worthwhile(struct supervisor *s, bool called_only);
void burst_serve(struct supervisor *s);
void burst_forked(void);

/* pin.c: caller and supervisor take turns on one processor */
bool pin_wake_up_in_step(int listener); /* SYNC_WAKE_UP, Linux 6.6; false and errno: the kernel does not have it */
void pin_to_cpu_of(int process, int agent); /* agent: 0 where there is none */

/* phases.c: from the target's start to its service */
void phases_prepare(struct launch *launch, struct supervisor *s); /* changes the target's environment */
bool phases_wait(const struct supervisor *s); /* the target is not ready, and will be */
void phases_look(struct supervisor *s);
int phases_timeout(const struct supervisor *s); /* milliseconds to the next look; -1: none is needed */

/* recorder.c */
bool recorder_serve(struct supervisor *s); /* one notification from the listener; false: there was none */
void recorder_answer(struct supervisor *s, const struct seccomp_notif *n);

/* outsider.c */
bool outsider_is_limited(const struct seccomp_notif *n); /* or may be: the call must not be carried out */

/* memory.c: what a denied call points at; the size of the blocks written */
enum { BLOCKS_MAX = 6 * (16 + SPOOL_VECTOR_MAX * (SPOOL_STRING_MAX + 1)) };
size_t memory_blocks(const struct pointer_rule *rule, const struct seccomp_notif *n, uint8_t *into, bool *unreadable);

/* image.c: the number of the image that a thread runs; 0: unknown */
uint32_t image_of(int thread, uint64_t ip, uint64_t now, _Atomic uint32_t *count);

/* process.c: /proc */
int process_open(int thread, const char *file);
ssize_t process_file(int thread, const char *file, void *into, size_t room); /* -errno */
ssize_t process_link(int thread, const char *file, char *into, size_t room); /* -errno */
bool process_numbers_are_ours(void); /* else /proc is missing, or of another pid namespace */
int process_leader(int thread); /* the process that a thread belongs to; 0: unknown */
uint64_t process_stat(int process, int field, char *state); /* field (from 4) as counted in proc(5) */
enum { STAT_PARENT = 4, STAT_FLAGS = 9, STAT_START = 22, STAT_CPU = 39 };
bool process_is_stopped(int process);
bool process_kill(int process);

/* spool.c, fields.c */
void spool_prepare(const struct launch *launch, const struct view *view);
void spool_prepare_for(int main_process);
bool spool_add_denial(struct record_denial *denial, uint64_t now); /* counts it where it is known already */
bool spool_add(const struct spool_record *record);
void spool_new_writer(int process);
void spool_descriptors(int fds[2]);
void spool_end(int status, bool last); /* last: nothing more comes; else the keeper goes on */
uint64_t clock_ns(void);
struct fields { /* a record under construction */
  uint8_t *bytes;
  size_t size;
  size_t room;
};
void fields_put(struct fields *fields, uint32_t tag, const void *bytes, size_t length);

#endif

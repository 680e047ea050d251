/*
 * wire.h - every byte that crosses between the launcher (C) and Java.
 *
 * All integers are little-endian and naturally aligned; every section starts at a multiple of 8.
 * Whoever reads checks magic, sizes and offsets first and refuses the whole on any doubt.
 *
 *   launch   launcher -> Java   what is to be started                    sealed memfd, descriptor LAUNCH_FD
 *   plan     Java -> launcher   the ready-made bytes to start it with    pipe, descriptor PLAN_FD; also the cache entry
 *   control  both ways          the listener and what happens to it      SOCK_SEQPACKET, descriptor CONTROL_FD
 *   slots    both ways          notifications received, not yet answered memfd, passed with the listener
 *   spool    launcher -> Java   denials, for days if need be             file in the store's directory "spool"
 */
#ifndef TINY_JAIL_WIRE_H
#define TINY_JAIL_WIRE_H

#include <stdint.h>

/* Descriptors of the Java child. */
enum { PLAN_FD = 3, CONTROL_FD = 4, LAUNCH_FD = 5, TERMINAL_FD = 6 /* /dev/tty, if there is one */ };

/* A field: tag, length, bytes, padding to 8. Used by launch and by spool records. */
struct field {
  uint32_t tag;
  uint32_t length; /* of the bytes, without padding */
  /* uint8_t bytes[length]; */
};

enum field_tag {
  FIELD_WORD = 1,         /* a word of the target's command line, raw; repeated, in order */
  FIELD_EXECUTABLE = 2,   /* the file that will be executed: PATH searched, canonical */
  FIELD_DIRECTORY = 3,    /* the working directory */
  FIELD_POLICY = 4,       /* the bytes of the file after --policy, when it could be read */
  FIELD_POLICY_PATH = 5,  /* the word after --policy, as given */
  FIELD_FEATURES = 6,     /* uint32_t: enum feature, what the kernel has */
  FIELD_PROFILE = 7,      /* what evidence belongs to */
  FIELD_COMM = 8,         /* /proc/PID/comm */
  FIELD_MAPS = 9,         /* the executable mappings: lines of /proc/PID/maps with x, at most SPOOL_MAPS_MAX bytes */
  FIELD_BOOT_ID = 10,     /* /proc/sys/kernel/random/boot_id */
  FIELD_VARIABLE = 11,    /* NAME=VALUE of the target's environment, raw; repeated; only where Java starts the target */
};

enum feature {
  FEATURE_USER_NOTIF = 1,     /* SECCOMP_RET_USER_NOTIF and NEW_LISTENER */
  FEATURE_LOG = 2,            /* SECCOMP_FILTER_FLAG_LOG */
  FEATURE_WAIT_KILLABLE = 4,  /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19 */
  FEATURE_LANDLOCK_SCOPE = 8, /* Landlock ABI 6: scopes of signals */
  FEATURE_ROOT = 16,          /* effective user 0 */
};

/* launch: LAUNCH_MAGIC, then fields to the end. */
#define LAUNCH_MAGIC "TJLAUNC1"

/* plan: the header, then its sections at the given offsets. */
#define PLAN_MAGIC "TJPLAN01"
#define PLAN_SIZE_MAX (1u << 20)

struct plan_section {
  uint32_t offset; /* from the start of the header */
  uint32_t length; /* in bytes; 0 = absent */
};

struct plan {
  char magic[8];
  uint32_t size; /* of the whole plan */
  uint32_t mode; /* enum plan_mode */
  uint32_t flags; /* enum plan_flag */
  uint32_t ready_port;     /* with serving: ready once somebody listens there; 0: nobody need */
  uint32_t ready_after_ms; /* with serving: ready after so long; 0: never for that */
  uint32_t reserved;       /* 0 */
  struct plan_section notify;   /* sock_filter[]: the filter to install; the answers of the supervisor are USER_NOTIF */
  struct plan_section verdict;  /* sock_filter[]: the policy's own actions. Evaluated in user space for each notification;
                                   also the filter to install where there is no supervisor */
  struct plan_section pointers; /* struct pointer_rule[], sorted by (arch, nr) */
  struct plan_section spool;    /* path of the spool directory, no NUL */
  struct plan_section profile;  /* name of the profile, no NUL; absent: the real path of the executable */
  struct plan_section policy;   /* path of the policy for the records, no NUL */
  struct plan_section serving;  /* sock_filter[]: takes the place of verdict once the target is ready; absent: never. What the
                                   two do not both allow must be notified */
};

enum plan_mode {
  MODE_EXEC = 1,     /* install verdict, exec; nothing stays behind */
  MODE_RECORDER = 2, /* install notify; the launcher answers by verdict and spools */
  MODE_AGENT = 3,    /* install notify; Java answers; if it dies, the launcher does, by verdict */
};

enum plan_flag {
  PLAN_COMPLAIN = 1,      /* answer CONTINUE where verdict denies; record all the same */
  PLAN_BEST_EFFORT = 2,   /* partial enforcement is accepted */
  PLAN_FREE_EXEC = 4,     /* verdict does not allow execve: the launch's own one passes, once */
  PLAN_CACHEABLE = 8,     /* the launcher may keep this plan under its key */
  PLAN_QUIET = 16,        /* no notes, no closing line about denials */
  PLAN_LEARN = 32,        /* the agent's death is an error (125): end the target */
  PLAN_LOG = 64,          /* install with SECCOMP_FILTER_FLAG_LOG */
  PLAN_FOLLOW = 128,      /* wait for the filter's last task while there is an agent, not only for the main child */
  PLAN_LEAVE = 256,       /* with PLAN_LEARN: once the main child has ended the agent may end too; what is left goes on */
};

/*
 * What to read behind the pointers of a call. kinds[i] belongs to argument i: the low byte is enum pointer_kind, the
 * high byte its parameter. A call without an entry has nothing worth reading.
 */
struct pointer_rule {
  uint32_t arch; /* AUDIT_ARCH_ */
  uint32_t nr;   /* x32 numbers with their bit */
  uint16_t kinds[6];
  uint32_t reserved; /* 0 */
};

enum pointer_kind {
  POINTER_NONE = 0,
  POINTER_STRING = 1,  /* NUL-terminated, at most SPOOL_STRING_MAX bytes */
  POINTER_BYTES = 2,   /* as many bytes as the parameter says */
  POINTER_SIZED = 3,   /* the length is in the argument whose index is the parameter; at most SPOOL_BYTES_MAX */
  POINTER_VECTOR = 4,  /* NULL-terminated array of strings: the first SPOOL_VECTOR_MAX, joined by NUL; the parameter is the
                          pointer size, 4 or 8 */
  POINTER_MSGHDR = 5,  /* struct msghdr: the bytes of msg_name; the parameter is the pointer size */
  POINTER_FD = 6,      /* not a pointer: a descriptor; the target of /proc/TID/fd/N */
  POINTER_DIRFD = 7,   /* as POINTER_FD; AT_FDCWD gives the target of /proc/TID/cwd */
  POINTER_UNUSED = 8,  /* the call has no such argument: what the register happens to hold is recorded as 0, so that
                          denials which differ in nothing else are one record */
};

enum {
  SPOOL_STRING_MAX = 1024,
  SPOOL_BYTES_MAX = 128,
  SPOOL_VECTOR_MAX = 16,
  SPOOL_MAPS_MAX = 32768,
  SPOOL_SIZE_MAX = 64 << 20, /* of one spool; more denials are counted as lost */
};

/*
 * control: one message a packet. The first word is the type.
 *   LISTENER   launcher -> agent: with descriptors [listener, slots]; main = process id of the target
 *   MAIN_ENDED launcher -> agent: status as of waitpid
 *   OPEN_MEMORY agent -> launcher: a thread whose memory Yama keeps from the agent, which is not its ancestor
 *   MEMORY     launcher -> agent: status 0 with descriptor [/proc/TID/mem, read-only], else errno
 *   STOP       agent -> launcher: end the target (SIGTERM, after two seconds SIGKILL), as on --timeout
 *              launcher -> agent: end, likewise, who has called and outlived the main process, as on an interrupt
 */
struct control {
  uint32_t type;
  int32_t thread; /* OPEN_MEMORY, MEMORY: the thread; LISTENER: the main process */
  int32_t status; /* MAIN_ENDED, MEMORY */
  uint32_t reserved; /* 0 */
};

enum control_type {
  CONTROL_LISTENER = 1,
  CONTROL_MAIN_ENDED = 2,
  CONTROL_OPEN_MEMORY = 3,
  CONTROL_MEMORY = 4,
  CONTROL_STOP = 5,
};

/*
 * slots: SLOT_COUNT slots of SLOT_SIZE bytes; each begins with a struct seccomp_notif, received in place. A slot whose id
 * is not 0 is received and not answered; the agent zeroes a slot before RECV and after SEND. When the agent is dead, the
 * launcher answers each id that is left.
 */
enum { SLOT_SIZE = 256, SLOT_COUNT = 256 };

/*
 * spool: the header, then records from header.start to header.used. A record is complete when it lies below used, which
 * is stored last (release). The file is mapped by the launcher: kill -9 of the launcher loses nothing below used.
 */
#define SPOOL_MAGIC "TJSPOOL1"

struct spool_header {
  char magic[8];
  uint32_t start;   /* offset of the first record */
  uint32_t writer;  /* process id of the writer */
  uint64_t used;    /* end of the last complete record */
  uint64_t lost;    /* denials that could not be recorded: spool full, disk full */
  uint64_t closed;  /* 1: the writer has ended in order */
  uint64_t writer_start; /* start time of the writer: field 22 of /proc/PID/stat; with boot_id and pid it names the writer */
};

struct spool_record {
  uint32_t size; /* of the whole record, a multiple of 8 */
  uint16_t type;
  uint16_t flags;
};

enum record_type { RECORD_START = 1, RECORD_IMAGE = 2, RECORD_DENIAL = 3, RECORD_END = 4 };

/* followed by fields: BOOT_ID, PROFILE, POLICY_PATH, EXECUTABLE, DIRECTORY, WORD... */
struct record_start {
  struct spool_record record;
  uint64_t wall_ns; /* since the epoch */
  int32_t main;     /* process id of the target */
  uint32_t uid;
};

/* A process as it was after one of its execs; followed by fields: EXECUTABLE, COMM, MAPS. */
struct record_image {
  struct spool_record record;
  uint32_t image;  /* number within this spool, from 1 */
  int32_t process; /* thread group */
};

enum denial_flag {
  DENIAL_CONTINUED = 1,  /* --complain: the call was carried out */
  DENIAL_UNREADABLE = 2, /* some memory could not be read */
  DENIAL_KILLED = 4,     /* answered by SIGKILL */
};

/* A denial, and its repetitions: equal in all but time. Followed by blocks. */
struct record_denial {
  struct spool_record record;
  uint64_t count;    /* updated in place */
  uint64_t first_ns; /* since the epoch */
  uint64_t last_ns;  /* updated in place */
  uint32_t image;    /* 0: unknown */
  int32_t thread;
  uint32_t verdict;  /* the value of the verdict program: SECCOMP_RET_ | data; SECCOMP_RET_USER_NOTIF where the supervisor
                        has refused the call itself, with EPERM, whatever the policy */
  uint32_t arch;
  int32_t nr;
  uint32_t reserved; /* 0 */
  uint64_t ip;
  uint64_t args[6];
};

/* What was found behind one argument; padded to 8. */
struct denial_block {
  uint8_t argument;
  uint8_t kind; /* enum pointer_kind */
  uint16_t error; /* 0, or the errno of the read; then length is 0 */
  uint32_t length;
  /* uint8_t bytes[length]; */
};

struct record_end {
  struct spool_record record;
  uint64_t wall_ns;
  int32_t status; /* as of waitpid */
  uint32_t reserved;
};

#endif

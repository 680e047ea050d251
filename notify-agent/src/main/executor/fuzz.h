/*
 * fuzz.h - every byte that crosses between the executor, the fork server inside the target, and Java.
 *
 * The executor starts a target again and again for a fuzzer. Its warden is process 1 of new namespaces; the server,
 * under a filter that notifies, is either the warden's child (plain) or the target itself, stopped before main by
 * preload.so. A server asks for its next run by a notified call of a number that no kernel has, so that starting a run
 * costs no wake-up beside those of the listener.
 */
#ifndef TINY_JAIL_FUZZ_H
#define TINY_JAIL_FUZZ_H

#include <stdint.h>

/* Descriptors of the executor. */
enum { CONTROL_FD = 3, SETTING_FD = 4 };

/*
 * setting  Java -> executor   sealed memfd: SETTING_MAGIC, then fields (tag, length, bytes, padding to 8) to the end.
 */
#define SETTING_MAGIC "TJFUZZ01"

/* Input files at most; without any there is one, standard input. */
enum { INPUTS_MAX = 8 };

struct field {
  uint32_t tag;
  uint32_t length; /* of the bytes, without padding */
};

enum setting_tag {
  SETTING_WORD = 1,        /* a word of the command line as first started; repeated */
  SETTING_EXECUTABLE = 2,  /* the file to execute */
  SETTING_DIRECTORY = 3,   /* the working directory: seen as it is, changes are kept apart and dropped */
  SETTING_VARIABLE = 4,    /* NAME=VALUE of the environment; repeated */
  SETTING_FILTER = 5,      /* struct sock_filter[] */
  SETTING_PRELOAD = 6,     /* the path of preload.so; absent: a plain server */
  SETTING_INPUT = 7,       /* path of an input file inside; repeated; absent: the input is standard input */
  SETTING_LIMITS = 8,      /* struct limits */
  SETTING_FLAGS = 9,       /* uint32_t: enum setting_flag */
};

enum setting_flag {
  SETTING_EFFECTS = 1, /* no namespaces: the user accepts real effects */
  SETTING_CAPTURE = 2, /* standard output and error go to a file that Java gets; else to /dev/null */
  SETTING_CALLBACKS = 4, /* with a preload: the target calls __sanitizer_cov_trace_...: tell of it in struct coverage */
  SETTING_AFL = 8,       /* with a preload: the target asks for AFL's map, of number FUZZ_SHM_ID: it gets struct coverage */
};

struct limits {
  uint64_t memory;    /* bytes of address space of each process */
  uint64_t file_size; /* bytes of each file */
  uint64_t scratch;   /* bytes of all files of a run, in memory */
  uint64_t processes; /* of the target, at once */
};

/*
 * control  both ways   one struct message a packet.
 *   READY     executor -> Java: with descriptors [listener, board, inputs...] and, with SETTING_CAPTURE, output; value = server's process id
 *   INPUT     executor -> Java: with descriptors [inputs...]: the input files have been made anew; answer to CLEAN
 *   ENDED     executor -> Java: the server has ended; value = status as of waitpid
 *   FAILED    executor -> Java: a server cannot be started; value = errno, text = at what
 *   KILL      Java -> executor: end all processes of the run but the server; answered by KILLED
 *   CLEAN     Java -> executor: the same, and drop all changes to files; answered by INPUT
 *
 * Only where there are namespaces, each answered by a message of its own type:
 *   CONNECT   value = a TCP port, or 0 and text = a UNIX socket, of which "@name" is abstract; the answer has the
 *             descriptor [connection], which never blocks, or value = errno, EXDEV where a process outside listens
 *   TERMINAL  the next runs get a new terminal; the answer has the descriptor [its master], or value = errno
 *   LOOK      the answer's value = enum look, LOOK_RAN if any has run since the last, and in the second byte the signal, other than SIGKILL
 *             and SIGTERM, that has ended an orphan since the last
 *   STOP      value = enum stop: send SIGTERM
 */
struct message {
  uint32_t type;
  int32_t value;
  char text[120];
};

enum message_type {
  MESSAGE_READY = 1,
  MESSAGE_INPUT = 2,
  MESSAGE_ENDED = 3,
  MESSAGE_FAILED = 4,
  MESSAGE_KILL = 5,
  MESSAGE_CLEAN = 6,
  MESSAGE_KILLED = 7,
  MESSAGE_CONNECT = 8,
  MESSAGE_TERMINAL = 9,
  MESSAGE_LOOK = 10,
  MESSAGE_STOP = 11,
};

/* What the processes of the run do. One that waits for the answer to a notified call is asleep, too. */
enum look { LOOK_NONE = 0, LOOK_ASLEEP = 1, LOOK_BUSY = 2, LOOK_RAN = 4 };

enum stop { STOP_OLDEST = 0, STOP_ALL = 1 };

/*
 * The server's own call: FUZZ_CALL(kind, a, b, c). FORKED is held until the run may begin, READY and DONE until the next
 * may: they return RUN_NEXT. Any other result, ENOSYS above all when Java is gone, ends the caller. Runs are numbered
 * from 1; while one runs the child of the next is forked.
 */
enum { FUZZ_CALL = 0x746a01 };

enum fuzz_kind {
  FUZZ_HELLO = 1,  /* a, b: start and end of the server's own code: calls from there are no evidence. Not held */
  FUZZ_READY = 2,  /* a: threads of the server, which must be 1 */
  FUZZ_DONE = 3,   /* a: status of the run's first process as of waitpid */
  FUZZ_FORKED = 4, /* by a run's first process. a: the run, b: its process id in the namespace, c: the board's token */
};

enum { RUN_NEXT = 1 };

/* What the next run gets; written by Java between runs, read by the server's child. A count of 0: as first started. */
enum { BOARD_WORDS = 256, BOARD_VARIABLES = 64, BOARD_TEXT = 128 << 10 };

struct board {
  uint32_t words;
  uint32_t variables;  /* added to the environment, or put in place of those of their name */
  uint32_t generation; /* changes when the working directory is another one */
  uint32_t terminal;   /* 0: none; else standard streams and controlling terminal are /dev/pts/(terminal - 1) */
  uint32_t first;      /* how many words there were as first started: for a script the kernel puts others before them */
  uint32_t coverage;   /* SETTING_CALLBACKS, SETTING_AFL, or 0 */
  uint64_t token;      /* sixth argument of the server's calls that the filter lets pass; at random, so that no other has it */
  uint64_t spare;      /* process id in the namespace of what waits for the next run, which is not of this one; 0: none */
  char directory[4096];
  uint32_t word[BOARD_WORDS]; /* offsets in text */
  uint32_t variable[BOARD_VARIABLES];
  char text[BOARD_TEXT]; /* each ended by NUL */
};

/*
 * What an instrumented target says of its run, in the board's file at COVERAGE_AT; cleared by Java between runs. Operands
 * that differed stand at a place that depends on where they were compared and on their values: a later one may take the
 * place of an earlier one.
 */
enum { COVERAGE_EDGES = 1 << 16, COVERAGE_COMPARISONS = 256 };

struct comparison {
  uint64_t site; /* where */
  uint64_t a;
  uint64_t b;
};

struct coverage {
  uint8_t edge[COVERAGE_EDGES]; /* how often */
  struct comparison comparison[COVERAGE_COMPARISONS]; /* two equal ones: none */
};

enum { COVERAGE_AT = 256 << 10 }; /* behind the board, for pages of any size */

/* AFL's variable __AFL_SHM_ID, and how much memory the target sees there: the edges again and again. */
enum { FUZZ_SHM_ID = 0x746a02, FUZZ_SHM_SIZE = 1 << 20 };

/* For the dynamic linker of a target with preload, which takes any value and does not show this one to the target. */
#define BIND_EARLY "LD_BIND_NOW=tiny-jail"

/* Where the executor puts the board for the server: a descriptor that the server closes. */
enum { BOARD_FD = 1019 };

#endif

/* executor.h - the map of the executor: what each file offers to the others. */
#ifndef TINY_JAIL_EXECUTOR_H
#define TINY_JAIL_EXECUTOR_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fuzz.h"

/* setting.c */
enum { SETTING_LIST = 1024 };
struct setting {
  char *words[SETTING_LIST + 1];
  char *variables[SETTING_LIST + 3]; /* with room for LD_PRELOAD and LD_BIND_NOW */
  size_t word_count;
  size_t variable_count;
  const char *executable;
  const char *directory;
  const char *preload; /* NULL: plain */
  const char *inputs[INPUTS_MAX];
  size_t input_count; /* 0: standard input */
  struct limits limits;
  struct sock_fprog filter;
  uint32_t flags;
};
bool setting_read(int fd, struct setting *setting); /* false: not what fuzz.h describes */

/* report.c: messages to Java; each ends the executor when Java is gone */
void report(enum message_type type, int value, const int *fds, size_t count);
_Noreturn void report_failure(const char *what); /* with errno */

/* namespaces.c */
pid_t namespaces_fork(bool own); /* as fork; own: the child is process 1 of new namespaces, with their capabilities */

/* files.c: what the target sees, and where its changes go */
struct files {
  int inputs[INPUTS_MAX]; /* for Java, writable */
  size_t input_count;     /* at least 1 */
  int output;             /* -1: /dev/null */
};
void files_prepare(const struct setting *setting); /* before the server, in the new namespaces */
void files_open(const struct setting *setting, struct files *files);
bool files_clean(const struct setting *setting, struct files *files, struct board *board); /* true: a new directory */

/* processes.c: all that is in our namespace, but for us and these, which are of no run */
struct own {
  pid_t server;
  pid_t spare;
};

int processes_kill(const struct own *own);                  /* how many there were */
void processes_stop(const struct own *own, enum stop whom); /* SIGTERM */
enum look processes_look(const struct own *own, uint64_t *ran); /* *ran: another number whenever one has run */

/* connect.c: a descriptor that never blocks, or a negative errno; see fuzz.h */
int connect_to_port(int port);
int connect_to_socket(const char *path);

/* terminal.c: the master of a new terminal, whose number goes to *number, or a negative errno */
int terminal_open(uint32_t *number);

/* warden.c */
_Noreturn void warden_run(const struct setting *setting);

/* server.c: a child that is a server; *listener is its filter's */
pid_t server_start(const struct setting *setting, const struct files *files, int board, int *listener);

#endif

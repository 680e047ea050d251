/*
 * scale.c - many tasks that call at once, as often as they are told.
 *
 *   scale processes COUNT CALLS   processes that begin together once all are there, make CALLS calls, and end
 *   scale threads COUNT CALLS     the same as threads of one process
 *   scale programs COUNT          processes that begin together and execute /bin/true
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS_MAX = 1024 };

static long calls;
static pthread_barrier_t ready;

static void call(void) {
  for (long i = 0; i < calls; i++) syscall(SYS_getppid);
}

static void *thread(void *nothing) {
  pthread_barrier_wait(&ready);
  call();
  return nothing;
}

static int threads(int count) {
  pthread_t all[THREADS_MAX];
  if (count > THREADS_MAX || pthread_barrier_init(&ready, NULL, (unsigned)count)) return 2;
  for (int i = 0; i < count; i++)
    if (pthread_create(&all[i], NULL, thread, NULL)) return 2;
  for (int i = 0; i < count; i++)
    if (pthread_join(all[i], NULL)) return 2;
  return 0;
}

/* A child: the parent closes its end of the pipe when all are there. */
static void child(const int gate[2], int executes) {
  char nothing;
  close(gate[1]);
  if (read(gate[0], &nothing, 1) != 0) _exit(2);
  if (executes) {
    execl("/bin/true", "true", (char *)NULL);
    _exit(127);
  }
  call();
  _exit(0);
}

static int processes(int count, int executes) {
  int gate[2], failed = 0;
  if (pipe(gate)) return 2;
  for (int i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid < 0) return 2;
    if (pid == 0) child(gate, executes);
  }
  close(gate[1]);
  for (int i = 0; i < count; i++) {
    int status;
    while (wait(&status) < 0)
      if (errno != EINTR) return 2;
    failed |= status;
  }
  return failed ? 1 : 0;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: scale processes|threads|programs COUNT [CALLS]\n");
    return 2;
  }
  int count = atoi(argv[2]);
  calls = argc > 3 ? atol(argv[3]) : 0;
  if (!strcmp(argv[1], "threads")) return threads(count);
  return processes(count, !strcmp(argv[1], "programs"));
}

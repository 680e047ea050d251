/*
 * filter.c - filters itself: filter plain|listener [TRESPASS]
 *
 * Its filter refuses getppid, or has a thread of its own answer it. Where another listener is there already, a filter
 * without one has to do.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CODE = 7, ANSWER = 4711 };

static int install(unsigned flags, unsigned action) {
  struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, action), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static void *answer(void *of) {
  static struct seccomp_notif call;
  int listener;
  while ((listener = __atomic_load_n((int *)of, __ATOMIC_SEQ_CST)) < 0) usleep(1000);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call)) return NULL;
  struct seccomp_notif_resp response = {.id = call.id, .val = ANSWER};
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  return NULL;
}

/* The answering thread has no filter: it is there before. */
static int with_listener(void) {
  static int listener = -1;
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, &listener)) return -1;
  int installed = install(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_USER_NOTIF);
  if (installed < 0) {
    fprintf(stderr, "listener: %s\n", strerror(errno));
    return install(0, SECCOMP_RET_ERRNO | EDOM);
  }
  __atomic_store_n(&listener, installed, __ATOMIC_SEQ_CST);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 1;
  int failed = strcmp(argv[1], "listener") ? install(0, SECCOMP_RET_ERRNO | EDOM) : with_listener();
  long parent = syscall(__NR_getppid);
  printf("filtered=%d\n", !failed && (parent == ANSWER || (parent == -1 && errno == EDOM)));
  if (argc > 2) printf("trespass=%d\n", symlink("nowhere", "trespassed"));
  return CODE;
}

/*
 * agent-in-c.c - the least agent there can be, to measure against; getppid is notified.
 *
 *   agent-in-c COMMAND...           one caller at a time: woken in step with the agent
 *   agent-in-c crowd COMMAND...     many callers: woken wherever there is room
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **command, _Atomic int *listener) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  *listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  while (!listener[1]) continue; /* exec would close the listener */
  execv(command[0], command);
  return 127;
}

int main(int argc, char **argv) {
  struct seccomp_notif call;
  struct seccomp_notif_resp answer = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  _Atomic int *listener = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int crowd = argc > 1 && !strcmp(argv[1], "crowd");
  argv += crowd;
  if (argc < 2 + crowd || listener == MAP_FAILED) return 125;
  *listener = -1;
  pid_t child = fork();
  if (child == 0) _exit(run(argv + 1, listener));
  while (*listener < 0) usleep(100);
  int fd = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), *listener, 0);
  if (fd < 0 || ioctl(fd, 0x40082104UL /* SET_FLAGS */, !crowd /* SYNC_WAKE_UP */)) perror("agent-in-c: listener");
  listener[1] = 1;
  for (;;) {
    memset(&call, 0, sizeof call);
    if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call)) {
      if (errno == EINTR) continue;
      break;
    }
    answer.id = call.id;
    ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  waitpid(child, NULL, 0);
  return 0;
}

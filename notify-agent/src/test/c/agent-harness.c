/*
 * agent-harness.c - a launcher for tests of the Java agent: no policy, no recorder, no walls.
 *
 *   agent-harness all|NR[,NR...] [--wait-killable] [--refuse-memory] [--one-descriptor] COMMAND...
 *
 * Says "ready" when the agent's end of the control socket lies at AGENT_FD, waits for a byte on standard input, starts
 * COMMAND with the given numbers notified and passes the listener on.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "../../main/c/wire.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS 0x40082104UL
#endif

enum { AGENT_FD = 100, NUMBERS_MAX = 64 };

static struct sock_filter filter[NUMBERS_MAX + 4];
static unsigned short filter_length;

static void die(const char *what) {
  fprintf(stderr, "harness: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void add(uint16_t code, uint8_t jt, uint8_t jf, uint32_t k) {
  filter[filter_length++] = (struct sock_filter){code, jt, jf, k};
}

static void make_filter(char *numbers) {
  if (strcmp(numbers, "all") == 0) {
    add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF);
    return;
  }
  int list[NUMBERS_MAX], count = 0;
  for (char *word = strtok(numbers, ","); word && count < NUMBERS_MAX; word = strtok(NULL, ",")) list[count++] = atoi(word);
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
  for (int i = 0; i < count; i++) add(BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(count - i), 0, (uint32_t)list[i]);
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF);
}

static void send_message(int socket, struct control message, const int *fds, size_t count) {
  char room[CMSG_SPACE(2 * sizeof(int))] = {0};
  struct iovec bytes = {&message, sizeof message};
  struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (count) {
    header.msg_control = room;
    header.msg_controllen = CMSG_SPACE(count * sizeof *fds);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
    *cmsg = (struct cmsghdr){CMSG_LEN(count * sizeof *fds), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(cmsg), fds, count * sizeof *fds);
  }
  if (sendmsg(socket, &header, MSG_NOSIGNAL) < 0) die("sendmsg");
}

static void serve(int socket, int child, int refuse) {
  struct control message;
  if (recv(socket, &message, sizeof message, 0) != sizeof message) exit(0);
  if (message.type == CONTROL_STOP) kill(child, SIGKILL);
  if (message.type != CONTROL_OPEN_MEMORY) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", message.thread);
  int fd = refuse ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  struct control answer = {CONTROL_MEMORY, message.thread, fd < 0 ? (refuse ? EACCES : errno) : 0, 0};
  send_message(socket, answer, &fd, fd >= 0);
  if (fd >= 0) close(fd);
}

int main(int argc, char **argv) {
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  int sockets[2], refuse = 0, descriptors = 2, at = 2;
  if (argc < 3) return 125;
  make_filter(argv[1]);
  for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
    if (strcmp(argv[at], "--wait-killable") == 0) flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    if (strcmp(argv[at], "--refuse-memory") == 0) refuse = 1;
    if (strcmp(argv[at], "--one-descriptor") == 0) descriptors = 1;
  }
  _Atomic int *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int slots = memfd_create("slots", MFD_CLOEXEC);
  if (page == MAP_FAILED || slots < 0 || ftruncate(slots, SLOT_SIZE * SLOT_COUNT)) die("memory");
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) die("socketpair");
  if (dup3(sockets[1], AGENT_FD, O_CLOEXEC) < 0) die("dup3");
  close(sockets[1]);
  printf("ready\n");
  fflush(stdout);
  char go;
  if (read(0, &go, 1) != 1) return 125;
  close(AGENT_FD);

  *page = -1;
  pid_t child = fork();
  if (child == 0) {
    struct sock_fprog program = {filter_length, filter};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) _exit(125);
    *page = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    while (!page[1]) continue; /* exec would close the listener; a call to wait may itself be notified */
    execv(argv[at], argv + at);
    _exit(127);
  }
  int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
  while (*page < 0 && waitpid(child, NULL, WNOHANG) == 0) usleep(100);
  int listener = (int)syscall(SYS_pidfd_getfd, pidfd, *page, 0);
  if (listener < 0) die("listener");
  page[1] = 1;
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1)) fprintf(stderr, "harness: no SYNC_WAKE_UP\n");
  int fds[2] = {listener, slots};
  send_message(sockets[0], (struct control){CONTROL_LISTENER, child, 0, 0}, fds, descriptors);
  close(listener);

  for (;;) {
    struct pollfd polled[2] = {{sockets[0], POLLIN, 0}, {pidfd, POLLIN, 0}};
    poll(polled, 2, -1);
    if (polled[0].revents) serve(sockets[0], child, refuse);
    if (polled[1].revents) break;
  }
  int status;
  waitpid(child, &status, 0);
  send_message(sockets[0], (struct control){CONTROL_MAIN_ENDED, child, status, 0}, NULL, 0);
  struct control message;
  for (;;) {
    struct pollfd polled = {sockets[0], POLLIN, 0};
    poll(&polled, 1, -1);
    if (recv(sockets[0], &message, sizeof message, MSG_PEEK) <= 0) return 0;
    serve(sockets[0], child, refuse);
  }
}

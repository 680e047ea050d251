/*
 * agent.c - in Java's place: hands the plan over, takes the listener, and then behaves as a file tells it.
 *   answer  denies each notification with ECHILD until the filter is gone, then ends
 *   die     receives one notification into a slot and kills itself
 *   close   closes its socket when it has the listener, and waits
 *   fail    as answer, but ends with exit code 9
 *   leave   as answer, but ends with the main child
 *   stop    as answer, but asks for the target's end first
 *   hold    receives each notification into a slot of its own and never answers
 *   dirty   as die, with all other slots full of ones
 *   late    answers one notification, but leaves it in its slot, and kills itself
 *   babble  sends the launcher what is no message, and waits
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../main/c/wire.h"

static int fds[2];
static uint8_t *slots;

static void copy_plan(const char *path) {
  char bytes[4096];
  int from = open(path, O_RDONLY);
  for (ssize_t got; (got = read(from, bytes, sizeof bytes)) > 0;)
    if (write(PLAN_FD, bytes, (size_t)got) != got) exit(1);
  close(PLAN_FD);
}

static int take_listener(void) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof fds)];
  } control;
  struct control packet;
  struct iovec bytes = {&packet, sizeof packet};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(CONTROL_FD, &message, 0) != sizeof packet || packet.type != CONTROL_LISTENER) return 0;
  memcpy(fds, CMSG_DATA(&control.header), sizeof fds);
  slots = mmap(NULL, SLOT_SIZE * SLOT_COUNT, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
  return 1;
}

static struct seccomp_notif *receive(void) {
  struct seccomp_notif *n = (struct seccomp_notif *)slots;
  memset(n, 0, SLOT_SIZE);
  return ioctl(fds[0], SECCOMP_IOCTL_NOTIF_RECV, n) ? NULL : n;
}

/* The launcher's first message after the listener is that the main child has ended. */
static void answer_all(int leaves) {
  for (;;) {
    struct pollfd on[] = {{fds[0], POLLIN, 0}, {leaves ? CONTROL_FD : -1, POLLIN, 0}};
    poll(on, 2, -1);
    if (on[1].revents || !(on[0].revents & POLLIN)) return;
    struct seccomp_notif *n = receive();
    if (!n) continue;
    struct seccomp_notif_resp answer = {.id = n->id, .error = -ECHILD};
    ioctl(fds[0], SECCOMP_IOCTL_NOTIF_SEND, &answer);
    n->id = 0;
  }
}

static void hold_all(void) {
  for (int i = 0; i < SLOT_COUNT; i++) {
    void *slot = slots + i * SLOT_SIZE;
    if (ioctl(fds[0], SECCOMP_IOCTL_NOTIF_RECV, slot)) return;
  }
}

static _Noreturn void die(const char *how) {
  struct seccomp_notif *n = receive();
  if (!strcmp(how, "dirty")) memset(slots + SLOT_SIZE, 0xff, (SLOT_COUNT - 1) * SLOT_SIZE);
  if (!strcmp(how, "late") && n) {
    struct seccomp_notif_resp answer = {.id = n->id, .error = -ECHILD};
    ioctl(fds[0], SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  raise(SIGKILL);
  abort();
}

int main(int argc, char **argv) {
  char path[4096];
  char how[16] = "";
  const char *home = dirname(argv[0]);
  (void)argc;
  snprintf(path, sizeof path, "%s/../../the.plan", home);
  copy_plan(path);
  snprintf(path, sizeof path, "%s/../../behaviour", home);
  int fd = open(path, O_RDONLY);
  if (fd >= 0 && read(fd, how, sizeof how - 1) < 0) return 1;
  if (!take_listener()) return 0;
  if (!strcmp(how, "die") || !strcmp(how, "dirty") || !strcmp(how, "late")) die(how);
  if (!strcmp(how, "hold")) hold_all();
  if (!strcmp(how, "babble")) return write(CONTROL_FD, "?", 1) == 1 && !sleep(1) ? 0 : 1;
  if (!strcmp(how, "close")) {
    close(CONTROL_FD);
    close(fds[0]);
    sleep(2);
    return 0;
  }
  if (!strcmp(how, "stop")) {
    usleep(500000); /* the target is to be under way */
    struct control stop = {.type = CONTROL_STOP};
    if (write(CONTROL_FD, &stop, sizeof stop) != sizeof stop) return 1;
  }
  answer_all(!strcmp(how, "leave"));
  printf("agent ends\n");
  return strcmp(how, "fail") ? 0 : 9;
}

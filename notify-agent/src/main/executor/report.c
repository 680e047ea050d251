/* report.c - messages to Java. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor.h"

enum { DESCRIPTORS_MAX = 3 + INPUTS_MAX };

static void send_message(const struct message *message, const int *fds, size_t count) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
  } control = {0};
  struct iovec bytes = {(void *)message, sizeof *message};
  struct msghdr packet = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (count) {
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
    packet.msg_control = &control;
    packet.msg_controllen = CMSG_SPACE(count * sizeof *fds);
  }
  if (sendmsg(CONTROL_FD, &packet, MSG_NOSIGNAL) != (ssize_t)sizeof *message) _exit(1);
}

void report(enum message_type type, int value, const int *fds, size_t count) {
  struct message message = {.type = type, .value = value};
  send_message(&message, fds, count);
}

void report_failure(const char *what) {
  struct message message = {.type = MESSAGE_FAILED, .value = errno};
  snprintf(message.text, sizeof message.text, "%s", what);
  send_message(&message, NULL, 0);
  _exit(1);
}

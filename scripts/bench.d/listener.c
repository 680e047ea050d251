/* listener.c - the least reader of the kernel's audit records: counts the messages that come, with room for 64 MiB of them, until
   it is told to end (SIGTERM), and prints how many were records of seccomp. */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 256, SIZE = 9216 };
static volatile sig_atomic_t over;
static void end(int signal) {
  (void)signal;
  over = 1;
}

int main(void) {
  static char bytes[BATCH][SIZE];
  static struct mmsghdr messages[BATCH];
  static struct iovec vectors[BATCH];
  struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = 1};
  struct sigaction action = {.sa_handler = end};
  int room = 64 << 20;
  long count = 0;
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
  sigaction(SIGTERM, &action, NULL);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) ||
      bind(fd, (struct sockaddr *)&own, sizeof own)) {
    perror("listener");
    return 1;
  }
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){bytes[i], SIZE};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  while (!over) {
    int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < got; i++) count += ((struct nlmsghdr *)bytes[i])->nlmsg_type == 1326;
  }
  printf("%ld\n", count);
  return 0;
}

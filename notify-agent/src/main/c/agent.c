/* agent.c - the Java agent: gives it the listener, helps it, and takes over when it is gone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { SLOTS_SIZE = SLOT_SIZE * SLOT_COUNT };

static bool send_packet(int socket, const struct control *packet, const int *fds, size_t count) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(2 * sizeof(int))];
  } control = {0};
  struct iovec bytes = {(void *)packet, sizeof *packet};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (count) {
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof *fds);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *packet;
}

static int make_slots(struct supervisor *s) {
  int fd = memfd_create("slots", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || ftruncate(fd, SLOTS_SIZE) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return -1;
  s->slots = mmap(NULL, SLOTS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return s->slots == MAP_FAILED ? -1 : fd;
}

/* What the agent had received and not answered. An id that is no longer valid was answered, or its caller is gone. */
static void answer_slots(struct supervisor *s) {
  for (size_t i = 0; s->slots && i < SLOT_COUNT; i++) {
    struct seccomp_notif left;
    memcpy(&left, s->slots + i * SLOT_SIZE, sizeof left);
    if (left.id && ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &left.id) == 0) recorder_answer(s, &left);
  }
}

/* Asked of the kernel: a keeper is not told. */
static bool may_leave(const struct supervisor *s) {
  struct pollfd on = {.fd = s->pidfd, .events = POLLIN};
  return s->view->plan->flags & PLAN_LEAVE && poll(&on, 1, 0) == 1;
}

static void take_over(struct supervisor *s) {
  if (s->view->plan->flags & PLAN_LEARN && !may_leave(s)) {
    say("the agent has ended before its time; the target is killed, and what it did since is not learned");
    s->broken = true;
    syscall(__NR_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
    stop_kill(s);
  }
  s->answering = true;
  answer_slots(s);
}

static void agent_gone(struct supervisor *s) {
  close(s->control);
  s->control = -1;
  if (s->listener >= 0 && !listener_hung_up(s->listener)) take_over(s);
}

/* Its socket may not have been looked at yet. One that failed has said so itself. */
void agent_ended(struct supervisor *s, int status) {
  const char *command = s->launch->words[0];
  if (s->control >= 0 && !s->keeper) agent_gone(s);
  if (!WIFSIGNALED(status) || s->broken) return;
  say("the agent was killed by signal %d: %s", WTERMSIG(status),
      !strcmp(command, "run")     ? "the policy holds and denials are recorded, but no longer shown"
      : !strcmp(command, "trace") ? "the program goes on, its trace ends"
                                  : "there may be no policy");
}

void agent_hand_over(struct supervisor *s) {
  struct control packet = {.type = CONTROL_LISTENER, .thread = s->child};
  int fds[2] = {s->listener, make_slots(s)};
  if (fds[1] < 0) fail("cannot share memory with the agent: %s", strerror(errno));
  s->answering = false;
  if (!send_packet(s->control, &packet, fds, 2)) agent_gone(s);
  close(fds[1]);
}

void agent_main_ended(struct supervisor *s) {
  struct control packet = {.type = CONTROL_MAIN_ENDED, .thread = s->child, .status = s->status};
  if (s->control >= 0) send_packet(s->control, &packet, NULL, 0);
}

void agent_stop(struct supervisor *s) {
  struct control packet = {.type = CONTROL_STOP};
  if (s->control >= 0) send_packet(s->control, &packet, NULL, 0);
}

static void open_memory(struct supervisor *s, int thread) {
  struct control packet = {.type = CONTROL_MEMORY, .thread = thread};
  int fd = process_open(thread, "mem");
  if (fd < 0) packet.status = errno;
  send_packet(s->control, &packet, &fd, fd >= 0);
  if (fd >= 0) close(fd);
}

void agent_serve(struct supervisor *s) {
  struct control packet = {0};
  ssize_t got = recv(s->control, &packet, sizeof packet, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != (ssize_t)sizeof packet) agent_gone(s);
  else if (packet.type == CONTROL_OPEN_MEMORY) open_memory(s, packet.thread);
  else if (packet.type == CONTROL_STOP) stop_begin(s);
}

/* warden.c - process 1 of the target's namespaces: cleans up between runs, and ends all by its own end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor.h"

struct warden {
  const struct setting *setting;
  struct files files;
  struct board *board;
  pid_t server;
  int signals;
  int crash;    /* the signal that has ended an orphan */
  uint64_t ran; /* at the last look */
};

static struct own own(const struct warden *w) { return (struct own){w->server, (pid_t)w->board->spare}; }

static void reap(struct warden *w) {
  int status;
  pid_t ended;
  struct signalfd_siginfo info;
  while (read(w->signals, &info, sizeof info) == (ssize_t)sizeof info) {}
  while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
    if (ended == w->server) {
      report(MESSAGE_ENDED, status, NULL, 0);
      _exit(0);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM)
      w->crash = WTERMSIG(status);
  }
}

/* A killed process stays in the list until somebody has waited for it: the server for its child, we for orphans. */
static void kill_run(struct warden *w) {
  enum { ROUNDS = 200 };
  struct own kept = own(w);
  for (int round = 0; round < ROUNDS && processes_kill(&kept); round++) {
    struct pollfd on = {w->signals, POLLIN, 0};
    poll(&on, 1, 1);
    reap(w);
  }
  /* A run may have stopped those that are to go on. */
  if (kept.server > 0) kill(kept.server, SIGCONT);
  if (kept.spare > 0) kill(kept.spare, SIGCONT);
}

static void end_run(struct warden *w) {
  if (!(w->setting->flags & SETTING_EFFECTS)) kill_run(w);
  w->crash = 0;
}

static void clean(struct warden *w) {
  end_run(w);
  files_clean(w->setting, &w->files, w->board);
  report(MESSAGE_INPUT, 0, w->files.inputs, w->files.input_count);
}

/* A descriptor for Java, or a negative errno. */
static void pass(enum message_type type, int fd) {
  report(type, fd < 0 ? -fd : 0, &fd, fd >= 0);
  if (fd >= 0) close(fd);
}

static void give_terminal(struct warden *w) {
  uint32_t number = 0;
  int master = terminal_open(&number);
  w->board->terminal = master < 0 ? 0 : number + 1;
  pass(MESSAGE_TERMINAL, master);
}

static void look(struct warden *w) {
  reap(w);
  uint64_t ran = 0;
  struct own without = own(w);
  enum look seen = processes_look(&without, &ran);
  report(MESSAGE_LOOK, (int)seen | (ran == w->ran ? 0 : LOOK_RAN) | w->crash << 8, NULL, 0);
  w->ran = ran;
  w->crash = 0;
}

static void stop(struct warden *w, enum stop whom) {
  struct own spared = own(w);
  processes_stop(&spared, whom);
  report(MESSAGE_STOP, 0, NULL, 0);
}

static void serve_message(struct warden *w) {
  struct message message;
  ssize_t got = recv(CONTROL_FD, &message, sizeof message, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != (ssize_t)sizeof message) _exit(0);
  message.text[sizeof message.text - 1] = 0;
  switch (message.type) {
    case MESSAGE_KILL:
      end_run(w);
      report(MESSAGE_KILLED, 0, NULL, 0);
      break;
    case MESSAGE_CLEAN: clean(w); break;
    case MESSAGE_CONNECT:
      pass(MESSAGE_CONNECT, message.value ? connect_to_port(message.value) : connect_to_socket(message.text));
      break;
    case MESSAGE_TERMINAL: give_terminal(w); break;
    case MESSAGE_LOOK: look(w); break;
    case MESSAGE_STOP: stop(w, (enum stop)message.value); break;
    default: _exit(1);
  }
}

static int take_children(void) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int make_board(struct warden *w) {
  int fd = memfd_create("board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || ftruncate(fd, COVERAGE_AT + sizeof(struct coverage)) ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    report_failure("share memory");
  w->board = mmap(NULL, sizeof *w->board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (w->board == MAP_FAILED) report_failure("share memory");
  w->board->first = (uint32_t)w->setting->word_count;
  snprintf(w->board->directory, sizeof w->board->directory, "%s", w->setting->directory);
  w->board->coverage = w->setting->flags & (SETTING_CALLBACKS | SETTING_AFL);
  return fd;
}

void warden_run(const struct setting *setting) {
  struct warden w = {.setting = setting};
  int fds[3 + INPUTS_MAX];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  w.signals = take_children();
  if (!(setting->flags & SETTING_EFFECTS)) files_prepare(setting);
  files_open(setting, &w.files);
  int board = make_board(&w);
  w.server = server_start(setting, &w.files, board, &fds[0]);
  fds[1] = board;
  size_t count = 2;
  for (size_t i = 0; i < w.files.input_count; i++) fds[count++] = w.files.inputs[i];
  if (w.files.output >= 0) fds[count++] = w.files.output;
  report(MESSAGE_READY, w.server, fds, count);
  close(fds[0]);
  for (;;) {
    struct pollfd on[] = {{CONTROL_FD, POLLIN, 0}, {w.signals, POLLIN, 0}};
    poll(on, 2, -1);
    if (on[0].revents) serve_message(&w);
    if (on[1].revents) reap(&w);
  }
}

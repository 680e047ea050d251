/*
 * terminal.c - a person at a terminal: terminal [WAIT_FOR TYPE]... -- CMD...
 *
 * Runs CMD on a pseudo-terminal of its own, types each TYPE once its WAIT_FOR has appeared, prints all that was shown
 * and then the exit code, or -SIGNAL. TYPE may be ^C or ^Z, the keys, or ^W, which makes the window 100 by 40.
 */
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

static char seen[1 << 16];
static size_t length;
static size_t from;

static int read_some(int terminal) {
  ssize_t got = read(terminal, seen + length, sizeof seen - 1 - length);
  if (got <= 0) return 0;
  length += (size_t)got;
  seen[length] = 0;
  return 1;
}

static void finish(const char *end, int code) {
  fwrite(seen, 1, length, stdout);
  printf("\n%s%d\n", end, code);
  exit(0);
}

static void await_text(int terminal, const char *text) {
  char *found;
  while (!(found = strstr(seen + from, text)))
    if (!read_some(terminal)) finish("never shown: ", 1);
  from = (size_t)(found - seen) + strlen(text);
}

static void type(int terminal, const char *text) {
  struct winsize size = {.ws_row = 40, .ws_col = 100};
  if (!strcmp(text, "^W")) {
    if (ioctl(terminal, TIOCSWINSZ, &size)) finish("cannot resize: ", errno);
    return;
  }
  const char *bytes = !strcmp(text, "^C") ? "\x03" : !strcmp(text, "^Z") ? "\x1a" : text;
  if (write(terminal, bytes, strlen(bytes)) < 0) finish("cannot type: ", errno);
}

/* A shell with job control, as far as one job needs it: says when the job stops, and continues it. */
static void shell(char **command) {
  int status;
  signal(SIGTTOU, SIG_IGN);
  pid_t job = fork();
  if (job == 0) {
    setpgid(0, 0);
    tcsetpgrp(0, getpid());
    signal(SIGTTOU, SIG_DFL);
    execv(command[0], command);
    _exit(99);
  }
  setpgid(job, job);
  while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
    tcsetpgrp(0, getpid());
    printf("stopped by %d\n", WSTOPSIG(status));
    fflush(stdout);
    usleep(200000);
    tcsetpgrp(0, job);
    kill(-job, SIGCONT);
  }
  tcsetpgrp(0, getpid());
  printf("ended=%d\n", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
  fflush(stdout);
  _exit(0);
}

/* Only interrupts the read that waits, so that what was shown is printed. */
static void on_alarm(int number) { (void)number; }

int main(int argc, char **argv) {
  struct sigaction patience = {.sa_handler = on_alarm};
  int terminal;
  int split = 1;
  struct winsize size = {.ws_row = 24, .ws_col = 200};
  while (split < argc && strcmp(argv[split], "--")) split++;
  if (split + 1 >= argc) return 2;
  sigaction(SIGALRM, &patience, NULL);
  alarm(60);
  pid_t pid = forkpty(&terminal, NULL, NULL, &size);
  if (pid == 0) shell(argv + split + 1);
  for (int i = 1; i + 1 < split; i += 2) {
    await_text(terminal, argv[i]);
    usleep(50000); /* whoever asks may first drop what was typed before the question */
    type(terminal, argv[i + 1]);
  }
  await_text(terminal, "ended=");
  while (read_some(terminal)) continue;
  finish("", 0);
}

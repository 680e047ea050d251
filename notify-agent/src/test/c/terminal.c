/* terminal.c - a small shell with a terminal of its own: starts a job, presses keys, says what became of it. */
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

static int terminal;

/* All that the job has printed until the text appears; ends the program if it does not. */
static void expect(const char *text) {
  static char seen[65536];
  size_t length = strlen(seen);
  while (!strstr(seen, text)) {
    ssize_t got = read(terminal, seen + length, sizeof seen - 1 - length);
    if (got <= 0) {
      printf("missing: %s in %s\n", text, seen);
      exit(1);
    }
    seen[length += (size_t)got] = 0;
  }
}

static char state_of(int pid) {
  char path[64];
  char text[512] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return '?';
  close(fd);
  return strrchr(text, ')')[2];
}

static void job(char **argv) {
  setpgid(0, 0);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(0, getpid());
  signal(SIGTTOU, SIG_DFL);
  execv(argv[0], argv);
  _exit(99);
}

/* The session leader, with the terminal as descriptors 0 to 2. */
static void shell(char **argv, int results) {
  int status;
  FILE *say = fdopen(results, "w");
  signal(SIGTTOU, SIG_IGN);
  pid_t pid = fork();
  if (pid == 0) job(argv);
  waitpid(pid, &status, WUNTRACED);
  fprintf(say, "stopped=%d\n", WIFSTOPPED(status));
  fprintf(say, "launcher=%c\n", state_of(pid));
  fflush(say);
  usleep(300000);
  tcsetpgrp(0, pid);
  kill(-pid, SIGCONT);
  usleep(300000);
  fprintf(say, "after=%c\n", state_of(pid));
  fprintf(say, "go\n");
  fflush(say);
  waitpid(pid, &status, WUNTRACED);
  fprintf(say, "signal=%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
  fflush(say);
  _exit(0);
}

int main(int argc, char **argv) {
  int results[2];
  int child_terminal;
  char line[128];
  if (argc < 2 || pipe(results) || openpty(&terminal, &child_terminal, NULL, NULL, NULL)) return 1;
  alarm(20);
  pid_t pid = fork();
  if (pid == 0) {
    login_tty(child_terminal);
    shell(argv + 1, results[1]);
  }
  close(results[1]);
  expect("pid=");
  usleep(200000);
  if (write(terminal, "\x1a", 1) != 1) return 1;
  FILE *said = fdopen(results[0], "r");
  while (fgets(line, sizeof line, said)) {
    fputs(line, stdout);
    if (!strcmp(line, "go\n") && write(terminal, "\x03", 1) != 1) return 1;
  }
  waitpid(pid, NULL, 0);
  return 0;
}

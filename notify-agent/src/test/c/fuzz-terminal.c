/* fuzz-terminal.c - does what each line says, at a terminal only; SIGHUP makes it call getpriority and end with 7. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static void leave(int signal_number) {
  syscall(SYS_getpriority, PRIO_PROCESS, signal_number == SIGHUP ? 0 : 1);
  _exit(7);
}

static int obey(const char *line) {
  struct termios mode;
  if (!strncmp(line, "call", 4)) syscall(SYS_getppid);
  if (!strncmp(line, "crash", 5)) abort();
  if (!strncmp(line, "leave", 5)) return 1;
  if (!strncmp(line, "raw", 3) && !tcgetattr(0, &mode)) {
    cfmakeraw(&mode);
    tcsetattr(0, TCSAFLUSH, &mode);
  }
  if (!strncmp(line, "hold", 4)) {
    signal(SIGHUP, SIG_IGN);
    for (;;) pause();
  }
  if (!strncmp(line, "flood", 5))
    for (int i = 0; i < 10000; i++)
      if (write(1, "a line of output that nobody reads\n", 35) < 0) return 1;
  return 0;
}

int main(void) {
  char line[256];
  ssize_t size;
  int stay = 0;
  struct winsize window;
  struct termios mode;
  signal(SIGHUP, leave);
  if (!isatty(0) || !isatty(1) || !isatty(2) || open("/dev/tty", O_RDWR) < 0) return 3;
  if (tcgetattr(0, &mode) || !(mode.c_lflag & ICANON)) return 4;
  if (ioctl(0, TIOCGWINSZ, &window) || !window.ws_col || tcgetpgrp(0) != getpgrp()) return 5;
  do {
    while ((size = read(0, line, sizeof line - 1)) > 0) {
      line[size] = 0;
      stay |= !strncmp(line, "stay", 4);
      if (obey(line)) return 6;
    }
  } while (stay && size == 0);
  syscall(SYS_getsid, 0);
  return 0;
}

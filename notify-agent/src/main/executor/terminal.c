/* terminal.c - a terminal for a run: that of the run before is hung up when its first process ends. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "executor.h"

int terminal_open(uint32_t *number) {
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  int unlocked = 0;
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master < 0) return -errno;
  if (ioctl(master, TIOCGPTN, number) || ioctl(master, TIOCSPTLCK, &unlocked) || ioctl(master, TIOCSWINSZ, &size)) {
    int error = errno;
    close(master);
    return -error;
  }
  return master;
}

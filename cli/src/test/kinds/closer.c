/* closer.c - closes all descriptors, as daemons do, and writes to the first that it opens then. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CODE = 7 };

int main(int argc, char **argv) {
  (void)argv;
  if (syscall(__NR_close_range, 0, ~0U, 0)) return 1;
  int fd = open("closed", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (argc > 1 && symlink("nowhere", "trespassed") == 0) return 2;
  dprintf(fd, "first=%d\n", fd);
  return CODE;
}

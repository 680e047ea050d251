/* daemon.c - forks twice and has ended when its daemon, orphaned and in a session of its own, begins to work. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CODE = 7, MOMENT = 300000 };

static void work(int trespass) {
  umask(022);
  for (int fd = 0; fd < 3; fd++) close(fd);
  usleep(MOMENT);
  if (trespass && symlink("nowhere", "trespassed") == 0) _exit(1);
  int done = open("working", O_WRONLY | O_CREAT, 0600);
  _exit(write(done, "worked\n", 7) == 7 && rename("working", "done") == 0 ? 0 : 1);
}

int main(int argc, char **argv) {
  (void)argv;
  if (fork() == 0) {
    setsid();
    if (fork() == 0) work(argc > 1);
    _exit(0);
  }
  usleep(MOMENT / 10);
  return CODE;
}

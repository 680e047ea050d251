/* signals.c - is sent two signals by turns whose handlers do not restart calls, so that they meet calls of every kind. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t seen;

static void note(int number) { seen += number != 0; }

int main(void) {
  struct sigaction action = {.sa_handler = note};
  pid_t self = getpid();
  if (sigaction(SIGUSR1, &action, NULL) || sigaction(SIGUSR2, &action, NULL)) return 2;
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 20000; i++) kill(self, i % 2 ? SIGUSR1 : SIGUSR2);
    _exit(0);
  }
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  puts(seen > 0 ? "seen" : "none");
  return 0;
}

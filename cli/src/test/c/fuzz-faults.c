/* fuzz-faults.c - other calls when a read fails, when a write is short, on a signal, and with a variable set. */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void on_signal(int number) {
  (void)number;
  syscall(SYS_getgid);
}

int main(void) {
  char input[64];
  signal(SIGUSR1, on_signal);
  if (getenv("FUZZ_TEST_MODE")) syscall(SYS_getegid);
  if (read(0, input, sizeof input) < 0) syscall(SYS_getuid);
  if (write(1, "hello", 5) == 2) syscall(SYS_geteuid);
  return 0;
}

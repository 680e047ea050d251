/* fuzz-findings.c - ends badly in another way for each first byte of its input, and when its read fails. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Another sequence of calls for each byte. */
static void call_by(unsigned char byte) {
  static const long calls[4] = {SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid};
  for (int bit = 0; bit < 8; bit += 2) syscall(calls[byte >> bit & 3]);
}

int main(int count, char **words) {
  unsigned char input[64] = "";
  if (count > 1 && !strcmp(words[1], "--help")) return 0;
  if (read(0, input, sizeof input) < 0) abort();
  switch (input[0]) {
    case 'a': abort();
    case 's': raise(SIGSEGV); break;
    case 'h': for (;;) pause();
    case 'm': return malloc((size_t)4 << 30) ? 0 : 7;
    case 'v': call_by(input[1]); raise(SIGFPE); break;
  }
  return 0;
}

/* fuzz-options.c - another call with each option; says so in its help. Some inputs end it badly. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words) {
  char input[64] = "";
  for (int i = 1; i < count; i++) {
    if (!strcmp(words[i], "--help")) return puts("usage: fuzz-options [--make-directory] [-u]") < 0;
    if (!strcmp(words[i], "--make-directory")) mkdir("made", 0700);
    if (!strcmp(words[i], "-u")) syscall(SYS_getuid);
  }
  if (read(0, input, sizeof input - 1) < 0) return 1;
  if (input[0] == '!') abort();
  return 0;
}

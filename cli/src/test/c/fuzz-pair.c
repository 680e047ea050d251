/* fuzz-pair.c - calls that depend on two files, the last two words: on each of them and on both. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long contents(const char *file, unsigned char bytes[64]) {
  int fd = open(file, O_RDONLY);
  long size = fd < 0 ? 0 : read(fd, bytes, 64);
  close(fd);
  return size;
}

int main(int count, char **words) {
  unsigned char one[64], other[64];
  if (count < 3) return 2;
  long size = contents(words[count - 2], one);
  long other_size = contents(words[count - 1], other);
  if (size < 1 || other_size < 1) return 1;
  if (one[0] == '!' && other[0] == '!') abort();
  if (one[0] >= 0x80 && other[0] < 0x80) syscall(SYS_getppid);
  if (one[0] == other[0] && size != other_size) syscall(SYS_getpgrp);
  if (size == other_size && !memcmp(one, other, (size_t)size)) syscall(SYS_getuid);
  return 0;
}

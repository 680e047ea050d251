/* fuzz-magic.c - calls behind bytes of the input: three chains of four, each byte behind the one before. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
  static const struct {
    unsigned char byte[4];
    long call[4];
  } chains[3] = {
      {{'a', 0x91, 'z', 0x17}, {SYS_getppid, SYS_getpgrp, SYS_getuid, SYS_geteuid}},
      {{'b', 0x82, 'y', 0x28}, {SYS_getgid, SYS_getegid, SYS_sync, SYS_sched_yield}},
      {{'c', 0x73, 'x', 0x39}, {SYS_getsid, SYS_getpgid, SYS_times, SYS_getrusage}},
  };
  unsigned char input[64];
  long size = read(0, input, sizeof input);
  for (int chain = 0; chain < 3; chain++)
    for (int i = 0; i < 4 && i < size && input[i] == chains[chain].byte[i]; i++) syscall(chains[chain].call[i], 0, 0);
  return 0;
}

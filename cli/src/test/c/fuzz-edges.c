/* fuzz-edges.c - two calls behind bytes and numbers of the input; on the way there nothing but edges and comparisons. */
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int steps; /* keeps compilers from making one comparison of many */

int main(void) {
  unsigned char input[64] = {0};
  long size = read(0, input, sizeof input);
  if ((input[0] & 15) == 9 && ++steps)
    if ((input[1] & 15) == 4 && ++steps)
      if ((input[2] & 15) == 13 && ++steps)
        if ((input[3] & 15) == 6 && ++steps)
          if ((input[4] & 15) == 11 && ++steps) syscall(SYS_getppid);
  uint32_t number;
  uint64_t large;
  memcpy(&number, input, sizeof number);
  if (size < 16 || number != 0x5e3a91c7) return 0;
  memcpy(&large, input + 8, sizeof large);
  if (large == 0x8badf00d12345677) syscall(SYS_getuid);
  return 0;
}

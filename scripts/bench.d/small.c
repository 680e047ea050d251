/* small.c - the least that a fuzzer can be given: reads, compares, ends. */
#include <unistd.h>

int main(void) {
  char input[64];
  long size = read(0, input, sizeof input);
  if (size > 1 && input[0] == 'a' && input[1] == 'b') return write(1, "ab\n", 3) != 3;
  return size > 0 && input[0] == 'x';
}

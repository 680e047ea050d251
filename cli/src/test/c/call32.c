/* call32.c - a program of the 32-bit architecture, without libc: unlink a name, end with 7. */
static long call(long number, long argument) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(argument) : "memory");
  return result;
}

void _start(void) {
  call(10, (long)"/nowhere/\n\x1b[31m");
  call(1, 7);
  __builtin_unreachable();
}

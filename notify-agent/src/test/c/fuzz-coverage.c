/*
 * fuzz-coverage.c - a target that takes another edge for "a" than for others, and compares with 0x5e3a91c7. Instrumented by
 * the compiler, or by hand: GUARDS as clang does it, with a runtime of its own, AFL as AFL's runtime does it.
 *
 * Exit code: 0; 99: what was to go elsewhere was called here; 98: AFL's server began; 97: a variable is left; 96: no map.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#if defined(GUARDS)

static uint32_t guards[3];

void __sanitizer_cov_trace_pc_guard(uint32_t *guard);
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

__attribute__((weak, noinline)) void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  if (*guard) _exit(99);
}

__attribute__((weak, noinline)) void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  for (uint32_t number = 1; start < stop; start++) *start = number++;
}

__attribute__((constructor)) static void begin(void) { __sanitizer_cov_trace_pc_guard_init(guards, guards + 3); }

#define EDGE(number) __sanitizer_cov_trace_pc_guard(&guards[number])

#elif defined(AFL)

static uint8_t none[1 << 20];
static uint8_t *area = none;

__attribute__((constructor)) static void begin(void) {
  const char *id = getenv("__AFL_SHM_ID");
  if (!id) return;
  area = shmat(atoi(id), NULL, 0);
  if (area == (void *)-1) _exit(96);
  if (write(199, "\0\0\0", 4) == 4) _exit(98);
}

#define EDGE(number) area[number == 1 ? 70001 : number]++

#else

static volatile int edge;

#define EDGE(number) edge = number

#endif

int main(void) {
  char input[8] = {0};
  uint32_t value;
  if (read(0, input, sizeof input) < 0) return 1;
  EDGE(0);
  if (input[0] == 'a')
    EDGE(1);
  else
    EDGE(2);
  memcpy(&value, input, sizeof value);
  if (getenv("__AFL_SHM_ID") || getenv("AFL_MAP_SIZE")) return 97;
  return value == 0x5e3a91c7;
}

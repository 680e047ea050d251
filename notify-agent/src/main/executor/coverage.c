/*
 * coverage.c - which edges a run takes and what it compares, told by what compilers put into instrumented targets: calls of
 * the functions below, or AFL's map, which is asked for by shmat.
 *
 * Only the target's own code is seen here; each system call is made from this text, and so is no evidence.
 */
#include "coverage.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "../c/raw.h"

extern char **environ;

enum { PAGE = 4096 };

static struct coverage *map; /* NULL: nobody wants to know */
static uint32_t wanted;
static __thread uint32_t previous __attribute__((tls_model("initial-exec")));

static uint32_t mixed(uint64_t value) { return (uint32_t)((value * 0x9e3779b97f4a7c15u) >> 40); }

/* The same in each run: addresses of code are not random there. */
static uint32_t site(const void *address) { return mixed((uintptr_t)address); }

static void count(uint32_t edge) {
  if (!map) return;
  uint8_t *counter = &map->edge[edge % COVERAGE_EDGES];
  if (*counter < UINT8_MAX) ++*counter;
}

/* Of what is not equal, one may be tried in the place of the other. */
static void compare(const void *address, uint64_t a, uint64_t b) {
  if (!map || a == b) return;
  uint32_t here = site(address);
  map->comparison[(here ^ mixed(a * 31 + b)) % COVERAGE_COMPARISONS] = (struct comparison){here, a, b};
}

static void trace_pc(void) {
  uint32_t here = site(__builtin_return_address(0));
  count(here ^ previous);
  previous = here >> 1;
}

static void trace_guard(uint32_t *guard) {
  if (*guard) count(*guard);
}

/* Each object has its guards; the runtime of clang, which does this elsewhere, numbers them from 1 too. */
static void number_guards(uint32_t *start, uint32_t *stop) {
  static uint32_t last;
  if (start == stop || *start) return;
  for (uint32_t *guard = start; guard < stop; guard++) *guard = ++last;
}

static void compare1(uint8_t a, uint8_t b) { compare(__builtin_return_address(0), a, b); }
static void compare2(uint16_t a, uint16_t b) { compare(__builtin_return_address(0), a, b); }
static void compare4(uint32_t a, uint32_t b) { compare(__builtin_return_address(0), a, b); }
static void compare8(uint64_t a, uint64_t b) { compare(__builtin_return_address(0), a, b); }

/* cases: their number, the bits of the value, and each of them. */
static void compare_cases(uint64_t value, uint64_t *cases) {
  const char *address = __builtin_return_address(0);
  for (uint64_t i = 0; i < cases[0]; i++) compare(address + i, value, cases[2 + i]);
}

/* The names are for others; that a program has one of them itself must not lead us to its own. */
#define CALLBACK(name, own, ...) \
  void __sanitizer_cov_##name(__VA_ARGS__) __attribute__((alias(#own), visibility("default")));
CALLBACK(trace_pc, trace_pc, void)
CALLBACK(trace_pc_guard, trace_guard, uint32_t *)
CALLBACK(trace_pc_guard_init, number_guards, uint32_t *, uint32_t *)
CALLBACK(trace_cmp1, compare1, uint8_t, uint8_t)
CALLBACK(trace_cmp2, compare2, uint16_t, uint16_t)
CALLBACK(trace_cmp4, compare4, uint32_t, uint32_t)
CALLBACK(trace_cmp8, compare8, uint64_t, uint64_t)
CALLBACK(trace_const_cmp1, compare1, uint8_t, uint8_t)
CALLBACK(trace_const_cmp2, compare2, uint16_t, uint16_t)
CALLBACK(trace_const_cmp4, compare4, uint32_t, uint32_t)
CALLBACK(trace_const_cmp8, compare8, uint64_t, uint64_t)
CALLBACK(trace_switch, compare_cases, uint64_t, uint64_t *)

#define REDIRECTED(name, own) {"__sanitizer_cov_" #name, (void *)(uintptr_t)own}
static const struct {
  const char *name;
  void *own;
} callbacks[] = {
    REDIRECTED(trace_pc, trace_pc),         REDIRECTED(trace_pc_guard, trace_guard),
    REDIRECTED(trace_cmp1, compare1),       REDIRECTED(trace_cmp2, compare2),
    REDIRECTED(trace_cmp4, compare4),       REDIRECTED(trace_cmp8, compare8),
    REDIRECTED(trace_const_cmp1, compare1), REDIRECTED(trace_const_cmp2, compare2),
    REDIRECTED(trace_const_cmp4, compare4), REDIRECTED(trace_const_cmp8, compare8),
    REDIRECTED(trace_switch, compare_cases),
};

struct jump {
#if defined(__x86_64__)
  unsigned char code[6]; /* jmp *0(%rip) */
#else
  unsigned char code[8]; /* ldr x16, 8; br x16 */
#endif
  void *to;
} __attribute__((packed));

#if defined(__x86_64__)
static const struct jump jump = {{0xff, 0x25, 0, 0, 0, 0}, NULL};
#else
static const struct jump jump = {{0x50, 0, 0, 0x58, 0, 0x02, 0x1f, 0xd6}, NULL};
#endif

/* Whether nothing that has a name begins before the jump ends: compilers fill up to 16 bytes behind a short function. */
static bool has_room(char *function) {
  Dl_info last;
  return !dladdr(function + sizeof jump - 1, &last) || !last.dli_saddr || last.dli_saddr == function;
}

/* A program that has the function itself, as clang's runtime in it does, calls that one: it goes on to ours. */
static void redirect(const char *name, void *own) {
  char *function = dlsym(RTLD_DEFAULT, name);
  if (!function || function == own || !has_room(function)) return;
  long start = (long)function & -PAGE;
  long size = (((long)function + (long)sizeof jump + PAGE - 1) & -PAGE) - start;
  if (raw4(__NR_mprotect, start, size, PROT_READ | PROT_WRITE | PROT_EXEC, 0)) return;
  struct jump there = jump;
  there.to = own;
  *(struct jump *)function = there;
  __builtin___clear_cache(function, function + sizeof there);
  raw4(__NR_mprotect, start, size, PROT_READ | PROT_EXEC, 0);
}

void coverage_start(uint32_t asked) {
  if (!asked) return;
  long address = raw6(__NR_mmap, 0, sizeof *map, PROT_READ | PROT_WRITE, MAP_SHARED, BOARD_FD, COVERAGE_AT);
  if (address < 0 && address > -PAGE) return;
  map = (struct coverage *)address;
  wanted = asked;
  if (!(asked & SETTING_CALLBACKS)) return;
  for (size_t i = 0; i < sizeof callbacks / sizeof *callbacks; i++) redirect(callbacks[i].name, callbacks[i].own);
}

/* Programs with more edges than the map has counters see it again and again. */
static void *attach_map(void) {
  long address = raw6(__NR_mmap, 0, FUZZ_SHM_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address < 0 && address > -PAGE) return NULL;
  for (long at = 0; at < FUZZ_SHM_SIZE; at += COVERAGE_EDGES) {
    long again = raw5(__NR_mremap, (long)map->edge, 0, COVERAGE_EDGES, MREMAP_MAYMOVE | MREMAP_FIXED, address + at);
    if (again != address + at) return NULL;
  }
  return (void *)address;
}

__attribute__((visibility("default"))) void *shmat(int id, const void *address, int flags);

/* What the target executes, instrumented too perhaps, has no map: its variables are for the target alone. */
void *shmat(int id, const void *address, int flags) {
  typedef void *attach(int, const void *, int);
  if (id == FUZZ_SHM_ID && wanted & SETTING_AFL) {
    environment_forget(environ, "__AFL_SHM_ID=");
    environment_forget(environ, "AFL_MAP_SIZE=");
    void *attached = attach_map();
    if (attached) return attached;
  }
  attach *next = (attach *)(uintptr_t)dlsym(RTLD_NEXT, "shmat");
  return next(id, address, flags);
}

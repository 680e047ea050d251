/*
 * preload.c - a fork server inside a dynamically linked target, before its main: what the dynamic linker and the
 * constructors have done is done for every run.
 *
 * No call of libc here but dlsym: whatever the server does must not look like the target's doing.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "coverage.h"
#include "serve.h"

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));
extern char **environ;

static main_function *target_main;
static const struct board *board;
static uint32_t generation;

static bool starts_with(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return false;
  return true;
}

void environment_forget(char **variables, const char *name) {
  char **kept = variables;
  for (char **at = variables; *at; at++)
    if (!starts_with(*at, name)) *kept++ = *at;
  *kept = NULL;
}

/* What the target executes must not become a server too. */
static void forget_preload(char **variables) {
  static const char name[] = "LD_PRELOAD=";
  for (char **at = variables; *at; at++) {
    if (!starts_with(*at, name)) continue;
    char *rest = *at + sizeof name - 1;
    while (*rest && *rest != ':') rest++;
    if (!*rest) break;
    /* The target's own follow: the name is put before them. */
    enum { LAST = sizeof name - 2 };
    *at = rest - LAST;
    for (size_t i = 0; i <= LAST; i++) (*at)[i] = name[i];
    return;
  }
  environment_forget(variables, name);
}

/* Field 20 of /proc/self/stat. */
static long count_threads(void) {
  char text[1024];
  long fd = raw4(__NR_openat, AT_FDCWD, (long)"/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  long size = raw4(__NR_read, fd, (long)text, sizeof text - 1, 0);
  raw4(__NR_close, fd, 0, 0, 0);
  if (size <= 0) return 0;
  text[size] = 0;
  const char *at = text;
  for (const char *look = text; *look; look++)
    if (*look == ')') at = look + 1;
  for (int field = 2; field < 20 && *at; at++) field += *at == ' ';
  long threads = 0;
  for (; *at >= '0' && *at <= '9'; at++) threads = threads * 10 + (*at - '0');
  return threads;
}

static bool map_board(void) {
  long size = (sizeof *board + 4095) & ~4095L;
  /* Private, but not copied before somebody writes: a target may change its words, and only its own. */
  long result = raw6(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, BOARD_FD, 0);
  if (result < 0 && result > -4096) return false;
  board = (const struct board *)result;
  coverage_start(board->coverage);
  raw4(__NR_close, BOARD_FD, 0, 0, 0);
  return true;
}

/* Where libc keeps the id of the main thread: its copy would be the server's in each child. */
static void *thread_id(void) {
  void *address = NULL;
  return raw5(__NR_prctl, PR_GET_TID_ADDRESS, (long)&address, 0, 0, 0) == 0 ? address : NULL;
}

static const char *text_at(uint32_t offset) { return board->text + offset % BOARD_TEXT; }

static bool same_name(const char *a, const char *b) {
  for (; *a && *a == *b; a++, b++)
    if (*a == '=') return true;
  return false;
}

static void add_variables(char **variables) {
  enum { VARIABLES_MAX = 4096 };
  static char *merged[VARIABLES_MAX + BOARD_VARIABLES + 1];
  size_t at = 0;
  for (uint32_t i = 0; i < board->variables && i < BOARD_VARIABLES; i++)
    merged[at++] = (char *)text_at(board->variable[i]);
  size_t added = at;
  for (size_t i = 0; variables[i] && at < VARIABLES_MAX; i++) {
    bool replaced = false;
    for (size_t j = 0; j < added; j++) replaced |= same_name(variables[i], merged[j]);
    if (!replaced) merged[at++] = variables[i];
  }
  environ = merged;
}

/* The command line of a run: the board's, or that of the start. What an interpreter was given with a script stays. */
static char **words_of(int *count, char **words) {
  enum { EXTRA_MAX = 8 };
  static char *given[EXTRA_MAX + BOARD_WORDS + 1];
  if (!board->words || board->words > BOARD_WORDS) return words;
  uint32_t extra = (uint32_t)*count > board->first ? (uint32_t)*count - board->first : 0;
  if (extra > EXTRA_MAX) return words;
  for (uint32_t i = 0; i <= extra; i++) given[i] = words[i];
  for (uint32_t i = extra ? 1 : 0; i < board->words; i++) given[extra + i] = (char *)text_at(board->word[i]);
  *count = (int)(extra + board->words);
  return given;
}

static int serve_main(int count, char **words, char **variables) {
  serve(thread_id(), count_threads(), board);
  if (board->generation != generation) raw4(__NR_chdir, (long)board->directory, 0, 0, 0);
  if (board->variables) add_variables(variables);
  words = words_of(&count, words);
  return target_main(count, words, environ);
}

__attribute__((visibility("default"))) int __libc_start_main(main_function *main, int count, char **words,
                                                             void (*init)(void), void (*fini)(void),
                                                             void (*ended)(void), void *stack);

int __libc_start_main(main_function *main, int count, char **words, void (*init)(void), void (*fini)(void),
                      void (*ended)(void), void *stack) {
  start_function *start = (start_function *)(uintptr_t)dlsym(RTLD_NEXT, "__libc_start_main");
  if (!start) serve_leave(1);
  raw4(FUZZ_CALL, FUZZ_HELLO, (long)__ehdr_start, (long)etext, 0);
  if (!map_board()) serve_leave(1);
  target_main = main;
  forget_preload(words + count + 1);
  environment_forget(words + count + 1, BIND_EARLY);
  return start(serve_main, count, words, init, fini, ended, stack);
}

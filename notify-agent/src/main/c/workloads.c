/*
 * workloads.c - learn --from-file: a file of commands, one a line, as the words of the target that runs them: see
 * sequence.c.
 *
 * Words are split as a shell does it: blanks separate, '...' and "..." and a backslash quote, # begins a comment. There
 * is no shell: what would be an operator or an expansion to one is an error, so that nothing means something else here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

enum { WORKLOADS_MAX = 1 << 20 };

static struct {
  const char *name;
  const char *at; /* the next byte; the text ends with NUL */
  const char *end;
  const char *line_start;
  int line;
} in;

static struct buffer word; /* as far as it has been read */
static char **words;       /* all so far, ended by NULL; they live as long as the launcher */
static size_t words_count;

static _Noreturn void fail_at(const char *at, const char *problem) {
  fail("%s:%d:%d: %s", in.name, in.line, (int)(at - in.line_start) + 1, problem);
}

static void read_file(const char *name) {
  static struct buffer text;
  struct stat file;
  int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a fifo must not hang us */
  if (fd < 0) fail("%s: %s", name, strerror(errno));
  if (fstat(fd, &file) || !S_ISREG(file.st_mode)) fail("%s: wanted a regular file with commands, one a line", name);
  if (!buffer_read(&text, fd, WORKLOADS_MAX)) fail("%s: over %d bytes; split it", name, WORKLOADS_MAX);
  close(fd);
  buffer_add(&text, "", 1);
  in.name = name;
  in.at = in.line_start = (const char *)text.data;
  in.end = in.at + text.size - 1;
  in.line = 1;
}

static void add(char *text) {
  static size_t capacity;
  if (!text) fail("out of memory");
  if (words_count + 1 >= capacity) {
    capacity = capacity ? 2 * capacity : 64;
    char **more = realloc(words, capacity * sizeof *more);
    if (!more) fail("out of memory");
    words = more;
  }
  words[words_count++] = text;
  words[words_count] = NULL;
}

static char *decimal(long number) {
  char *text;
  return asprintf(&text, "%ld", number) < 0 ? NULL : text;
}

static bool ends_line(char c) { return c == '\n' || c == 0; }

/* The byte as it is; only NUL can be no part of a word. */
static void take(void) {
  if (*in.at == 0) fail_at(in.at, "a NUL byte; wanted text");
  buffer_add(&word, in.at++, 1);
}

static void single_quoted(void) {
  const char *begin = in.at++;
  while (*in.at != '\'') {
    if (ends_line(*in.at)) fail_at(begin, "this ' is not closed on its line");
    take();
  }
  in.at++;
}

static void double_quoted(void) {
  const char *begin = in.at++;
  while (*in.at != '"') {
    if (ends_line(*in.at)) fail_at(begin, "this \" is not closed on its line");
    if (*in.at == '$' || *in.at == '`')
      fail_at(in.at, "no shell reads this line, nothing is expanded; put a backslash before it, or write sh -c '...'");
    if (*in.at == '\\' && in.at[1] && strchr("\\\"$`", in.at[1])) in.at++;
    take();
  }
  in.at++;
}

static void escaped(void) {
  if (ends_line(in.at[1])) fail_at(in.at, "a backslash at the end of the line; a command is one line");
  in.at++;
  take();
}

static bool ends_word(char c) { return ends_line(c) || c == ' ' || c == '\t' || c == '\r'; }

static void read_word(void) {
  word.size = 0;
  while (!ends_word(*in.at) || (*in.at == 0 && in.at < in.end)) {
    if (*in.at == '\'') single_quoted();
    else if (*in.at == '"') double_quoted();
    else if (*in.at == '\\') escaped();
    else if (*in.at && strchr("|&;<>()$`", *in.at))
      fail_at(in.at, "no shell reads this line; quote what stands here, or write sh -c '...'");
    else take();
  }
  buffer_add(&word, "", 1);
  add(strdup((const char *)word.data));
}

/* The line as its number, the count of its words, and these. */
static void read_line(void) {
  size_t head = words_count;
  for (;;) {
    while (*in.at == ' ' || *in.at == '\t' || *in.at == '\r') in.at++;
    if (*in.at == '#') in.at += strcspn(in.at, "\n");
    if (*in.at == '\n' || in.at == in.end) break;
    if (words_count == head) {
      add(decimal(in.line));
      add((char *)""); /* the count, once it is known */
    }
    read_word();
  }
  if (words_count == head) return;
  if (!words[head + 2][0]) fail_at(in.line_start, "an empty word; wanted a command");
  words[head + 1] = decimal((long)(words_count - head - 2));
  if (!words[head + 1]) fail("out of memory");
}

char **workloads_read(const char *name, bool quiet) {
  char *self;
  read_file(name);
  if (asprintf(&self, "%s/bin/tiny-jail", home.path) < 0) fail("out of memory");
  add(self);
  add((char *)SEQUENCE_WORD);
  add((char *)(quiet ? "quiet" : "say"));
  add((char *)name);
  size_t head = words_count;
  for (; in.at < in.end; in.line++) {
    read_line();
    if (*in.at == '\n') in.at++;
    in.line_start = in.at;
  }
  if (words_count == head) fail("%s: holds no command; wanted one a line", name);
  return words;
}

/* setting.c - what Java wants started: read whole, checked to the last byte. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "executor.h"

enum { SETTING_SIZE_MAX = 4 << 20 };

struct reader {
  struct setting *setting;
  char *bytes;
  uint32_t length;
};

static bool is_text(const struct reader *r) { return !memchr(r->bytes, 0, r->length); }


static bool take_text(const struct reader *r, const char **text) {
  *text = r->bytes;
  return r->length > 0 && is_text(r);
}

static bool take_input(const struct reader *r) {
  struct setting *s = r->setting;
  return s->input_count < INPUTS_MAX && take_text(r, &s->inputs[s->input_count++]);
}

static bool take_listed(const struct reader *r, char **list, size_t *count) {
  if (*count >= SETTING_LIST || !is_text(r)) return false;
  list[(*count)++] = r->bytes;
  return true;
}

static bool take_filter(const struct reader *r) {
  struct sock_fprog *filter = &r->setting->filter;
  filter->len = (unsigned short)(r->length / sizeof *filter->filter);
  filter->filter = (struct sock_filter *)(void *)r->bytes;
  return r->length && r->length % sizeof *filter->filter == 0 && r->length / sizeof *filter->filter <= BPF_MAXINSNS;
}

static bool take_bytes(const struct reader *r, void *into, size_t size) {
  if (r->length != size) return false;
  memcpy(into, r->bytes, size);
  return true;
}

static bool take(const struct reader *r, uint32_t tag) {
  struct setting *s = r->setting;
  switch (tag) {
    case SETTING_WORD: return take_listed(r, s->words, &s->word_count);
    case SETTING_VARIABLE: return take_listed(r, s->variables, &s->variable_count);
    case SETTING_EXECUTABLE: return take_text(r, &s->executable);
    case SETTING_DIRECTORY: return take_text(r, &s->directory);
    case SETTING_PRELOAD: return take_text(r, &s->preload);
    case SETTING_INPUT: return take_input(r);
    case SETTING_FILTER: return take_filter(r);
    case SETTING_LIMITS: return take_bytes(r, &s->limits, sizeof s->limits);
    case SETTING_FLAGS: return take_bytes(r, &s->flags, sizeof s->flags);
    default: return false;
  }
}

bool setting_read(int fd, struct setting *setting) {
  struct stat file;
  if (fstat(fd, &file) || file.st_size < 8 || file.st_size > SETTING_SIZE_MAX) return false;
  size_t size = (size_t)file.st_size;
  char *bytes = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED || memcmp(bytes, SETTING_MAGIC, 8)) return false;
  for (size_t at = 8; at < size;) {
    struct field field;
    if (size - at < sizeof field) return false;
    memcpy(&field, bytes + at, sizeof field);
    at += sizeof field;
    /* Every field is followed by at least one zero byte, so that texts end. */
    size_t padded = ((size_t)field.length / 8 + 1) * 8;
    if (padded > size - at || bytes[at + field.length]) return false;
    struct reader reader = {setting, bytes + at, field.length};
    if (!take(&reader, field.tag)) return false;
    at += padded;
  }
  return setting->word_count && setting->executable && setting->directory && setting->filter.len;
}

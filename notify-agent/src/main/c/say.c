/* say.c - messages. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

/* The character that begins here and its bytes; 0 where it is not UTF-8. */
static uint32_t decode(const unsigned char *at, size_t left, size_t *length) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  *length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
  if (*length == 0 || *length > left) return 0;
  uint32_t character = *length == 1 ? at[0] : at[0] & (0x7fu >> *length);
  for (size_t i = 1; i < *length; i++) {
    if (at[i] >> 6 != 2) return 0;
    character = character << 6 | (at[i] & 0x3f);
  }
  bool surrogate = character >= 0xd800 && character < 0xe000;
  return character < smallest[*length] || surrogate || character > 0x10ffff ? 0 : character;
}

/* Control characters, separators of lines, and what changes the direction of writing or is not seen. */
static bool steers(uint32_t c) {
  return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xe0000;
}

/* A file name must not steer the terminal. */
static void make_harmless(char *text, size_t end) {
  size_t length;
  for (size_t at = 0; at < end; at += length) {
    uint32_t character = decode((const unsigned char *)text + at, end - at, &length);
    bool bad = steers(character);
    if (character == 0) length = 1;
    if (bad) memset(text + at, '?', length);
  }
}

static void line(const char *format, va_list values) {
  char text[2 * PATH_MAX] = "tiny-jail: ";
  size_t prefix = sizeof "tiny-jail: " - 1;
  int length = vsnprintf(text + prefix, sizeof text - prefix - 1, format, values);
  size_t end = prefix + (length < 0 ? 0 : (size_t)length);
  if (end > sizeof text - 2) end = sizeof text - 2;
  make_harmless(text, end);
  text[end++] = '\n';
  if (write(STDERR_FILENO, text, end) < 0) return;
}

void say(const char *format, ...) {
  va_list values;
  va_start(values, format);
  line(format, values);
  va_end(values);
}

void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  line(format, values);
  va_end(values);
  _exit(EXIT_OURS);
}

/* say.c - messages. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "launcher.h"

static void line(const char *format, va_list values) {
  char text[2 * PATH_MAX] = "tiny-jail: ";
  size_t prefix = sizeof "tiny-jail: " - 1;
  int length = vsnprintf(text + prefix, sizeof text - prefix - 1, format, values);
  size_t end = prefix + (length < 0 ? 0 : (size_t)length);
  if (end > sizeof text - 2) end = sizeof text - 2;
  for (size_t i = 0; i < end; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte < ' ' || byte == 0x7f) text[i] = '?'; /* a file name must not steer the terminal */
  }
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

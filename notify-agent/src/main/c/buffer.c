/* buffer.c - bytes that grow, before the target runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

static void reserve(struct buffer *buffer, size_t more) {
  if (buffer->size + more <= buffer->capacity) return;
  size_t capacity = buffer->capacity ? buffer->capacity : 4096;
  while (capacity < buffer->size + more) capacity *= 2;
  uint8_t *data = realloc(buffer->data, capacity);
  if (!data) fail("out of memory");
  buffer->data = data;
  buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length) {
  if (!length) return;
  reserve(buffer, length);
  memcpy(buffer->data + buffer->size, bytes, length);
  buffer->size += length;
}

void buffer_add_u64(struct buffer *buffer, uint64_t value) { buffer_add(buffer, &value, sizeof value); }

void buffer_add_prefixed(struct buffer *buffer, const void *bytes, size_t length) {
  buffer_add_u64(buffer, length);
  buffer_add(buffer, bytes, length);
}

void buffer_add_text(struct buffer *buffer, const char *text) {
  if (text)
    buffer_add_prefixed(buffer, text, strlen(text));
  else
    buffer_add_u64(buffer, UINT64_MAX);
}

void buffer_add_file_identity(struct buffer *buffer, const struct stat *file) {
  buffer_add_u64(buffer, (uint64_t)file->st_dev);
  buffer_add_u64(buffer, (uint64_t)file->st_ino);
  buffer_add_u64(buffer, (uint64_t)file->st_size);
  buffer_add_u64(buffer, (uint64_t)file->st_mtim.tv_sec);
  buffer_add_u64(buffer, (uint64_t)file->st_mtim.tv_nsec);
}

void buffer_pad(struct buffer *buffer) {
  static const uint8_t zeros[8];
  buffer_add(buffer, zeros, -buffer->size & 7);
}

bool buffer_read(struct buffer *buffer, int fd, size_t limit) {
  for (;;) {
    reserve(buffer, 16384);
    ssize_t got = read(fd, buffer->data + buffer->size, buffer->capacity - buffer->size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    buffer->size += (size_t)got;
    if (buffer->size > limit) return false;
  }
}

uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length) {
  const uint8_t *byte = bytes;
  for (size_t i = 0; i < length; i++) hash = (hash ^ byte[i]) * 0x100000001b3u;
  return hash;
}

/* memory.c - reads what a denied call points at. For the record only: no verdict ever rests on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "launcher.h"

enum { PAGE = 4096 };

/* What is readable from the address on, page by page: the next page may not be mapped. -errno if nothing is. */
static ssize_t read_memory(int thread, uint64_t address, uint8_t *into, size_t length) {
  size_t done = 0;
  while (done < length) {
    size_t part = PAGE - (address + done) % PAGE;
    if (part > length - done) part = length - done;
    struct iovec here = {into + done, part};
    struct iovec there = {(void *)(uintptr_t)(address + done), part};
    ssize_t got = process_vm_readv(thread, &here, 1, &there, 1, 0);
    if (got <= 0) return done ? (ssize_t)done : got < 0 ? -errno : -EFAULT;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

static ssize_t read_string(int thread, uint64_t address, uint8_t *into) {
  ssize_t got = read_memory(thread, address, into, SPOOL_STRING_MAX);
  return got < 0 ? got : (ssize_t)strnlen((const char *)into, (size_t)got);
}

static uint64_t word_at(const uint8_t *bytes, unsigned size) {
  uint64_t word = 0;
  memcpy(&word, bytes, size == 4 ? 4 : 8);
  return word;
}

static ssize_t read_vector(int thread, uint64_t address, unsigned size, uint8_t *into) {
  uint8_t pointers[SPOOL_VECTOR_MAX * 8];
  size_t unit = size == 4 ? 4 : 8;
  size_t length = 0;
  ssize_t got = read_memory(thread, address, pointers, SPOOL_VECTOR_MAX * unit);
  if (got < 0) return got;
  for (size_t i = 0; (i + 1) * unit <= (size_t)got; i++) {
    uint64_t string = word_at(pointers + i * unit, size);
    if (!string) break;
    if (i) into[length++] = 0;
    ssize_t part = read_string(thread, string, into + length);
    if (part < 0) return i ? (ssize_t)length : part;
    length += (size_t)part;
  }
  return (ssize_t)length;
}

static ssize_t read_message_name(int thread, uint64_t address, unsigned size, uint8_t *into) {
  uint8_t header[16];
  size_t unit = size == 4 ? 4 : 8;
  ssize_t got = read_memory(thread, address, header, unit + 4);
  if (got < 0) return got;
  if ((size_t)got < unit + 4) return -EFAULT;
  uint64_t name = word_at(header, size);
  size_t length = word_at(header + unit, 4);
  if (!name || !length) return 0;
  return read_memory(thread, name, into, length < SPOOL_BYTES_MAX ? length : SPOOL_BYTES_MAX);
}

static ssize_t read_descriptor(int thread, int fd, bool directory, uint8_t *into) {
  char name[32];
  if (directory && fd == AT_FDCWD) return process_link(thread, "cwd", (char *)into, SPOOL_STRING_MAX);
  if (fd < 0) return -EBADF;
  snprintf(name, sizeof name, "fd/%d", fd);
  return process_link(thread, name, (char *)into, SPOOL_STRING_MAX);
}

static ssize_t read_argument(const struct seccomp_notif *n, uint64_t value, uint16_t kind, uint8_t *into) {
  int thread = (int)n->pid;
  unsigned parameter = kind >> 8;
  size_t sized = parameter < 6 && n->data.args[parameter] < SPOOL_BYTES_MAX ? n->data.args[parameter] : SPOOL_BYTES_MAX;
  switch (kind & 0xff) {
    case POINTER_STRING:
      return read_string(thread, value, into);
    case POINTER_BYTES:
      return read_memory(thread, value, into, parameter);
    case POINTER_SIZED:
      return read_memory(thread, value, into, sized);
    case POINTER_VECTOR:
      return read_vector(thread, value, parameter, into);
    case POINTER_MSGHDR:
      return read_message_name(thread, value, parameter, into);
    case POINTER_FD:
    case POINTER_DIRFD:
      return read_descriptor(thread, (int)value, (kind & 0xff) == POINTER_DIRFD, into);
    default:
      return -EINVAL;
  }
}

static bool is_null(uint16_t kind, uint64_t value) {
  return value == 0 && (kind & 0xff) != POINTER_FD && (kind & 0xff) != POINTER_DIRFD;
}

size_t memory_blocks(const struct pointer_rule *rule, const struct seccomp_notif *n, uint8_t *into, bool *unreadable) {
  size_t size = 0;
  for (uint8_t i = 0; i < 6; i++) {
    uint16_t kind = rule->kinds[i];
    if (kind == POINTER_NONE || kind == POINTER_UNUSED || is_null(kind, n->data.args[i])) continue;
    struct denial_block block = {.argument = i, .kind = (uint8_t)kind};
    ssize_t got = n->pid ? read_argument(n, n->data.args[i], kind, into + size + sizeof block) : -ESRCH;
    if (got < 0) block.error = (uint16_t)-got;
    else block.length = (uint32_t)got;
    *unreadable |= got < 0;
    memcpy(into + size, &block, sizeof block);
    size += sizeof block + block.length;
    while (size % 8) into[size++] = 0;
  }
  return size;
}

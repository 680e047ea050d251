/* fields.c - fields of a record: tag, length, bytes, padding. What does not fit is left out whole. */
#include <string.h>

#include "launcher.h"

void fields_put(struct fields *fields, uint32_t tag, const void *bytes, size_t length) {
  struct field field = {tag, (uint32_t)length};
  size_t padded = sizeof field + ((length + 7) & ~(size_t)7);
  if (length > fields->room || padded > fields->room - fields->size) return;
  uint8_t *at = fields->bytes + fields->size;
  memcpy(at, &field, sizeof field);
  memcpy(at + sizeof field, bytes, length);
  memset(at + sizeof field + length, 0, padded - sizeof field - length);
  fields->size += padded;
}

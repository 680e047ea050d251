/* agent-wire.c - prints the numbers of wire.h under the names that Java has for them. */
#include <stddef.h>
#include <stdio.h>

#include "../../main/c/wire.h"

#define NUMBER(name) printf(#name "=%lld\n", (long long)name)
#define TEXT(name) printf(#name "=%s\n", name)
#define AS(name, value) printf(name "=%zu\n", (size_t)(value))

int main(void) {
  NUMBER(PLAN_FD); NUMBER(CONTROL_FD); NUMBER(LAUNCH_FD); NUMBER(TERMINAL_FD);
  AS("FIELD_HEADER", sizeof(struct field));
  NUMBER(FIELD_WORD); NUMBER(FIELD_EXECUTABLE); NUMBER(FIELD_DIRECTORY); NUMBER(FIELD_POLICY); NUMBER(FIELD_POLICY_PATH);
  NUMBER(FIELD_FEATURES); NUMBER(FIELD_PROFILE); NUMBER(FIELD_COMM); NUMBER(FIELD_MAPS); NUMBER(FIELD_BOOT_ID);
  NUMBER(FIELD_VARIABLE);
  TEXT(LAUNCH_MAGIC);
  TEXT(PLAN_MAGIC); NUMBER(PLAN_SIZE_MAX);
  AS("PLAN_HEADER", sizeof(struct plan));
  AS("POINTER_RULE", sizeof(struct pointer_rule));
  NUMBER(POINTER_NONE); NUMBER(POINTER_STRING); NUMBER(POINTER_BYTES); NUMBER(POINTER_SIZED); NUMBER(POINTER_VECTOR);
  NUMBER(POINTER_MSGHDR); NUMBER(POINTER_FD); NUMBER(POINTER_DIRFD); NUMBER(POINTER_UNUSED);
  NUMBER(SPOOL_STRING_MAX); NUMBER(SPOOL_BYTES_MAX); NUMBER(SPOOL_VECTOR_MAX); NUMBER(SPOOL_MAPS_MAX); NUMBER(SPOOL_SIZE_MAX);
  AS("CONTROL_SIZE", sizeof(struct control));
  NUMBER(CONTROL_LISTENER); NUMBER(CONTROL_MAIN_ENDED); NUMBER(CONTROL_OPEN_MEMORY); NUMBER(CONTROL_MEMORY);
  NUMBER(CONTROL_STOP);
  NUMBER(SLOT_SIZE); NUMBER(SLOT_COUNT);
  TEXT(SPOOL_MAGIC);
  AS("SPOOL_HEADER", sizeof(struct spool_header));
  AS("SPOOL_START", offsetof(struct spool_header, start));
  AS("SPOOL_WRITER", offsetof(struct spool_header, writer));
  AS("SPOOL_USED", offsetof(struct spool_header, used));
  AS("SPOOL_LOST", offsetof(struct spool_header, lost));
  AS("SPOOL_CLOSED", offsetof(struct spool_header, closed));
  AS("SPOOL_WRITER_START", offsetof(struct spool_header, writer_start));
  AS("RECORD_HEADER", sizeof(struct spool_record));
  NUMBER(RECORD_START); NUMBER(RECORD_IMAGE); NUMBER(RECORD_DENIAL); NUMBER(RECORD_END);
  AS("START_SIZE", sizeof(struct record_start));
  AS("IMAGE_SIZE", sizeof(struct record_image));
  AS("DENIAL_SIZE", sizeof(struct record_denial));
  AS("END_SIZE", sizeof(struct record_end));
  AS("BLOCK_HEADER", sizeof(struct denial_block));
  AS("DENIAL_COUNT", offsetof(struct record_denial, count));
  AS("DENIAL_FIRST_NS", offsetof(struct record_denial, first_ns));
  AS("DENIAL_LAST_NS", offsetof(struct record_denial, last_ns));
  AS("DENIAL_IMAGE", offsetof(struct record_denial, image));
  AS("DENIAL_THREAD", offsetof(struct record_denial, thread));
  AS("DENIAL_VERDICT", offsetof(struct record_denial, verdict));
  AS("DENIAL_ARCH", offsetof(struct record_denial, arch));
  AS("DENIAL_NR", offsetof(struct record_denial, nr));
  AS("DENIAL_IP", offsetof(struct record_denial, ip));
  AS("DENIAL_ARGS", offsetof(struct record_denial, args));
  NUMBER(DENIAL_CONTINUED); NUMBER(DENIAL_UNREADABLE); NUMBER(DENIAL_KILLED);
  return 0;
}

/* launch.c - the description that Java gets of what is to be started: raw bytes, in a sealed memfd. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "launcher.h"

static void add_field(struct buffer *buffer, uint32_t tag, const void *bytes, size_t length) {
  struct field field = {tag, (uint32_t)length};
  buffer_add(buffer, &field, sizeof field);
  buffer_add(buffer, bytes, length);
  buffer_pad(buffer);
}

int launch_describe(const struct launch *launch) {
  struct buffer all = {0};
  buffer_add(&all, LAUNCH_MAGIC, 8);
  for (char **word = launch->target; *word; word++) add_field(&all, FIELD_WORD, *word, strlen(*word));
  add_field(&all, FIELD_EXECUTABLE, launch->real, strlen(launch->real));
  add_field(&all, FIELD_DIRECTORY, launch->directory, strlen(launch->directory));
  for (char **variable = launch->environment; launch->fuzz && *variable; variable++)
    add_field(&all, FIELD_VARIABLE, *variable, strlen(*variable));
  if (launch->policy_path) add_field(&all, FIELD_POLICY_PATH, launch->policy_path, strlen(launch->policy_path));
  if (launch->policy_read) add_field(&all, FIELD_POLICY, launch->policy.data, launch->policy.size);
  add_field(&all, FIELD_FEATURES, &launch->features, sizeof launch->features);
  int fd = memfd_create("launch", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || write(fd, all.data, all.size) != (ssize_t)all.size || lseek(fd, 0, SEEK_SET) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
    fail("cannot describe the launch to Java: out of memory");
  return fd;
}

/*
 * image.c - what a thread executes: its executable, name and executable mappings, so that a denied call's address can be
 * told as module and offset later.
 *
 * An exec cannot be seen by the supervisor. It shows in the auxiliary vector, whose addresses are drawn anew; a library
 * loaded later shows when an address lies outside the mappings that are known.
 */
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher.h"

enum { THREADS = 256, IMAGES = 64, RANGES = 64, EXEC_AT_LEAST_NS = 50000, CHECK_AFTER_NS = 10000000, CHUNK = 4096 };

struct image {
  int process;
  uint32_t number; /* within the spool, from 1; 0: free */
  uint64_t identity;
  uint64_t maps_hash;
  size_t range_count;
  struct range {
    uint64_t from, to;
  } ranges[RANGES];
};

static struct thread {
  int id;
  uint64_t checked; /* when the image was looked up */
  uint64_t called;  /* when the thread was last here */
  uint64_t ip; /* of the last call, known to be covered */
  const struct image *image;
  uint32_t number; /* of the image, when it was looked up */
} threads[THREADS];

static struct image images[IMAGES];

/* Executable mappings of a process, as text and as ranges. */
struct maps {
  struct image *image;
  char text[SPOOL_MAPS_MAX];
  size_t size;
};

static void add_line(struct maps *maps, const char *line, size_t length) {
  char *end;
  const char *space = memchr(line, ' ', length);
  if (!space || length < (size_t)(space - line) + 5 || space[3] != 'x') return;
  struct range range = {strtoull(line, &end, 16), 0};
  range.to = strtoull(end + 1, NULL, 16);
  if (maps->image->range_count < RANGES) maps->image->ranges[maps->image->range_count++] = range;
  if (length > sizeof maps->text - maps->size) return;
  memcpy(maps->text + maps->size, line, length);
  maps->size += length;
}

static void read_maps(int process, struct maps *maps) {
  char text[2 * CHUNK + 1];
  size_t held = 0;
  int fd = process_open(process, "maps");
  if (fd < 0) return;
  for (;;) {
    ssize_t got = read(fd, text + held, sizeof text - 1 - held);
    if (got <= 0) break;
    held += (size_t)got;
    text[held] = 0;
    char *line = text;
    for (char *end = strchr(line, '\n'); end; line = end + 1, end = strchr(line, '\n'))
      add_line(maps, line, (size_t)(end + 1 - line));
    held -= (size_t)(line - text);
    if (held == sizeof text - 1) held = 0; /* no line is that long */
    memmove(text, line, held);
  }
  close(fd);
}

static bool record(const struct image *image, const struct maps *maps) {
  static uint8_t bytes[SPOOL_MAPS_MAX + 2 * PATH_MAX];
  struct fields fields = {bytes, sizeof(struct record_image), sizeof bytes};
  char text[PATH_MAX];
  ssize_t length = process_link(image->process, "exe", text, sizeof text);
  if (length > 0) fields_put(&fields, FIELD_EXECUTABLE, text, (size_t)length);
  length = process_file(image->process, "comm", text, sizeof text);
  if (length > 0) fields_put(&fields, FIELD_COMM, text, (size_t)length - (text[length - 1] == '\n'));
  if (maps->size) fields_put(&fields, FIELD_MAPS, maps->text, maps->size);
  struct record_image head = {{(uint32_t)fields.size, RECORD_IMAGE, 0}, image->number, image->process};
  memcpy(bytes, &head, sizeof head);
  return spool_add((const struct spool_record *)bytes);
}

static bool covers(const struct image *image, uint64_t ip) {
  for (size_t i = 0; i < image->range_count; i++)
    if (ip >= image->ranges[i].from && ip < image->ranges[i].to) return true;
  return image->range_count == RANGES;
}

static uint64_t identity_of(int process) {
  uint8_t vector[1024];
  ssize_t length = process_file(process, "auxv", vector, sizeof vector);
  return fnv1a(FNV1A_START, vector, length > 0 ? (size_t)length : 0);
}

/* The newest image of the process, or the oldest entry to write over. */
static struct image *find(int process, uint64_t identity) {
  struct image *oldest = &images[0];
  for (struct image *image = images; image < images + IMAGES; image++) {
    if (image->number && image->process == process && image->identity == identity) return image;
    if (image->number < oldest->number) oldest = image;
  }
  *oldest = (struct image){.process = process, .identity = identity};
  return oldest;
}

static struct image *look_up(int thread, uint64_t identity, uint64_t ip, _Atomic uint32_t *count) {
  static struct maps maps;
  int process = process_leader(thread);
  if (!process) return NULL;
  struct image *image = find(process, identity);
  if (image->number && covers(image, ip)) return image;
  maps.image = image;
  maps.size = 0;
  image->range_count = 0;
  read_maps(process, &maps);
  uint64_t hash = fnv1a(FNV1A_START, maps.text, maps.size);
  if (!covers(image, ip)) image->ranges[image->range_count++] = (struct range){ip, ip + 1}; /* not mapped: vsyscall */
  if (image->number && hash == image->maps_hash) return image;
  image->maps_hash = hash;
  image->number = *count + 1;
  if (record(image, &maps)) ++*count;
  else image->number = 0; /* the spool may have room for it later */
  return image;
}

static bool is_known(const struct thread *known, int thread, uint64_t ip) {
  return known->id == thread && known->number && known->image->number == known->number &&
         (known->ip == ip || covers(known->image, ip));
}

/* Between two calls that are nearer to each other than any exec is long, there was none. */
static bool is_fresh(const struct thread *known, uint64_t now) {
  return now - known->called < EXEC_AT_LEAST_NS && now - known->checked < CHECK_AFTER_NS;
}

uint32_t image_of(int thread, uint64_t ip, uint64_t now, _Atomic uint32_t *count) {
  struct thread *known = &threads[(uint32_t)thread % THREADS];
  if (thread <= 0) return 0;
  bool same = is_known(known, thread, ip);
  if (!same || !is_fresh(known, now)) {
    uint64_t identity = identity_of(thread);
    if (!same || known->image->identity != identity) known->image = look_up(thread, identity, ip, count);
    known->id = thread;
    known->checked = now;
    known->number = known->image ? known->image->number : 0;
  }
  known->called = now;
  known->ip = ip;
  return known->number;
}

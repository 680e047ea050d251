/*
 * spool.c - denials in a mapped file: what lies below header.used survives a kill -9 of the writer.
 *
 * Disk space is allocated before it is touched, so that a full disk is a lost record and not a SIGBUS. Nothing here
 * allocates memory, and nothing read back from the mapping is trusted as an offset or a size.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"

enum { FIRST_CHUNK = 8 << 10, CHUNK = 256 << 10, KNOWN = 4096, PROBES = 8, START_SIZE = 256 << 10 };
static const uint64_t RETRY_NS = 100000000u;

static struct {
  const struct launch *launch;
  const struct view *view;
  int main_process;
  int directory; /* -1: nothing is recorded */
  int fd;
  uint64_t lost;     /* before there was a file */
  uint64_t retry_at; /* clock_ns() when making the file is tried again */
  uint8_t *map;
  uint64_t allocated;
  struct known {
    uint64_t hash;
    uint64_t offset; /* 0: free */
    uint32_t size;
  } known[KNOWN];
} spool = {.directory = -1, .fd = -1};

uint64_t clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct spool_header *header(void) { return (struct spool_header *)spool.map; }

/* Verified at start, when the user can still be told. */
void spool_prepare(const struct launch *launch, const struct view *view) {
  char path[PATH_MAX];
  struct stat status;
  spool.launch = launch;
  spool.view = view;
  if (view->plan->spool.length == 0 || spool.directory >= 0) return;
  plan_text(view, view->plan->spool, path, sizeof path);
  spool.directory = open(path, O_RDONLY | O_DIRECTORY | OPEN_OURS);
  if (spool.directory < 0) fail("%s: the directory for denials: %s; set TINY_JAIL_STORE", path, strerror(errno));
  if (fstat(spool.directory, &status) || status.st_uid != geteuid() || status.st_mode & (S_IWGRP | S_IWOTH))
    fail("%s: the directory for denials must be yours and writable by nobody else; chmod 700 it", path);
}

void spool_prepare_for(int main_process) { spool.main_process = main_process; }

static bool allocate(uint64_t up_to) {
  static const uint8_t zeros[4096];
  while (spool.allocated < up_to) {
    size_t chunk = spool.allocated ? CHUNK : FIRST_CHUNK;
    if (spool.allocated + chunk > SPOOL_SIZE_MAX) return false;
    if (fallocate(spool.fd, 0, (off_t)spool.allocated, (off_t)chunk)) {
      if (errno == EINTR) continue;
      if (errno != EOPNOTSUPP) return false;
      for (size_t at = 0; at < chunk; at += sizeof zeros)
        if (pwrite(spool.fd, zeros, sizeof zeros, (off_t)(spool.allocated + at)) != sizeof zeros) return false;
    }
    spool.allocated += chunk;
  }
  return true;
}

static bool create(void) {
  char name[64];
  snprintf(name, sizeof name, "%016llx-%d.spool", (unsigned long long)clock_ns(), getpid());
  spool.fd = openat(spool.directory, name, O_RDWR | O_CREAT | O_EXCL | OPEN_OURS, 0600);
  if (spool.fd < 0) return false;
  void *map = MAP_FAILED;
  if (allocate(FIRST_CHUNK)) map = mmap(NULL, SPOOL_SIZE_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, spool.fd, 0);
  if (map == MAP_FAILED) {
    unlinkat(spool.directory, name, 0);
    close(spool.fd);
    spool.fd = -1;
    spool.allocated = 0;
    return false;
  }
  spool.map = map;
  memcpy(header()->magic, SPOOL_MAGIC, sizeof header()->magic);
  header()->start = sizeof *header();
  header()->used = sizeof *header();
  header()->lost = spool.lost;
  spool_new_writer(getpid());
  return true;
}

void spool_new_writer(int process) {
  if (!spool.map) return;
  header()->writer_start = process_stat(process, STAT_START, NULL);
  __atomic_store_n(&header()->writer, (uint32_t)process, __ATOMIC_RELEASE);
}

/* The record is whole before used says so. 0: no room. */
static uint64_t append(const struct spool_record *record) {
  uint64_t at = header()->used;
  if (at + record->size > SPOOL_SIZE_MAX || !allocate(at + record->size)) {
    header()->lost++;
    return 0;
  }
  memcpy(spool.map + at, record, record->size);
  __atomic_store_n(&header()->used, at + record->size, __ATOMIC_RELEASE);
  return at;
}

static void put_text(struct fields *fields, uint32_t tag, const char *text) {
  fields_put(fields, tag, text, strlen(text));
}

static void start_record(void) {
  static uint8_t bytes[START_SIZE];
  struct fields fields = {bytes, sizeof(struct record_start), sizeof bytes};
  const struct plan *plan = spool.view->plan;
  char text[PATH_MAX];
  ssize_t boot = process_file(getpid(), "../sys/kernel/random/boot_id", text, sizeof text);
  if (boot > 0) fields_put(&fields, FIELD_BOOT_ID, text, (size_t)boot - (text[boot - 1] == '\n'));
  put_text(&fields, FIELD_PROFILE,
           plan->profile.length ? plan_text(spool.view, plan->profile, text, sizeof text) : spool.launch->real);
  put_text(&fields, FIELD_POLICY_PATH, plan_text(spool.view, plan->policy, text, sizeof text));
  put_text(&fields, FIELD_EXECUTABLE, spool.launch->real);
  put_text(&fields, FIELD_DIRECTORY, spool.launch->directory);
  for (char **word = spool.launch->target; *word; word++) put_text(&fields, FIELD_WORD, *word);
  struct record_start start_of = {.record = {(uint32_t)fields.size, RECORD_START, 0},
                                  .wall_ns = clock_ns(),
                                  .main = spool.main_process,
                                  .uid = getuid()};
  memcpy(bytes, &start_of, sizeof start_of);
  append((const struct spool_record *)bytes);
}

/* At the first denial: a run without one leaves no file. A full disk may have room again later. */
static bool opened(void) {
  if (spool.map) return true;
  uint64_t now = clock_ns();
  if (spool.directory < 0 || now < spool.retry_at) return false;
  if (!create()) {
    spool.retry_at = now + RETRY_NS;
    return false;
  }
  start_record();
  return true;
}

bool spool_add(const struct spool_record *record) { return opened() && append(record); }

/* Equal in all but count and times, which stand between the record's head and the image. */
enum { DENIAL_REST = offsetof(struct record_denial, image) };

static uint64_t hash_of(const struct record_denial *denial) {
  uint64_t hash = FNV1A_START ^ (uint64_t)denial->record.flags << 32 ^ denial->record.size;
  const uint8_t *bytes = (const uint8_t *)denial;
  for (size_t at = DENIAL_REST; at < denial->record.size; at += 8) {
    uint64_t word;
    memcpy(&word, bytes + at, sizeof word);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

static bool same(const struct known *known, const struct record_denial *denial, uint64_t hash) {
  const uint8_t *there = spool.map + known->offset;
  return known->offset && known->hash == hash && known->size == denial->record.size &&
         !memcmp(there, denial, sizeof denial->record) &&
         !memcmp(there + DENIAL_REST, (const uint8_t *)denial + DENIAL_REST, denial->record.size - DENIAL_REST);
}

bool spool_add_denial(struct record_denial *denial, uint64_t now) {
  if (!opened()) {
    spool.lost++;
    return false;
  }
  uint64_t hash = hash_of(denial);
  struct known *slot = &spool.known[hash % KNOWN];
  for (size_t i = 0; i < PROBES; i++) {
    struct known *candidate = &spool.known[(hash + i) % KNOWN];
    if (same(candidate, denial, hash)) {
      struct record_denial *there = (struct record_denial *)(spool.map + candidate->offset);
      there->count++;
      there->last_ns = now;
      return true;
    }
    if (!candidate->offset) {
      slot = candidate;
      break;
    }
  }
  denial->count = 1;
  denial->first_ns = denial->last_ns = now;
  uint64_t at = append(&denial->record);
  if (at) *slot = (struct known){hash, at, denial->record.size};
  return at != 0;
}

void spool_descriptors(int fds[2]) {
  fds[0] = spool.directory;
  fds[1] = spool.fd;
}

void spool_end(int status, bool last) {
  if (!spool.map) return;
  struct record_end end = {
      .record = {sizeof end, RECORD_END, 0}, .wall_ns = clock_ns(), .status = status};
  append(&end.record);
  if (!last) return;
  uint64_t used = header()->used;
  __atomic_store_n(&header()->closed, 1, __ATOMIC_RELEASE);
  if (spool.allocated == FIRST_CHUNK) return; /* to give it back would take longer than all else here */
  if (ftruncate(spool.fd, (off_t)used)) return; /* the rest is zeros */
}

/*
 * rounds - times whole commands side by side.
 *
 *   rounds ROUNDS NAME COMMAND... --- NAME COMMAND... [--- ...]
 *
 * Each round runs every command once, in turn, so that the machine's drift meets all of them; two rounds are not counted.
 * In a word "ROUND" stands for the round's number, from 0. Prints for each command its median, minimum and maximum in milliseconds and the ratio of its median to the first's.
 * A command whose exit code is not 0 ends the measurement. Output of the commands is discarded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16, WORDS_MAX = 64, WARM_UP = 2 };

extern char **environ;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The words with the round's number in place; what the last round left is let go with the process. */
static char **words_of_round(char **words, int round) {
  static char *replaced[WORDS_MAX + 1];
  int count = 0;
  for (; words[count] && count < WORDS_MAX; count++) {
    char *found = strstr(words[count], "ROUND");
    replaced[count] = words[count];
    if (found && asprintf(&replaced[count], "%.*s%d%s", (int)(found - words[count]), words[count], round, found + 5) < 0)
      exit(2);
  }
  replaced[count] = NULL;
  return replaced;
}

static double once(char **words, posix_spawn_file_actions_t *quiet) {
  double began = now_ms();
  pid_t child;
  int status;
  int error = posix_spawnp(&child, words[0], quiet, NULL, words, environ);
  if (error) {
    fprintf(stderr, "rounds: %s: %s\n", words[0], strerror(error));
    exit(2);
  }
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) exit(2);
  double took = now_ms() - began;
  if (status) {
    fprintf(stderr, "rounds: %s ended with status %d\n", words[0], status);
    exit(1);
  }
  return took;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: rounds ROUNDS NAME COMMAND... [--- NAME COMMAND...]...\n");
    return 2;
  }
  int rounds = atoi(argv[1]), count = 0;
  char *names[COMMANDS_MAX], **commands[COMMANDS_MAX];
  double *times[COMMANDS_MAX];
  for (int i = 2; i < argc && count < COMMANDS_MAX; i++) {
    names[count] = argv[i++];
    commands[count] = argv + i;
    times[count] = calloc((size_t)rounds, sizeof(double));
    if (!times[count]) return 2;
    while (i < argc && strcmp(argv[i], "---")) i++;
    if (i < argc) argv[i] = NULL;
    count++;
  }
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
  for (int round = -WARM_UP; round < rounds; round++)
    for (int c = 0; c < count; c++) {
      double took = once(words_of_round(commands[c], round + WARM_UP), &quiet);
      if (round >= 0) times[c][round] = took;
    }
  double first = 0;
  printf("%-34s %10s %10s %10s %8s\n", "", "median ms", "min", "max", "ratio");
  for (int c = 0; c < count; c++) {
    qsort(times[c], (size_t)rounds, sizeof(double), ascending);
    double median = times[c][rounds / 2];
    if (c == 0) first = median;
    printf("%-34s %10.2f %10.2f %10.2f %8.3f\n", names[c], median, times[c][0], times[c][rounds - 1], median / first);
  }
  return 0;
}

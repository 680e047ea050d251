/* fuzz-target.c - does what the first word of its standard input says, or of the file behind --from; ends with the errno of
 * what failed, else 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? errno : 0; }

static int leave_daemon(void) {
  if (fork()) return 0;
  setsid();
  if (fork()) return 0;
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  for (;;) pause();
}

static int first_byte(const char *file) {
  unsigned char byte;
  int fd = open(file, O_RDONLY);
  if (fd < 0) return errno;
  return read(fd, &byte, 1) == 1 ? byte : 97;
}

static int fill(const char *file) {
  static char bytes[1 << 20];
  for (int i = 0; i < 1000; i++) {
    char name[512];
    snprintf(name, sizeof name, "%s-%d", file, i);
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    if (fd < 0) return errno;
    for (int j = 0; j < 8; j++)
      if (write(fd, bytes, sizeof bytes) < 0) return errno;
    close(fd);
  }
  return 0;
}

static int eat(void) {
  for (size_t got = 0; got < (size_t)64 << 30; got += 64 << 20) {
    char *memory = malloc(64 << 20);
    if (!memory) return errno;
    memset(memory, 1, 4096);
  }
  return 0;
}

static int connect_to(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return result(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to));
}

int main(int count, char **words) {
  char line[512] = "";
  char what[64] = "";
  char where[400] = "";
  signal(SIGXFSZ, SIG_IGN);
  int in = count > 2 && !strcmp(words[1], "--from") ? open(words[2], O_RDONLY) : 0;
  if (read(in, line, sizeof line - 1) < 0) return 99;
  sscanf(line, "%63s %399s", what, where);
  if (!strcmp(what, "words")) {
    for (int i = 1; i < count; i++) printf("%s\n", words[i]);
    return 0;
  }
  if (!strcmp(what, "overwrite")) { /* as for the title of a process */
    memset(words[0], 'x', strlen(words[0]));
    if (getenv(where)) memset(getenv(where), 'x', strlen(getenv(where)));
    return 0;
  }
  if (!strcmp(what, "variable")) return printf("%s\n", getenv(where) ? getenv(where) : "(none)") < 0;
  if (!strcmp(what, "call")) return (int)syscall(SYS_getppid) < 0;
  if (!strcmp(what, "daemon")) return leave_daemon();
  if (!strcmp(what, "first")) return first_byte(where);
  if (!strcmp(what, "fill")) return fill(where);
  if (!strcmp(what, "exists")) return access(where, F_OK) == 0 ? 0 : errno;
  if (!strcmp(what, "remove")) return result(unlink(where));
  if (!strcmp(what, "create")) return result(open(where, O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (!strcmp(what, "open")) return result(open(where, O_RDWR));
  if (!strcmp(what, "eat")) return eat();
  if (!strcmp(what, "kill")) return result(kill(atoi(where), SIGKILL));
  if (!strcmp(what, "reboot")) return result(syscall(SYS_reboot, 0, 0, 0, 0)); /* no magic: it cannot succeed */
  if (!strcmp(what, "connect")) return connect_to(atoi(where));
  if (!strcmp(what, "crash")) abort();
  if (!strcmp(what, "sleep")) {
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  return 98;
}

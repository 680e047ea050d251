/*
 * fuzz-server.c - a server that does what each line says. usage: fuzz-server tcp:PORT|unix:PATH [daemon|workers|mute|deaf]
 *
 * What is to be seen by calls: SIGTERM makes it call getpriority and end with 7.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal_number) {
  syscall(SYS_getpriority, PRIO_PROCESS, 0);
  _exit(signal_number == SIGTERM ? 7 : 8);
}

static int bound(const char *where) {
  struct sockaddr_in port = {.sin_family = AF_INET};
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  if (!strncmp(where, "tcp:", 4)) {
    port.sin_port = htons((uint16_t)atoi(where + 4));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return bind(fd, (struct sockaddr *)&port, sizeof port) ? -1 : fd;
  }
  snprintf(path.sun_path, sizeof path.sun_path, "%s", where + 5);
  size_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path.sun_path) + 1;
  if (*path.sun_path == '@') path.sun_path[0] = 0, size--;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  return bind(fd, (struct sockaddr *)&path, (socklen_t)size) ? -1 : fd;
}

static void obey(const char *line, int fd) {
  if (!strncmp(line, "call", 4)) syscall(SYS_getppid);
  if (!strncmp(line, "crash", 5)) abort();
  if (!strncmp(line, "leave", 5)) _exit(3);
  if (!strncmp(line, "flood", 5))
    for (int i = 0; i < 100; i++)
      if (write(fd, (char[65536]){0}, 65536) < 0) return;
  if (!strncmp(line, "hang", 4))
    for (;;) {}
}

static void serve(int listening) {
  for (int connection = 1;; connection++) {
    char line[256];
    ssize_t size;
    int fd = accept(listening, NULL, NULL);
    if (connection == 2) syscall(SYS_getsid, 0);
    for (int message = 1; (size = read(fd, line, sizeof line - 1)) > 0; message++) {
      line[size] = 0;
      if (message == 2) syscall(SYS_getpgid, 0);
      obey(line, fd);
      if (write(fd, "done\n", 5) < 0) break;
    }
    close(fd);
  }
}

int main(int count, char **words) {
  const char *how = count > 2 ? words[2] : "";
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, leave);
  if (!strcmp(how, "daemon") && (fork() || setsid() < 0 || fork())) return 0;
  if (!strcmp(how, "mute"))
    for (;;) pause();
  int fd = bound(words[1]);
  if (fd < 0 || listen(fd, 8)) return 9;
  if (!strcmp(how, "deaf"))
    for (;;) pause();
  while (!strcmp(how, "workers") && fork()) wait(NULL);
  serve(fd);
}

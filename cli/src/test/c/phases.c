/*
 * phases.c - phases HOW [PORT]: makes a directory as if to start, is ready as HOW says, and then tries to make another
 * until that is denied, for five seconds. Exits 0 if it was denied, 3 if it never was.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void say_ready(void) {
  const char *name = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (!name || fd < 0) exit(2);
  strncpy(address.sun_path, name, sizeof address.sun_path - 1);
  if (*name == '@') address.sun_path[0] = 0;
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  static const char message[] = "STATUS=well\nREADY=1\n";
  if (sendto(fd, message, sizeof message - 1, 0, (struct sockaddr *)&address, length) < 0) exit(2);
}

static void listen_on(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1)) exit(2);
}

int main(int count, char **words) {
  struct timespec moment = {.tv_nsec = 50000000};
  if (count < 2 || mkdir("start", 0700)) return 2;
  if (!strcmp(words[1], "daemon") && fork()) return 0; /* what goes on is its child */
  if (!strcmp(words[1], "says")) say_ready();
  if (count > 2) listen_on(atoi(words[2]));
  for (int i = 0; i < 100; i++) {
    if (mkdir("service", 0700)) return errno == EPERM ? rmdir("start") : 2;
    rmdir("service");
    nanosleep(&moment, NULL);
  }
  return 3;
}

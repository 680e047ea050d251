/* connect.c - connections to a server in our namespaces, and to no other. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "executor.h"

static int refuse(int fd, int error) {
  close(fd);
  return -error;
}

/* A port that nobody listens on may be the one that we connect from. */
static bool is_own(int fd) {
  struct sockaddr_storage own = {0};
  struct sockaddr_storage other = {0};
  socklen_t own_size = sizeof own;
  socklen_t other_size = sizeof other;
  return !getsockname(fd, (struct sockaddr *)&own, &own_size) &&
         !getpeername(fd, (struct sockaddr *)&other, &other_size) && !memcmp(&own, &other, sizeof own);
}

/* The kernel itself accepts, so this takes no time; where its queue is full a moment must do. */
static int connect_to_address(const struct sockaddr *address, socklen_t size) {
  struct timeval moment = {.tv_usec = 200000};
  struct linger reset = {1, 0}; /* so that no port is kept for a minute, and the server can be started anew */
  int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof moment) ||
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) || connect(fd, address, size) ||
      fcntl(fd, F_SETFL, O_NONBLOCK))
    return refuse(fd, errno);
  return is_own(fd) ? refuse(fd, ECONNREFUSED) : fd;
}

int connect_to_port(int port) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  six.sin6_addr = in6addr_loopback;
  int fd = connect_to_address((struct sockaddr *)&four, sizeof four);
  int other = fd < 0 ? connect_to_address((struct sockaddr *)&six, sizeof six) : -1;
  return other >= 0 ? other : fd;
}

static int connect_with(int type, const struct sockaddr_un *address, socklen_t size) {
  struct ucred peer;
  socklen_t peer_size = sizeof peer;
  int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (const struct sockaddr *)address, size) ||
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size))
    return refuse(fd, errno);
  return peer.pid ? fd : refuse(fd, EXDEV); /* whose process has no number here is not of the run */
}

int connect_to_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, path, length + 1);
  if (*path == '@') address.sun_path[0] = 0;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*path != '@'));
  int fd = connect_with(SOCK_STREAM, &address, size);
  return fd == -EPROTOTYPE ? connect_with(SOCK_SEQPACKET, &address, size) : fd;
}

/* Echo server in C over epoll: what an echo costs with next to nothing around the system calls.
 *
 * It is the floor, not a contender. One role, "echo"; the agreement with the launcher is in
 * __init__.py. Level-triggered. What the kernel does not take at once is kept, and the connection
 * read no further until it has gone out. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511, EVENTS = 1024, CHUNK = 65536 };

/* What is left to be written on a connection. */
struct connection {
    int fd;
    size_t begin, end;
    char *rest; /* NULL: nothing */
};

static int epoll_fd;
static char buffer[CHUNK];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int operation, int fd, unsigned events, void *data)
{
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(epoll_fd, operation, fd, &event))
        fail("epoll_ctl");
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->rest);
    free(connection);
}

/* Write what there is; return how much went out, or -1 if the connection is broken. */
static ssize_t write_some(int fd, const char *data, size_t length)
{
    ssize_t written = write(fd, data, length);
    return written < 0 && errno == EAGAIN ? 0 : written;
}

static void on_readable(struct connection *connection)
{
    ssize_t length = read(connection->fd, buffer, sizeof buffer);
    if (length < 0 && errno == EAGAIN)
        return;
    ssize_t written = length > 0 ? write_some(connection->fd, buffer, length) : -1;
    if (written < 0) {
        drop(connection);
    } else if (written < length) {
        connection->begin = 0;
        connection->end = length - written;
        connection->rest = malloc(connection->end);
        if (!connection->rest)
            fail("malloc");
        memcpy(connection->rest, buffer + written, connection->end);
        watch(EPOLL_CTL_MOD, connection->fd, EPOLLOUT, connection);
    }
}

static void on_writable(struct connection *connection)
{
    ssize_t written = write_some(connection->fd, connection->rest + connection->begin,
                                 connection->end - connection->begin);
    if (written < 0) {
        drop(connection);
    } else if ((connection->begin += written) == connection->end) {
        free(connection->rest);
        connection->rest = NULL;
        watch(EPOLL_CTL_MOD, connection->fd, EPOLLIN, connection);
    }
}

static void on_connections(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection)
            fail("calloc");
        connection->fd = fd;
        watch(EPOLL_CTL_ADD, fd, EPOLLIN, connection);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* A broken connection shows in what write() returns. */
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) ||
        listen(listener, BACKLOG) ||
        getsockname(listener, (struct sockaddr *)&address, &length))
        fail("listen");
    if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        fail("epoll_create1");
    /* Two addresses that are no connections tell these two from the rest. */
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, NULL);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection)
                return 0; /* Standard input has closed: the launcher is gone. */
            else if (events[i].data.ptr == &listener)
                on_connections(listener);
            else if (connection->rest)
                on_writable(connection);
            else
                on_readable(connection);
        }
    }
}

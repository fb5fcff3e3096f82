// SPDX-License-Identifier: Apache-2.0
//
// The ceiling: epoll, one file, sendfile, and nothing that makes a server safe or useful. No parser
// (an empty line is a request), no deadlines, no ranges, no errors. What an engine needs more than
// this is what its features cost.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { IN_BYTES = 2048, FILES = 2, EVENTS = 128 };

struct file {
    int fd;
    off_t size;
    char head[128];
    size_t head_len;
};

struct connection {
    int fd;
    size_t in_len;
    char in[IN_BYTES];
    const struct file *file; // being sent, or NULL
    off_t at;
};

static struct file files[FILES];

static void open_file(struct file *file, const char *path)
{
    struct stat facts;
    file->fd = open(path, O_RDONLY);
    if (file->fd < 0 || fstat(file->fd, &facts) != 0) abort();
    file->size = facts.st_size;
    file->head_len =
        (size_t)snprintf(file->head, sizeof file->head,
                         "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", (long long)file->size);
}

// Sends on; true when the file is through.
static int send_file(struct connection *c)
{
    while (c->at < c->file->size) {
        const size_t left = (size_t)(c->file->size - c->at);
        const ssize_t put = sendfile(c->fd, c->file->fd, &c->at, left);
        if (put <= 0 || (size_t)put < left) return 0;
    }
    c->file = NULL;
    return 1;
}

static void serve(struct connection *c)
{
    if (c->file != NULL && !send_file(c)) return;
    const ssize_t got = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);
    if (got <= 0) return;
    c->in_len += (size_t)got;
    if (c->in_len < 4 || memcmp(c->in + c->in_len - 4, "\r\n\r\n", 4) != 0) return;
    c->file = &files[memmem(c->in, c->in_len, "small", 5) != NULL];
    c->in_len = 0;
    c->at = 0;
    if (send(c->fd, c->file->head, c->file->head_len, MSG_MORE | MSG_NOSIGNAL) < 0) return;
    (void)send_file(c);
}

static void accept_all(int listener, int loop)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (c == NULL) abort();
        c->fd = fd;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
        (void)epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    open_file(&files[0], argv[2]);
    open_file(&files[1], argv[3]);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr_in where = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (const struct sockaddr *)&where, sizeof where) != 0) return 1;
    if (listen(listener, 1024) != 0) return 1;
    const int loop = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    (void)epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        const int count = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(listener, loop);
            else
                serve(events[i].data.ptr);
        }
    }
}

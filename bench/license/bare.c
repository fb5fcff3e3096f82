// SPDX-License-Identifier: Apache-2.0
//
// What the machine alone does to latencies: answers requests, burns what each of them costs less
// than a licence, and does nothing else.
//
//     bare COST_NS     prints its port, serves until it is told to end
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 16384, CONNECTIONS = 64, FD_MAX = 256 };

static char requests[FD_MAX][REQUEST_BYTES];
static size_t lens[FD_MAX];

static int64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

// Until all that was answered has cost its share, the reading and sending included.
static void burn(int64_t cost_ns)
{
    static int64_t due_ns;
    if (due_ns == 0) due_ns = cpu_ns();
    due_ns += cost_ns;
    while (cpu_ns() < due_ns) {
    }
}

static void answer(int fd, int64_t cost_ns)
{
    static const char SAID[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    const ssize_t got = recv(fd, requests[fd] + lens[fd], REQUEST_BYTES - lens[fd], 0);
    if (got <= 0) {
        (void)close(fd);
        lens[fd] = 0;
        return;
    }
    lens[fd] += (size_t)got;
    const char *end = memmem(requests[fd], lens[fd], "\r\n\r\n", 4);
    const char *field =
        end == NULL ? NULL : memmem(requests[fd], lens[fd], "Content-Length: ", 16);
    if (field == NULL) return;
    const size_t whole = (size_t)(end - requests[fd]) + 4 + strtoul(field + 16, NULL, 10);
    if (lens[fd] < whole) return;
    lens[fd] = 0;
    burn(cost_ns);
    if (send(fd, SAID, sizeof SAID - 1, 0) < 0) perror("bare: send");
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    const int64_t cost_ns = strtoll(argv[1], NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), on = 1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, CONNECTIONS) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0) {
        perror("bare");
        return 1;
    }
    printf("%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[CONNECTIONS];
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        const int count = epoll_wait(epoll, ready, CONNECTIONS, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd != listener) {
                answer(ready[i].data.fd, cost_ns);
                continue;
            }
            const int fd = accept(listener, NULL, NULL);
            if (fd < 0 || fd >= FD_MAX) return 1;
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
            (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
    }
}

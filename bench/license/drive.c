// SPDX-License-Identifier: Apache-2.0
//
// Sends requests of a file over keep-alive connections and measures.
//
//     drive PORT FILE FROM SECONDS RATE     RATE 0: as fast as CONNECTIONS allow (saturation);
//                                           else an open loop: requests fall due at a fixed pace
//                                           whatever the answers take, and wait counts as latency
//
// FROM is where in the file to begin; past its end it begins again. Prints: requests, seconds, not
// 200, p50, p99, p99.9 in microseconds, and where it ended in the file.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 32, ANSWER_BYTES = 16384, SAMPLES_MAX = 4000000 };

struct connection {
    bool is_busy;
    double due_s;
    size_t len;
    char answer[ANSWER_BYTES];
};

static struct connection connections[CONNECTIONS];
static struct pollfd polls[CONNECTIONS];
static uint32_t *samples_us;
static size_t sample_count, refused;

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void connect_all(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
            perror("drive: connect");
            exit(1);
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        polls[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

// The whole answer's length, or 0 while its head is not complete.
static size_t answer_bytes(const struct connection *c)
{
    const char *end = memmem(c->answer, c->len, "\r\n\r\n", 4);
    const char *field = end == NULL ? NULL : memmem(c->answer, c->len, "Content-Length: ", 16);
    if (field == NULL) return 0;
    return (size_t)(end - c->answer) + 4 + strtoul(field + 16, NULL, 10);
}

static void take(size_t i)
{
    struct connection *c = &connections[i];
    const ssize_t got = recv(polls[i].fd, c->answer + c->len, sizeof c->answer - c->len, 0);
    if (got <= 0) {
        fprintf(stderr, "drive: the server closed a connection\n");
        exit(1);
    }
    c->len += (size_t)got;
    const size_t whole = answer_bytes(c);
    if (whole == 0 || c->len < whole) return;
    if (memcmp(c->answer, "HTTP/1.1 200 ", 13) != 0) {
        if (refused++ == 0) fprintf(stderr, "drive: %.*s\n", (int)c->len, c->answer);
    }
    if (sample_count < SAMPLES_MAX)
        samples_us[sample_count++] = (uint32_t)((now_s() - c->due_s) * 1e6);
    c->is_busy = false;
    c->len = 0;
}

static const uint8_t *request_at(const uint8_t *file, size_t size, size_t *at, size_t *len)
{
    if (*at + 4 > size) *at = 0;
    const uint8_t *head = file + *at;
    *len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    *at += 4 + *len;
    return head + 4;
}

static void send_all(int fd, const uint8_t *bytes, size_t len)
{
    if (send(fd, bytes, len, 0) == (ssize_t)len) return; // requests are small: they fit
    perror("drive: send");
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static uint32_t percentile(double share)
{
    return sample_count == 0 ? 0 : samples_us[(size_t)(share * (double)(sample_count - 1))];
}

static size_t run(const uint8_t *file, size_t size, size_t at, double seconds, double rate)
{
    const double start = now_s();
    double due = start;
    for (double now = start; now < start + seconds; now = now_s()) {
        for (size_t i = 0; i < CONNECTIONS && (rate <= 0 || due <= now); i++) {
            if (connections[i].is_busy) continue;
            size_t len;
            const uint8_t *request = request_at(file, size, &at, &len);
            connections[i].is_busy = true;
            connections[i].due_s = rate <= 0 ? now_s() : due;
            due += rate <= 0 ? 0 : 1 / rate;
            send_all(polls[i].fd, request, len);
        }
        if (poll(polls, CONNECTIONS, rate <= 0 ? 1 : 0) <= 0) continue;
        for (size_t i = 0; i < CONNECTIONS; i++)
            if ((polls[i].revents & (POLLIN | POLLHUP)) != 0) take(i);
    }
    return at;
}

int main(int argc, char **argv)
{
    if (argc != 6) return 2;
    const int fd = open(argv[2], O_RDONLY);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0) return 1;
    const size_t size = (size_t)facts.st_size;
    const uint8_t *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    samples_us = malloc(SAMPLES_MAX * sizeof *samples_us);
    if (file == MAP_FAILED || samples_us == NULL) return 1;
    connect_all((unsigned)strtoul(argv[1], NULL, 10));
    const double start = now_s();
    const size_t end =
        run(file, size, strtoul(argv[3], NULL, 10), strtod(argv[4], NULL), strtod(argv[5], NULL));
    const double took = now_s() - start;
    qsort(samples_us, sample_count, sizeof *samples_us, compare);
    printf("{\"requests\":%zu,\"seconds\":%.3f,\"refused\":%zu,\"p50_us\":%u,\"p99_us\":%u,"
           "\"p999_us\":%u,\"end\":%zu}\n",
           sample_count, took, refused, percentile(0.5), percentile(0.99), percentile(0.999), end);
    return refused == 0 ? 0 : 1;
}

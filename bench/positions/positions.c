// SPDX-License-Identifier: Apache-2.0
//
// Durable position writes per second, and how long each took.
//
//     positions table FOLDER WRITERS SECONDS    our table, that many writes in line at a time
//     positions single FOLDER SECONDS           SQLite, the same row, one commit each
//     positions resume FOLDER SECONDS           reads of the resume point after those writes
//     positions http HOST PORT CLIENTS SECONDS  POST /v1/positions, keep-alive connections
//
// Prints "writes_per_s p50_ms p99_ms".
#include "base/file.h"
#include "playback/position.h"
#include "store/sqlite.h"
#include "store/table_sqlite.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMES_MAX = 4000000, TITLES = 200, PROFILES = 5000 };

static uint32_t times_us[TIMES_MAX];
static size_t time_count;

static int64_t now_us(void)
{
    return clock_us(clock_system());
}

static void note(int64_t from_us)
{
    if (time_count < TIMES_MAX) times_us[time_count++] = (uint32_t)(now_us() - from_us);
}

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int report(int64_t from_us)
{
    const double seconds = (double)(now_us() - from_us) / 1e6;
    if (time_count == 0) return 1;
    qsort(times_us, time_count, sizeof times_us[0], by_size);
    printf("%.0f %.3f %.3f\n", (double)time_count / seconds, times_us[time_count / 2] / 1000.0,
           times_us[time_count / 100 * 99] / 1000.0);
    return 0;
}

static void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    fprintf(stderr, "positions: %s\n", why->text);
    exit(1);
}

static struct table_store *open_table(const char *folder)
{
    char path[300];
    struct why why = {""};
    struct table_store *tables;
    (void)snprintf(path, sizeof path, "%s/primrose.db", folder);
    must(table_sqlite_open(path, clock_system(), &tables, &why), &why);
    return tables;
}

static struct position position_of(size_t number)
{
    struct position position = {.position_ms = (int64_t)(number % 7200) * 1000,
                                .duration_ms = 7200000,
                                .at_ms = clock_wall_ms(clock_system())};
    (void)snprintf(position.title, sizeof position.title, "title_%zu", number % TITLES);
    (void)snprintf(position.device, sizeof position.device, "device_%zu", number % 3);
    return position;
}

// --- our table --------------------------------------------------------------------------

struct writer {
    struct position_write write; // first
    int64_t from_us;
    sem_t *freed;
    _Atomic bool is_free;
};

static void done(struct table_pending *pending)
{
    struct writer *writer = (struct writer *)pending;
    note(writer->from_us);
    writer->is_free = true;
    sem_post(writer->freed);
}

static void begin(struct table_store *tables, struct writer *writer, size_t number)
{
    char profile[ID_BYTES];
    struct why why = {""};
    const struct position position = position_of(number);
    (void)snprintf(profile, sizeof profile, "profile_%zu", number % PROFILES);
    must(position_prepare(clock_system(), profile, &position, &writer->write, &why), &why);
    writer->write.pending.done = done;
    writer->is_free = false;
    writer->from_us = now_us();
    must(tables->ops->submit(tables, &writer->write.pending, &why), &why);
}

static int run_table(const char *folder, size_t count, int seconds)
{
    struct table_store *tables = open_table(folder);
    struct writer *writers = calloc(count, sizeof *writers);
    sem_t freed;
    if (writers == NULL) return 1;
    sem_init(&freed, 0, 0);
    const int64_t from_us = now_us();
    size_t number = 0;
    for (; number < count; number++) {
        writers[number].freed = &freed;
        begin(tables, &writers[number], number);
    }
    while (now_us() - from_us < seconds * 1000000LL)
        for (size_t i = 0; i < count; i++)
            if (writers[i].is_free) {
                while (sem_wait(&freed) != 0) {
                }
                begin(tables, &writers[i], number++);
            }
    const int status = report(from_us);
    table_store_close(&tables);
    free(writers);
    return status;
}

static int run_resume(const char *folder, int seconds)
{
    struct table_store *tables = open_table(folder);
    const int64_t from_us = now_us();
    for (size_t number = 0; now_us() - from_us < seconds * 1000000LL; number++) {
        struct position position;
        char profile[ID_BYTES], title[65];
        (void)snprintf(profile, sizeof profile, "profile_%zu", number * 7919 % PROFILES);
        (void)snprintf(title, sizeof title, "title_%zu", number * 7919 % PROFILES % TITLES);
        const int64_t start_us = now_us();
        const outcome found = position_resume(tables, profile, title, &position, NULL);
        if (found == OK) note(start_us);
    }
    const int status = report(from_us);
    table_store_close(&tables);
    return status;
}

// --- SQLite, one row a commit -----------------------------------------------------------

static int run_single(const char *folder, int seconds)
{
    static const struct sql_schema schema = {
        1, "CREATE TABLE position (profile TEXT, title TEXT, device TEXT, at INTEGER,"
           " place INTEGER, PRIMARY KEY (profile, title, device)) WITHOUT ROWID"};
    char path[300];
    struct why why = {""};
    sqlite3 *db;
    sqlite3_stmt *put;
    (void)snprintf(path, sizeof path, "%s/single.db", folder);
    must(sqlite_begin(path, &schema, &db, &why), &why);
    must(sqlite_prepared(db,
                         "INSERT INTO position VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
                         " SET at=excluded.at, place=excluded.place WHERE at<excluded.at",
                         &put, &why),
         &why);
    const int64_t from_us = now_us();
    for (size_t number = 0; now_us() - from_us < seconds * 1000000LL; number++) {
        const struct position position = position_of(number);
        char profile[ID_BYTES];
        (void)snprintf(profile, sizeof profile, "profile_%zu", number % PROFILES);
        const int64_t start_us = now_us();
        must(sql_change(put,
                        SQL_VALUES(sql_text(profile), sql_text(position.title),
                                   sql_text(position.device), sql_integer(position.at_ms),
                                   sql_integer(position.position_ms)),
                        NULL, &why),
             &why);
        note(start_us);
    }
    (void)sqlite3_finalize(put);
    sqlite_end(&db);
    return report(from_us);
}

// --- over HTTP --------------------------------------------------------------------------

struct client {
    int fd;
    int64_t from_us;
};

static void ask(struct client *client, size_t number)
{
    char body[300], text[600];
    const int len =
        snprintf(body, sizeof body,
                 "{\"title_id\":\"title_%zu\",\"position_ms\":%zu,\"duration_ms\":7200000,"
                 "\"at_ms\":%lld,\"device_id\":\"device_%zu\"}",
                 number % TITLES, number % 7200 * 1000, (long long)clock_wall_ms(clock_system()),
                 number % PROFILES);
    const int all = snprintf(text, sizeof text,
                             "POST /v1/positions HTTP/1.1\r\nHost: x\r\nContent-Type: "
                             "application/json\r\nContent-Length: %d\r\n\r\n%s",
                             len, body);
    client->from_us = now_us();
    if (send(client->fd, text, (size_t)all, MSG_NOSIGNAL) != all) exit(1);
}

static int run_http(const char *host, const char *port, size_t count, int seconds)
{
    const int epoll = epoll_create1(0);
    struct client *clients = calloc(count, sizeof *clients);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    if (clients == NULL || inet_pton(AF_INET, host, &address.sin_addr) != 1) return 1;
    const int64_t from_us = now_us();
    size_t number = 0, refused = 0;
    for (; number < count; number++) {
        clients[number].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[number].fd, (struct sockaddr *)&address, sizeof address) != 0) return 1;
        const int on = 1;
        (void)setsockopt(clients[number].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[number]};
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, clients[number].fd, &event);
        ask(&clients[number], number);
    }
    while (now_us() - from_us < seconds * 1000000LL) {
        struct epoll_event events[256];
        const int ready = epoll_wait(epoll, events, 256, 1000);
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            char answer[2048];
            if (recv(client->fd, answer, sizeof answer, 0) < 12) return 1;
            refused += memcmp(answer + 9, "200", 3) != 0;
            note(client->from_us);
            ask(client, number++);
        }
    }
    if (refused > 0) fprintf(stderr, "positions: %zu were refused\n", refused);
    return refused > 0 ? 1 : report(from_us);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "table") == 0 && argc == 5)
        return run_table(argv[2], strtoul(argv[3], NULL, 10), (int)strtol(argv[4], NULL, 10));
    if (strcmp(mode, "single") == 0 && argc == 4)
        return run_single(argv[2], (int)strtol(argv[3], NULL, 10));
    if (strcmp(mode, "resume") == 0 && argc == 4)
        return run_resume(argv[2], (int)strtol(argv[3], NULL, 10));
    if (strcmp(mode, "http") == 0 && argc == 6)
        return run_http(argv[2], argv[3], strtoul(argv[4], NULL, 10),
                        (int)strtol(argv[5], NULL, 10));
    fprintf(stderr, "usage: positions table|single|resume|http ... (see the source)\n");
    return 2;
}

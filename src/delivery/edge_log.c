// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

enum {
    PENDING_BYTES = 64 * 1024,   // written at once
    PENDING_BYTES_MAX = 1 << 20, // while the disk stalls; what comes then is lost
};

struct edge_log {
    const char *path;
    pthread_mutex_t lock;
    int fd;
    struct buffer pending;
};

static outcome open_file(const char *path, int *fd, struct why *why)
{
    *fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    return *fd >= 0 ? OK : fail_errno(why, errno, "the access log %s cannot be written", path);
}

outcome edge_log_open(const char *path, struct edge_log **out, struct why *why)
{
    struct edge_log *log = calloc(1, sizeof *log);
    if (log == NULL) return fail(why, NO_MEMORY, "no memory for an access log");
    log->path = path;
    log->pending = buffer_init(PENDING_BYTES_MAX);
    const outcome result = open_file(path, &log->fd, why);
    if (result != OK) {
        free(log);
        return result;
    }
    (void)pthread_mutex_init(&log->lock, NULL);
    *out = log;
    return OK;
}

// Takes what is pending, and writes it when the lock has been given back: a line is one append.
static void flush(struct edge_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    struct buffer taken = log->pending;
    log->pending = buffer_init(PENDING_BYTES_MAX);
    (void)pthread_mutex_unlock(&log->lock);
    if (taken.len > 0) (void)!fd_write(log->fd, buffer_slice(&taken), NULL);
    buffer_release(&taken);
}

void edge_log_close(struct edge_log **log)
{
    if (*log == NULL) return;
    flush(*log);
    fd_close(&(*log)->fd);
    (void)pthread_mutex_destroy(&(*log)->lock);
    free(*log);
    *log = NULL;
}

// Whoever keeps old logs moves the file away; the new one takes the place of the descriptor.
void edge_log_renew(struct edge_log *log)
{
    struct stat own, there;
    flush(log);
    const bool is_same = stat(log->path, &there) == 0 && fstat(log->fd, &own) == 0 &&
                         own.st_ino == there.st_ino && own.st_dev == there.st_dev;
    autofd fd = -1;
    if (is_same || open_file(log->path, &fd, NULL) != OK) return;
    (void)dup3(fd, log->fd, O_CLOEXEC);
}

static void set_text(json_t *line, const char *name, struct slice text)
{
    json_t *value = text.at == NULL ? NULL : json_stringn((const char *)text.at, text.len);
    if (value != NULL) (void)json_object_set_new(line, name, value); // not when it is no UTF-8
}

static json_t *line_of(const struct edge *edge, const struct http_exchange *exchange,
                       const char *status, const struct cmcd_said *said)
{
    char at[CLOCK_TEXT_BYTES], from[ADDRESS_TEXT_BYTES];
    const struct places *places = edge->options.places;
    const struct address client = places == NULL ? exchange->peer : places_client(places, exchange);
    wall_format(loop_wall_ms(exchange->loop), at);
    json_t *line = json_pack("{s:s,s:s,s:i,s:s}", "at", at, "client", address_format(&client, from),
                             "status", exchange->reply.status, "cache",
                             strncmp(status, "primrose; ", 10) == 0 ? status + 10 : status);
    if (line == NULL) return NULL;
    set_text(line, "method", exchange->request->method_word);
    set_text(line, "path", exchange->request->path);
    if (exchange->reply.framing == FRAMING_LENGTH && !exchange->is_head)
        (void)json_object_set_new(line, "bytes", json_integer((json_int_t)exchange->reply.length));
    json_t *lines = json_array();
    for (size_t i = 0; said != NULL && i < said->line_count; i++)
        (void)json_array_append_new(
            lines, json_stringn((const char *)said->lines[i].at, said->lines[i].len));
    if (json_array_size(lines) > 0)
        (void)json_object_set_new(line, "cmcd", lines);
    else
        json_decref(lines);
    return line;
}

void edge_log_answer(struct edge *edge, const struct http_exchange *exchange, const char *status,
                     const struct cmcd_said *said)
{
    struct edge_log *log = edge->log;
    if (log == NULL || exchange->reply.status == 0) return;
    autojson *line = line_of(edge, exchange, status, said);
    if (line == NULL) return;
    (void)pthread_mutex_lock(&log->lock);
    const size_t before = log->pending.len;
    const bool is_put = json_format(line, &log->pending, NULL) == OK &&
                        buffer_put_text(&log->pending, "\n", NULL) == OK;
    if (!is_put) log->pending.len = before;
    const bool is_due = log->pending.len >= PENDING_BYTES;
    (void)pthread_mutex_unlock(&log->lock);
    if (!is_put) edge_count(&edge->counts.unlogged);
    if (is_due) flush(log);
}

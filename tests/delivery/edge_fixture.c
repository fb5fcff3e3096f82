// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include "base/file.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { BODY_MAX = 8 << 20 };

struct origin {
    struct http_server *server;
    char url[64];
    uint8_t *bytes;
    _Atomic unsigned requests;
    _Atomic bool is_down;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_released, was_cut;
    char range[100];
};

uint8_t origin_byte(uint64_t at)
{
    return (uint8_t)(at * 11 + (at >> 8) * 5 + (at >> 20) * 3);
}

static void hold_back(void *context, struct http_exchange *exchange)
{
    struct origin *origin = context;
    (void)exchange;
    (void)pthread_mutex_lock(&origin->lock);
    while (!origin->is_released)
        (void)pthread_cond_wait(&origin->changed, &origin->lock);
    (void)pthread_mutex_unlock(&origin->lock);
}

struct cut_stream {
    struct http_stream stream;
    const uint8_t *bytes;
    uint64_t len;
};

static enum http_pull cut_pull(struct http_stream *stream, uint64_t sent, struct http_piece *piece)
{
    struct cut_stream *cut = (struct cut_stream *)stream;
    if (sent > 0) return PULL_BREAK;
    piece->bytes = (struct slice){cut->bytes, (size_t)cut->len};
    return PULL_BYTES;
}

static void cut_close(struct http_stream *stream)
{
    (void)stream;
}

static void reply_bytes(struct origin *origin, struct http_exchange *exchange, uint64_t len,
                        bool has_validators)
{
    struct http_resource resource = {
        .validators = {slice_of(has_validators ? "\"one\"" : ""), -1},
        .type_run = slice_of("Content-Type: video/mp4\r\n"),
        .run = slice_of(has_validators ? "ETag: \"one\"\r\nCache-Control: max-age=3600\r\n"
                                         "Cache-Tag: film-1, all\r\n"
                                       : "Cache-Control: max-age=3600\r\n"),
        .bytes = {origin->bytes, (size_t)len},
        .fd = -1,
        .size = len,
    };
    if (!has_validators) resource.validators.etag = (struct slice){NULL, 0};
    http_reply_resource(exchange, &resource);
}

static void reply_cut(struct origin *origin, struct http_exchange *exchange, uint64_t len)
{
    (void)pthread_mutex_lock(&origin->lock);
    const bool was_cut = origin->was_cut;
    origin->was_cut = true;
    (void)pthread_mutex_unlock(&origin->lock);
    struct cut_stream *cut = ARENA_NEW(&exchange->arena, struct cut_stream);
    if (was_cut || cut == NULL) {
        reply_bytes(origin, exchange, len, true);
        return;
    }
    cut->stream = (struct http_stream){cut_pull, cut_close};
    cut->bytes = origin->bytes;
    cut->len = len / 2;
    http_reply_stream_of(exchange, 200, "video/mp4", len, &cut->stream);
    http_reply_run(exchange, slice_of("ETag: \"one\"\r\nCache-Control: max-age=3600\r\n"));
}

static void answer_slow(void *context, struct http_exchange *exchange)
{
    const struct slice path = exchange->request->path;
    uint64_t len = 0;
    (void)!slice_u64(slice_part(path, 6, path.len), BODY_MAX, &len, NULL);
    reply_bytes(context, exchange, len, true);
}

static void reply_stale(struct http_exchange *exchange)
{
    const struct http_resource resource = {
        .validators = {slice_of("\"s\""), -1},
        .type_run = slice_of("Content-Type: text/plain\r\n"),
        .run = slice_of("ETag: \"s\"\r\nCache-Control: max-age=0, stale-if-error=60\r\n"),
        .bytes = slice_of("stale"),
        .fd = -1,
        .size = 5,
    };
    http_reply_resource(exchange, &resource);
}

static void reply_vary(struct http_exchange *exchange)
{
    const char *body = "other";
    for (size_t i = 0; i < exchange->request->field_count; i++)
        if (slice_is_nocase(exchange->request->fields[i].name, "Foo"))
            body = slice_is(exchange->request->fields[i].value, "1") ? "one" : "two";
    http_reply_bytes(exchange, 200, "text/plain", slice_of(body));
    http_reply_run(exchange, slice_of("Vary: Foo\r\nCache-Control: max-age=60\r\n"));
}

static void note(struct origin *origin, const struct http_request *request)
{
    struct slice range = {NULL, 0};
    (void)http_request_find(request, FIELD_RANGE, &range);
    (void)pthread_mutex_lock(&origin->lock);
    (void)snprintf(origin->range, sizeof origin->range, "%.*s",
                   SLICE_ARG(slice_part(range, 0, 90)));
    (void)pthread_mutex_unlock(&origin->lock);
    origin->requests++;
}

static void handle(void *context, struct http_exchange *exchange)
{
    struct origin *origin = context;
    const struct slice path = exchange->request->path;
    uint64_t len = 0;
    note(origin, exchange->request);
    struct slice rest = path, part = {NULL, 0};
    while (slice_cut(&rest, '/', &part))
        continue;
    (void)!slice_u64(part, BODY_MAX, &len, NULL);
    if (origin->is_down)
        http_reply_bytes(exchange, 503, "text/plain", slice_of("down"));
    else if (slice_starts(path, "/n/"))
        reply_bytes(origin, exchange, len, true);
    else if (slice_starts(path, "/weak/"))
        reply_bytes(origin, exchange, len, false);
    else if (slice_starts(path, "/cut/"))
        reply_cut(origin, exchange, len);
    else if (slice_starts(path, "/slow/"))
        http_exchange_offload(exchange, hold_back, answer_slow, origin);
    else if (slice_is(path, "/stale"))
        reply_stale(exchange);
    else if (slice_is(path, "/vary"))
        reply_vary(exchange);
    else if (slice_is(path, "/private")) {
        http_reply_bytes(exchange, 200, "text/plain", slice_of("mine"));
        http_reply_run(exchange, slice_of("Cache-Control: private\r\n"));
    } else if (exchange->request->method == METHOD_POST)
        http_reply_bytes(exchange, 200, "text/plain", exchange->body);
    else
        http_reply_bytes(exchange, 404, "text/plain", slice_of("none"));
}

struct origin *origin_open(void)
{
    struct origin *origin = calloc(1, sizeof *origin);
    assert(origin != NULL);
    origin->bytes = malloc(BODY_MAX);
    assert(origin->bytes != NULL);
    for (uint64_t i = 0; i < BODY_MAX; i++)
        origin->bytes[i] = origin_byte(i);
    (void)pthread_mutex_init(&origin->lock, NULL);
    (void)pthread_cond_init(&origin->changed, NULL);
    const struct http_server_options options = {.listen = "127.0.0.1:0",
                                                .loops = 1,
                                                .workers = 2,
                                                .limits = http_limits_default(),
                                                .clock = clock_system(),
                                                .handle = handle,
                                                .context = origin};
    outcome result = http_server_open(&options, &origin->server, NULL);
    assert(result == OK);
    result = http_server_start(origin->server, NULL);
    assert(result == OK);
    (void)snprintf(origin->url, sizeof origin->url, "http://%s",
                   http_server_address(origin->server));
    return origin;
}

void origin_close(struct origin *origin)
{
    origin_release(origin);
    http_server_close(&origin->server);
    (void)pthread_mutex_destroy(&origin->lock);
    (void)pthread_cond_destroy(&origin->changed);
    free(origin->bytes);
    free(origin);
}

const char *origin_url(const struct origin *origin)
{
    return origin->url;
}

unsigned origin_requests(const struct origin *origin)
{
    return origin->requests;
}

void origin_release(struct origin *origin)
{
    (void)pthread_mutex_lock(&origin->lock);
    origin->is_released = true;
    (void)pthread_cond_broadcast(&origin->changed);
    (void)pthread_mutex_unlock(&origin->lock);
}

void origin_set_down(struct origin *origin, bool is_down)
{
    origin->is_down = is_down;
}

const char *origin_last_range(struct origin *origin)
{
    return origin->range;
}

struct stand {
    struct edge *edge;
    struct http_server *server;
    char url[64];
};

struct stand *stand_open(const char *const *upstreams, size_t count, const char *data,
                         uint64_t memory_mib, uint64_t disk_mib)
{
    const struct edge_options options = {.upstreams = upstreams,
                                         .upstream_count = count,
                                         .data = data,
                                         .memory_bytes = memory_mib << 20,
                                         .disk_bytes = disk_mib << 20};
    return stand_open_as(&options);
}

struct stand *stand_open_as(const struct edge_options *options)
{
    struct stand *stand = calloc(1, sizeof *stand);
    assert(stand != NULL);
    struct why why = {""};
    outcome result = edge_open(options, &stand->edge, &why);
    assert(result == OK);
    const struct http_server_options server = {.listen = "127.0.0.1:0",
                                               .loops = 2,
                                               .workers = 2,
                                               .limits = http_limits_default(),
                                               .clock = clock_system(),
                                               .is_gateway = true,
                                               .begin = edge_begin,
                                               .handle = edge_handle,
                                               .context = stand->edge};
    result = http_server_open(&server, &stand->server, &why);
    assert(result == OK);
    result = http_server_start(stand->server, &why);
    assert(result == OK);
    (void)snprintf(stand->url, sizeof stand->url, "http://%s", http_server_address(stand->server));
    return stand;
}

void stand_close(struct stand *stand)
{
    http_server_stop(stand->server);
    http_server_wait(stand->server);
    edge_detach(stand->edge);
    http_server_close(&stand->server);
    edge_close(&stand->edge);
    free(stand);
}

struct edge *stand_edge(const struct stand *stand)
{
    return stand->edge;
}

const char *stand_url(const struct stand *stand)
{
    return stand->url;
}

int world_open_as(void **state, const struct edge_options *options)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) return -1;
    world->origin = origin_open();
    const char *url = origin_url(world->origin);
    struct edge_options with_origin = *options;
    with_origin.upstreams = &url;
    with_origin.upstream_count = 1;
    world->stand = stand_open_as(&with_origin);
    *state = world;
    return 0;
}

int world_open(void **state)
{
    const struct edge_options options = {.memory_bytes = 64 << 20};
    return world_open_as(state, &options);
}

int world_close(void **state)
{
    struct world *world = *state;
    stand_close(world->stand);
    origin_close(world->origin);
    free(world);
    return 0;
}

int stand_connect(const struct stand *stand)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtoul(strrchr(stand->url, ':') + 1, NULL, 10));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval wait = {.tv_sec = 20};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    const int connected = connect(fd, (const struct sockaddr *)&address, sizeof address);
    assert(connected == 0);
    return fd;
}

void talk_send(int fd, const char *method, const char *path, const char *fields)
{
    char text[4000];
    const int len =
        snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n",
                 method, path, fields);
    const outcome sent = fd_write(fd, (struct slice){(const uint8_t *)text, (size_t)len}, NULL);
    assert(sent == OK);
}

// Chunks out of a body, in place.
static size_t unchunk(uint8_t *bytes, size_t len, bool *is_whole)
{
    size_t in = 0, out = 0;
    *is_whole = false;
    while (in < len) {
        char *end = NULL;
        const size_t size = strtoul((const char *)bytes + in, &end, 16);
        in = (size_t)((const uint8_t *)end - bytes) + 2;
        if (size == 0) {
            *is_whole = true;
            return out;
        }
        if (in + size + 2 > len) return out;
        memmove(bytes + out, bytes + in, size);
        out += size;
        in += size + 2;
    }
    return out;
}

struct answer talk_read(int fd, bool is_head)
{
    struct buffer all = buffer_init(BODY_MAX + (1 << 20));
    for (;;) {
        const outcome room = buffer_reserve(&all, 65536, NULL);
        assert(room == OK);
        const ssize_t got = recv(fd, all.at + all.len, 65536, 0);
        if (got <= 0) break;
        all.len += (size_t)got;
    }
    (void)close(fd);
    struct answer answer = {0};
    const uint8_t *split = all.len == 0 ? NULL : memmem(all.at, all.len, "\r\n\r\n", 4);
    if (split == NULL) {
        buffer_release(&all);
        return answer;
    }
    const size_t head_len = (size_t)(split - all.at) + 4;
    answer.head = malloc(head_len + 1);
    answer.body = malloc(all.len - head_len + 1);
    assert(answer.head != NULL && answer.body != NULL);
    memcpy(answer.head, all.at, head_len);
    answer.head[head_len] = '\0';
    answer.len = all.len - head_len;
    memcpy(answer.body, all.at + head_len, answer.len);
    answer.body[answer.len] = '\0';
    answer.status = (int)strtol(answer.head + 9, NULL, 10);
    const char *length = strstr(answer.head, "Content-Length: ");
    if (strstr(answer.head, "chunked") != NULL)
        answer.len = unchunk(answer.body, answer.len, &answer.is_whole);
    else
        answer.is_whole = is_head || length == NULL || strtoul(length + 16, NULL, 10) == answer.len;
    buffer_release(&all);
    return answer;
}

struct answer talk(const struct stand *stand, const char *method, const char *path,
                   const char *fields)
{
    const int fd = stand_connect(stand);
    talk_send(fd, method, path, fields);
    return talk_read(fd, strcmp(method, "HEAD") == 0);
}

bool answer_has(const struct answer *answer, const char *text)
{
    return answer->head != NULL && strstr(answer->head, text) != NULL;
}

bool answer_is(const struct answer *answer, uint64_t first, uint64_t len)
{
    if (!answer->is_whole || answer->len != len) return false;
    for (uint64_t i = 0; i < len; i++)
        if (answer->body[i] != origin_byte(first + i)) return false;
    return true;
}

void answer_free(struct answer *answer)
{
    free(answer->head);
    free(answer->body);
    *answer = (struct answer){0};
}

// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "base/file.h"
#include "net/file_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

struct fixture {
    struct http_server *server;
    int file, small;
    uint8_t *large;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_unblocked;
};

uint8_t fixture_byte(uint64_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) * 3);
}

static int make_file(size_t size)
{
    char path[] = "/tmp/primrose-fixture-XXXXXX";
    const int fd = mkstemp(path);
    assert(fd >= 0);
    (void)unlink(path);
    uint8_t *bytes = malloc(size);
    assert(bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = fixture_byte(i);
    const outcome written = fd_write(fd, (struct slice){bytes, size}, NULL);
    assert(written == OK);
    free(bytes);
    return fd;
}

// A file is opened on the pool and added to the cache on the loop, as the media routes do.
static void open_file(void *context, struct http_exchange *exchange)
{
    const struct fixture *fixture = context;
    const bool is_small = slice_is(exchange->request->path, "/small");
    const struct file_facts facts = {
        .size = is_small ? FIXTURE_SMALL_BYTES : FIXTURE_FILE_BYTES,
        .etag = is_small ? "\"small\"" : "\"file\"",
        .modified_s = 784111777,
        .content_type = "video/mp4",
        .cache_control = "public, max-age=31536000, immutable",
    };
    struct served_file *file;
    const outcome made =
        served_file_make(dup(is_small ? fixture->small : fixture->file), &facts, &file, NULL);
    assert(made == OK);
    exchange->opened = file;
}

static void file_opened(void *context, struct http_exchange *exchange)
{
    (void)context;
    struct served_file *file = exchange->opened;
    file_cache_add(exchange->files, exchange->request->path, file, loop_now_us(exchange->loop));
    http_reply_file(exchange, file);
    served_file_drop(file);
}

static void serve_file(struct fixture *fixture, struct http_exchange *exchange)
{
    struct served_file *file =
        file_cache_find(exchange->files, exchange->request->path, loop_now_us(exchange->loop));
    if (file != NULL)
        http_reply_file(exchange, file);
    else
        http_exchange_offload(exchange, open_file, file_opened, fixture);
}

// Three pieces of memory, of a file, and of memory: 10 + 70000 + 20 bytes.
enum { STREAM_BYTES = 10 + 70000 + 20 };

struct test_stream {
    struct http_stream stream;
    struct fixture *fixture;
    bool is_idle; // one piece, then it waits for ever
    uint8_t bytes[32];
};

static enum http_pull stream_pull(struct http_stream *stream, uint64_t sent,
                                  struct http_piece *piece)
{
    struct test_stream *self = (struct test_stream *)stream;
    if (sent == 10 && self->is_idle) return PULL_WAIT;
    if (sent == 10) {
        *piece = (struct http_piece){.fd = self->fixture->file, .offset = 10, .size = 70000};
        return PULL_FILE;
    }
    if (sent == STREAM_BYTES) return PULL_END;
    assert(sent == 0 || sent == 70010);
    const size_t len = sent == 0 ? 10 : 20;
    for (size_t i = 0; i < len; i++)
        self->bytes[i] = fixture_byte(sent + i);
    piece->bytes = (struct slice){self->bytes, len};
    return PULL_BYTES;
}

static void stream_close(struct http_stream *stream)
{
    free(stream);
}

static void serve_stream(struct fixture *fixture, struct http_exchange *exchange)
{
    struct test_stream *self = calloc(1, sizeof *self);
    assert(self != NULL);
    const struct slice path = exchange->request->path;
    self->stream = (struct http_stream){stream_pull, stream_close};
    self->fixture = fixture;
    self->is_idle = slice_is(path, "/stream-idle");
    if (slice_is(path, "/stream-known"))
        http_reply_stream_of(exchange, 200, "text/plain", STREAM_BYTES, &self->stream);
    else if (slice_is(path, "/stream-short"))
        http_reply_stream_of(exchange, 200, "text/plain", STREAM_BYTES + 1, &self->stream);
    else
        http_reply_stream(exchange, 200, "text/plain", &self->stream);
}

static void serve_work(void *context, struct http_exchange *exchange)
{
    (void)context;
    const char *text = arena_format(&exchange->arena, "%s %.*s", "worked on",
                                    SLICE_ARG(exchange->request->target));
    assert(text != NULL);
    http_reply_bytes(exchange, 200, "text/plain", slice_of(text));
}

static void serve_blocked(void *context, struct http_exchange *exchange)
{
    struct fixture *fixture = context;
    (void)pthread_mutex_lock(&fixture->lock);
    while (!fixture->is_unblocked)
        (void)pthread_cond_wait(&fixture->changed, &fixture->lock);
    (void)pthread_mutex_unlock(&fixture->lock);
    http_reply_bytes(exchange, 200, "text/plain", slice_of("unblocked\n"));
}

void fixture_unblock(struct fixture *fixture)
{
    (void)pthread_mutex_lock(&fixture->lock);
    fixture->is_unblocked = true;
    (void)pthread_cond_broadcast(&fixture->changed);
    (void)pthread_mutex_unlock(&fixture->lock);
}

// Parked exchanges: another thread posts to the loop, which finishes them there.
struct parked {
    struct loop_post post;
    struct http_exchange *exchange; // NULL when cancelled
};

static void finish_parked(struct loop_post *post)
{
    struct parked *parked = CONTAINER_OF(post, struct parked, post);
    http_reply_bytes(parked->exchange, 200, "text/plain", slice_of("parked\n"));
    http_exchange_finish(parked->exchange);
    free(parked);
}

static void *post_parked(void *context)
{
    struct parked *parked = context;
    loop_post(parked->exchange->loop, &parked->post);
    return NULL;
}

static void forget(struct http_exchange *exchange)
{
    (void)exchange;
}

static void serve_parked(struct fixture *fixture, struct http_exchange *exchange)
{
    (void)fixture;
    struct parked *parked = calloc(1, sizeof *parked);
    assert(parked != NULL);
    *parked = (struct parked){{.run = finish_parked}, exchange};
    http_exchange_park(exchange, forget);
    pthread_t thread;
    const int error = pthread_create(&thread, NULL, post_parked, parked);
    assert(error == 0);
    (void)pthread_detach(thread);
}

static void handle(void *context, struct http_exchange *exchange)
{
    struct fixture *fixture = context;
    const struct slice path = exchange->request->path;
    if (slice_is(path, "/hello") || slice_is(path, "*"))
        http_reply_bytes(exchange, 200, "text/plain", slice_of("hello\n"));
    else if (slice_is(path, "/file") || slice_is(path, "/small"))
        serve_file(fixture, exchange);
    else if (slice_is(path, "/large"))
        http_reply_bytes(exchange, 200, "text/plain",
                         (struct slice){fixture->large, FIXTURE_LARGE_BYTES});
    else if (slice_is(path, "/echo")) {
        const char *copy = arena_copy(&exchange->arena, exchange->body);
        assert(copy != NULL);
        http_reply_bytes(exchange, 200, "text/plain",
                         (struct slice){(const uint8_t *)copy, exchange->body.len});
    } else if (slice_starts(path, "/stream"))
        serve_stream(fixture, exchange);
    else if (slice_is(path, "/work"))
        http_exchange_offload(exchange, serve_work, NULL, fixture);
    else if (slice_is(path, "/blocked"))
        http_exchange_offload(exchange, serve_blocked, NULL, fixture);
    else if (slice_is(path, "/parked"))
        serve_parked(fixture, exchange);
    else if (slice_is(path, "/never"))
        http_exchange_park(exchange, forget);
    else if (slice_is(path, "/silent"))
        return;
    else
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"nothing is here"});
}

struct fixture *fixture_open(const struct http_limits *limits, unsigned loops)
{
    return fixture_open_tls(limits, loops, NULL);
}

struct fixture *fixture_open_tls(const struct http_limits *limits, unsigned loops,
                                 struct tls_server *tls)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert(fixture != NULL);
    (void)pthread_mutex_init(&fixture->lock, NULL);
    (void)pthread_cond_init(&fixture->changed, NULL);
    fixture->file = make_file(FIXTURE_FILE_BYTES);
    fixture->small = make_file(FIXTURE_SMALL_BYTES);
    fixture->large = malloc(FIXTURE_LARGE_BYTES);
    assert(fixture->large != NULL);
    for (size_t i = 0; i < FIXTURE_LARGE_BYTES; i++)
        fixture->large[i] = fixture_byte(i);
    const struct http_server_options options = {
        .listen = "127.0.0.1:0",
        .loops = loops,
        .workers = 4,
        .limits = limits != NULL ? *limits : http_limits_default(),
        .tls = tls,
        .clock = clock_system(),
        .handle = handle,
        .context = fixture,
    };
    struct why why = {""};
    outcome result = http_server_open(&options, &fixture->server, &why);
    if (result == OK) result = http_server_start(fixture->server, &why);
    if (result != OK) {
        fprintf(stderr, "fixture: %s\n", why.text);
        abort();
    }
    return fixture;
}

struct http_server *fixture_server(struct fixture *fixture)
{
    return fixture->server;
}

void fixture_close(struct fixture *fixture)
{
    fixture_unblock(fixture);
    http_server_close(&fixture->server);
    (void)close(fixture->file);
    (void)close(fixture->small);
    free(fixture->large);
    (void)pthread_cond_destroy(&fixture->changed);
    (void)pthread_mutex_destroy(&fixture->lock);
    free(fixture);
}

int fixture_socket(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0);
    const struct timeval patience = {.tv_sec = 20};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

void fixture_connect_socket(const struct fixture *fixture, int fd)
{
    const char *address = http_server_address(fixture->server);
    uint64_t port;
    const outcome parsed = slice_u64(slice_of(strrchr(address, ':') + 1), 65535, &port, NULL);
    assert(parsed == OK);
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int error = connect(fd, (const struct sockaddr *)&to, sizeof to);
    assert(error == 0);
}

int fixture_connect(const struct fixture *fixture)
{
    const int fd = fixture_socket();
    fixture_connect_socket(fixture, fd);
    return fd;
}

int fixture_connect_small(const struct fixture *fixture)
{
    const int fd = fixture_socket();
    const int least = 1; // the kernel rounds it up to what it needs
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    fixture_connect_socket(fixture, fd);
    return fd;
}

void fixture_send_bytes(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        const ssize_t put = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (put <= 0) return; // the server may have closed; what it answered says why
        bytes = slice_part(bytes, (size_t)put, bytes.len);
    }
}

void fixture_send(int fd, const char *text)
{
    fixture_send_bytes(fd, slice_of(text));
}

static size_t read_some(int fd, struct buffer *in)
{
    const outcome room = buffer_reserve(in, 64 * 1024 + 1, NULL);
    assert(room == OK);
    const ssize_t got = recv(fd, in->at + in->len, 64 * 1024, 0);
    if (got > 0) in->len += (size_t)got;
    in->at[in->len] = '\0';
    return got > 0 ? (size_t)got : 0;
}

char *fixture_read_all(int fd, size_t *len)
{
    struct buffer in = buffer_init(64 * 1024 * 1024);
    while (read_some(fd, &in) > 0)
        continue;
    *len = in.len;
    return (char *)in.at;
}

char *fixture_read_one(int fd, size_t *len)
{
    struct buffer in = buffer_init(64 * 1024 * 1024);
    size_t need = SIZE_MAX;
    while (in.len < need && read_some(fd, &in) > 0) {
        const char *end = strstr((char *)in.at, "\r\n\r\n");
        if (end == NULL || need != SIZE_MAX) continue;
        const char *field = strstr((char *)in.at, "Content-Length: ");
        const size_t head = (size_t)(end + 4 - (char *)in.at);
        need = head + (field != NULL && field < end ? strtoul(field + 16, NULL, 10) : 0);
    }
    *len = in.len;
    return (char *)in.at;
}

char *fixture_talk_bytes(const struct fixture *fixture, const char *text, size_t *len)
{
    const int fd = fixture_connect(fixture);
    fixture_send(fd, text);
    (void)shutdown(fd, SHUT_WR);
    char *answer = fixture_read_all(fd, len);
    (void)close(fd);
    return answer;
}

char *fixture_talk(const struct fixture *fixture, const char *text)
{
    size_t len;
    return fixture_talk_bytes(fixture, text, &len);
}

void fixture_write_key(EVP_PKEY *made, const char *path)
{
    FILE *file = fopen(path, "w");
    assert(file != NULL);
    const int put = PEM_write_PrivateKey(file, made, NULL, NULL, 0, NULL, NULL);
    assert(put == 1);
    (void)fclose(file);
}

void fixture_write_pair(const char *certificate, const char *key, long serial, long hours)
{
    EVP_PKEY *made = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    assert(made != NULL);
    assert(x509 != NULL);
    (void)X509_set_version(x509, X509_VERSION_3);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    (void)X509_gmtime_adj(X509_getm_notBefore(x509), -3600L);
    (void)X509_gmtime_adj(X509_getm_notAfter(x509), hours * 3600L);
    (void)X509_set_pubkey(x509, made);
    X509_NAME *name = X509_get_subject_name(x509);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"localhost", -1, -1,
                                     0);
    (void)X509_set_issuer_name(x509, name);
    const int is_signed = X509_sign(x509, made, EVP_sha256());
    assert(is_signed > 0);
    FILE *file = fopen(certificate, "w");
    assert(file != NULL);
    const int put = PEM_write_X509(file, x509);
    assert(put == 1);
    (void)fclose(file);
    fixture_write_key(made, key);
    X509_free(x509);
    EVP_PKEY_free(made);
}

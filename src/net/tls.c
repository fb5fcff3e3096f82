// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include "base/file.h"
#include "net/tls_internal.h"
#include "net/transport.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <sys/socket.h>

enum { TICKET_KEYS_BYTES = 80 };

struct tls_server {
    char *certificate_path, *key_path;
    BIO_METHOD *method;
    pthread_mutex_t lock; // of context
    SSL_CTX *context;
    struct file_mark certificate, key; // as they were loaded
};

struct tls_stream {
    SSL *ssl;
    int fd;
    struct tls_room *room;
    uint8_t *kept; // records that the kernel has not taken yet
    size_t kept_at, kept_len;
    size_t owed; // of the caller's bytes that lie in `kept`
    bool is_broken;
};

// --- certificates

static outcome unreadable(const char *what, const char *path, struct why *why)
{
    const int error = errno;
    if (access(path, R_OK) != 0)
        return fail_errno(why, errno, "the %s %s cannot be read", what, path);
    errno = error;
    return fail(why, INVALID, "%s is no %s in PEM form", path, what);
}

static outcome load_files(SSL_CTX *context, const struct tls_server *server, struct why *why)
{
    if (SSL_CTX_use_certificate_chain_file(context, server->certificate_path) != 1)
        return unreadable("certificate", server->certificate_path, why);
    if (SSL_CTX_use_PrivateKey_file(context, server->key_path, SSL_FILETYPE_PEM) != 1) {
        const unsigned long error = ERR_peek_error();
        if (ERR_GET_LIB(error) == ERR_LIB_X509)
            return fail(why, INVALID, "the key %s does not belong to the certificate %s",
                        server->key_path, server->certificate_path);
        return unreadable("key", server->key_path, why);
    }
    if (SSL_CTX_check_private_key(context) != 1)
        return fail(why, INVALID, "the key %s does not belong to the certificate %s",
                    server->key_path, server->certificate_path);
    const X509 *certificate = SSL_CTX_get0_certificate(context);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return fail(why, INVALID, "the certificate %s has expired: renew it",
                    server->certificate_path);
    return OK;
}

// RFC 7301: HTTP/2 where the client speaks it.
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *context)
{
    (void)ssl, (void)context;
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static outcome make_context(const struct tls_server *server, SSL_CTX **out, struct why *why)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) return fail(why, NO_MEMORY, "no memory for TLS");
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // tickets carry the state
    (void)SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    // AES-128 first: a third cheaper than AES-256, and the keys of media are 128 bits themselves.
    outcome result = OK;
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
                                          "TLS_AES_256_GCM_SHA384") != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") != 1)
        result = fail(why, UNSUPPORTED, "this OpenSSL has none of the suites that we offer");
    if (result == OK) result = load_files(context, server, why);
    if (result != OK) {
        SSL_CTX_free(context);
        return result;
    }
    *out = context;
    return OK;
}

// --- records between OpenSSL and the socket

static int room_write(BIO *bio, const char *bytes, int len)
{
    struct tls_stream *stream = BIO_get_data(bio);
    struct tls_room *room = stream->room;
    BIO_clear_retry_flags(bio);
    if (len < 0 || (size_t)len > sizeof room->cipher - room->len) return -1;
    memcpy(room->cipher + room->len, bytes, (size_t)len);
    room->len += (size_t)len;
    return len;
}

static int socket_read(BIO *bio, char *out, int len)
{
    const struct tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got;
    do
        got = recv(stream->fd, out, (size_t)len, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
    return (int)got;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int bio_begin(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

outcome tls_method_make(BIO_METHOD **out, struct why *why)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "primrose");
    if (method == NULL || BIO_meth_set_write(method, room_write) != 1 ||
        BIO_meth_set_read(method, socket_read) != 1 || BIO_meth_set_ctrl(method, control) != 1 ||
        BIO_meth_set_create(method, bio_begin) != 1) {
        BIO_meth_free(method);
        return fail(why, NO_MEMORY, "no memory for TLS");
    }
    *out = method;
    return OK;
}

outcome tls_server_open(const char *certificate_path, const char *key_path, struct tls_server **out,
                        struct why *why)
{
    struct tls_server *server = calloc(1, sizeof *server);
    if (server == NULL) return fail(why, NO_MEMORY, "no memory for TLS");
    (void)pthread_mutex_init(&server->lock, NULL);
    server->certificate_path = strdup(certificate_path);
    server->key_path = strdup(key_path);
    outcome result = OK;
    if (server->certificate_path == NULL || server->key_path == NULL)
        result = fail(why, NO_MEMORY, "no memory for TLS");
    if (result == OK) result = tls_method_make(&server->method, why);
    if (result == OK) {
        server->certificate = file_mark(certificate_path);
        server->key = file_mark(key_path);
        result = make_context(server, &server->context, why);
    }
    if (result != OK) {
        tls_server_close(&server);
        return result;
    }
    *out = server;
    return OK;
}

enum tls_reload tls_server_reload(struct tls_server *server, struct why *why)
{
    // A bad pair is complained about once, not every second.
    const bool is_renewed = file_has_changed(server->certificate_path, &server->certificate);
    const bool has_new_key = file_has_changed(server->key_path, &server->key);
    if (!is_renewed && !has_new_key) return TLS_UNCHANGED;
    SSL_CTX *context = NULL;
    if (make_context(server, &context, why) != OK) return TLS_NOT_RELOADED;
    unsigned char ticket_keys[TICKET_KEYS_BYTES];
    if (SSL_CTX_get_tlsext_ticket_keys(server->context, ticket_keys, sizeof ticket_keys) == 1)
        (void)SSL_CTX_set_tlsext_ticket_keys(context, ticket_keys, sizeof ticket_keys);
    OPENSSL_cleanse(ticket_keys, sizeof ticket_keys);
    (void)pthread_mutex_lock(&server->lock);
    SSL_CTX *before = server->context;
    server->context = context;
    (void)pthread_mutex_unlock(&server->lock);
    SSL_CTX_free(before); // connections hold their own references
    return TLS_RELOADED;
}

void tls_server_close(struct tls_server **server)
{
    struct tls_server *closing = *server;
    if (closing == NULL) return;
    *server = NULL;
    SSL_CTX_free(closing->context);
    BIO_meth_free(closing->method);
    (void)pthread_mutex_destroy(&closing->lock);
    free(closing->certificate_path);
    free(closing->key_path);
    free(closing);
}

// --- streams

outcome tls_stream_make(SSL *ssl, const BIO_METHOD *method, int fd, struct tls_room *room,
                        struct tls_stream **out, struct why *why)
{
    struct tls_stream *stream = calloc(1, sizeof *stream);
    BIO *bio = BIO_new(method);
    if (ssl == NULL || stream == NULL || bio == NULL) {
        SSL_free(ssl);
        BIO_free(bio);
        free(stream);
        return fail(why, NO_MEMORY, "no memory for a TLS connection");
    }
    *stream = (struct tls_stream){.ssl = ssl, .fd = fd, .room = room};
    BIO_set_data(bio, stream);
    SSL_set_bio(ssl, bio, bio);
    *out = stream;
    return OK;
}

outcome tls_accept(struct tls_server *server, int fd, struct tls_room *room,
                   struct tls_stream **out, struct why *why)
{
    (void)pthread_mutex_lock(&server->lock);
    SSL *ssl = SSL_new(server->context);
    (void)pthread_mutex_unlock(&server->lock);
    TRY(tls_stream_make(ssl, server->method, fd, room, out, why));
    SSL_set_accept_state(ssl);
    return OK;
}

static ssize_t broken(struct tls_stream *stream)
{
    stream->is_broken = true;
    stream->room->len = 0;
    return TRANSPORT_BROKEN;
}

// Sends as much as the kernel takes; returns how much, or -1 when the peer is gone.
static ssize_t send_some(int fd, const uint8_t *bytes, size_t len)
{
    size_t done = 0;
    while (done < len) {
        const ssize_t put = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) break;
        if (put < 0) return -1;
        done += (size_t)put;
    }
    return (ssize_t)done;
}

static bool keep_records(struct tls_stream *stream, const uint8_t *bytes, size_t len)
{
    const size_t left = stream->kept_len - stream->kept_at;
    if (left + len > TLS_KEPT_BYTES_MAX) return false;
    uint8_t *kept = malloc(left + len);
    if (kept == NULL) return false;
    if (left > 0) memcpy(kept, stream->kept + stream->kept_at, left);
    memcpy(kept + left, bytes, len);
    free(stream->kept);
    stream->kept = kept;
    stream->kept_at = 0;
    stream->kept_len = left + len;
    return true;
}

static ssize_t flush_kept(struct tls_stream *stream)
{
    if (stream->kept == NULL) return 0;
    const ssize_t put =
        send_some(stream->fd, stream->kept + stream->kept_at, stream->kept_len - stream->kept_at);
    if (put < 0) return broken(stream);
    stream->kept_at += (size_t)put;
    if (stream->kept_at < stream->kept_len) return TRANSPORT_AGAIN;
    free(stream->kept);
    stream->kept = NULL;
    stream->kept_at = stream->kept_len = 0;
    return 0;
}

// Sends the records in the room, behind those that are kept. The room is empty afterwards.
static ssize_t flush_room(struct tls_stream *stream)
{
    struct tls_room *room = stream->room;
    const ssize_t before = flush_kept(stream);
    if (before == TRANSPORT_BROKEN || room->len == 0) return before;
    const ssize_t put = before == 0 ? send_some(stream->fd, room->cipher, room->len) : 0;
    if (put < 0) return broken(stream);
    const size_t left = room->len - (size_t)put;
    if (left > 0 && !keep_records(stream, room->cipher + put, left)) return broken(stream);
    room->len = 0;
    return left > 0 ? TRANSPORT_AGAIN : 0;
}

ssize_t tls_flush(struct tls_stream *stream)
{
    return stream->is_broken ? TRANSPORT_BROKEN : flush_room(stream);
}

ssize_t tls_read(struct tls_stream *stream, uint8_t *out, size_t room)
{
    if (stream->is_broken) return TRANSPORT_BROKEN;
    ERR_clear_error();
    size_t got = 0;
    const int result = SSL_read_ex(stream->ssl, out, room, &got);
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(stream->ssl, result);
    if (flush_room(stream) == TRANSPORT_BROKEN) return TRANSPORT_BROKEN; // of handshakes, alerts
    if (error == SSL_ERROR_NONE) return (ssize_t)got;
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    if (error == SSL_ERROR_WANT_READ) return TRANSPORT_AGAIN;
    return broken(stream);
}

ssize_t tls_greet(struct tls_stream *stream, struct why *why)
{
    if (stream->is_broken) return TRANSPORT_BROKEN;
    ERR_clear_error();
    const int result = SSL_do_handshake(stream->ssl);
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(stream->ssl, result);
    const unsigned long queued = ERR_peek_error();
    const ssize_t flushed = flush_room(stream);
    if (flushed == TRANSPORT_BROKEN) return TRANSPORT_BROKEN;
    if (error == SSL_ERROR_NONE) return 0;
    if (error == SSL_ERROR_WANT_READ) return TRANSPORT_AGAIN;
    const long verified = SSL_get_verify_result(stream->ssl);
    const char *reason = verified != X509_V_OK ? X509_verify_cert_error_string(verified)
                         : queued != 0         ? ERR_reason_error_string(queued)
                                               : NULL;
    (void)!fail(why, UNAVAILABLE, "TLS fails: %s", reason == NULL ? "it hangs up" : reason);
    return broken(stream);
}

// Tells the caller of bytes that lie in records already.
static size_t take_owed(struct tls_stream *stream, size_t offered)
{
    const size_t taken = stream->owed < offered ? stream->owed : offered;
    stream->owed -= taken;
    return taken;
}

static bool encrypt(struct tls_stream *stream, struct slice bytes)
{
    size_t put = 0;
    ERR_clear_error();
    return bytes.len == 0 ||
           (SSL_write_ex(stream->ssl, bytes.at, bytes.len, &put) == 1 && put == bytes.len);
}

ssize_t tls_send(struct tls_stream *stream, struct slice first, struct slice second)
{
    if (stream->is_broken) return TRANSPORT_BROKEN;
    const ssize_t flushed = flush_kept(stream);
    if (flushed != 0) return flushed;
    if (stream->owed > 0) return (ssize_t)take_owed(stream, first.len + second.len);
    first = slice_part(first, 0, TLS_BATCH_BYTES);
    second = slice_part(second, 0, TLS_BATCH_BYTES - first.len);
    if (!encrypt(stream, first) || !encrypt(stream, second)) return broken(stream);
    const size_t taken = first.len + second.len;
    const ssize_t sent = flush_room(stream);
    if (sent == TRANSPORT_AGAIN) stream->owed = taken;
    return sent == 0 ? (ssize_t)taken : sent;
}

ssize_t tls_send_file(struct tls_stream *stream, int fd, uint64_t offset, uint64_t size)
{
    uint64_t done = 0;
    while (done < size) {
        const size_t batch =
            size - done < TLS_BATCH_BYTES ? (size_t)(size - done) : TLS_BATCH_BYTES;
        struct slice bytes = {stream->room->plain, batch};
        if (stream->owed == 0 && stream->kept == NULL) {
            ssize_t got;
            do
                got = pread(fd, stream->room->plain, batch, (off_t)(offset + done));
            while (got < 0 && errno == EINTR);
            if (got <= 0) return broken(stream); // the length has been promised
            bytes.len = (size_t)got;
        }
        const ssize_t put = tls_send(stream, bytes, (struct slice){NULL, 0});
        if (put == TRANSPORT_BROKEN) return TRANSPORT_BROKEN;
        if (put == TRANSPORT_AGAIN) return done > 0 ? (ssize_t)done : TRANSPORT_AGAIN;
        done += (uint64_t)put;
    }
    return (ssize_t)done;
}

void tls_finish(struct tls_stream *stream)
{
    if (stream->is_broken) return;
    ERR_clear_error();
    (void)SSL_shutdown(stream->ssl); // close_notify, RFC 8446 section 6.1
    (void)flush_room(stream);
}

void tls_close(struct tls_stream **stream)
{
    struct tls_stream *closing = *stream;
    if (closing == NULL) return;
    *stream = NULL;
    SSL_free(closing->ssl);
    free(closing->kept);
    free(closing);
}

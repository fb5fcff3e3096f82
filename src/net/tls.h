// SPDX-License-Identifier: Apache-2.0
//
// TLS under a connection: OpenSSL, TLS 1.3 and 1.2 with AEAD suites alone (the televisions of a
// member's home often speak no 1.3), sessions resumed from stateless tickets. For net/ alone but
// for opening, reloading and closing a server's certificate, and what a client trusts.
//
//     send:  bytes -> records of up to 64 KB a batch in the loop's room -> one send(2)
//                          what the kernel will not take is kept, and `owed` counts the bytes that
//                          are inside it: the caller hands them over again and is told "taken"
//     read:  recv(2) -> records -> bytes
//
// OpenSSL never sees the socket block while it writes, so a write is never half done, and a batch
// costs one system call instead of one a record.
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/outcome.h"
#include "base/slice.h"

#include <sys/types.h>

enum {
    TLS_BATCH_BYTES = 64 * 1024,
    TLS_CIPHER_BYTES = 96 * 1024, // a batch with its records' frames; or a flight of the handshake
    TLS_KEPT_BYTES_MAX = 256 * 1024,
};

struct tls_server; // certificate and key; shared by the loops of a server
struct tls_stream; // one connection's

// The loop's own, empty between calls.
struct tls_room {
    size_t len;
    uint8_t cipher[TLS_CIPHER_BYTES];
    uint8_t plain[TLS_BATCH_BYTES]; // of a file
};

// PEM files: the certificate with its chain, and its key. NOT_FOUND, DENIED, or INVALID when they
// do not fit each other or have expired.
must_check outcome tls_server_open(const char *certificate_path, const char *key_path,
                                   struct tls_server **out, struct why *why);

// Loads the files again when either has changed. Connections and tickets of before stay good. On
// failure the old certificate stays in use.
enum tls_reload { TLS_UNCHANGED, TLS_RELOADED, TLS_NOT_RELOADED };
enum tls_reload tls_server_reload(struct tls_server *server, struct why *why);

void tls_server_close(struct tls_server **server); // tolerates NULL

// On an accepted socket that does not block; the handshake happens in the first reads. `room`
// outlives the stream. The socket stays the caller's.
must_check outcome tls_accept(struct tls_server *server, int fd, struct tls_room *room,
                              struct tls_stream **out, struct why *why);

struct tls_client; // whom to trust; shared by all who connect

// `trusted_path`: PEM certificates, and nobody else's signature; NULL or "": those of the system.
// NOT_FOUND, DENIED, INVALID.
must_check outcome tls_client_open(const char *trusted_path, struct tls_client **out,
                                   struct why *why);
void tls_client_close(struct tls_client **client); // tolerates NULL

// On a connected socket that does not block. The server's certificate must be for `host`, a name or
// an address, which outlives the call alone. tls_greet() comes first. The socket stays the
// caller's.
must_check outcome tls_connect(struct tls_client *client, int fd, const char *host,
                               struct tls_room *room, struct tls_stream **out, struct why *why);

// Goes on with the handshake: 0 when it is done, TRANSPORT_AGAIN when the server has to answer,
// TRANSPORT_BROKEN with a sentence.
ssize_t tls_greet(struct tls_stream *stream, struct why *why);

// As in transport.h.
ssize_t tls_read(struct tls_stream *stream, uint8_t *out, size_t room);
ssize_t tls_send(struct tls_stream *stream, struct slice first, struct slice second);
ssize_t tls_send_file(struct tls_stream *stream, int fd, uint64_t offset, uint64_t size);
ssize_t tls_flush(struct tls_stream *stream); // 0, or TRANSPORT_AGAIN, TRANSPORT_BROKEN

// Tells the peer that no more comes, as far as that goes without waiting.
void tls_finish(struct tls_stream *stream);

void tls_close(struct tls_stream **stream); // tolerates NULL

#endif

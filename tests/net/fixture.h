// SPDX-License-Identifier: Apache-2.0
//
// A server on a free loopback port with a handler for every way to answer, and a plain blocking
// client that sends bytes as they are.
//
//     /hello          bytes in memory            /stream        three chunks, length unknown
//     /file           FIXTURE_FILE_BYTES         /stream-known  the same bytes with a length
//     /small          FIXTURE_SMALL_BYTES        /stream-short  promises more than it has
//     /large          1 MiB in memory            /stream-idle   one piece, then nothing ever
//     /echo           the request's body         /parked        answered from another thread
//     /work           from the worker pool       /never         parked, never answered
//     /silent         a handler that forgets     /blocked       on the pool until fixture_unblock()
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include "net/http_server.h"

#include <openssl/evp.h>

enum { FIXTURE_FILE_BYTES = 300000, FIXTURE_SMALL_BYTES = 2000, FIXTURE_LARGE_BYTES = 1 << 20 };

struct fixture;

// Byte `at` of every body but /hello's.
uint8_t fixture_byte(uint64_t at);

struct fixture *fixture_open(const struct http_limits *limits, unsigned loops);
struct fixture *fixture_open_tls(const struct http_limits *limits, unsigned loops,
                                 struct tls_server *tls);
void fixture_unblock(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
struct http_server *fixture_server(struct fixture *fixture);

// A connected socket, or an abort: reads time out after 20 s, so that nothing hangs.
int fixture_connect(const struct fixture *fixture);
int fixture_connect_small(const struct fixture *fixture); // with the smallest receive window
int fixture_socket(void);                                 // not connected yet
void fixture_connect_socket(const struct fixture *fixture, int fd);
void fixture_send(int fd, const char *text);
void fixture_send_bytes(int fd, struct slice bytes);

// Reads to the end of the connection. The caller frees it; NUL-terminated.
char *fixture_read_all(int fd, size_t *len);

// Reads one answer with a Content-Length or without a body: head and body, NUL-terminated.
char *fixture_read_one(int fd, size_t *len);

// Sends, shuts the sending side, reads to the end, closes.
char *fixture_talk(const struct fixture *fixture, const char *text);
char *fixture_talk_bytes(const struct fixture *fixture, const char *text, size_t *len);

// A self-signed certificate for localhost that is valid from an hour ago, for `hours`, and its key.
void fixture_write_pair(const char *certificate, const char *key, long serial, long hours);
void fixture_write_key(EVP_PKEY *made, const char *path);

#endif

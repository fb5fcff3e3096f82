// SPDX-License-Identifier: Apache-2.0
//
// An origin that answers by its path, edges in front of it, and a plain client.
//
//     /n/COUNT              COUNT bytes, ETag, max-age=3600, ranges       /private   no-store
//     /weak/COUNT           the same without validators                   /stale     max-age=0,
//     ETag, /cut/COUNT            ends in the middle, once                                 304 when
//     asked /slow/COUNT           held back until origin_release()              /vary      by Foo
//     /fail                 503                                           anything else: 404
//
// Byte `at` of every body is origin_byte(at).
#ifndef TESTS_DELIVERY_EDGE_FIXTURE_H
#define TESTS_DELIVERY_EDGE_FIXTURE_H

#include "delivery/edge.h"
#include "net/http_server.h"

struct origin;

uint8_t origin_byte(uint64_t at);

struct origin *origin_open(void);
void origin_close(struct origin *origin);
const char *origin_url(const struct origin *origin);
unsigned origin_requests(const struct origin *origin); // that it has got so far
void origin_release(struct origin *origin);
void origin_set_down(struct origin *origin, bool is_down); // 503 to everything
const char *origin_last_range(struct origin *origin);      // "" when there was none

struct stand; // an edge with its server

struct stand *stand_open(const char *const *upstreams, size_t count, const char *data,
                         uint64_t memory_mib, uint64_t disk_mib);
struct stand *stand_open_as(const struct edge_options *options);
void stand_close(struct stand *stand);
struct edge *stand_edge(const struct stand *stand);
const char *stand_url(const struct stand *stand);

// An origin and an edge in front of it, as a test's state.
struct world {
    struct origin *origin;
    struct stand *stand;
};

int world_open(void **state);
int world_open_as(void **state, const struct edge_options *options); // upstreams are the origin
int world_close(void **state);

struct answer {
    int status;
    char *head; // NUL-terminated; free by answer_free()
    uint8_t *body;
    size_t len;
    bool is_whole; // as long as its Content-Length says
};

int stand_connect(const struct stand *stand);
void talk_send(int fd, const char *method, const char *path, const char *fields);
struct answer talk_read(int fd, bool is_head); // to the end of the connection
struct answer talk(const struct stand *stand, const char *method, const char *path,
                   const char *fields); // fields: "Name: value\r\n..." or ""
bool answer_has(const struct answer *answer, const char *text);            // in its head
bool answer_is(const struct answer *answer, uint64_t first, uint64_t len); // the origin's bytes
void answer_free(struct answer *answer);

#endif

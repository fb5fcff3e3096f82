// SPDX-License-Identifier: Apache-2.0
//
// Connections to one Redis (7 or newer), for the cache and the queue: from any thread, found again
// when they break.
//
//     redis://[user:password@]host[:6379][/database]
//
// A password may also come from the environment, REDISCLI_AUTH, as redis-cli takes it.
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include "base/slice.h"

#include <hiredis/hiredis.h>

enum { REDIS_PORT = 6379, REDIS_WORDS_MAX = 16 };

struct redis;

// What to do when the connection broke before the answer came.
enum redis_break {
    REDIS_ASK_AGAIN, // the command may be done twice
    REDIS_GIVE_UP,
};

// `patience_ms`: how long a call goes on looking for a Redis that is away (restarting, failing
// over) before it is UNAVAILABLE. INVALID for a URL of another form; UNSUPPORTED for rediss:.
// Connects at the first call. Open after fork(), not before.
must_check outcome redis_open(const char *url, int64_t patience_ms, struct redis **out,
                              struct why *why);
void redis_close(struct redis **redis); // tolerates NULL

void redis_reply_release(redisReply **reply); // tolerates NULL

#define autoreply __attribute__((cleanup(redis_reply_release))) redisReply

// Sends one command and waits for the reply, never an error: those are UNAVAILABLE, or INVALID when
// Redis calls the command's values wrong. The caller releases the reply.
must_check outcome redis_call(struct redis *redis, enum redis_break on_break,
                              const struct slice *words, size_t count, redisReply **out,
                              struct why *why);

#define REDIS_WORDS(...)                                                                           \
    (const struct slice[]){__VA_ARGS__},                                                           \
        sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice)

// A script, which Redis keeps under its SHA-1. Zeroed but for `text` before the first run.
struct redis_script {
    const char *text;
};

// Runs it with one key and `count` values.
must_check outcome redis_run(struct redis *redis, enum redis_break on_break,
                             const struct redis_script *script, struct slice key,
                             const struct slice *values, size_t count, redisReply **out,
                             struct why *why);

// The bytes of a string reply; empty for another kind.
struct slice redis_bytes(const redisReply *reply);

#endif

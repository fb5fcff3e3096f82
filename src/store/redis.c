// SPDX-License-Identifier: Apache-2.0
#include "store/redis.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/url.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
    CONNECT_MS = 2000,
    ANSWER_MS = 10000,
    IDLE_MAX = 16, // connections kept between calls: about as many threads call at once
    BACKOFF_MS_MAX = 500,
    TEXT_BYTES = 256,
    SHA1_BYTES = 20,
};

struct redis {
    char host[TEXT_BYTES], user[TEXT_BYTES], password[TEXT_BYTES];
    int port, database;
    int64_t patience_ms;
    pthread_mutex_t lock; // of the idle connections
    redisContext *idle[IDLE_MAX];
    size_t idle_count;
};

void redis_reply_release(redisReply **reply)
{
    if (*reply != NULL) freeReplyObject(*reply);
    *reply = NULL;
}

struct slice redis_bytes(const redisReply *reply)
{
    const bool is_text = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
    return (struct slice){is_text ? (const uint8_t *)reply->str : NULL, is_text ? reply->len : 0};
}

// --- opening ---------------------------------------------------------------------------------

static outcome take_identity(struct redis *redis, struct slice userinfo, struct why *why)
{
    const char *password = getenv("REDISCLI_AUTH");
    struct slice user, rest = userinfo;
    size_t len = 0;
    if (password != NULL) (void)snprintf(redis->password, sizeof redis->password, "%s", password);
    if (userinfo.at == NULL) return OK;
    (void)slice_cut(&rest, ':', &user);
    TRY(percent_decode(user, redis->user, sizeof redis->user - 1, &len, why));
    if (rest.at == NULL) return OK;
    TRY(percent_decode(rest, redis->password, sizeof redis->password - 1, &len, why));
    redis->password[len] = '\0';
    return OK;
}

static outcome parse_url(struct redis *redis, const char *text, struct why *why)
{
    struct url url;
    uint64_t database = 0;
    TRY(url_parse(slice_of(text), &url, why));
    if (slice_is(url.scheme, "rediss"))
        return fail(why, UNSUPPORTED,
                    "Redis is spoken to without TLS: put a TLS tunnel beside the worker and name "
                    "its local end as redis://");
    if (!slice_is(url.scheme, "redis") || url.host.len == 0 || url.host.len >= sizeof redis->host ||
        url.query.at != NULL)
        return fail(why, INVALID, "a Redis is named as redis://host:port, not \"%.100s\"", text);
    if (url.path.len > 1) TRY(slice_u64(slice_part(url.path, 1, SIZE_MAX), 65535, &database, why));
    memcpy(redis->host, url.host.at, url.host.len);
    redis->port = url.port == 0 ? REDIS_PORT : url.port;
    redis->database = (int)database;
    return take_identity(redis, url.userinfo, why);
}

outcome redis_open(const char *url, int64_t patience_ms, struct redis **out, struct why *why)
{
    struct redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL) return fail(why, NO_MEMORY, "no memory for a Redis");
    redis->patience_ms = patience_ms;
    pthread_mutex_init(&redis->lock, NULL);
    const outcome parsed = parse_url(redis, url, why);
    if (parsed != OK) {
        redis_close(&redis);
        return parsed;
    }
    *out = redis;
    return OK;
}

void redis_close(struct redis **redis)
{
    if (*redis == NULL) return;
    for (size_t i = 0; i < (*redis)->idle_count; i++)
        redisFree((*redis)->idle[i]);
    pthread_mutex_destroy(&(*redis)->lock);
    OPENSSL_cleanse(*redis, sizeof **redis);
    free(*redis);
    *redis = NULL;
}

// --- connections -----------------------------------------------------------------------------

static struct timeval after_ms(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

// Sends words of which no reply but a plain one is expected.
static bool greet(redisContext *link, int count, const char **words)
{
    redisReply *reply = redisCommandArgv(link, count, words, NULL);
    const bool is_fine = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    redis_reply_release(&reply);
    return is_fine;
}

static outcome connect_new(struct redis *redis, redisContext **out, struct why *why)
{
    redisContext *link = redisConnectWithTimeout(redis->host, redis->port, after_ms(CONNECT_MS));
    if (link == NULL) return fail(why, NO_MEMORY, "no memory for a connection to Redis");
    if (link->err != 0) {
        const outcome refused = fail(why, UNAVAILABLE, "the Redis at %s:%d does not answer: %s",
                                     redis->host, redis->port, link->errstr);
        redisFree(link);
        return refused;
    }
    (void)redisSetTimeout(link, after_ms(ANSWER_MS));
    const char *user = redis->user[0] == '\0' ? "default" : redis->user;
    const char *login[] = {"AUTH", user, redis->password};
    char number[16];
    (void)snprintf(number, sizeof number, "%d", redis->database);
    const char *choose[] = {"SELECT", number};
    if (redis->password[0] != '\0' && !greet(link, 3, login)) {
        redisFree(link);
        return fail(why, DENIED, "the Redis at %s:%d takes neither user nor password", redis->host,
                    redis->port);
    }
    if (redis->database != 0 && !greet(link, 2, choose)) {
        redisFree(link);
        return fail(why, UNAVAILABLE, "the Redis at %s:%d does not give database %d", redis->host,
                    redis->port, redis->database);
    }
    *out = link;
    return OK;
}

static outcome link_take(struct redis *redis, redisContext **out, struct why *why)
{
    redisContext *link = NULL;
    pthread_mutex_lock(&redis->lock);
    if (redis->idle_count > 0) link = redis->idle[--redis->idle_count];
    pthread_mutex_unlock(&redis->lock);
    if (link == NULL) return connect_new(redis, out, why);
    *out = link;
    return OK;
}

static void link_put(struct redis *redis, redisContext *link)
{
    pthread_mutex_lock(&redis->lock);
    const bool is_kept = link->err == 0 && redis->idle_count < IDLE_MAX;
    if (is_kept) redis->idle[redis->idle_count++] = link;
    pthread_mutex_unlock(&redis->lock);
    if (!is_kept) redisFree(link);
}

// The others broke along with the one that just did.
static void links_drop(struct redis *redis)
{
    pthread_mutex_lock(&redis->lock);
    while (redis->idle_count > 0)
        redisFree(redis->idle[--redis->idle_count]);
    pthread_mutex_unlock(&redis->lock);
}

// --- calls -----------------------------------------------------------------------------------

enum { NO_SCRIPT = OUTCOME_COUNT, LOST }; // beside the outcomes: only seen below

static int judge(const redisReply *reply, struct why *why)
{
    if (reply->type != REDIS_REPLY_ERROR) return OK;
    const struct slice text = {(const uint8_t *)reply->str, reply->len};
    if (slice_starts(text, "NOSCRIPT")) return NO_SCRIPT;
    const bool is_value = strstr(reply->str, "not an integer") != NULL ||
                          strstr(reply->str, "would overflow") != NULL;
    const bool is_denied = slice_starts(text, "NOAUTH") || slice_starts(text, "NOPERM");
    return (int)fail(why,
                     is_value    ? INVALID
                     : is_denied ? DENIED
                                 : UNAVAILABLE,
                     "Redis says: %s", reply->str);
}

static int call_once(struct redis *redis, const struct slice *words, size_t count, redisReply **out,
                     struct why *why)
{
    const char **texts = calloc(count, sizeof *texts);
    size_t *lengths = calloc(count, sizeof *lengths);
    redisContext *link = NULL;
    int result = texts == NULL || lengths == NULL
                     ? (int)fail(why, NO_MEMORY, "no memory for a call to Redis")
                     : (int)link_take(redis, &link, why);
    for (size_t i = 0; i < count && result == OK; i++) {
        texts[i] = words[i].at == NULL ? "" : (const char *)words[i].at;
        lengths[i] = words[i].len;
    }
    if (result == OK) {
        autoreply *reply = redisCommandArgv(link, (int)count, texts, lengths);
        if (reply == NULL) {
            result = fail(why, UNAVAILABLE, "the Redis at %s:%d is gone: %s", redis->host,
                          redis->port, link->errstr) == UNAVAILABLE
                         ? LOST
                         : UNAVAILABLE;
        } else {
            result = judge(reply, why);
        }
        link_put(redis, link);
        if (result == LOST) links_drop(redis);
        if (result == OK) {
            *out = reply;
            reply = NULL;
        }
    }
    free(texts);
    free(lengths);
    return result;
}

static void back_off(uint32_t tries)
{
    const uint64_t most_ms = tries < 6 ? 10u << tries : BACKOFF_MS_MAX;
    uint64_t noise;
    random_bytes((uint8_t *)&noise, sizeof noise);
    const long wait_ms = (long)(1 + noise % most_ms);
    (void)nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000}, NULL);
}

static int call(struct redis *redis, enum redis_break on_break, const struct slice *words,
                size_t count, redisReply **out, struct why *why)
{
    const int64_t end_us = clock_us(clock_system()) + redis->patience_ms * 1000;
    for (uint32_t tries = 0;; tries++) {
        const int result = call_once(redis, words, count, out, why);
        if (result == LOST && on_break == REDIS_GIVE_UP) return UNAVAILABLE;
        if (result != LOST && result != UNAVAILABLE) return result;
        if (clock_us(clock_system()) >= end_us) return UNAVAILABLE;
        back_off(tries);
    }
}

outcome redis_call(struct redis *redis, enum redis_break on_break, const struct slice *words,
                   size_t count, redisReply **out, struct why *why)
{
    return (outcome)call(redis, on_break, words, count, out, why);
}

outcome redis_run(struct redis *redis, enum redis_break on_break, const struct redis_script *script,
                  struct slice key, const struct slice *values, size_t count, redisReply **out,
                  struct why *why)
{
    uint8_t hash[SHA1_BYTES];
    char name[2 * SHA1_BYTES + 1];
    if (EVP_Digest(script->text, strlen(script->text), hash, NULL, EVP_sha1(), NULL) != 1)
        return fail(why, NO_MEMORY, "no memory to name a script");
    hex_format(hash, sizeof hash, name);
    struct slice *words = calloc(count + 4, sizeof *words);
    if (words == NULL) return fail(why, NO_MEMORY, "no memory for a call to Redis");
    words[0] = slice_of("EVALSHA");
    words[1] = slice_of(name);
    words[2] = slice_of("1");
    words[3] = key;
    if (count > 0) memcpy(words + 4, values, count * sizeof *values);
    int result = call(redis, on_break, words, count + 4, out, why);
    if (result == NO_SCRIPT) { // never seen, or forgotten at a restart
        words[0] = slice_of("EVAL");
        words[1] = slice_of(script->text);
        result = call(redis, on_break, words, count + 4, out, why);
    }
    free(words);
    return (outcome)result;
}

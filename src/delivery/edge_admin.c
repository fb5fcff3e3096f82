// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include "base/file.h"
#include "base/json.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sys/stat.h>

enum { TOKEN_BYTES = 32, WORD_BYTES_MAX = 8 * 1024 };

outcome edge_token_load(struct edge *edge, struct why *why)
{
    char path[1024];
    if (edge->options.data == NULL) return OK;
    TRY(folder_make(edge->options.data, why));
    (void)snprintf(path, sizeof path, "%s/purge-token", edge->options.data);
    autobuffer text = buffer_init(EDGE_TOKEN_BYTES);
    if (path_exists(path)) {
        TRY(file_read(path, &text, why));
    } else {
        uint8_t secret[TOKEN_BYTES];
        char hex[2 * TOKEN_BYTES + 1];
        random_bytes(secret, sizeof secret);
        hex_format(secret, sizeof secret, hex);
        TRY(buffer_put_text(&text, hex, why));
        TRY(file_write_atomic(path, buffer_slice(&text), 0600, why));
    }
    const struct slice token = slice_trim(buffer_slice(&text));
    if (token.len < 16)
        return fail(why, INVALID, "%s holds no token of 16 characters or more", path);
    (void)snprintf(edge->token, sizeof edge->token, "%.*s", SLICE_ARG(token));
    return OK;
}

static bool is_authorized(const struct edge *edge, const struct http_request *request)
{
    struct slice value;
    if (edge->token[0] == '\0' || !http_request_find(request, FIELD_AUTHORIZATION, &value))
        return false;
    const size_t len = strlen(edge->token);
    if (!slice_starts(value, "Bearer ") || value.len != 7 + len) return false;
    return CRYPTO_memcmp(value.at + 7, edge->token, len) == 0;
}

// What a purge means by its word.
struct meant {
    char word[WORD_BYTES_MAX];
    size_t len;
};

static bool is_key_meant(const void *context, const struct cache_object *object)
{
    const struct meant *meant = context;
    return slice_equal(object->key, (struct slice){(const uint8_t *)meant->word, meant->len});
}

static bool is_prefix_meant(const void *context, const struct cache_object *object)
{
    return slice_starts(object->key, ((const struct meant *)context)->word);
}

// Cache-Tag lists its tags with commas, Surrogate-Key with spaces.
static bool is_tag_meant(const void *context, const struct cache_object *object)
{
    static const struct {
        const char *name;
        char separator;
    } fields[] = {{"Cache-Tag", ','}, {"Surrogate-Key", ' '}};
    const struct meant *meant = context;
    struct slice value, tag;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && object->head != NULL; i++) {
        if (!head_find(object->head, fields[i].name, &value)) continue;
        while (slice_cut(&value, fields[i].separator, &tag))
            if (slice_is(slice_trim(tag), meant->word)) return true;
    }
    return false;
}

static const struct {
    const char *name;
    bool (*is_meant)(const void *context, const struct cache_object *object);
} orders[] = {{"key", is_key_meant}, {"prefix", is_prefix_meant}, {"tag", is_tag_meant}};

static void purge(void *context, struct http_exchange *exchange)
{
    struct edge *edge = context;
    struct why why = {"say what goes: {\"key\": ...}, {\"prefix\": ...} or {\"tag\": ...}"};
    autojson *order = NULL;
    outcome result = json_parse(exchange->body, "the order", &order, &why);
    size_t count = 0;
    bool is_known = false;
    struct meant *meant = ARENA_NEW(&exchange->arena, struct meant);
    for (size_t i = 0; result == OK && meant != NULL && i < sizeof orders / sizeof orders[0]; i++) {
        const char *word = json_string_value(json_object_get(order, orders[i].name));
        if (word == NULL || word[0] == '\0' || strlen(word) >= sizeof meant->word) continue;
        is_known = true;
        meant->len = strlen(word);
        memcpy(meant->word, word, meant->len + 1);
        count += cache_remove_if(edge->cache, orders[i].is_meant, meant);
    }
    if (result != OK || !is_known) {
        http_reply_outcome(exchange, result == OK ? INVALID : result, &why);
        return;
    }
    const char *text = arena_format(&exchange->arena, "{\"purged\":%zu}\n", count);
    if (text == NULL)
        http_reply_outcome(exchange, NO_MEMORY, NULL);
    else
        http_reply_bytes(exchange, 200, "application/json", slice_of(text));
}

static void begin_purge(struct edge *edge, struct http_exchange *exchange)
{
    http_exchange_offload(exchange, purge, NULL, edge);
}

static const struct {
    const char *path;
    enum http_method method;
    void (*run)(struct edge *edge, struct http_exchange *exchange);
} routes[] = {
    {"/.primrose/cache", METHOD_GET, edge_show},
    {"/.primrose/metrics", METHOD_GET, edge_metrics},
    {"/.primrose/purge", METHOD_POST, begin_purge},
};

static void run_route(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = exchange->request;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (slice_is(request->path, routes[i].path) && request->method == routes[i].method) {
            routes[i].run(edge, exchange);
            return;
        }
    http_reply_outcome(exchange, NOT_FOUND,
                       &(struct why){"POST /.primrose/purge, GET /.primrose/cache or GET "
                                     "/.primrose/metrics"});
}

bool edge_admin(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = exchange->request;
    if (!slice_starts(request->path, "/.primrose/")) return false;
    if (slice_is(request->path, "/.primrose/live")) { // for whoever spreads the load
        http_reply_bytes(exchange, 200, "application/json", slice_of("{\"status\":\"ok\"}\n"));
    } else if (!is_authorized(edge, request)) {
        http_reply_problem(exchange, 401, "denied", "this is for the operator",
                           "send Authorization: Bearer with the token of purge-token in the "
                           "edge's data folder");
        http_reply_field(exchange, "WWW-Authenticate", "Bearer");
    } else {
        run_route(edge, exchange);
    }
    return true;
}

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

static json_t *parents_json(const struct edge *edge, int64_t now_us)
{
    static const char *const kinds[] = {"upstream", "fallback", "peer"};
    json_t *list = json_array();
    for (size_t i = 0; i < parents_count(edge->parents); i++) {
        const struct parent_state p = parent_state(edge->parents, i, now_us);
        const char *state = p.is_ejected ? "ejected" : p.is_warming ? "warming" : "well";
        (void)json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:I,s:I}", "upstream",
                                                    p.authority, "state", state, "kind",
                                                    kinds[p.kind], "load", (json_int_t)p.load,
                                                    "failures", (json_int_t)p.failures));
    }
    return list;
}

static void show(struct edge *edge, struct http_exchange *exchange)
{
    const struct edge_counters c = edge_counters(edge);
    const struct cache_counters k = cache_counters(edge->cache);
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"hits", c.hits},
        {"stale_hits", c.stale_hits},
        {"misses", c.misses},
        {"revalidations", c.revalidations},
        {"passes", c.passes},
        {"collapsed", c.collapsed},
        {"errors", c.errors},
        {"fetches", c.fetches},
        {"retries", c.retries},
        {"fetched_bytes", c.fetched_bytes},
        {"limited", c.limited},
        {"reports", c.reports},
        {"starved", c.starved},
        {"ahead", c.ahead},
        {"slowed", c.slowed},
        {"unlogged", c.unlogged},
        {"placed_bytes", c.placed_bytes},
        {"peer_bytes", c.peer_bytes},
        {"objects", k.objects},
        {"slices", k.slices},
        {"memory_bytes", k.memory_bytes},
        {"disk_bytes", k.disk_bytes},
        {"evictions", k.evictions},
        {"disk_writes", k.disk_writes},
        {"bad_slices", k.bad_slices},
    };
    json_t *shown = json_object();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        (void)json_object_set_new(shown, counts[i].name, json_integer((json_int_t)counts[i].count));
    (void)json_object_set_new(shown, "upstreams", parents_json(edge, loop_now_us(exchange->loop)));
    char *text = json_dumps(shown, JSON_COMPACT);
    json_decref(shown);
    const char *copy = text == NULL ? NULL : arena_copy(&exchange->arena, slice_of(text));
    free(text);
    if (copy == NULL)
        http_reply_outcome(exchange, NO_MEMORY, NULL);
    else
        http_reply_bytes(exchange, 200, "application/json", slice_of(copy));
}

bool edge_admin(struct edge *edge, struct http_exchange *exchange)
{
    const struct http_request *request = exchange->request;
    if (!slice_starts(request->path, "/.primrose/")) return false;
    const bool is_purge =
        slice_is(request->path, "/.primrose/purge") && request->method == METHOD_POST;
    const bool is_look =
        slice_is(request->path, "/.primrose/cache") && request->method == METHOD_GET;
    if (slice_is(request->path, "/.primrose/live")) { // for whoever spreads the load
        http_reply_bytes(exchange, 200, "application/json", slice_of("{\"status\":\"ok\"}\n"));
    } else if (!is_authorized(edge, request)) {
        http_reply_problem(exchange, 401, "denied", "this is for the operator",
                           "send Authorization: Bearer with the token of purge-token in the "
                           "edge's data folder");
        http_reply_field(exchange, "WWW-Authenticate", "Bearer");
    } else if (is_purge) {
        http_exchange_offload(exchange, purge, NULL, edge);
    } else if (is_look) {
        show(edge, exchange);
    } else {
        http_reply_outcome(exchange, NOT_FOUND,
                           &(struct why){"POST /.primrose/purge or GET /.primrose/cache"});
    }
    return true;
}

// SPDX-License-Identifier: Apache-2.0
//
// Prepares a house for the bench: a title with keys for three classes, entitlements, a registered
// device and its challenges. Writes whole HTTP requests, each behind its length (32 bits,
// big-endian):
//
//     house DATA OUT COUNT [TABLES]     TABLES as the setting store.tables
//         OUT/clearkey.once, OUT/native.once      COUNT requests, each with an entitlement of its
//         own OUT/clearkey.again, OUT/native.again    one entitlement for all; challenges are all
//         new OUT/clearkey.counted                    each of a member of its own whose streams are
//         counted
#include "base/base64.h"
#include "base/json.h"
#include "base/random.h"
#include "catalog/title_keys.h"
#include "drm/entitlement.h"
#include "license/devices.h"
#include "store/stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 3, REQUEST_BYTES_MAX = 8192 };

struct maker {
    struct entitlement_keys *signing;
    struct p256_key *identity;
    struct key_id ids[KEYS];
    const char *out;
    int64_t now_ms;
};

static void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    fprintf(stderr, "bench/license: %s\n", why->text);
    exit(1);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct why why_ = {""};                                                                    \
        must((call), &why_);                                                                       \
    } while (0)

static struct buffer token_make(const struct maker *maker, unsigned number, unsigned limit)
{
    struct buffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    struct entitlement claims = {
        .title = "film-1",
        .key_classes = entitlement_classes(KEY_FOR_HD),
        .issued_s = maker->now_ms / 1000,
        .not_before_s = maker->now_ms / 1000,
        .expires_s = maker->now_ms / 1000 + 3600,
        .account_streams_max = (uint16_t)limit,
    };
    id_make("ent", maker->now_ms, claims.id);
    id_make("session", maker->now_ms, claims.session);
    (void)snprintf(claims.member, sizeof claims.member, "member_%u", number);
    MUST(entitlement_make(maker->signing, "license", &claims, &token, &why_));
    return token;
}

static void put_request(FILE *out, const char *path, const char *type, struct buffer *token,
                        struct slice body)
{
    struct buffer request = buffer_init(REQUEST_BYTES_MAX);
    MUST(buffer_format(&request, &why_,
                       "POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                       path, buffer_text(token), type, body.len));
    MUST(buffer_put(&request, body, &why_));
    const uint8_t len[4] = {(uint8_t)(request.len >> 24), (uint8_t)(request.len >> 16),
                            (uint8_t)(request.len >> 8), (uint8_t)request.len};
    if (fwrite(len, 1, 4, out) != 4 || fwrite(request.at, 1, request.len, out) != request.len)
        abort();
    buffer_release(&request);
}

static FILE *open_out(const struct maker *maker, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", maker->out, name);
    FILE *out = fopen(path, "wb");
    if (out == NULL) abort();
    return out;
}

static struct buffer clearkey_body(const struct maker *maker)
{
    struct buffer body = buffer_init(4096);
    autojson *kids = json_array();
    for (size_t i = 0; i < KEYS; i++) {
        autobuffer text = buffer_init(64);
        MUST(base64_format(BASE64_URL, (struct slice){maker->ids[i].bytes, KEY_ID_BYTES}, &text,
                           &why_));
        json_array_append_new(kids, json_string(buffer_text(&text)));
    }
    autojson *json = json_pack("{s:O, s:s}", "kids", kids, "type", "temporary");
    MUST(json_format(json, &body, &why_));
    return body;
}

static void write_clearkey(const struct maker *maker, const char *name, unsigned count,
                           unsigned tokens, unsigned limit)
{
    FILE *out = open_out(maker, name);
    autobuffer body = clearkey_body(maker);
    struct buffer token = token_make(maker, 0, limit);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 && i < tokens) {
            buffer_release(&token);
            token = token_make(maker, i, limit);
        }
        put_request(out, "/v1/licences/clearkey", "application/json", &token, buffer_slice(&body));
    }
    buffer_release(&token);
    if (fclose(out) != 0) abort();
}

static void write_native(const struct maker *maker, const char *name, unsigned count,
                         unsigned tokens)
{
    FILE *out = open_out(maker, name);
    struct buffer token = token_make(maker, 0, 0);
    struct device_challenge wish = {.title = "film-1", .key_count = KEYS, .wall_ms = maker->now_ms};
    memcpy(wish.key_ids, maker->ids, sizeof maker->ids);
    for (unsigned i = 0; i < count; i++) {
        struct device_challenge challenge = wish;
        autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
        autop256 *one_time = NULL;
        if (i > 0 && i < tokens) {
            buffer_release(&token);
            token = token_make(maker, i, 0);
        }
        MUST(device_challenge_make(maker->identity, &challenge, &one_time, &message, &why_));
        put_request(out, "/v1/licences/native", CHALLENGE_MEDIA_TYPE, &token,
                    buffer_slice(&message));
    }
    buffer_release(&token);
    if (fclose(out) != 0) abort();
}

static void fill(struct maker *maker, const char *data, const char *tables)
{
    static const enum key_class classes[KEYS] = {KEY_FOR_AUDIO, KEY_FOR_SD, KEY_FOR_HD};
    char path[512];
    autostores stores = {0};
    autoring *ring = NULL;
    const struct store_places places = {.data = data, .tables = tables};
    MUST(stores_open_at(&stores, &places, clock_system(), &why_));
    (void)snprintf(path, sizeof path, "%s/keys/ring", data);
    MUST(key_ring_have(path, maker->now_ms, &ring, &why_));
    for (size_t i = 0; i < KEYS; i++) {
        const struct title_key_order order = {"film-1", classes[i], 0, maker->now_ms};
        struct title_key key;
        MUST(title_keys_make(stores.tables, ring, &order, &key, &why_));
        maker->ids[i] = key.id;
    }
    struct device_registration device = {.point = *p256_key_point(maker->identity),
                                         .name = "bench"};
    MUST(devices_put(stores.tables, &device, maker->now_ms, &why_));
    (void)snprintf(path, sizeof path, "%s/keys/entitlement.pem", data);
    MUST(entitlement_keys_ensure(path, &why_));
    MUST(entitlement_keys_load(path, &maker->signing, &why_));
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5) return 2;
    const unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
    struct maker maker = {.out = argv[2], .now_ms = clock_wall_ms(clock_system())};
    MUST(p256_key_make(&maker.identity, &why_));
    fill(&maker, argv[1], argc == 5 ? argv[4] : "");
    write_clearkey(&maker, "clearkey.once", count, count, 0);
    write_clearkey(&maker, "clearkey.again", 1, 1, 0);
    write_clearkey(&maker, "clearkey.counted", count / 3, count / 3, 3);
    write_native(&maker, "native.once", count, count);
    write_native(&maker, "native.again", count, 1);
    entitlement_keys_close(&maker.signing);
    p256_key_close(&maker.identity);
    return 0;
}

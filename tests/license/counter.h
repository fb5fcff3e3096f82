// SPDX-License-Identifier: Apache-2.0
//
// A licence desk on real stores in a folder of its own, with a clock that moves when told, keys of
// two titles, and a maker of tokens.
//
//     film-1   keys for audio (a1...), sd (b1...), hd (c1...), uhd (d1...)
//     film-2   one key for all (e1...)
#ifndef TESTS_LICENSE_COUNTER_H
#define TESTS_LICENSE_COUNTER_H

#include "base/base64.h"
#include "base/json.h"
#include "license/desk.h"
#include "store/table_sqlite.h"

#include "../store/place.h"

enum { COUNTER_KEYS = 5 };

struct counter {
    char folder[128], keys_path[160];
    struct clock_manual clock;
    struct table_store *tables;
    struct entitlement_keys *signing;
    struct desk *desk;
    size_t finds; // how often the key source was asked
    outcome find_result;
};

#define COUNTER_NOW_MS INT64_C(1795000000000)

static inline void counter_key(size_t i, struct desk_key *out)
{
    static const enum key_class classes[COUNTER_KEYS] = {KEY_FOR_AUDIO, KEY_FOR_SD, KEY_FOR_HD,
                                                         KEY_FOR_UHD, KEY_FOR_ALL};
    *out = (struct desk_key){.class = classes[i]};
    (void)snprintf(out->title, sizeof out->title, "%s", i < 4 ? "film-1" : "film-2");
    memset(out->key.id.bytes, (int)(0xa1 + i * 0x10), KEY_ID_BYTES);
    memset(out->key.secret, (int)(0x11 + i), CONTENT_KEY_BYTES);
}

static inline outcome counter_find(void *context, const struct key_id *id, struct desk_key *out,
                                   struct why *why)
{
    struct counter *counter = context;
    counter->finds++;
    if (counter->find_result != OK) return counter->find_result;
    for (size_t i = 0; i < COUNTER_KEYS; i++) {
        struct desk_key key;
        counter_key(i, &key);
        if (!key_id_equal(&key.key.id, id)) continue;
        *out = key;
        return OK;
    }
    return NOT_FOUND;
}

static inline void counter_open_desk(struct counter *counter, const struct policy *policy)
{
    const struct desk_options options = {
        .keys_path = counter->keys_path,
        .tables = counter->tables,
        .keys = {counter_find, counter},
        .policy = *policy,
        .clock = &counter->clock.clock,
    };
    desk_close(&counter->desk);
    assert_ok(desk_open(&options, &counter->desk, &why_));
}

static inline int counter_open(void **state)
{
    struct counter *counter = calloc(1, sizeof *counter);
    char path[160];
    assert_non_null(counter);
    folder_new(counter->folder);
    counter->clock = clock_manual_init(1000000, COUNTER_NOW_MS - 1000);
    (void)snprintf(path, sizeof path, "%s/primrose.db", counter->folder);
    (void)snprintf(counter->keys_path, sizeof counter->keys_path, "%s/e.pem", counter->folder);
    assert_ok(table_sqlite_open(path, &counter->clock.clock, &counter->tables, &why_));
    assert_ok(entitlement_keys_ensure(counter->keys_path, &why_));
    assert_ok(entitlement_keys_load(counter->keys_path, &counter->signing, &why_));
    const struct policy policy = policy_default();
    counter_open_desk(counter, &policy);
    *state = counter;
    return 0;
}

static inline int counter_close(void **state)
{
    struct counter *counter = *state;
    desk_close(&counter->desk);
    entitlement_keys_close(&counter->signing);
    table_store_close(&counter->tables);
    assert_ok(folder_remove(counter->folder, &why_));
    free(counter);
    return 0;
}

static inline int64_t counter_now_ms(const struct counter *counter)
{
    return clock_wall_ms(&counter->clock.clock);
}

static inline void counter_wait(struct counter *counter, int64_t ms)
{
    counter->clock.now_us += ms * 1000;
}

// What a member with three streams, two of a title, up to HD, is granted for ten minutes.
static inline struct entitlement counter_claims(const struct counter *counter, const char *session)
{
    const int64_t now_s = counter_now_ms(counter) / 1000;
    struct entitlement claims = {
        .member = "member_1",
        .title = "film-1",
        .key_classes = entitlement_classes(KEY_FOR_HD),
        .issued_s = now_s,
        .not_before_s = now_s,
        .expires_s = now_s + 600,
        .account_streams_max = 3,
        .title_streams_max = 2,
    };
    (void)snprintf(claims.session, sizeof claims.session, "%s", session);
    (void)snprintf(claims.id, sizeof claims.id, "ent_%s", session);
    return claims;
}

static inline struct buffer counter_token(const struct counter *counter,
                                          const struct entitlement *claims)
{
    struct buffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES);
    assert_ok(entitlement_make(counter->signing, ENTITLEMENT_FOR_LICENSE, claims, &token, &why_));
    return token;
}

// {"kids":[...],"type":...} for keys of counter_key() as digits, "013" for the first, second and
// fourth.
static inline struct buffer counter_request(const char *keys, const char *type)
{
    autojson *kids = json_array();
    struct buffer body = buffer_init(4096);
    for (const char *at = keys; *at != '\0'; at++) {
        struct desk_key key;
        autobuffer text = buffer_init(64);
        counter_key((size_t)(*at - '0'), &key);
        assert_ok(base64_format(BASE64_URL, (struct slice){key.key.id.bytes, KEY_ID_BYTES}, &text,
                                &why_));
        json_array_append_new(kids, json_string(buffer_text(&text)));
    }
    autojson *request = json_pack("{s:O, s:s}", "kids", kids, "type", type);
    assert_ok(json_format(request, &body, &why_));
    return body;
}

// Asks as a browser does, first without waiting and then with; gives the verdict.
static inline struct desk_verdict counter_ask(struct counter *counter, struct slice token,
                                              const char *keys, struct buffer *answer)
{
    const struct desk_caller caller = {.token = token, .territory = ""};
    autobuffer body = counter_request(keys, "temporary");
    struct desk_verdict verdict = {.must_wait = false};
    assert_ok(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_NO_WAIT, &verdict,
                            answer, &why_));
    if (!verdict.must_wait) return verdict;
    assert_int_equal(answer->len, 0);
    assert_ok(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_MAY_WAIT, &verdict,
                            answer, &why_));
    assert_false(verdict.must_wait);
    return verdict;
}

static inline enum denial counter_denial(struct counter *counter, const struct entitlement *claims,
                                         const char *keys)
{
    autobuffer token = counter_token(counter, claims);
    autobuffer answer = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
    const struct desk_verdict verdict = counter_ask(counter, buffer_slice(&token), keys, &answer);
    assert_true((answer.len > 0) == (verdict.denial == GRANTED));
    return verdict.denial;
}

#endif

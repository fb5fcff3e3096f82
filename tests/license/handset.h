// SPDX-License-Identifier: Apache-2.0
//
// A device with an identity of its own, in front of a native service on a counter's desk.
#ifndef TESTS_LICENSE_HANDSET_H
#define TESTS_LICENSE_HANDSET_H

#include "license/native.h"
#include "store/cache_memory.h"

#include "counter.h"

struct handset {
    struct counter *counter;
    struct cache_store *cache;
    struct ed25519_key *signer;
    struct native *native;
    struct p256_key *identity, *one_time;
    struct device_id id;
    struct device_challenge challenge;
    struct buffer sent, answer;
};

static inline struct handset handset_open(void *state)
{
    static const uint8_t seed[ED25519_SEED_BYTES] = {7};
    struct counter *counter = state;
    struct handset handset = {
        .counter = counter,
        .sent = buffer_init(CHALLENGE_BYTES_MAX + 64),
        .answer = buffer_init(LICENCE_BYTES_MAX),
    };
    assert_ok(cache_memory_open(1024 * 1024, &counter->clock.clock, &handset.cache, &why_));
    assert_ok(ed25519_key_load(seed, &handset.signer, &why_));
    assert_ok(p256_key_make(&handset.identity, &why_));
    const struct native_options options = {counter->desk,  counter->tables,       handset.cache,
                                           handset.signer, &counter->clock.clock, {0, 0}};
    assert_ok(native_open(&options, &handset.native, &why_));
    return handset;
}

static inline void handset_close(struct handset *handset)
{
    native_close(&handset->native);
    cache_store_close(&handset->cache);
    ed25519_key_close(&handset->signer);
    p256_key_close(&handset->identity);
    p256_key_close(&handset->one_time);
    buffer_release(&handset->sent);
    buffer_release(&handset->answer);
}

#define autohandset __attribute__((cleanup(handset_close))) struct handset

static inline void handset_register(struct handset *handset)
{
    autobuffer message = buffer_init(REGISTRATION_BYTES_MAX);
    assert_ok(device_registration_make(handset->identity, "living room",
                                       counter_now_ms(handset->counter), &message, &why_));
    assert_ok(
        native_register(handset->native, buffer_slice(&message), "192.0.2.1", &handset->id, &why_));
}

// Keys as in counter_request().
static inline struct device_challenge handset_wish(const struct handset *handset, const char *keys,
                                                   enum licence_kind kind)
{
    struct device_challenge wish = {.kind = kind, .wall_ms = counter_now_ms(handset->counter)};
    (void)snprintf(wish.title, sizeof wish.title, "film-1");
    for (const char *at = keys; *at != '\0'; at++) {
        struct desk_key key;
        counter_key((size_t)(*at - '0'), &key);
        wish.key_ids[wish.key_count++] = key.key.id;
    }
    return wish;
}

// Makes and signs a challenge for `wish`, in handset->sent.
static inline void handset_challenge(struct handset *handset, const struct device_challenge *wish)
{
    handset->challenge = *wish;
    handset->sent.len = 0;
    p256_key_close(&handset->one_time);
    assert_ok(device_challenge_make(handset->identity, &handset->challenge, &handset->one_time,
                                    &handset->sent, &why_));
}

// Sends what is in handset->sent with a token of `claims`; the answer is in handset->answer.
static inline enum denial handset_send(struct handset *handset, const struct entitlement *claims)
{
    autobuffer token = counter_token(handset->counter, claims);
    const struct desk_caller caller = {.token = buffer_slice(&token), .territory = ""};
    struct desk_verdict verdict;
    handset->answer.len = 0;
    assert_ok(native_licence(handset->native, &caller, buffer_slice(&handset->sent), &verdict,
                             &handset->answer, &why_));
    assert_false(verdict.must_wait);
    assert_true((handset->answer.len > 0) == (verdict.denial == GRANTED));
    return verdict.denial;
}

static inline outcome handset_receive(const struct handset *handset, struct device_licence *licence,
                                      struct licence_keys *keys)
{
    const struct ed25519_public *service = ed25519_key_public(handset->signer);
    return device_licence_open(buffer_slice(&handset->answer), &handset->challenge,
                               handset->one_time, service, 1, licence, keys, NULL);
}

#endif

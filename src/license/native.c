// SPDX-License-Identifier: Apache-2.0
#include "license/native.h"

#include "license/devices.h"
#include "license/pace.h"
#include "license/shelf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES_REMEMBERED = 8192, DEVICE_FRESH_MS = 600000, NONCE_KEY_BYTES = 160 };

static_assert((int)SHELF_KEY_BYTES == (int)DEVICE_ID_BYTES, "a device's id is a digest already");

struct native {
    struct native_options options;
    struct shelf *devices; // points: what is revoked is in the standing, not here
};

outcome native_open(const struct native_options *options, struct native **out, struct why *why)
{
    struct native *native = calloc(1, sizeof *native);
    if (native == NULL) return fail(why, NO_MEMORY, "no memory for the licence service");
    native->options = *options;
    const outcome result =
        shelf_open(DEVICES_REMEMBERED, sizeof(struct p256_point), &native->devices, why);
    if (result == OK)
        *out = native;
    else
        native_close(&native);
    return result;
}

void native_close(struct native **native)
{
    if (*native == NULL) return;
    shelf_close(&(*native)->devices);
    free(*native);
    *native = NULL;
}

outcome native_register(struct native *native, struct slice body, const char *address,
                        struct device_id *out, struct why *why)
{
    const struct pace pace = {"registrations", native->options.limits.per_address, PACE_ADDRESS_MS};
    struct device_registration registration;
    TRY(pace_take(native->options.cache, &pace, address, why)); // before anything costs
    TRY(device_registration_open(body, &registration, why));
    TRY(devices_put(native->options.tables, &registration, clock_wall_ms(native->options.clock),
                    why));
    device_id_make(&registration.point, out);
    return OK;
}

// Only devices that are known are counted: what costs before is one look-up.
static outcome take_turn(struct native *native, const struct device_id *device, enum denial *denial,
                         struct why *why)
{
    const struct pace pace = {"licences", native->options.limits.per_device, PACE_DEVICE_MS};
    char text[DEVICE_ID_TEXT_BYTES];
    const outcome taken =
        pace_take(native->options.cache, &pace, device_id_format(device, text), why);
    *denial = taken == EXHAUSTED ? DENY_PACE : GRANTED;
    return taken == EXHAUSTED ? OK : taken;
}

// The challenge of a registered device, its signature checked; or a denial.
static outcome open_challenge(struct native *native, struct slice body,
                              struct device_challenge *challenge, enum denial *denial,
                              struct why *why)
{
    struct device_id id;
    struct p256_point point;
    const int64_t now_ms = clock_us(native->options.clock) / 1000;
    *denial = DENY_REQUEST;
    if (body.len > CHALLENGE_BYTES_MAX || device_challenge_signer(body, &id, why) != OK) return OK;
    if (!shelf_get(native->devices, id.bytes, now_ms, &point)) {
        const outcome found = devices_find(native->options.tables, &id, &point, why);
        *denial = DENY_DEVICE_UNKNOWN;
        if (found == NOT_FOUND) return OK;
        TRY(found);
        shelf_put(native->devices, id.bytes, now_ms, now_ms + DEVICE_FRESH_MS, &point);
    }
    TRY(take_turn(native, &id, denial, why));
    if (*denial != GRANTED) return OK;
    const outcome opened = device_challenge_open(body, &point, challenge, why);
    *denial = opened == DENIED ? DENY_DEVICE_OTHER : opened == INVALID ? DENY_REQUEST : GRANTED;
    return opened == DENIED || opened == INVALID ? OK : opened;
}

// Takes the nonce: the second to come is a replay. It is remembered for as long as its challenge's
// time counts as near, both ways.
static outcome take_nonce(struct native *native, const struct device_challenge *challenge,
                          int64_t now_ms, enum denial *denial, struct why *why)
{
    char device[DEVICE_ID_TEXT_BYTES], nonce[2 * DEVICE_NONCE_BYTES + 1], key[NONCE_KEY_BYTES];
    struct cache_store *cache = native->options.cache;
    int64_t count;
    *denial = DENY_CLOCK;
    if (challenge->wall_ms < now_ms - CHALLENGE_CLOCK_MS ||
        challenge->wall_ms > now_ms + CHALLENGE_CLOCK_MS)
        return OK;
    hex_format(challenge->nonce, sizeof challenge->nonce, nonce);
    (void)snprintf(key, sizeof key, "licence-nonce/%s/%s",
                   device_id_format(&challenge->device, device), nonce);
    TRY(cache->ops->add(cache, key, 1, 2 * CHALLENGE_CLOCK_MS + 1000, &count, why));
    *denial = count == 1 ? GRANTED : DENY_REPLAY;
    return OK;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static struct licence_terms terms_of(const struct desk_verdict *verdict, enum licence_kind kind)
{
    const struct entitlement *claims = &verdict->claims;
    const int64_t now_ms = verdict->now_ms, end_ms = verdict->grant.play_until_ms;
    struct licence_terms terms = {.kind = kind, .issued_ms = now_ms};
    if (kind == LICENCE_STREAMED) {
        terms.expires_ms = least(now_ms + STREAM_LICENCE_MS, end_ms);
        const bool is_cut = terms.expires_ms - now_ms <= STREAM_RENEW_MS;
        terms.renew_ms = is_cut ? 0 : now_ms + STREAM_RENEW_MS;
        return terms;
    }
    terms.begin_within_ms = (int64_t)claims->offline_start_s * 1000;
    terms.finish_within_ms = (int64_t)claims->offline_play_s * 1000;
    if (claims->rental_play_s != 0)
        terms.finish_within_ms =
            least(terms.finish_within_ms, (int64_t)claims->rental_play_s * 1000);
    terms.expires_ms = least(now_ms + terms.begin_within_ms + terms.finish_within_ms, end_ms);
    terms.begin_within_ms = least(terms.begin_within_ms, terms.expires_ms - now_ms);
    return terms;
}

static outcome seal(struct native *native, const struct device_challenge *challenge,
                    struct desk_verdict *verdict, struct buffer *answer, struct why *why)
{
    struct desk_key keys[LICENCE_KEYS_MAX];
    autolicencekeys sealed = {.count = 0};
    size_t count = 0;
    outcome result = desk_take_keys(native->options.desk, challenge->key_ids, challenge->key_count,
                                    DESK_MAY_WAIT, verdict, keys, &count, why);
    if (result == OK && verdict->denial == GRANTED) {
        for (size_t i = 0; i < count; i++)
            sealed.keys[i] = (struct classed_key){keys[i].class, keys[i].key};
        sealed.count = count;
        const struct licence_terms terms = terms_of(verdict, challenge->kind);
        result = device_licence_make(challenge, &terms, &sealed, native->options.signer, NULL,
                                     answer, why);
    }
    explicit_bzero(keys, sizeof keys);
    return result;
}

outcome native_licence(struct native *native, const struct desk_caller *caller, struct slice body,
                       struct desk_verdict *out, struct buffer *answer, struct why *why)
{
    struct device_challenge challenge;
    struct desk_verdict verdict = {.now_ms = clock_wall_ms(native->options.clock)};
    struct desk_caller bound = *caller;
    char device[DEVICE_ID_TEXT_BYTES];
    verdict.denial = DENY_TOKEN_MISSING;
    if (caller->token.len > 0) TRY(open_challenge(native, body, &challenge, &verdict.denial, why));
    if (verdict.denial == GRANTED)
        TRY(take_nonce(native, &challenge, verdict.now_ms, &verdict.denial, why));
    if (verdict.denial == GRANTED) {
        const enum license_use use = challenge.kind == LICENCE_KEPT ? USE_DOWNLOAD : USE_STREAM;
        bound.robustness = ROBUST_SOFTWARE;
        bound.device = device_id_format(&challenge.device, device);
        bound.title = challenge.title;
        TRY(desk_judge(native->options.desk, &bound, use, DESK_MAY_WAIT, &verdict, why));
        if (verdict.denial == GRANTED) TRY(seal(native, &challenge, &verdict, answer, why));
    }
    *out = verdict;
    return OK;
}

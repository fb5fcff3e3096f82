// SPDX-License-Identifier: Apache-2.0
#include "license/desk.h"

#include "license/shelf.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

enum {
    RELOAD_MS = 1000,      // between looks at the file for an unknown key
    IDENTITY_LETTERS = 64, // of a device's id: hex of a SHA-256; ids of accounts are shorter
};

static const int64_t rental_kept_ms = INT64_C(400) * 86400000; // outlives every dispute

struct admitted {
    struct entitlement claims;
    struct standing standing;
    int64_t fresh_until_ms; // monotonic
};

struct desk {
    struct desk_options options;
    pthread_rwlock_t keys_lock;
    struct entitlement_keys *keys;
    int64_t keys_read_ms;
    struct shelf *admitted, *content_keys;
};

static int64_t monotonic_ms(const struct desk *desk)
{
    return clock_us(desk->options.clock) / 1000;
}

outcome desk_open(const struct desk_options *options, struct desk **out, struct why *why)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL) return fail(why, NO_MEMORY, "no memory for the licence service");
    desk->options = *options;
    (void)pthread_rwlock_init(&desk->keys_lock, NULL);
    outcome result = entitlement_keys_load(options->keys_path, &desk->keys, why);
    if (result == OK)
        result = shelf_open(DESK_ADMITTED_MAX, sizeof(struct admitted), &desk->admitted, why);
    if (result == OK)
        result = shelf_open(DESK_KEYS_MAX, sizeof(struct desk_key), &desk->content_keys, why);
    if (result == OK)
        *out = desk;
    else
        desk_close(&desk);
    return result;
}

void desk_close(struct desk **out)
{
    struct desk *desk = *out;
    if (desk == NULL) return;
    shelf_close(&desk->admitted);
    shelf_close(&desk->content_keys);
    entitlement_keys_close(&desk->keys);
    (void)pthread_rwlock_destroy(&desk->keys_lock);
    free(desk);
    *out = NULL;
}

// judging

static outcome verify(struct desk *desk, struct slice token, int64_t now_ms,
                      struct entitlement *claims, enum entitlement_fault *fault, struct why *why)
{
    (void)pthread_rwlock_rdlock(&desk->keys_lock);
    const outcome result = entitlement_verify(desk->keys, token, ENTITLEMENT_FOR_LICENSE,
                                              now_ms / 1000, claims, fault, why);
    (void)pthread_rwlock_unlock(&desk->keys_lock);
    return result;
}

// The file may have been rotated. True when there are other keys now.
static bool reload_keys(struct desk *desk)
{
    struct entitlement_keys *fresh = NULL;
    bool is_new = false;
    (void)pthread_rwlock_wrlock(&desk->keys_lock);
    const int64_t now_ms = monotonic_ms(desk);
    if (desk->keys_read_ms == 0 || now_ms - desk->keys_read_ms >= RELOAD_MS) {
        desk->keys_read_ms = now_ms;
        is_new = entitlement_keys_load(desk->options.keys_path, &fresh, NULL) == OK;
    }
    if (is_new) {
        entitlement_keys_close(&desk->keys);
        desk->keys = fresh;
    }
    (void)pthread_rwlock_unlock(&desk->keys_lock);
    return is_new;
}

static outcome verify_token(struct desk *desk, struct slice token, struct desk_verdict *verdict,
                            struct why *why)
{
    enum entitlement_fault fault = ENTITLEMENT_SOUND;
    if (token.len == 0) {
        verdict->denial = DENY_TOKEN_MISSING;
        return OK;
    }
    outcome result = verify(desk, token, verdict->now_ms, &verdict->claims, &fault, why);
    if (result == DENIED && fault == ENTITLEMENT_KEY_UNKNOWN && reload_keys(desk))
        result = verify(desk, token, verdict->now_ms, &verdict->claims, &fault, why);
    if (result != OK && result != DENIED) return result;
    verdict->denial = denial_of_fault(fault);
    return OK;
}

static outcome load_standing(struct desk *desk, const struct desk_verdict *verdict,
                             struct standing *out, struct why *why)
{
    const struct entitlement *claims = &verdict->claims;
    const struct standing_query query = {
        .member = claims->member,
        .device = claims->device,
        .session = claims->session,
        .title = claims->title,
        .grants = {claims->rental, claims->id},
        .rental = claims->rental,
    };
    return standing_load(desk->options.tables, &query, verdict->now_ms, out, why);
}

// A play that was granted to a device with an identity is not for another, nor for a browser.
static enum denial check_binding(const struct desk_caller *caller, const struct entitlement *claims)
{
    const bool is_identity = strlen(claims->device) == IDENTITY_LETTERS;
    if (caller->device == NULL && is_identity) return DENY_DEVICE_OTHER;
    if (caller->device != NULL && claims->device[0] != '\0' &&
        strcmp(caller->device, claims->device) != 0)
        return DENY_DEVICE_OTHER;
    const bool is_title = caller->title == NULL || strcmp(caller->title, claims->title) == 0;
    return is_title ? GRANTED : DENY_OTHER_TITLE;
}

static void decide(const struct desk *desk, const struct desk_caller *caller, enum license_use use,
                   const struct standing *standing, struct desk_verdict *verdict)
{
    const struct policy_facts facts = {
        .claims = &verdict->claims,
        .standing = standing,
        .robustness = caller->robustness,
        .use = use,
        .territory = caller->territory,
        .now_ms = verdict->now_ms,
    };
    verdict->denial = check_binding(caller, &verdict->claims);
    if (verdict->denial != GRANTED) return;
    verdict->denial = policy_decide(&desk->options.policy, &facts, &verdict->grant);
}

static outcome take_stream(struct desk *desk, struct standing *standing,
                           struct desk_verdict *verdict, struct why *why)
{
    static const enum denial denials[] = {[STREAM_BEGUN] = GRANTED,
                                          [STREAM_OVER_ACCOUNT] = DENY_STREAMS,
                                          [STREAM_OVER_TITLE] = DENY_TITLE_STREAMS};
    const struct entitlement *claims = &verdict->claims;
    const struct stream stream = {claims->member, claims->session, claims->title, claims->device,
                                  NULL};
    const struct stream_limits limits = {claims->account_streams_max, claims->title_streams_max};
    enum stream_begun begun;
    TRY(stream_begin(desk->options.tables, &stream, &limits, verdict->now_ms, &begun, why));
    verdict->denial = denials[begun];
    return load_standing(desk, verdict, standing, why);
}

// What a grant sets going, before any key is given: two that begin at once see each other.
static outcome settle(struct desk *desk, const struct desk_caller *caller, enum license_use use,
                      struct standing *standing, struct desk_verdict *verdict, struct why *why)
{
    const struct entitlement *claims = &verdict->claims;
    if (verdict->denial == GRANTED && verdict->grant.takes_stream)
        TRY(take_stream(desk, standing, verdict, why));
    if (verdict->denial != GRANTED || !verdict->grant.starts_rental) return OK;
    TRY(rental_start(desk->options.tables, claims->member, claims->rental, verdict->now_ms,
                     verdict->now_ms + rental_kept_ms, &standing->rental_started_ms, why));
    decide(desk, caller, use, standing, verdict);
    return OK;
}

// From the table: verified, and as it stands now.
static outcome admit(struct desk *desk, const struct desk_caller *caller, enum license_use use,
                     const uint8_t *digest, struct desk_verdict *verdict, struct why *why)
{
    struct admitted entry = {.fresh_until_ms = monotonic_ms(desk) + DESK_FRESH_MS};
    TRY(verify_token(desk, caller->token, verdict, why));
    if (verdict->denial != GRANTED) return OK;
    TRY(load_standing(desk, verdict, &entry.standing, why));
    decide(desk, caller, use, &entry.standing, verdict);
    TRY(settle(desk, caller, use, &entry.standing, verdict, why));
    entry.claims = verdict->claims;
    shelf_put(desk->admitted, digest, entry.fresh_until_ms - DESK_FRESH_MS, entry.fresh_until_ms,
              &entry);
    return OK;
}

// From the shelf. False when it is not there, or a grant would have something to settle.
static bool recall(struct desk *desk, const struct desk_caller *caller, enum license_use use,
                   const uint8_t *digest, struct desk_verdict *verdict)
{
    struct admitted entry;
    if (!shelf_get(desk->admitted, digest, monotonic_ms(desk), &entry)) return false;
    enum entitlement_fault fault = ENTITLEMENT_SOUND;
    struct desk_verdict found = {.claims = entry.claims, .now_ms = verdict->now_ms};
    if (entitlement_check_time(&entry.claims, verdict->now_ms / 1000, &fault, NULL) != OK)
        found.denial = denial_of_fault(fault);
    else
        decide(desk, caller, use, &entry.standing, &found);
    const bool is_unsettled =
        found.denial == GRANTED && (found.grant.takes_stream || found.grant.starts_rental);
    if (is_unsettled) return false;
    *verdict = found;
    return true;
}

outcome desk_judge(struct desk *desk, const struct desk_caller *caller, enum license_use use,
                   enum desk_pace pace, struct desk_verdict *out, struct why *why)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct desk_verdict verdict = {.now_ms = clock_wall_ms(desk->options.clock)};
    if (caller->token.len == 0 || caller->token.len > ENTITLEMENT_TOKEN_BYTES) {
        verdict.denial = caller->token.len == 0 ? DENY_TOKEN_MISSING : DENY_TOKEN_MALFORMED;
        *out = verdict;
        return OK;
    }
    if (SHA256(caller->token.at, caller->token.len, digest) == NULL)
        return fail(why, NO_MEMORY, "no memory for a digest");
    if (!recall(desk, caller, use, digest, &verdict)) {
        verdict.must_wait = pace == DESK_NO_WAIT;
        if (!verdict.must_wait) TRY(admit(desk, caller, use, digest, &verdict, why));
    }
    *out = verdict;
    return OK;
}

// keys

static void shelf_key(const struct key_id *id, uint8_t *out)
{
    (void)SHA256(id->bytes, KEY_ID_BYTES, out);
}

// OK with verdict->must_wait or a denial set, or with the key in `out`.
static outcome find_key(struct desk *desk, const struct key_id *id, enum desk_pace pace,
                        struct desk_verdict *verdict, struct desk_key *out, struct why *why)
{
    uint8_t digest[SHELF_KEY_BYTES];
    shelf_key(id, digest);
    const int64_t now_ms = monotonic_ms(desk);
    if (shelf_get(desk->content_keys, digest, now_ms, out)) return OK;
    verdict->must_wait = pace == DESK_NO_WAIT;
    if (verdict->must_wait) return OK;
    const outcome found = desk->options.keys.find(desk->options.keys.context, id, out, why);
    if (found == NOT_FOUND) {
        verdict->denial = DENY_KEY_UNKNOWN;
        return OK;
    }
    if (found == OK) shelf_put(desk->content_keys, digest, now_ms, now_ms + DESK_KEY_MS, out);
    return found;
}

outcome desk_take_keys(struct desk *desk, const struct key_id *ids, size_t count,
                       enum desk_pace pace, struct desk_verdict *verdict, struct desk_key *out,
                       size_t *out_count, struct why *why)
{
    size_t taken = 0;
    assert(verdict->denial == GRANTED && !verdict->must_wait);
    for (size_t i = 0; i < count; i++) {
        struct desk_key *key = &out[taken];
        TRY(find_key(desk, &ids[i], pace, verdict, key, why));
        if (verdict->must_wait || verdict->denial != GRANTED) return OK;
        if (strcmp(key->title, verdict->claims.title) != 0) {
            verdict->denial = DENY_OTHER_TITLE;
            return OK;
        }
        taken += grant_opens(&verdict->grant, key->class);
    }
    if (taken == 0) verdict->denial = DENY_CLASS;
    *out_count = taken;
    return OK;
}

static outcome answer_clearkey(struct desk *desk, const struct clearkey_request *request,
                               enum desk_pace pace, struct desk_verdict *verdict,
                               struct desk_key *keys, struct buffer *answer, struct why *why)
{
    struct content_key plain[CLEARKEY_KIDS_MAX];
    size_t count = 0;
    TRY(desk_take_keys(desk, request->kids, request->count, pace, verdict, keys, &count, why));
    if (verdict->must_wait || verdict->denial != GRANTED) return OK;
    for (size_t i = 0; i < count; i++)
        plain[i] = keys[i].key;
    const outcome result = clearkey_format(plain, count, request->type, answer, why);
    explicit_bzero(plain, sizeof plain);
    return result;
}

outcome desk_clearkey(struct desk *desk, const struct desk_caller *caller, struct slice body,
                      enum desk_pace pace, struct desk_verdict *out, struct buffer *answer,
                      struct why *why)
{
    struct clearkey_request request;
    struct desk_key keys[CLEARKEY_KIDS_MAX];
    struct desk_verdict verdict = {.denial = DENY_REQUEST};
    if (caller->token.len == 0) verdict.denial = DENY_TOKEN_MISSING;
    const outcome parsed = caller->token.len == 0 ? INVALID : clearkey_parse(body, &request, why);
    if (parsed == INVALID || parsed == TOO_LARGE) {
        *out = verdict;
        return OK;
    }
    TRY(parsed);
    const enum license_use use = request.type == CLEARKEY_PERSISTENT ? USE_DOWNLOAD : USE_STREAM;
    TRY(desk_judge(desk, caller, use, pace, &verdict, why));
    outcome result = OK;
    if (!verdict.must_wait && verdict.denial == GRANTED) {
        result = answer_clearkey(desk, &request, pace, &verdict, keys, answer, why);
        explicit_bzero(keys, sizeof keys);
    }
    if (result == OK) *out = verdict;
    return result;
}

// SPDX-License-Identifier: Apache-2.0
#include "app/once.h"

#include "base/base64.h"
#include "store/rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <signal.h>
#include <sodium.h>

enum { ANSWER_BYTES_MAX = 90 * 1024 }; // sealed and in base64 it fits an item of the table

static const char once_table[] = "once";
static const char once_sort[] = "answer";

struct claim {
    char fingerprint[SECRET_HASH_BYTES];
    char seed[2 * ONCE_SEED_BYTES + 1];
    char host[40]; // who works on it
    int64_t pid, claimed_ms, seed_ms;
    bool is_answered;
    char answer[4 * (ANSWER_BYTES_MAX / 3) + 200]; // nonce and sealed bytes, base64url
};

static const struct record_member claim_members[] = {
    RECORD_TEXT(struct claim, fingerprint), RECORD_TEXT(struct claim, seed),
    RECORD_TEXT(struct claim, host),        RECORD_I64(struct claim, pid),
    RECORD_I64(struct claim, claimed_ms),   RECORD_I64(struct claim, seed_ms),
    RECORD_BOOL(struct claim, is_answered), RECORD_TEXT(struct claim, answer),
};
static const struct record claim_record = RECORD("a claim of a key", claim_members);

static void name_host(char *out, size_t room)
{
    if (gethostname(out, room - 1) != 0) out[0] = '\0';
    out[room - 1] = '\0';
}

// All three are keyed with what only the caller knows: the key itself.
static void derive(const struct once_request *request, struct once *out)
{
    crypto_generichash_state state;
    uint8_t hash[32];
    const struct {
        const char *what;
        bool is_of_request;
    } uses[] = {{"place", false}, {"seal", false}, {"fingerprint", true}};
    for (size_t i = 0; i < 3; i++) {
        (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
        (void)crypto_generichash_update(&state, (const uint8_t *)uses[i].what,
                                        strlen(uses[i].what) + 1);
        (void)crypto_generichash_update(&state, (const uint8_t *)request->caller,
                                        strlen(request->caller) + 1);
        (void)crypto_generichash_update(&state, request->key.at, request->key.len);
        const struct slice parts[] = {request->method, request->path, request->body};
        for (size_t j = 0; j < 3 && uses[i].is_of_request; j++) {
            (void)crypto_generichash_update(&state, (const uint8_t *)"\n", 1);
            if (parts[j].len > 0)
                (void)crypto_generichash_update(&state, parts[j].at, parts[j].len);
        }
        (void)crypto_generichash_final(&state, hash, sizeof hash);
        if (i == 0) hex_format(hash, sizeof hash, out->place);
        if (i == 1) memcpy(out->seal, hash, sizeof hash);
        if (i == 2) hex_format(hash, sizeof hash, out->fingerprint);
    }
}

static outcome key_check(struct slice key, struct why *why)
{
    bool is_plain = key.len >= ONCE_KEY_MIN && key.len <= ONCE_KEY_MAX;
    for (size_t i = 0; i < key.len; i++)
        is_plain = is_plain && key.at[i] > ' ' && key.at[i] < 127;
    if (is_plain) return OK;
    return fail(why, INVALID,
                "an Idempotency-Key has %d to %d visible ASCII characters; a UUID is a good one",
                ONCE_KEY_MIN, ONCE_KEY_MAX);
}

static struct row_key place_of(const struct once *once)
{
    return (struct row_key){once_table, once->place, once_sort};
}

static outcome put_claim(const struct accounts *accounts, struct once *once, struct claim *claim,
                         enum table_condition condition, struct why *why)
{
    claim->claimed_ms = clock_wall_ms(accounts->clock);
    claim->pid = getpid();
    name_host(claim->host, sizeof claim->host);
    const struct row_terms terms = {.condition = condition,
                                    .version = once->version,
                                    .expires_ms = claim->claimed_ms + ONCE_LIFE_MS};
    return row_put(accounts->tables, place_of(once), &claim_record, claim, terms, &once->version,
                   why);
}

static outcome open_answer(const struct once *once, const struct claim *claim, struct buffer *out,
                           struct why *why)
{
    autobuffer sealed = buffer_init(sizeof claim->answer);
    size_t len = 0;
    TRY(buffer_reserve(&sealed, sizeof claim->answer, why));
    const size_t nonce = crypto_secretbox_NONCEBYTES, mac = crypto_secretbox_MACBYTES;
    if (base64_parse(BASE64_URL, slice_of(claim->answer), sealed.at, sealed.room, &len, NULL) !=
            OK ||
        len < nonce + mac)
        return fail(why, CORRUPT, "the kept answer cannot be read");
    TRY(buffer_reserve(out, len, why));
    if (crypto_secretbox_open_easy(out->at + out->len, sealed.at + nonce, len - nonce, sealed.at,
                                   once->seal) != 0)
        return fail(why, CORRUPT, "the kept answer was changed");
    out->len += len - nonce - mac;
    return OK;
}

// Whoever made the claim cannot be working on it any more.
static bool is_dead(const struct accounts *accounts, const struct claim *claim)
{
    char host[sizeof claim->host];
    const int64_t age_ms = clock_wall_ms(accounts->clock) - claim->claimed_ms;
    name_host(host, sizeof host);
    const bool is_here = strcmp(host, claim->host) == 0;
    const bool is_gone = is_here && claim->pid != getpid() && kill((pid_t)claim->pid, 0) != 0;
    return is_gone || age_ms > ONCE_DEAD_MS;
}

static outcome judge(const struct accounts *accounts, struct once *once, struct claim *claim,
                     enum once_verdict *verdict, struct buffer *answer, struct why *why)
{
    if (!token_hash_equal(claim->fingerprint, once->fingerprint)) {
        *verdict = ONCE_OTHER;
        return OK;
    }
    if (claim->is_answered) {
        *verdict = ONCE_ANSWERED;
        return open_answer(once, claim, answer, why);
    }
    *verdict = ONCE_BUSY;
    if (!is_dead(accounts, claim)) return OK;
    const outcome taken = put_claim(accounts, once, claim, TABLE_VERSION, why);
    if (taken == CONFLICT) return OK; // another try was as quick
    TRY(taken);
    *verdict = ONCE_FRESH;
    return OK;
}

outcome once_begin(const struct accounts *accounts, const struct once_request *request,
                   struct once *out, enum once_verdict *verdict, struct buffer *answer,
                   struct why *why)
{
    autoarena arena = arena_init(4 * sizeof(struct claim));
    struct claim *claim = ARENA_NEW(&arena, struct claim);
    struct once once = {.version = 0};
    if (claim == NULL) return fail(why, NO_MEMORY, "no memory for a claim");
    TRY(key_check(request->key, why));
    derive(request, &once);
    random_bytes(once.seed, sizeof once.seed);
    once.seed_ms = claim->seed_ms = clock_wall_ms(accounts->clock);
    hex_format(once.seed, sizeof once.seed, claim->seed);
    (void)snprintf(claim->fingerprint, sizeof claim->fingerprint, "%s", once.fingerprint);
    outcome put = put_claim(accounts, &once, claim, TABLE_ABSENT, why);
    *verdict = ONCE_FRESH;
    if (put == CONFLICT) {
        put = row_get(accounts->tables, place_of(&once), &claim_record, claim, &once.version, why);
        once.seed_ms = claim->seed_ms;
        if (put == OK) put = slice_hex(slice_of(claim->seed), once.seed, sizeof once.seed, why);
        if (put == OK) put = judge(accounts, &once, claim, verdict, answer, why);
    }
    TRY(put);
    *out = once;
    return OK;
}

outcome once_finish(const struct accounts *accounts, const struct once *once, struct slice answer,
                    struct why *why)
{
    autoarena arena = arena_init(4 * sizeof(struct claim));
    struct claim *claim = ARENA_NEW(&arena, struct claim);
    const size_t nonce = crypto_secretbox_NONCEBYTES, mac = crypto_secretbox_MACBYTES;
    const size_t sealed_len = nonce + answer.len + mac;
    uint8_t *sealed = arena_take(&arena, sealed_len);
    if (claim == NULL || sealed == NULL || answer.len > ANSWER_BYTES_MAX / 4 * 3)
        return fail(why, NO_MEMORY, "no room to keep an answer of %zu bytes", answer.len);
    TRY(row_get(accounts->tables, place_of(once), &claim_record, claim, NULL, why));
    random_bytes(sealed, nonce);
    if (crypto_secretbox_easy(sealed + nonce, answer.at, answer.len, sealed, once->seal) != 0)
        return fail(why, NO_MEMORY, "the answer cannot be sealed");
    base64_text((struct slice){sealed, sealed_len}, claim->answer);
    claim->is_answered = true;
    struct once own = *once;
    return put_claim(accounts, &own, claim, TABLE_VERSION, why);
}

void once_abandon(const struct accounts *accounts, const struct once *once)
{
    const outcome dropped = row_drop(accounts->tables, place_of(once), once->version, NULL);
    (void)dropped; // it is taken for dead in half a minute
}

void once_id(struct once *once, const char *prefix, char *out)
{
    uint8_t noise[ID_NOISE_BYTES], key[crypto_generichash_KEYBYTES_MIN] = {0};
    const unsigned number = once->ids++;
    memcpy(key, &number, sizeof number);
    (void)crypto_generichash(noise, sizeof noise, once->seed, sizeof once->seed, key, sizeof key);
    id_of(prefix, once->seed_ms, noise, out);
}

// SPDX-License-Identifier: Apache-2.0
#include "drm/licence_vault.h"

#include "base/random.h"
#include "drm/aead.h"
#include "drm/cbor.h"
#include "drm/cenc.h"
#include "drm/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum {
    SEAL_KEY_BYTES = 32,
    NONCE_BYTES = AEAD_NONCE_BYTES,
    TAG_BYTES = AEAD_TAG_BYTES,
    PLAIN_BYTES_MAX = KEPT_BYTES_MAX - NONCE_BYTES - TAG_BYTES,
};
static const char label[] = "primrose kept licence 1";

struct opened {
    struct device_licence licence;
    struct licence_keys keys;
    uint64_t order; // higher is newer; 0: empty
};

struct licence_vault {
    struct vault_memory *memory;
    uint8_t seal_key[SEAL_KEY_BYTES];
    struct opened opened[VAULT_LICENCES_MAX];
    struct licence_keys bare;
    uint64_t orders;
};

outcome licence_vault_open(const uint8_t secret[VAULT_SECRET_BYTES], struct vault_memory *memory,
                           struct licence_vault **out, struct why *why)
{
    void *pages;
    unsigned len = SEAL_KEY_BYTES;
    TRY(secret_take(sizeof(struct licence_vault), &pages, why));
    struct licence_vault *made = pages;
    made->memory = memory;
    if (HMAC(EVP_sha256(), secret, VAULT_SECRET_BYTES, (const uint8_t *)label, sizeof label - 1,
             made->seal_key, &len) == NULL) {
        licence_vault_close(&made);
        return fail(why, UNAVAILABLE, "OpenSSL gives no HMAC-SHA256");
    }
    *out = made;
    return OK;
}

void licence_vault_close(struct licence_vault **vault)
{
    secret_drop(*vault, sizeof **vault);
    *vault = NULL;
}

void licence_vault_add(struct licence_vault *vault, const struct device_licence *licence,
                       const struct licence_keys *keys)
{
    struct opened *place = &vault->opened[0];
    for (size_t i = 1; i < VAULT_LICENCES_MAX; i++)
        if (vault->opened[i].order < place->order) place = &vault->opened[i];
    place->licence = *licence;
    place->keys = *keys;
    place->order = ++vault->orders;
}

outcome licence_vault_add_bare(struct licence_vault *vault, const struct content_key *key,
                               struct why *why)
{
    struct licence_keys *bare = &vault->bare;
    if (bare->count == LICENCE_KEYS_MAX)
        return fail(why, TOO_LARGE, "more than %d keys are given", LICENCE_KEYS_MAX);
    bare->keys[bare->count++] = (struct classed_key){KEY_FOR_ALL, *key};
    return OK;
}

static const struct content_key *find(const struct licence_keys *keys, const struct key_id *id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (key_id_equal(&keys->keys[i].key.id, id)) return &keys->keys[i].key;
    return NULL;
}

static struct vault_begun *find_begun(struct vault_memory *memory, const uint8_t *licence)
{
    for (size_t i = 0; i < memory->count; i++)
        if (memcmp(memory->begun[i].licence, licence, LICENCE_ID_BYTES) == 0)
            return &memory->begun[i];
    return NULL;
}

// Forgets what has expired: such a licence is refused whenever it was begun.
static void forget_expired(struct vault_memory *memory)
{
    size_t kept = 0;
    for (size_t i = 0; i < memory->count; i++)
        if (memory->begun[i].expires_ms > memory->latest_ms)
            memory->begun[kept++] = memory->begun[i];
    memory->count = kept;
}

static outcome remember(struct vault_memory *memory, const struct device_licence *licence,
                        const struct licence_clock *clock, struct why *why)
{
    const bool is_kept = licence->terms.kind == LICENCE_KEPT;
    if (is_kept && find_begun(memory, licence->id) == NULL) {
        forget_expired(memory);
        if (memory->count == VAULT_BEGUN_MAX)
            return fail(why, EXHAUSTED, "%d downloads are begun already: finish one first",
                        VAULT_BEGUN_MAX);
        struct vault_begun *begun = &memory->begun[memory->count++];
        memcpy(begun->licence, licence->id, LICENCE_ID_BYTES);
        begun->began_ms = clock->began_ms;
        begun->expires_ms = licence->terms.expires_ms;
    }
    memory->latest_ms = clock->latest_ms;
    return OK;
}

static outcome use(struct licence_vault *vault, struct opened *opened, int64_t now_ms,
                   struct why *why)
{
    const struct vault_begun *begun = find_begun(vault->memory, opened->licence.id);
    struct licence_clock clock = {vault->memory->latest_ms, begun == NULL ? 0 : begun->began_ms};
    TRY(licence_clock_check(&opened->licence.terms, now_ms, &clock, why));
    return remember(vault->memory, &opened->licence, &clock, why);
}

outcome licence_vault_key(struct licence_vault *vault, const struct key_id *id, int64_t now_ms,
                          const struct content_key **out, struct why *why)
{
    const struct content_key *key = find(&vault->bare, id);
    if (key != NULL) {
        *out = key;
        return OK;
    }
    char text[KEY_ID_TEXT_BYTES];
    outcome result = fail(why, NOT_FOUND, "no licence has the key %s", key_id_format(id, text));
    for (size_t i = 0; i < VAULT_LICENCES_MAX; i++) {
        struct opened *opened = &vault->opened[i];
        key = find(&opened->keys, id);
        if (opened->order == 0 || key == NULL) continue;
        result = use(vault, opened, now_ms, why);
        if (result != OK) continue;
        *out = key;
        return OK;
    }
    return result;
}

// [id, kind, issued, expires, renew, begin within, finish within, [key id, class, key] ...]
static outcome kept_put(const struct opened *opened, struct buffer *out, struct why *why)
{
    const struct licence_terms *terms = &opened->licence.terms;
    const int64_t times[] = {terms->issued_ms, terms->expires_ms, terms->renew_ms,
                             terms->begin_within_ms, terms->finish_within_ms};
    TRY(cbor_put_array(out, 7 + 3 * opened->keys.count, why));
    TRY(cbor_put_bytes(out, (struct slice){opened->licence.id, LICENCE_ID_BYTES}, why));
    TRY(cbor_put_uint(out, terms->kind, why));
    for (size_t i = 0; i < 5; i++)
        TRY(cbor_put_int(out, times[i], why));
    for (size_t i = 0; i < opened->keys.count; i++) {
        const struct classed_key *key = &opened->keys.keys[i];
        TRY(cbor_put_bytes(out, (struct slice){key->key.id.bytes, KEY_ID_BYTES}, why));
        TRY(cbor_put_uint(out, key->class, why));
        TRY(cbor_put_bytes(out, (struct slice){key->key.secret, CONTENT_KEY_BYTES}, why));
    }
    return OK;
}

static outcome kept_take(struct slice bytes, struct opened *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(bytes, "the kept licence");
    struct licence_terms *terms = &out->licence.terms;
    int64_t *const times[] = {&terms->issued_ms, &terms->expires_ms, &terms->renew_ms,
                              &terms->begin_within_ms, &terms->finish_within_ms};
    size_t items;
    uint64_t number;
    TRY(cbor_take_array(&reader, 7 + 3 * LICENCE_KEYS_MAX, &items, why));
    TRY(cbor_take_exactly(&reader, out->licence.id, LICENCE_ID_BYTES, why));
    TRY(cbor_take_uint(&reader, LICENCE_KIND_COUNT - 1, &number, why));
    terms->kind = (enum licence_kind)number;
    for (size_t i = 0; i < 5; i++)
        TRY(cbor_take_int(&reader, times[i], why));
    out->keys.count = items < 7 ? 0 : (items - 7) / 3;
    for (size_t i = 0; i < out->keys.count; i++) {
        struct classed_key *key = &out->keys.keys[i];
        TRY(cbor_take_exactly(&reader, key->key.id.bytes, KEY_ID_BYTES, why));
        TRY(cbor_take_uint(&reader, KEY_CLASS_COUNT - 1, &number, why));
        key->class = (enum key_class)number;
        TRY(cbor_take_exactly(&reader, key->key.secret, CONTENT_KEY_BYTES, why));
    }
    return cbor_expect_end(&reader, why);
}

static struct aead_bind bind_of(const uint8_t *nonce)
{
    return (struct aead_bind){nonce, slice_of(label)};
}

outcome licence_vault_keep(const struct licence_vault *vault, const uint8_t id[LICENCE_ID_BYTES],
                           struct buffer *out, struct why *why)
{
    const struct opened *opened = NULL;
    for (size_t i = 0; i < VAULT_LICENCES_MAX; i++)
        if (vault->opened[i].order > 0 &&
            memcmp(vault->opened[i].licence.id, id, LICENCE_ID_BYTES) == 0)
            opened = &vault->opened[i];
    if (opened == NULL) return fail(why, NOT_FOUND, "no such licence is open");
    if (opened->licence.terms.kind != LICENCE_KEPT)
        return fail(why, DENIED, "this licence is for playing now, not for a download");

    uint8_t nonce[NONCE_BYTES], tag[TAG_BYTES];
    struct buffer plain = buffer_init(PLAIN_BYTES_MAX);
    random_bytes(nonce, NONCE_BYTES);
    outcome result = buffer_reserve(&plain, PLAIN_BYTES_MAX, why); // grown, it would leave copies
    if (result == OK) result = kept_put(opened, &plain, why);
    const struct aead_bind bind = bind_of(nonce);
    if (result == OK)
        result = aead_seal_once((struct slice){vault->seal_key, SEAL_KEY_BYTES}, &bind,
                                buffer_slice(&plain), plain.at, tag, why);
    if (result == OK) result = buffer_put(out, (struct slice){nonce, NONCE_BYTES}, why);
    if (result == OK) result = buffer_put(out, buffer_slice(&plain), why);
    if (result == OK) result = buffer_put(out, (struct slice){tag, TAG_BYTES}, why);
    if (result != OK && plain.at != NULL) OPENSSL_cleanse(plain.at, plain.room);
    buffer_release(&plain);
    return result;
}

outcome licence_vault_restore(struct licence_vault *vault, struct slice sealed, int64_t now_ms,
                              struct device_licence *out, struct why *why)
{
    uint8_t plain[PLAIN_BYTES_MAX];
    struct opened opened = {.order = 0};
    if (sealed.len <= NONCE_BYTES + TAG_BYTES || sealed.len > KEPT_BYTES_MAX)
        return fail(why, INVALID, "a kept licence has up to %d bytes, this has %zu", KEPT_BYTES_MAX,
                    sealed.len);
    const size_t len = sealed.len - NONCE_BYTES - TAG_BYTES;
    const struct aead_bind bind = bind_of(sealed.at);
    outcome result = aead_open_once((struct slice){vault->seal_key, SEAL_KEY_BYTES}, &bind,
                                    slice_part(sealed, NONCE_BYTES, len),
                                    sealed.at + NONCE_BYTES + len, plain, why);
    if (result == CORRUPT)
        result = fail(why, DENIED, "this licence was kept by another device, or changed since");
    if (result == OK) result = kept_take((struct slice){plain, len}, &opened, why);
    if (result == OK) {
        const struct vault_begun *begun = find_begun(vault->memory, opened.licence.id);
        struct licence_clock clock = {vault->memory->latest_ms,
                                      begun == NULL ? 0 : begun->began_ms};
        result = licence_clock_check(&opened.licence.terms, now_ms, &clock, why); // begins nothing
    }
    if (result == OK) {
        licence_vault_add(vault, &opened.licence, &opened.keys);
        *out = opened.licence;
    }
    OPENSSL_cleanse(plain, sizeof plain);
    OPENSSL_cleanse(&opened, sizeof opened);
    return result;
}

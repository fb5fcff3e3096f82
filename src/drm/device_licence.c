// SPDX-License-Identifier: Apache-2.0
#include "drm/device_licence.h"

#include "base/random.h"
#include "base/utf8.h"
#include "drm/cbor.h"
#include "drm/hpke.h"
#include "drm/signed_message.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum {
    VERSION = 1,
    TERMS_BYTES_MAX = 64,
    PLAIN_KEY_BYTES_MAX = 1 + 1 + KEY_ID_BYTES + 1 + 1 + CONTENT_KEY_BYTES,
    PLAIN_BYTES_MAX = 3 + LICENCE_KEYS_MAX * PLAIN_KEY_BYTES_MAX,
    SEALED_BYTES_MAX = PLAIN_BYTES_MAX + HPKE_TAG_BYTES,
    SERVICE_KEY_ID_BYTES = 8, // of the SHA-256 of its public key: tells services apart, no more
};
static const char sealing_label[] = "primrose licence 1"; // no other sealing is for this

static void sha256(struct slice bytes, uint8_t out[DEVICE_DIGEST_BYTES])
{
    const int is_made = EVP_Digest(bytes.at, bytes.len, out, NULL, EVP_sha256(), NULL);
    assert(is_made == 1);
}

void device_id_make(const struct p256_point *point, struct device_id *out)
{
    sha256((struct slice){point->bytes, P256_POINT_BYTES}, out->bytes);
}

bool device_id_equal(const struct device_id *a, const struct device_id *b)
{
    return memcmp(a->bytes, b->bytes, DEVICE_ID_BYTES) == 0;
}

const char *device_id_format(const struct device_id *id, char *out)
{
    hex_format(id->bytes, DEVICE_ID_BYTES, out);
    return out;
}

static struct slice device_key_id(const struct device_id *id)
{
    return (struct slice){id->bytes, DEVICE_ID_BYTES};
}

static outcome take_text(struct cbor_reader *reader, char *out, size_t room, struct why *why)
{
    struct slice text;
    TRY(cbor_take_text(reader, room - 1, &text, why));
    if (memchr(text.at, '\0', text.len) != NULL)
        return fail(why, INVALID, "%s has a text with a NUL in it", reader->what);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return OK;
}

static outcome put_time(struct buffer *out, int64_t key, int64_t ms, struct why *why)
{
    assert(ms >= 0);
    TRY(cbor_put_int(out, key, why));
    return cbor_put_int(out, ms, why);
}

static outcome take_time(struct cbor_reader *reader, int64_t key, int64_t *out, struct why *why)
{
    uint64_t ms;
    TRY(cbor_expect_int(reader, key, why));
    TRY(cbor_take_uint(reader, INT64_MAX, &ms, why));
    *out = (int64_t)ms;
    return OK;
}

static outcome put_bytes(struct buffer *out, int64_t key, const uint8_t *at, size_t len,
                         struct why *why)
{
    TRY(cbor_put_int(out, key, why));
    return cbor_put_bytes(out, (struct slice){at, len}, why);
}

static outcome take_exactly(struct cbor_reader *reader, int64_t key, uint8_t *out, size_t len,
                            struct why *why)
{
    TRY(cbor_expect_int(reader, key, why));
    return cbor_take_exactly(reader, out, len, why);
}

static outcome check_length(struct slice bytes, const char *what, size_t max, struct why *why)
{
    if (bytes.len <= max) return OK;
    return fail(why, TOO_LARGE, "%s has %zu bytes, at most %zu are read", what, bytes.len, max);
}

// Registration: {1: version, 2: point, 3: name, 4: time}

outcome device_registration_make(const struct p256_key *identity, const char *name, int64_t wall_ms,
                                 struct buffer *out, struct why *why)
{
    autobuffer payload = buffer_init(REGISTRATION_BYTES_MAX);
    const struct p256_point *point = p256_key_point(identity);
    const struct slice whole = slice_of(name), cut = slice_part(whole, 0, DEVICE_NAME_BYTES - 1);
    struct device_id id;
    device_id_make(point, &id);
    TRY(cbor_put_map(&payload, 4, why));
    TRY(cbor_put_int(&payload, 1, why));
    TRY(cbor_put_int(&payload, VERSION, why));
    TRY(put_bytes(&payload, 2, point->bytes, P256_POINT_BYTES, why));
    TRY(cbor_put_int(&payload, 3, why));
    TRY(cbor_put_text(&payload, slice_part(cut, 0, utf8_prefix(cut)), why));
    TRY(put_time(&payload, 4, wall_ms, why));
    const struct signed_header header = {SIGNED_ES256, REGISTRATION_MEDIA_TYPE, device_key_id(&id)};
    return signed_message_put_es256(identity, &header, buffer_slice(&payload), out, why);
}

outcome device_registration_open(struct slice bytes, struct device_registration *out,
                                 struct why *why)
{
    static const char what[] = "the registration";
    struct device_registration made;
    struct signed_message message;
    struct device_id id;
    TRY(check_length(bytes, what, REGISTRATION_BYTES_MAX, why));
    TRY(signed_message_take(bytes, what, SIGNED_ES256, REGISTRATION_MEDIA_TYPE, &message, why));
    struct cbor_reader reader = cbor_reader_init(message.payload, what);
    TRY(cbor_expect_map(&reader, 4, why));
    TRY(cbor_expect_int(&reader, 1, why));
    TRY(cbor_expect_int(&reader, VERSION, why));
    TRY(take_exactly(&reader, 2, made.point.bytes, P256_POINT_BYTES, why));
    TRY(cbor_expect_int(&reader, 3, why));
    TRY(take_text(&reader, made.name, sizeof made.name, why));
    TRY(take_time(&reader, 4, &made.wall_ms, why));
    TRY(cbor_expect_end(&reader, why));
    device_id_make(&made.point, &id);
    if (!slice_equal(message.key_id, device_key_id(&id)))
        return fail(why, INVALID, "the registration is not named by its own key");
    TRY(signed_message_verify_es256(&message, &made.point, why));
    *out = made;
    return OK;
}

// Challenge: {1: version, 2: title, 3: kind, 4: [key ids], 5: nonce, 6: time, 7: renews,
//             8: one-time point}

static outcome challenge_put(const struct device_challenge *challenge, struct buffer *out,
                             struct why *why)
{
    assert(challenge->key_count > 0 && challenge->key_count <= LICENCE_KEYS_MAX);
    TRY(cbor_put_map(out, 8, why));
    TRY(cbor_put_int(out, 1, why));
    TRY(cbor_put_int(out, VERSION, why));
    TRY(cbor_put_int(out, 2, why));
    TRY(cbor_put_text(out, slice_of(challenge->title), why));
    TRY(cbor_put_int(out, 3, why));
    TRY(cbor_put_uint(out, challenge->kind, why));
    TRY(cbor_put_int(out, 4, why));
    TRY(cbor_put_array(out, challenge->key_count, why));
    for (size_t i = 0; i < challenge->key_count; i++)
        TRY(cbor_put_bytes(out, (struct slice){challenge->key_ids[i].bytes, KEY_ID_BYTES}, why));
    TRY(put_bytes(out, 5, challenge->nonce, DEVICE_NONCE_BYTES, why));
    TRY(put_time(out, 6, challenge->wall_ms, why));
    TRY(put_bytes(out, 7, challenge->renews, LICENCE_ID_BYTES, why));
    return put_bytes(out, 8, challenge->one_time.bytes, P256_POINT_BYTES, why);
}

static outcome challenge_take(struct slice payload, struct device_challenge *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(payload, "the challenge");
    uint64_t kind;
    TRY(cbor_expect_map(&reader, 8, why));
    TRY(cbor_expect_int(&reader, 1, why));
    TRY(cbor_expect_int(&reader, VERSION, why));
    TRY(cbor_expect_int(&reader, 2, why));
    TRY(take_text(&reader, out->title, sizeof out->title, why));
    TRY(cbor_expect_int(&reader, 3, why));
    TRY(cbor_take_uint(&reader, LICENCE_KIND_COUNT - 1, &kind, why));
    TRY(cbor_expect_int(&reader, 4, why));
    TRY(cbor_take_array(&reader, LICENCE_KEYS_MAX, &out->key_count, why));
    if (out->key_count == 0) return fail(why, INVALID, "the challenge asks for no key");
    for (size_t i = 0; i < out->key_count; i++)
        TRY(cbor_take_exactly(&reader, out->key_ids[i].bytes, KEY_ID_BYTES, why));
    TRY(take_exactly(&reader, 5, out->nonce, DEVICE_NONCE_BYTES, why));
    TRY(take_time(&reader, 6, &out->wall_ms, why));
    TRY(take_exactly(&reader, 7, out->renews, LICENCE_ID_BYTES, why));
    TRY(take_exactly(&reader, 8, out->one_time.bytes, P256_POINT_BYTES, why));
    out->kind = (enum licence_kind)kind;
    return cbor_expect_end(&reader, why);
}

outcome device_challenge_make(const struct p256_key *identity, struct device_challenge *challenge,
                              struct p256_key **out_one_time, struct buffer *out, struct why *why)
{
    struct device_challenge made = *challenge;
    autobuffer payload = buffer_init(CHALLENGE_BYTES_MAX);
    autop256 *one_time = NULL;
    const size_t start = out->len;
    TRY(p256_key_make(&one_time, why));
    made.one_time = *p256_key_point(one_time);
    device_id_make(p256_key_point(identity), &made.device);
    random_bytes(made.nonce, DEVICE_NONCE_BYTES);
    TRY(challenge_put(&made, &payload, why));
    const struct signed_header header = {SIGNED_ES256, CHALLENGE_MEDIA_TYPE,
                                         device_key_id(&made.device)};
    TRY(signed_message_put_es256(identity, &header, buffer_slice(&payload), out, why));
    sha256(slice_part(buffer_slice(out), start, SIZE_MAX), made.digest);
    *challenge = made;
    *out_one_time = one_time;
    one_time = NULL;
    return OK;
}

static outcome challenge_message(struct slice bytes, struct signed_message *out,
                                 struct device_id *out_id, struct why *why)
{
    static const char what[] = "the challenge";
    TRY(check_length(bytes, what, CHALLENGE_BYTES_MAX, why));
    TRY(signed_message_take(bytes, what, SIGNED_ES256, CHALLENGE_MEDIA_TYPE, out, why));
    if (out->key_id.len != DEVICE_ID_BYTES)
        return fail(why, INVALID, "the challenge does not name its device");
    memcpy(out_id->bytes, out->key_id.at, DEVICE_ID_BYTES);
    return OK;
}

outcome device_challenge_signer(struct slice bytes, struct device_id *out, struct why *why)
{
    struct signed_message message;
    return challenge_message(bytes, &message, out, why);
}

outcome device_challenge_open(struct slice bytes, const struct p256_point *device,
                              struct device_challenge *out, struct why *why)
{
    struct device_challenge made;
    struct signed_message message;
    struct device_id id;
    TRY(challenge_message(bytes, &message, &made.device, why));
    device_id_make(device, &id);
    if (!device_id_equal(&id, &made.device))
        return fail(why, DENIED, "the challenge is of another device");
    TRY(signed_message_verify_es256(&message, device, why));
    TRY(challenge_take(message.payload, &made, why));
    sha256(bytes, made.digest);
    *out = made;
    return OK;
}

// Licence: {1: version, 2: id, 3: digest of the challenge, 4: terms, 5: encapsulated point,
//           6: sealed keys}
// Terms: {1: kind, 2: issued, 3: expires, 4: renew, 5: begin within, 6: finish within}
// Keys: [[key id, class, key] ...]

static outcome terms_check(const struct licence_terms *terms, struct why *why)
{
    if (terms->issued_ms < 0 || terms->begin_within_ms < 0 || terms->finish_within_ms < 0)
        return fail(why, INVALID, "a licence has a time before 1970 or a negative duration");
    if (terms->expires_ms <= terms->issued_ms)
        return fail(why, INVALID, "a licence must expire after it was issued");
    if (terms->renew_ms != 0 &&
        (terms->renew_ms < terms->issued_ms || terms->renew_ms > terms->expires_ms))
        return fail(why, INVALID, "a licence must be renewed between its issue and its expiry");
    return OK;
}

static outcome terms_put(const struct licence_terms *terms, struct buffer *out, struct why *why)
{
    TRY(cbor_put_map(out, 6, why));
    TRY(cbor_put_int(out, 1, why));
    TRY(cbor_put_uint(out, terms->kind, why));
    TRY(put_time(out, 2, terms->issued_ms, why));
    TRY(put_time(out, 3, terms->expires_ms, why));
    TRY(put_time(out, 4, terms->renew_ms, why));
    TRY(put_time(out, 5, terms->begin_within_ms, why));
    return put_time(out, 6, terms->finish_within_ms, why);
}

static outcome terms_take(struct slice bytes, struct licence_terms *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(bytes, "the licence's terms");
    uint64_t kind;
    TRY(cbor_expect_map(&reader, 6, why));
    TRY(cbor_expect_int(&reader, 1, why));
    TRY(cbor_take_uint(&reader, LICENCE_KIND_COUNT - 1, &kind, why));
    TRY(take_time(&reader, 2, &out->issued_ms, why));
    TRY(take_time(&reader, 3, &out->expires_ms, why));
    TRY(take_time(&reader, 4, &out->renew_ms, why));
    TRY(take_time(&reader, 5, &out->begin_within_ms, why));
    TRY(take_time(&reader, 6, &out->finish_within_ms, why));
    TRY(cbor_expect_end(&reader, why));
    out->kind = (enum licence_kind)kind;
    return terms_check(out, why);
}

static outcome keys_put(const struct licence_keys *keys, struct buffer *out, struct why *why)
{
    TRY(cbor_put_array(out, keys->count, why));
    for (size_t i = 0; i < keys->count; i++) {
        const struct classed_key *key = &keys->keys[i];
        TRY(cbor_put_array(out, 3, why));
        TRY(cbor_put_bytes(out, (struct slice){key->key.id.bytes, KEY_ID_BYTES}, why));
        TRY(cbor_put_uint(out, key->class, why));
        TRY(cbor_put_bytes(out, (struct slice){key->key.secret, CONTENT_KEY_BYTES}, why));
    }
    return OK;
}

static outcome keys_take(struct slice bytes, struct licence_keys *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(bytes, "the licence's list of keys");
    TRY(cbor_take_array(&reader, LICENCE_KEYS_MAX, &out->count, why));
    for (size_t i = 0; i < out->count; i++) {
        struct classed_key *key = &out->keys[i];
        uint64_t class;
        TRY(cbor_expect_array(&reader, 3, why));
        TRY(cbor_take_exactly(&reader, key->key.id.bytes, KEY_ID_BYTES, why));
        TRY(cbor_take_uint(&reader, KEY_CLASS_COUNT - 1, &class, why));
        TRY(cbor_take_exactly(&reader, key->key.secret, CONTENT_KEY_BYTES, why));
        key->class = (enum key_class) class;
    }
    return cbor_expect_end(&reader, why);
}

// What the keys are sealed for, and with what: the label, the licence, the challenge; the terms.
struct sealing {
    uint8_t info[sizeof sealing_label - 1 + LICENCE_ID_BYTES + DEVICE_DIGEST_BYTES];
    struct hpke_context context;
};

static void sealing_init(struct sealing *sealing, const uint8_t id[LICENCE_ID_BYTES],
                         const struct device_challenge *challenge, struct slice terms)
{
    uint8_t *at = sealing->info;
    memcpy(at, sealing_label, sizeof sealing_label - 1);
    at += sizeof sealing_label - 1;
    memcpy(at, id, LICENCE_ID_BYTES);
    memcpy(at + LICENCE_ID_BYTES, challenge->digest, DEVICE_DIGEST_BYTES);
    sealing->context = (struct hpke_context){{sealing->info, sizeof sealing->info}, terms};
}

static void wipe(struct buffer *secret)
{
    if (secret->at != NULL) OPENSSL_cleanse(secret->at, secret->room);
    buffer_release(secret);
}

void licence_keys_release(struct licence_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}

// The parts that stay while a licence is put together or taken apart.
struct licence_parts {
    uint8_t id[LICENCE_ID_BYTES];
    uint8_t digest[DEVICE_DIGEST_BYTES];
    struct p256_point encapsulated;
    struct slice terms, sealed;
};

static outcome parts_put(const struct licence_parts *parts, struct buffer *out, struct why *why)
{
    TRY(cbor_put_map(out, 6, why));
    TRY(cbor_put_int(out, 1, why));
    TRY(cbor_put_int(out, VERSION, why));
    TRY(put_bytes(out, 2, parts->id, LICENCE_ID_BYTES, why));
    TRY(put_bytes(out, 3, parts->digest, DEVICE_DIGEST_BYTES, why));
    TRY(put_bytes(out, 4, parts->terms.at, parts->terms.len, why));
    TRY(put_bytes(out, 5, parts->encapsulated.bytes, P256_POINT_BYTES, why));
    return put_bytes(out, 6, parts->sealed.at, parts->sealed.len, why);
}

static outcome parts_take(struct slice payload, struct licence_parts *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(payload, "the licence");
    TRY(cbor_expect_map(&reader, 6, why));
    TRY(cbor_expect_int(&reader, 1, why));
    TRY(cbor_expect_int(&reader, VERSION, why));
    TRY(take_exactly(&reader, 2, out->id, LICENCE_ID_BYTES, why));
    TRY(take_exactly(&reader, 3, out->digest, DEVICE_DIGEST_BYTES, why));
    TRY(cbor_expect_int(&reader, 4, why));
    TRY(cbor_take_bytes(&reader, TERMS_BYTES_MAX, &out->terms, why));
    TRY(take_exactly(&reader, 5, out->encapsulated.bytes, P256_POINT_BYTES, why));
    TRY(cbor_expect_int(&reader, 6, why));
    TRY(cbor_take_bytes(&reader, SEALED_BYTES_MAX, &out->sealed, why));
    return cbor_expect_end(&reader, why);
}

static outcome seal_keys(const struct device_challenge *challenge, const struct licence_keys *keys,
                         struct licence_parts *parts, struct buffer *out, struct why *why)
{
    struct buffer plain = buffer_init(PLAIN_BYTES_MAX);
    struct sealing sealing;
    sealing_init(&sealing, parts->id, challenge, parts->terms);
    outcome made = buffer_reserve(&plain, PLAIN_BYTES_MAX, why); // grown, it would leave copies
    if (made == OK) made = keys_put(keys, &plain, why);
    if (made == OK)
        made = hpke_seal(&challenge->one_time, &sealing.context, buffer_slice(&plain),
                         &parts->encapsulated, out, why);
    wipe(&plain);
    if (made == OK) parts->sealed = buffer_slice(out);
    return made;
}

static void service_key_id(const struct ed25519_public *service, uint8_t *out)
{
    uint8_t digest[DEVICE_DIGEST_BYTES];
    sha256((struct slice){service->bytes, ED25519_PUBLIC_BYTES}, digest);
    memcpy(out, digest, SERVICE_KEY_ID_BYTES);
}

outcome device_licence_make(const struct device_challenge *challenge,
                            const struct licence_terms *terms, const struct licence_keys *keys,
                            const struct ed25519_key *service, uint8_t out_id[LICENCE_ID_BYTES],
                            struct buffer *out, struct why *why)
{
    autobuffer terms_bytes = buffer_init(TERMS_BYTES_MAX), sealed = buffer_init(SEALED_BYTES_MAX);
    autobuffer payload = buffer_init(LICENCE_BYTES_MAX);
    struct licence_parts parts;
    uint8_t signer[SERVICE_KEY_ID_BYTES];
    if (keys->count > LICENCE_KEYS_MAX)
        return fail(why, TOO_LARGE, "a licence carries up to %d keys", LICENCE_KEYS_MAX);
    TRY(terms_check(terms, why));
    TRY(terms_put(terms, &terms_bytes, why));
    parts.terms = buffer_slice(&terms_bytes);
    random_bytes(parts.id, LICENCE_ID_BYTES);
    memcpy(parts.digest, challenge->digest, DEVICE_DIGEST_BYTES);
    TRY(seal_keys(challenge, keys, &parts, &sealed, why));
    TRY(parts_put(&parts, &payload, why));
    service_key_id(ed25519_key_public(service), signer);
    const struct signed_header header = {
        SIGNED_EDDSA, LICENCE_MEDIA_TYPE, {signer, SERVICE_KEY_ID_BYTES}};
    TRY(signed_message_put_eddsa(service, &header, buffer_slice(&payload), out, why));
    if (out_id != NULL) memcpy(out_id, parts.id, LICENCE_ID_BYTES);
    return OK;
}

static outcome verify_service(const struct signed_message *message,
                              const struct ed25519_public *services, size_t count, struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t id[SERVICE_KEY_ID_BYTES];
        service_key_id(&services[i], id);
        if (slice_equal(message->key_id, (struct slice){id, SERVICE_KEY_ID_BYTES}))
            return signed_message_verify_eddsa(message, &services[i], why);
    }
    return fail(why, DENIED, "the licence is signed by a service that this device does not know");
}

outcome device_licence_open(struct slice bytes, const struct device_challenge *challenge,
                            const struct p256_key *one_time, const struct ed25519_public *services,
                            size_t service_count, struct device_licence *out,
                            struct licence_keys *out_keys, struct why *why)
{
    static const char what[] = "the licence";
    struct signed_message message;
    struct licence_parts parts;
    struct device_licence made;
    struct sealing sealing;
    TRY(check_length(bytes, what, LICENCE_BYTES_MAX, why));
    TRY(signed_message_take(bytes, what, SIGNED_EDDSA, LICENCE_MEDIA_TYPE, &message, why));
    TRY(verify_service(&message, services, service_count, why));
    TRY(parts_take(message.payload, &parts, why));
    if (CRYPTO_memcmp(parts.digest, challenge->digest, DEVICE_DIGEST_BYTES) != 0)
        return fail(why, DENIED, "the licence answers another challenge");
    TRY(terms_take(parts.terms, &made.terms, why));
    memcpy(made.id, parts.id, LICENCE_ID_BYTES);

    struct buffer plain = buffer_init(SEALED_BYTES_MAX);
    autolicencekeys keys = {.count = 0};
    sealing_init(&sealing, parts.id, challenge, parts.terms);
    outcome opened =
        hpke_open(one_time, &parts.encapsulated, &sealing.context, parts.sealed, &plain, why);
    if (opened == OK) opened = keys_take(buffer_slice(&plain), &keys, why);
    wipe(&plain);
    if (opened != OK) return opened;
    *out = made;
    *out_keys = keys;
    return OK;
}

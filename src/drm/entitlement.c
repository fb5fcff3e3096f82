// SPDX-License-Identifier: Apache-2.0
#include "drm/entitlement_internal.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/random.h"

#include <string.h>

enum {
    SIGNATURE_BYTES = 64,
    HEADER_BYTES_MAX = 128,
    CLAIMS_BYTES_MAX = ENTITLEMENT_TOKEN_BYTES * 3 / 4,
};

#define HEADER_HEAD "{\"alg\":\"EdDSA\",\"typ\":\"entitlement+jwt\",\"kid\":\""
#define HEADER_TAIL "\"}"

static const struct {
    const char *name;
    size_t offset;
    bool may_be_empty;
} text_claims[] = {
    {"jti", offsetof(struct entitlement, id), false},
    {"sid", offsetof(struct entitlement, session), false},
    {"sub", offsetof(struct entitlement, member), false},
    {"profile", offsetof(struct entitlement, profile), true},
    {"device", offsetof(struct entitlement, device), true},
    {"title", offsetof(struct entitlement, title), false},
    {"rental", offsetof(struct entitlement, rental), true},
};

// Times stay below the year 10000.
#define TIME_S_MAX INT64_C(253402300799)

#define CLAIM(name, member, max)                                                                   \
    {                                                                                              \
        name, offsetof(struct entitlement, member), sizeof(((struct entitlement *)0)->member), max \
    }
static const struct {
    const char *name;
    size_t offset, size;
    int64_t max;
} number_claims[] = {
    CLAIM("iat", issued_s, TIME_S_MAX),
    CLAIM("nbf", not_before_s, TIME_S_MAX),
    CLAIM("exp", expires_s, TIME_S_MAX),
    CLAIM("rental_start_by_s", rental_start_by_s, TIME_S_MAX),
    CLAIM("rental_play_s", rental_play_s, ENTITLEMENT_OFFLINE_S_MAX),
    CLAIM("offline_start_s", offline_start_s, ENTITLEMENT_OFFLINE_S_MAX),
    CLAIM("offline_play_s", offline_play_s, ENTITLEMENT_OFFLINE_S_MAX),
    CLAIM("offline_until_s", offline_until_s, TIME_S_MAX),
    CLAIM("account_streams_max", account_streams_max, ENTITLEMENT_STREAMS_MAX),
    CLAIM("title_streams_max", title_streams_max, ENTITLEMENT_STREAMS_MAX),
};

enum {
    TEXT_CLAIM_COUNT = sizeof text_claims / sizeof text_claims[0],
    NUMBER_CLAIM_COUNT = sizeof number_claims / sizeof number_claims[0],
};

unsigned entitlement_classes(enum key_class highest)
{
    unsigned classes = 0;
    for (unsigned i = KEY_FOR_AUDIO; i <= (unsigned)highest; i++)
        classes |= 1u << i;
    return highest == KEY_FOR_UHD ? classes | 1u << KEY_FOR_ALL : classes;
}

static const char *text_claim(const struct entitlement *claims, size_t i)
{
    return (const char *)claims + text_claims[i].offset;
}

static int64_t number_claim(const struct entitlement *claims, size_t i)
{
    const char *at = (const char *)claims + number_claims[i].offset;
    int64_t wide;
    uint32_t word;
    uint16_t half;
    switch (number_claims[i].size) {
    case sizeof wide: memcpy(&wide, at, sizeof wide); return wide;
    case sizeof word: memcpy(&word, at, sizeof word); return word;
    default: memcpy(&half, at, sizeof half); return half;
    }
}

static void set_number_claim(struct entitlement *claims, size_t i, int64_t value)
{
    char *at = (char *)claims + number_claims[i].offset;
    const uint32_t word = (uint32_t)value;
    const uint16_t half = (uint16_t)value;
    switch (number_claims[i].size) {
    case sizeof value: memcpy(at, &value, sizeof value); break;
    case sizeof word: memcpy(at, &word, sizeof word); break;
    default: memcpy(at, &half, sizeof half); break;
    }
}

static bool is_territory(const char *text)
{
    const bool is_code =
        text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' && text[2] == '\0';
    return text[0] == '\0' || is_code;
}

// What holds at any time, of claims that are made and of claims that came.
static outcome check_claims(const struct entitlement *claims, struct why *why)
{
    for (size_t i = 0; i < TEXT_CLAIM_COUNT; i++) {
        const char *text = text_claim(claims, i);
        if (memchr(text, '\0', ENTITLEMENT_ID_BYTES) == NULL ||
            !(id_is_valid(text) || (text_claims[i].may_be_empty && text[0] == '\0')))
            return fail(why, INVALID, "an entitlement's \"%s\" must be an id", text_claims[i].name);
    }
    for (size_t i = 0; i < NUMBER_CLAIM_COUNT; i++) {
        const int64_t value = number_claim(claims, i);
        if (value < 0 || value > number_claims[i].max)
            return fail(why, INVALID, "an entitlement's \"%s\" lies outside 0..%lld",
                        number_claims[i].name, (long long)number_claims[i].max);
    }
    if (!is_territory(claims->territory))
        return fail(why, INVALID, "an entitlement's territory is two capital letters or empty");
    if (claims->key_classes >= 1u << KEY_CLASS_COUNT)
        return fail(why, INVALID, "an entitlement names a class of keys that there is not");
    if (claims->expires_s <= claims->not_before_s || claims->expires_s <= claims->issued_s ||
        claims->expires_s - claims->issued_s > ENTITLEMENT_LIFE_S_MAX)
        return fail(why, INVALID, "an entitlement ends after its start and lasts at most %d s",
                    ENTITLEMENT_LIFE_S_MAX);
    if ((claims->offline_start_s == 0) != (claims->offline_play_s == 0))
        return fail(why, INVALID,
                    "an entitlement for downloads says both how long they may wait and play");
    if ((claims->rental_start_by_s == 0) != (claims->rental_play_s == 0) ||
        (claims->rental_play_s != 0 && claims->rental[0] == '\0'))
        return fail(why, INVALID,
                    "a rental's entitlement names the rental, when it must start and how long it "
                    "plays");
    return OK;
}

// making

static outcome claims_json(const struct entitlement *claims, const char *audience, json_t **out,
                           struct why *why)
{
    autojson *object = json_pack("{s:s, s:s}", "aud", audience, "territory", claims->territory);
    autojson *classes = json_array();
    int fault = object == NULL || classes == NULL ? -1 : 0;
    for (size_t i = 0; fault == 0 && i < TEXT_CLAIM_COUNT; i++)
        fault |=
            json_object_set_new(object, text_claims[i].name, json_string(text_claim(claims, i)));
    for (size_t i = 0; fault == 0 && i < NUMBER_CLAIM_COUNT; i++)
        fault |= json_object_set_new(object, number_claims[i].name,
                                     json_integer(number_claim(claims, i)));
    for (unsigned i = 0; fault == 0 && i < KEY_CLASS_COUNT; i++)
        if ((claims->key_classes & 1u << i) != 0)
            fault |= json_array_append_new(classes, json_string(key_class_word(i)));
    if (fault == 0) fault = json_object_set(object, "classes", classes);
    if (fault != 0) return fail(why, NO_MEMORY, "no memory for an entitlement");
    *out = json_incref(object);
    return OK;
}

static outcome put_signature(const struct entitlement_key *key, size_t start, struct buffer *out,
                             struct why *why)
{
    uint8_t signature[SIGNATURE_BYTES];
    const struct slice signing = slice_part(buffer_slice(out), start, out->len - start);
    TRY(ed25519_sign_by(key->pkey, signing, signature, why));
    TRY(buffer_put_u8(out, '.', why));
    return base64_format(BASE64_URL, (struct slice){signature, sizeof signature}, out, why);
}

static outcome put_token(const struct entitlement_key *key, const char *audience,
                         const struct entitlement *claims, struct buffer *out, struct why *why)
{
    const size_t start = out->len;
    autobuffer part = buffer_init(CLAIMS_BYTES_MAX);
    TRY(buffer_format(&part, why, HEADER_HEAD "%s" HEADER_TAIL, key->id));
    TRY(base64_format(BASE64_URL, buffer_slice(&part), out, why));
    TRY(buffer_put_u8(out, '.', why));
    part.len = 0;
    autojson *json = NULL;
    TRY(claims_json(claims, audience, &json, why));
    TRY(json_format(json, &part, why));
    TRY(base64_format(BASE64_URL, buffer_slice(&part), out, why));
    TRY(put_signature(key, start, out, why));
    if (out->len - start > ENTITLEMENT_TOKEN_BYTES)
        return fail(why, TOO_LARGE, "an entitlement exceeds %d bytes", ENTITLEMENT_TOKEN_BYTES);
    return OK;
}

outcome entitlement_make(const struct entitlement_keys *keys, const char *audience,
                         const struct entitlement *claims, struct buffer *out, struct why *why)
{
    const struct entitlement_key *key = entitlement_signing_key(keys);
    if (key == NULL)
        return fail(why, DENIED, "the keys of entitlements are public ones: they cannot sign");
    TRY(check_claims(claims, why));
    const size_t len_before = out->len;
    const outcome result = put_token(key, audience, claims, out, why);
    if (result != OK) out->len = len_before;
    return result;
}

// verifying

static const char *const fault_sentences[] = {
    [ENTITLEMENT_MALFORMED] = "the entitlement cannot be read: ask for a new one at POST "
                              "/v1/playback",
    [ENTITLEMENT_ALGORITHM] = "the entitlement's header is not one of ours",
    [ENTITLEMENT_KEY_UNKNOWN] = "the entitlement is signed with a key that is not in use: ask for "
                                "a new one at POST /v1/playback",
    [ENTITLEMENT_FORGED] = "the entitlement's signature does not fit what it says",
    [ENTITLEMENT_AUDIENCE] = "the entitlement is for another service",
    [ENTITLEMENT_EARLY] = "the entitlement is not valid yet",
    [ENTITLEMENT_EXPIRED] = "the entitlement has expired: start the play again",
};

static outcome deny(enum entitlement_fault found, enum entitlement_fault *fault, struct why *why)
{
    if (fault != NULL) *fault = found;
    return fail(why, DENIED, "%s", fault_sentences[found]);
}

// The header says nothing but which key: any other byte, "alg" above all, is refused unread.
static outcome find_key(const struct entitlement_keys *keys, struct slice header,
                        const struct entitlement_key **out, enum entitlement_fault *fault,
                        struct why *why)
{
    uint8_t bytes[HEADER_BYTES_MAX];
    const size_t head = strlen(HEADER_HEAD), id = ENTITLEMENT_KEY_ID_BYTES - 1;
    size_t len;
    if (base64_parse(BASE64_URL, header, bytes, sizeof bytes, &len, NULL) != OK)
        return deny(ENTITLEMENT_MALFORMED, fault, why);
    const struct slice text = {bytes, len};
    if (len != head + id + strlen(HEADER_TAIL) || !slice_starts(text, HEADER_HEAD) ||
        !slice_ends(text, HEADER_TAIL))
        return deny(ENTITLEMENT_ALGORITHM, fault, why);
    const struct entitlement_key *key = entitlement_key_find(keys, slice_part(text, head, id));
    if (key == NULL) return deny(ENTITLEMENT_KEY_UNKNOWN, fault, why);
    *out = key;
    return OK;
}

static outcome check_signature(const struct entitlement_key *key, struct slice signing,
                               struct slice text, enum entitlement_fault *fault, struct why *why)
{
    uint8_t signature[SIGNATURE_BYTES];
    size_t len;
    if (base64_parse(BASE64_URL, text, signature, sizeof signature, &len, NULL) != OK ||
        len != sizeof signature)
        return deny(ENTITLEMENT_MALFORMED, fault, why);
    const outcome verified = ed25519_verify_by(key->pkey, signing, signature, why);
    return verified == DENIED ? deny(ENTITLEMENT_FORGED, fault, why) : verified;
}

static bool read_text(const json_t *value, char *out, size_t room)
{
    const size_t len = json_string_length(value);
    if (!json_is_string(value) || len >= room) return false;
    memcpy(out, json_string_value(value), len + 1);
    return strlen(out) == len;
}

static bool read_classes(const json_t *list, unsigned *out)
{
    size_t i;
    json_t *word;
    if (!json_is_array(list)) return false;
    json_array_foreach(list, i, word)
    {
        unsigned class = 0;
        while (class < KEY_CLASS_COUNT &&
               (!json_is_string(word) || strcmp(json_string_value(word), key_class_word(class))))
            class ++;
        if (class == KEY_CLASS_COUNT) return false;
        *out |= 1u << class;
    }
    return true;
}

static bool read_claims(const json_t *object, struct entitlement *out)
{
    for (size_t i = 0; i < TEXT_CLAIM_COUNT; i++)
        if (!read_text(json_object_get(object, text_claims[i].name),
                       (char *)out + text_claims[i].offset, ENTITLEMENT_ID_BYTES))
            return false;
    for (size_t i = 0; i < NUMBER_CLAIM_COUNT; i++) {
        const json_t *value = json_object_get(object, number_claims[i].name);
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > number_claims[i].max)
            return false;
        set_number_claim(out, i, json_integer_value(value));
    }
    return read_text(json_object_get(object, "territory"), out->territory, sizeof out->territory) &&
           read_classes(json_object_get(object, "classes"), &out->key_classes) &&
           check_claims(out, NULL) == OK;
}

static outcome parse_claims(struct slice text, const char *audience, struct entitlement *out,
                            enum entitlement_fault *fault, struct why *why)
{
    uint8_t bytes[CLAIMS_BYTES_MAX];
    size_t len;
    autojson *object = NULL;
    if (base64_parse(BASE64_URL, text, bytes, sizeof bytes, &len, NULL) != OK ||
        json_parse((struct slice){bytes, len}, "the claims", &object, NULL) != OK)
        return deny(ENTITLEMENT_MALFORMED, fault, why);
    const json_t *aud = json_object_get(object, "aud");
    if (!json_is_string(aud)) return deny(ENTITLEMENT_MALFORMED, fault, why);
    if (strcmp(json_string_value(aud), audience) != 0)
        return deny(ENTITLEMENT_AUDIENCE, fault, why);
    return read_claims(object, out) ? OK : deny(ENTITLEMENT_MALFORMED, fault, why);
}

outcome entitlement_check_time(const struct entitlement *claims, int64_t now_s,
                               enum entitlement_fault *fault, struct why *why)
{
    if (claims->not_before_s > now_s + ENTITLEMENT_SKEW_S ||
        claims->issued_s > now_s + ENTITLEMENT_SKEW_S)
        return deny(ENTITLEMENT_EARLY, fault, why);
    if (claims->expires_s <= now_s) return deny(ENTITLEMENT_EXPIRED, fault, why);
    return OK;
}

outcome entitlement_verify(const struct entitlement_keys *keys, struct slice token,
                           const char *audience, int64_t now_s, struct entitlement *out,
                           enum entitlement_fault *fault, struct why *why)
{
    struct slice rest = token, header, claims, signature;
    if (token.len > ENTITLEMENT_TOKEN_BYTES || !slice_cut(&rest, '.', &header) ||
        !slice_cut(&rest, '.', &claims) || !slice_cut(&rest, '.', &signature) || rest.at != NULL)
        return deny(ENTITLEMENT_MALFORMED, fault, why);
    const struct slice signing = slice_part(token, 0, header.len + 1 + claims.len);
    const struct entitlement_key *key = NULL;
    struct entitlement found = {.key_classes = 0};
    TRY(find_key(keys, header, &key, fault, why));
    TRY(check_signature(key, signing, signature, fault, why));
    TRY(parse_claims(claims, audience, &found, fault, why));
    TRY(entitlement_check_time(&found, now_s, fault, why));
    if (fault != NULL) *fault = ENTITLEMENT_SOUND;
    *out = found;
    return OK;
}

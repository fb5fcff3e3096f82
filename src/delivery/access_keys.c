// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_keys.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>
#include <sys/stat.h>

static const char *const scheme_words[ACCESS_SCHEME_COUNT] = {
    [ACCESS_TOKEN] = "token",
    [ACCESS_CLOUDFRONT] = "cloudfront",
    [ACCESS_CAT] = "cat",
    [ACCESS_URI] = "uri",
};

const char *access_scheme_word(enum access_scheme scheme)
{
    return scheme_words[scheme];
}

static outcome copy_name(const json_t *object, const char *member, char *out, size_t room,
                         struct why *why)
{
    const char *text = NULL;
    TRY(json_text_optional(object, "the access keys", member, &text, why));
    if (text == NULL) return OK;
    if (strlen(text) >= room)
        return fail(why, INVALID, "the access keys: \"%s\" has more than %zu bytes", member,
                    room - 1);
    (void)snprintf(out, room, "%s", text);
    return OK;
}

static outcome parse_scheme(const json_t *jwk, enum access_scheme *out, struct why *why)
{
    const char *word = NULL;
    TRY(json_text(jwk, "an access key", "for", &word, why));
    for (unsigned i = 0; i < ACCESS_SCHEME_COUNT; i++) {
        if (strcmp(word, scheme_words[i]) != 0) continue;
        *out = (enum access_scheme)i;
        return OK;
    }
    return fail(why, INVALID,
                "an access key's \"for\" is token, cloudfront, cat or uri, not \"%s\"", word);
}

static outcome parse_algorithm(const json_t *jwk, struct access_key *key, struct why *why)
{
    const char *alg = NULL;
    TRY(json_text_optional(jwk, "an access key", "alg", &alg, why));
    if (key->scheme == ACCESS_CLOUDFRONT) {
        if (key->key.pkey != NULL) return OK;
        return fail(why, INVALID, "access key \"%s\": CloudFront's keys are RSA or EC", key->id);
    }
    if (alg == NULL && key->scheme != ACCESS_TOKEN)
        return fail(why, INVALID, "access key \"%s\" lacks \"alg\": HS256, ES256, PS256 or RS256",
                    key->id);
    key->algorithm = alg == NULL ? SIGN_HS256 : signature_of_jose(alg);
    const bool is_token = key->scheme == ACCESS_TOKEN;
    if (!verify_key_fits(&key->key, key->algorithm) || (is_token && key->algorithm != SIGN_HS256))
        return fail(why, INVALID, "access key \"%s\" is not of a kind for %s", key->id,
                    alg == NULL ? "HS256" : alg);
    return OK;
}

static outcome check_id(const struct access_keys *keys, const struct access_key *key,
                        struct why *why)
{
    if (key->id[0] == '\0') return fail(why, INVALID, "an access key lacks its \"kid\"");
    for (size_t i = 0; i < keys->count; i++) {
        const struct access_key *other = &keys->keys[i];
        const bool is_same = strcmp(other->id, key->id) == 0 ||
                             memcmp(other->hint, key->hint, ACCESS_HINT_BYTES) == 0;
        if (other->scheme == key->scheme && is_same)
            return fail(why, INVALID, "two access keys for %s have kid \"%s\"",
                        scheme_words[key->scheme], key->id);
    }
    return OK;
}

static outcome parse_key(const json_t *jwk, struct access_keys *keys, struct why *why)
{
    if (keys->count == ACCESS_KEYS_MAX)
        return fail(why, TOO_LARGE, "there are more than %d access keys", ACCESS_KEYS_MAX);
    struct access_key *key = &keys->keys[keys->count];
    uint8_t hash[SHA256_DIGEST_LENGTH];
    TRY(copy_name(jwk, "kid", key->id, sizeof key->id, why));
    TRY(copy_name(jwk, "iss", key->issuer, sizeof key->issuer, why));
    TRY(copy_name(jwk, "base", key->base, sizeof key->base, why));
    TRY(parse_scheme(jwk, &key->scheme, why));
    (void)SHA256((const uint8_t *)key->id, strlen(key->id), hash);
    memcpy(key->hint, hash, ACCESS_HINT_BYTES);
    TRY(check_id(keys, key, why));
    TRY(verify_key_parse(jwk, &key->key, why));
    keys->count++; // from here on access_keys_close() releases it
    return parse_algorithm(jwk, key, why);
}

static outcome parse_set(const json_t *set, const char *what, struct access_keys *keys,
                         struct why *why)
{
    json_t *list = NULL;
    TRY(copy_name(set, "audience", keys->audience, sizeof keys->audience, why));
    TRY(json_array_of(set, what, "keys", &list, why));
    size_t i;
    json_t *jwk;
    json_array_foreach(list, i, jwk) TRY(parse_key(jwk, keys, why));
    if (keys->count == 0) return fail(why, INVALID, "%s holds no key", what);
    return OK;
}

outcome access_keys_parse(struct slice text, const char *what, struct access_keys **out,
                          struct why *why)
{
    autojson *set = NULL;
    TRY(json_parse(text, what, &set, why));
    autoaccesskeys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) return fail(why, NO_MEMORY, "no memory for access keys");
    TRY(parse_set(set, what, keys, why));
    *out = keys;
    keys = NULL;
    return OK;
}

static bool has_secret(const struct access_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].key.secret_len > 0) return true;
    return false;
}

outcome access_keys_load(const char *path, struct access_keys **out, struct why *why)
{
    struct stat facts;
    autobuffer text = buffer_init(ACCESS_KEYS_BYTES_MAX);
    TRY(file_read(path, &text, why));
    autoaccesskeys *keys = NULL;
    const outcome result = access_keys_parse(buffer_slice(&text), path, &keys, why);
    if (text.at != NULL) explicit_bzero(text.at, text.len);
    TRY(result);
    if (stat(path, &facts) != 0 || (has_secret(keys) && (facts.st_mode & 07) != 0))
        return fail(why, DENIED, "%s holds secrets that anyone may read: chmod 600 it", path);
    *out = keys;
    keys = NULL;
    return OK;
}

void access_keys_close(struct access_keys **keys)
{
    if (*keys == NULL) return;
    for (size_t i = 0; i < (*keys)->count; i++)
        verify_key_release(&(*keys)->keys[i].key);
    free(*keys);
    *keys = NULL;
}

const struct access_key *access_keys_find(const struct access_keys *keys, enum access_scheme scheme,
                                          struct slice id)
{
    const struct access_key *only = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct access_key *key = &keys->keys[i];
        if (key->scheme != scheme) continue;
        if (id.at != NULL && slice_is(id, key->id)) return key;
        if (id.at == NULL && only != NULL) return NULL;
        if (id.at == NULL) only = key;
    }
    return only;
}

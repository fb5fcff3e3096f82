// SPDX-License-Identifier: Apache-2.0
//
// URI Signing for CDNI, RFC 9246: a JWT named URISigningPackage.
//
//     {"alg":"ES256","kid":"k1"} . {"iss":"...","exp":1,"cdniuc":"regex:https://d/film/.*"} . sig
//
// Claims as in section 2.1. Refused, since they are not enforced here: cdniip (always encrypted),
// cdnistt other than 0 (renewal within a session), and whatever is not known but in cdnicrit.
#include "base/base64.h"
#include "delivery/access_internal.h"
#include "delivery/access_match.h"

#include <string.h>

#include <openssl/evp.h>

enum { JWT_PART_BYTES_MAX = 6144, SIGNATURE_BYTES_MAX = 1024, HASH_BYTES = 32 };

struct uri {
    const struct access_case *c;
    const struct access_key *key;
    const json_t *claims;
    struct slice url; // that was asked for, without the package
    int64_t expires_s;
};

typedef enum access_fault claim_check(struct uri *uri, const json_t *value);

static enum access_fault check_iss(struct uri *uri, const json_t *value)
{
    const char *issuer = json_string_value(value);
    if (issuer == NULL) return ACCESS_MALFORMED;
    return uri->key->issuer[0] != '\0' && strcmp(issuer, uri->key->issuer) == 0 ? ACCESS_GRANTED
                                                                                : ACCESS_PARTY;
}

static enum access_fault check_aud(struct uri *uri, const json_t *value)
{
    const char *audience = uri->c->keys->audience;
    bool is_in = false;
    if (json_is_string(value)) is_in = strcmp(json_string_value(value), audience) == 0;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        const char *one = json_string_value(json_array_get(value, i));
        is_in = is_in || (one != NULL && strcmp(one, audience) == 0);
    }
    return is_in && audience[0] != '\0' ? ACCESS_GRANTED : ACCESS_PARTY;
}

static bool time_of(const json_t *value, int64_t *out)
{
    if (!json_is_number(value)) return false;
    const double time = json_number_value(value);
    if (!(time >= 0 && time < 1e12)) return false;
    *out = (int64_t)time;
    return true;
}

static enum access_fault check_exp(struct uri *uri, const json_t *value)
{
    if (!time_of(value, &uri->expires_s)) return ACCESS_MALFORMED;
    return uri->expires_s > uri->c->request->now_s ? ACCESS_GRANTED : ACCESS_EXPIRED;
}

static enum access_fault check_nbf(struct uri *uri, const json_t *value)
{
    int64_t start;
    if (!time_of(value, &start)) return ACCESS_MALFORMED;
    return start <= uri->c->request->now_s + ACCESS_SKEW_S ? ACCESS_GRANTED : ACCESS_EARLY;
}

static enum access_fault check_version(struct uri *uri, const json_t *value)
{
    (void)uri;
    return json_is_integer(value) && json_integer_value(value) == 1 ? ACCESS_GRANTED
                                                                    : ACCESS_UNSUPPORTED;
}

// "sha-256;<base64url>", RFC 6920 section 5.
static enum access_fault check_hash(const struct uri *uri, struct slice text)
{
    static const char name[] = "sha-256;";
    uint8_t expected[HASH_BYTES], made[EVP_MAX_MD_SIZE];
    size_t len = 0, made_len = 0;
    if (!slice_starts(text, name)) return ACCESS_UNSUPPORTED;
    if (base64_parse(BASE64_URL, slice_part(text, strlen(name), text.len), expected,
                     sizeof expected, &len, NULL) != OK ||
        len != sizeof expected)
        return ACCESS_MALFORMED;
    const bool is_same =
        EVP_Q_digest(NULL, "SHA256", NULL, uri->url.at, uri->url.len, made, &made_len) == 1 &&
        memcmp(made, expected, sizeof expected) == 0;
    return is_same ? ACCESS_GRANTED : ACCESS_SCOPE;
}

static enum access_fault check_container(struct uri *uri, const json_t *value)
{
    static const char hash[] = "hash:", regex[] = "regex:";
    if (!json_is_string(value)) return ACCESS_MALFORMED;
    const struct slice text = slice_of(json_string_value(value));
    if (slice_starts(text, hash)) return check_hash(uri, slice_part(text, strlen(hash), text.len));
    if (!slice_starts(text, regex)) return ACCESS_UNSUPPORTED;
    const enum match match = match_regex(slice_part(text, strlen(regex), text.len), uri->url);
    if (match == MATCH_REFUSED) return ACCESS_UNSUPPORTED;
    return match == MATCH_YES ? ACCESS_GRANTED : ACCESS_SCOPE;
}

static enum access_fault check_transport(struct uri *uri, const json_t *value)
{
    (void)uri;
    return json_is_integer(value) && json_integer_value(value) == 0 ? ACCESS_GRANTED
                                                                    : ACCESS_UNSUPPORTED;
}

static enum access_fault check_nothing(struct uri *uri, const json_t *value)
{
    (void)uri;
    return value != NULL ? ACCESS_GRANTED : ACCESS_MALFORMED;
}

static enum access_fault check_critical(struct uri *uri, const json_t *value);

static const struct claim {
    const char *name;
    claim_check *check; // NULL: a token that has it is refused
    bool is_required;
} claims[] = {
    {"iss", check_iss, true},
    {"sub", check_nothing, false}, // whom it is about: for logs
    {"aud", check_aud, false},
    {"exp", check_exp, true}, // optional in the RFC; a token without end is none here
    {"nbf", check_nbf, false},
    {"iat", check_nothing, false},
    {"jti", check_nothing, false}, // at the end, when all else holds
    {"cdniv", check_version, false},
    {"cdnicrit", check_critical, false},
    {"cdniip", NULL, false},
    {"cdniuc", check_container, true},
    {"cdniets", check_nothing, false}, // of renewal, which cdnistt turns on
    {"cdnistt", check_transport, false},
    {"cdnistd", check_nothing, false},
};

enum { CLAIM_COUNT = sizeof claims / sizeof claims[0] };

static bool is_known(struct slice name)
{
    for (size_t i = 0; i < CLAIM_COUNT; i++)
        if (slice_is(name, claims[i].name)) return true;
    return false;
}

static enum access_fault check_critical(struct uri *uri, const json_t *value)
{
    struct slice rest, name;
    (void)uri;
    if (!json_is_string(value)) return ACCESS_MALFORMED;
    rest = slice_of(json_string_value(value));
    while (slice_cut(&rest, ',', &name))
        if (!is_known(slice_trim(name))) return ACCESS_UNSUPPORTED;
    return ACCESS_GRANTED;
}

static enum access_fault check_claims(struct uri *uri)
{
    for (size_t i = 0; i < CLAIM_COUNT; i++) {
        const json_t *value = json_object_get(uri->claims, claims[i].name);
        if (value == NULL && claims[i].is_required) return ACCESS_MALFORMED;
        if (value == NULL) continue;
        const enum access_fault fault =
            claims[i].check == NULL ? ACCESS_UNSUPPORTED : claims[i].check(uri, value);
        if (fault != ACCESS_GRANTED) return fault;
    }
    const json_t *id = json_object_get(uri->claims, "jti");
    if (id == NULL) return ACCESS_GRANTED;
    if (!json_is_string(id)) return ACCESS_MALFORMED;
    return access_use_once(uri->c, uri->key, slice_of(json_string_value(id)), uri->expires_s);
}

static bool decode_json(struct slice text, json_t **out)
{
    uint8_t bytes[JWT_PART_BYTES_MAX];
    size_t len;
    return base64_parse(BASE64_URL, text, bytes, sizeof bytes, &len, NULL) == OK &&
           json_parse((struct slice){bytes, len}, "the JWT", out, NULL) == OK &&
           json_is_object(*out);
}

static enum access_fault find_key(const struct access_case *c, const json_t *header,
                                  const struct access_key **out)
{
    const json_t *kid = json_object_get(header, "kid");
    const char *algorithm = json_string_value(json_object_get(header, "alg"));
    if (algorithm == NULL || (kid != NULL && !json_is_string(kid))) return ACCESS_MALFORMED;
    if (json_object_get(header, "crit") != NULL) return ACCESS_UNSUPPORTED;
    const struct slice id =
        kid == NULL ? (struct slice){NULL, 0} : slice_of(json_string_value(kid));
    *out = access_keys_find(c->keys, ACCESS_URI, id);
    if (*out == NULL) return ACCESS_KEY_UNKNOWN;
    return signature_of_jose(algorithm) == (*out)->algorithm ? ACCESS_GRANTED : ACCESS_FORGED;
}

enum access_fault access_uri_check(const struct access_case *c, struct slice jwt,
                                   int64_t *expires_s)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
    size_t signature_len;
    struct slice rest = jwt, parts[3];
    autojson *header = NULL, *body = NULL;
    for (size_t i = 0; i < 3; i++)
        if (!slice_cut(&rest, '.', &parts[i])) return ACCESS_MALFORMED;
    if (rest.at != NULL || !decode_json(parts[0], &header) ||
        base64_parse(BASE64_URL, parts[2], signature, sizeof signature, &signature_len, NULL) != OK)
        return ACCESS_MALFORMED;
    const struct access_key *key;
    enum access_fault fault = find_key(c, header, &key);
    if (fault != ACCESS_GRANTED) return fault;
    const struct slice text = {jwt.at, parts[0].len + 1 + parts[1].len};
    if (!signature_is_of(&key->key, key->algorithm, &text, 1,
                         (struct slice){signature, signature_len}))
        return ACCESS_FORGED;
    autobuffer url = buffer_init(ACCESS_URL_BYTES_MAX);
    if (!decode_json(parts[1], &body) || access_url(c, key->base, &url) != OK)
        return ACCESS_MALFORMED;
    struct uri uri = {.c = c, .key = key, .claims = body, .url = buffer_slice(&url)};
    fault = check_claims(&uri);
    if (fault == ACCESS_GRANTED) *expires_s = uri.expires_s;
    return fault;
}

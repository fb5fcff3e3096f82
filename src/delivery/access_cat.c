// SPDX-License-Identifier: Apache-2.0
//
// The Common Access Token, CTA-5007-B: claims of a CBOR Web Token (RFC 8392) in COSE.
//
// Every claim has a line in the table below. It is enforced; or it only says how a refusal is
// phrased (catif) or how a token may be renewed (catr), which takes nothing from what the others
// say; or it is refused, because what it asks for cannot be known here.
#include "base/base64.h"
#include "delivery/access_internal.h"
#include "drm/cose.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum {
    CLAIMS_MAX = 32,
    LIST_MAX = 64, // items of one claim
    TAG_IPV4 = 52, // RFC 9164
    TAG_IPV6 = 54,
    REPLAY_PERMITTED = 0,
    REPLAY_PROHIBITED = 1,
    REPLAY_DETECTED = 2, // may be used again; whoever counts, sees it
};

struct cat {
    const struct access_case *c;
    const struct access_key *key;
    int64_t expires_s; // 0: not said
    struct slice id;
    bool is_for_one_use, has_issuer, has_audience;
};

typedef enum access_fault claim_check(struct cat *cat, struct slice *value);

static bool take(struct slice *value, enum cbor_kind kind, struct cbor_item *out)
{
    return cbor_item_take_kind(value, kind, out, NULL) == OK;
}

// NumericDate: a whole number or a fraction of seconds, untagged.
static bool take_time(struct slice *value, int64_t *out)
{
    struct cbor_item item;
    if (cbor_item_take(value, &item, NULL) != OK) return false;
    if (item.kind == CBOR_UINT && item.number <= INT64_MAX / 2) *out = item.number;
    if (item.kind == CBOR_FLOAT && item.real >= 0 && item.real < 1e12)
        *out = (int64_t)floor(item.real);
    return (item.kind == CBOR_UINT && item.number <= INT64_MAX / 2) ||
           (item.kind == CBOR_FLOAT && item.real >= 0 && item.real < 1e12);
}

static enum access_fault check_iss(struct cat *cat, struct slice *value)
{
    struct cbor_item item;
    if (!take(value, CBOR_TEXT, &item)) return ACCESS_MALFORMED;
    cat->has_issuer = true;
    return cat->key->issuer[0] != '\0' && slice_is(item.bytes, cat->key->issuer) ? ACCESS_GRANTED
                                                                                 : ACCESS_PARTY;
}

// Takes a text, or an array of texts, and says whether one of them is `word`.
static enum access_fault take_list(struct slice *value, const char *word, bool is_array_only,
                                   enum access_fault missed)
{
    struct cbor_item item, text;
    if (cbor_item_take(value, &item, NULL) != OK) return ACCESS_MALFORMED;
    if (item.kind == CBOR_TEXT && !is_array_only)
        return slice_is(item.bytes, word) ? ACCESS_GRANTED : missed;
    if (item.kind != CBOR_ARRAY || item.count > LIST_MAX) return ACCESS_MALFORMED;
    bool is_in = false;
    for (uint64_t i = 0; i < item.count; i++) {
        if (cbor_item_take(value, &text, NULL) != OK ||
            (text.kind != CBOR_TEXT && text.kind != CBOR_BYTES))
            return ACCESS_MALFORMED;
        is_in = is_in || slice_is(text.bytes, word);
    }
    return is_in ? ACCESS_GRANTED : missed;
}

static enum access_fault check_aud(struct cat *cat, struct slice *value)
{
    const char *audience = cat->c->keys->audience;
    cat->has_audience = true;
    const enum access_fault fault = take_list(value, audience, false, ACCESS_PARTY);
    return fault == ACCESS_GRANTED && audience[0] == '\0' ? ACCESS_PARTY : fault;
}

static enum access_fault check_exp(struct cat *cat, struct slice *value)
{
    if (!take_time(value, &cat->expires_s)) return ACCESS_MALFORMED;
    return cat->expires_s > cat->c->request->now_s ? ACCESS_GRANTED : ACCESS_EXPIRED;
}

static enum access_fault check_nbf(struct cat *cat, struct slice *value)
{
    int64_t start;
    if (!take_time(value, &start)) return ACCESS_MALFORMED;
    return start <= cat->c->request->now_s + ACCESS_SKEW_S ? ACCESS_GRANTED : ACCESS_EARLY;
}

static enum access_fault check_cti(struct cat *cat, struct slice *value)
{
    struct cbor_item item;
    if (!take(value, CBOR_BYTES, &item)) return ACCESS_MALFORMED;
    cat->id = item.bytes;
    return ACCESS_GRANTED;
}

static enum access_fault check_catreplay(struct cat *cat, struct slice *value)
{
    struct cbor_item item;
    if (!take(value, CBOR_UINT, &item)) return ACCESS_MALFORMED;
    if (item.number > REPLAY_DETECTED) return ACCESS_UNSUPPORTED;
    cat->is_for_one_use = item.number == REPLAY_PROHIBITED;
    return ACCESS_GRANTED;
}

static enum access_fault check_catv(struct cat *cat, struct slice *value)
{
    struct cbor_item item;
    (void)cat;
    if (!take(value, CBOR_UINT, &item)) return ACCESS_MALFORMED;
    return item.number == 1 ? ACCESS_GRANTED : ACCESS_UNSUPPORTED;
}

// RFC 9164: an address as bytes; a prefix as [bits, bytes]; an address in its network as
// [bytes, bits].
static bool take_prefix(struct slice *value, size_t len, struct prefix *out)
{
    struct cbor_item item, first, second;
    if (cbor_item_take(value, &item, NULL) != OK) return false;
    if (item.kind == CBOR_BYTES)
        return item.bytes.len == len && prefix_of_bytes(item.bytes, len, (int64_t)len * 8, out);
    if (item.kind != CBOR_ARRAY || item.count != 2 || cbor_item_take(value, &first, NULL) != OK ||
        cbor_item_take(value, &second, NULL) != OK)
        return false;
    if (first.kind == CBOR_UINT && second.kind == CBOR_BYTES)
        return prefix_of_bytes(second.bytes, len, first.number, out);
    return first.kind == CBOR_BYTES && second.kind == CBOR_UINT && first.bytes.len == len &&
           prefix_of_bytes(first.bytes, len, second.number, out);
}

// Numbers are of autonomous systems, which no address tells: they let nobody in.
static enum access_fault check_catnip(struct cat *cat, struct slice *value)
{
    struct cbor_item array, item;
    struct prefix prefix;
    bool is_in = false;
    if (!take(value, CBOR_ARRAY, &array) || array.count > LIST_MAX) return ACCESS_MALFORMED;
    for (uint64_t i = 0; i < array.count; i++) {
        if (cbor_item_take(value, &item, NULL) != OK) return ACCESS_MALFORMED;
        if (item.kind == CBOR_UINT) continue;
        if (item.kind != CBOR_TAG || (item.count != TAG_IPV4 && item.count != TAG_IPV6) ||
            !take_prefix(value, item.count == TAG_IPV4 ? 4 : 16, &prefix))
            return ACCESS_MALFORMED;
        is_in = is_in || prefix_has(&prefix, &cat->c->request->client);
    }
    return is_in ? ACCESS_GRANTED : ACCESS_ADDRESS;
}

// The parts of the address that was asked for, in the order of their labels.
enum uri_part {
    PART_SCHEME,
    PART_HOST,
    PART_PORT,
    PART_PATH,
    PART_QUERY,
    PART_PARENT,
    PART_FILE,
    PART_STEM,
    PART_EXTENSION,
    PART_COUNT
};

struct uri_parts {
    struct slice parts[PART_COUNT];
    char host[256];
    struct buffer query;
};

static void split_host(struct slice host, const char *scheme, struct uri_parts *out)
{
    size_t len = host.len;
    struct slice port = slice_of(strcmp(scheme, "https") == 0 ? "443" : "80");
    for (size_t i = host.len; i > 0 && host.at[i - 1] != ']'; i--)
        if (host.at[i - 1] == ':') {
            if (i < host.len) port = slice_part(host, i, host.len);
            len = i - 1;
            break;
        }
    if (len >= sizeof out->host) len = 0; // no name is that long: it matches nothing
    for (size_t i = 0; i < len; i++)
        out->host[i] = (char)(host.at[i] | (host.at[i] >= 'A' && host.at[i] <= 'Z' ? 0x20 : 0));
    out->parts[PART_HOST] = (struct slice){(const uint8_t *)out->host, len};
    out->parts[PART_PORT] = port;
}

static void split_path(struct slice path, struct uri_parts *out)
{
    size_t slash = path.len;
    while (slash > 0 && path.at[slash - 1] != '/')
        slash--;
    const struct slice file = slice_part(path, slash, path.len);
    const uint8_t *dot = file.len == 0 ? NULL : memchr(file.at, '.', file.len);
    const size_t stem = dot == NULL ? file.len : (size_t)(dot - file.at);
    out->parts[PART_PATH] = path;
    out->parts[PART_PARENT] = slice_part(path, 0, slash == 0 ? 0 : slash - 1);
    out->parts[PART_FILE] = file;
    out->parts[PART_STEM] = slice_part(file, 0, stem);
    out->parts[PART_EXTENSION] = slice_part(file, stem, file.len);
}

static enum access_fault match_parts(const struct uri_parts *uri, struct slice *value)
{
    struct cbor_item map, label;
    if (!take(value, CBOR_MAP, &map) || map.count > PART_COUNT) return ACCESS_MALFORMED;
    for (uint64_t i = 0; i < map.count; i++) {
        if (!take(value, CBOR_UINT, &label)) return ACCESS_MALFORMED;
        if (label.number >= PART_COUNT) return ACCESS_UNSUPPORTED;
        const enum access_fault fault =
            access_cat_match(value, uri->parts[label.number], ACCESS_SCOPE);
        if (fault != ACCESS_GRANTED) return fault;
    }
    return ACCESS_GRANTED;
}

static enum access_fault check_catu(struct cat *cat, struct slice *value)
{
    const struct http_request *http = cat->c->request->http;
    struct uri_parts uri = {.query = buffer_init(HTTP_LINE_BYTES_MAX)};
    enum access_fault fault = ACCESS_MALFORMED;
    uri.parts[PART_SCHEME] = slice_of(cat->c->request->scheme);
    split_host(http->host, cat->c->request->scheme, &uri);
    split_path(cat->c->path, &uri);
    if (access_clean_query(http->query, &uri.query, NULL) == OK) {
        uri.parts[PART_QUERY] = buffer_slice(&uri.query);
        fault = match_parts(&uri, value);
    }
    buffer_release(&uri.query);
    return fault;
}

static enum access_fault check_catm(struct cat *cat, struct slice *value)
{
    return take_list(value, http_method_word(cat->c->request->http->method), true, ACCESS_METHOD);
}

static enum access_fault check_catalpn(struct cat *cat, struct slice *value)
{
    const char *alpn = cat->c->request->alpn;
    const enum access_fault fault = take_list(value, alpn, true, ACCESS_CONDITION);
    return fault == ACCESS_GRANTED && alpn[0] == '\0' ? ACCESS_CONDITION : fault;
}

// At least one field of the name, and what is asked of every one.
static enum access_fault match_fields(const struct http_request *http, struct slice name,
                                      struct slice *value)
{
    struct slice behind = *value;
    bool is_there = false;
    if (cbor_item_skip(&behind, NULL, NULL) != OK) return ACCESS_MALFORMED;
    for (size_t i = 0; i < http->field_count; i++) {
        const struct http_field *field = &http->fields[i];
        if (field->name.len != name.len ||
            strncasecmp((const char *)field->name.at, (const char *)name.at, name.len) != 0)
            continue;
        struct slice map = *value;
        const enum access_fault fault = access_cat_match(&map, field->value, ACCESS_CONDITION);
        if (fault != ACCESS_GRANTED) return fault;
        is_there = true;
    }
    *value = behind;
    return is_there ? ACCESS_GRANTED : ACCESS_CONDITION;
}

static enum access_fault check_cath(struct cat *cat, struct slice *value)
{
    struct cbor_item map, name;
    if (!take(value, CBOR_MAP, &map) || map.count > LIST_MAX) return ACCESS_MALFORMED;
    for (uint64_t i = 0; i < map.count; i++) {
        if (!take(value, CBOR_TEXT, &name) || name.bytes.len == 0) return ACCESS_MALFORMED;
        const enum access_fault fault = match_fields(cat->c->request->http, name.bytes, value);
        if (fault != ACCESS_GRANTED) return fault;
    }
    return ACCESS_GRANTED;
}

// Parts of countries ("US-CA") are not known here: they let nobody in.
static enum access_fault check_country(struct cat *cat, struct slice *value)
{
    const char *country = cat->c->request->country;
    const enum access_fault fault = take_list(value, country, true, ACCESS_TERRITORY);
    return fault == ACCESS_GRANTED && country[0] == '\0' ? ACCESS_TERRITORY : fault;
}

static enum access_fault check_nothing(struct cat *cat, struct slice *value)
{
    (void)cat;
    return cbor_item_skip(value, NULL, NULL) == OK ? ACCESS_GRANTED : ACCESS_MALFORMED;
}

static const struct claim {
    int label;
    const char *name;
    claim_check *check; // NULL: a token that has it is refused
} claims[] = {
    {1, "iss", check_iss},
    {2, "sub", check_nothing}, // whom it is about: for logs
    {3, "aud", check_aud},
    {4, "exp", check_exp},
    {5, "nbf", check_nbf},
    {6, "iat", check_nothing}, // when it was made
    {7, "cti", check_cti},
    {8, "cnf", NULL},       // needs a proof of possession
    {282, "geohash", NULL}, // needs a position
    {308, "catreplay", check_catreplay},
    {309, "catpor", NULL}, // needs the issuer's view of how many use it
    {310, "catv", check_catv},
    {311, "catnip", check_catnip},
    {312, "catu", check_catu},
    {313, "catm", check_catm},
    {314, "catalpn", check_catalpn},
    {315, "cath", check_cath},
    {316, "catgeoiso3166", check_country},
    {317, "catgeocoord", NULL},
    {318, "catgeoalt", NULL},
    {319, "cattpk", NULL}, // needs the client's TLS key
    {320, "catifdata", check_nothing},
    {321, "catdpop", NULL},
    {322, "catif", check_nothing}, // how to phrase a refusal
    {323, "catr", check_nothing},  // how to renew; until exp it needs none
    {324, "cattprint", NULL},
};

enum { CLAIM_COUNT = sizeof claims / sizeof claims[0] };

static enum access_fault check_claim(struct cat *cat, struct slice *rest, uint64_t *seen)
{
    struct cbor_item label;
    if (cbor_item_take(rest, &label, NULL) != OK) return ACCESS_MALFORMED;
    if (label.kind == CBOR_TEXT) return ACCESS_UNSUPPORTED;
    if (label.kind != CBOR_UINT && label.kind != CBOR_NEGINT) return ACCESS_MALFORMED;
    for (size_t i = 0; i < CLAIM_COUNT; i++) {
        if (claims[i].label != label.number) continue;
        if ((*seen & UINT64_C(1) << i) != 0) return ACCESS_MALFORMED;
        *seen |= UINT64_C(1) << i;
        return claims[i].check == NULL ? ACCESS_UNSUPPORTED : claims[i].check(cat, rest);
    }
    return ACCESS_UNSUPPORTED;
}

static enum access_fault check_claims(struct cat *cat, struct slice payload)
{
    struct cbor_item map;
    uint64_t seen = 0;
    if (!take(&payload, CBOR_MAP, &map) || map.count > CLAIMS_MAX) return ACCESS_MALFORMED;
    for (uint64_t i = 0; i < map.count; i++) {
        const enum access_fault fault = check_claim(cat, &payload, &seen);
        if (fault != ACCESS_GRANTED) return fault;
    }
    if (payload.len != 0) return ACCESS_MALFORMED;
    if (cat->expires_s == 0) return ACCESS_UNSUPPORTED; // a token without end
    if (!cat->has_issuer && cat->key->issuer[0] != '\0') return ACCESS_PARTY;
    if (!cat->has_audience && cat->c->keys->audience[0] != '\0') return ACCESS_PARTY;
    if (!cat->is_for_one_use) return ACCESS_GRANTED;
    if (cat->id.len == 0) return ACCESS_MALFORMED;
    return access_use_once(cat->c, cat->key, cat->id, cat->expires_s);
}

enum access_fault access_cat_check(const struct access_case *c, struct slice token,
                                   int64_t *expires_s)
{
    uint8_t bytes[COSE_BYTES_MAX];
    size_t len;
    struct cose_message message;
    while (token.len > 0 && token.at[token.len - 1] == '=') // some makers pad
        token.len--;
    if (base64_parse(BASE64_URL, token, bytes, sizeof bytes, &len, NULL) != OK)
        return ACCESS_MALFORMED;
    const outcome parsed = cose_parse((struct slice){bytes, len}, &message, NULL);
    if (parsed != OK) return parsed == UNSUPPORTED ? ACCESS_UNSUPPORTED : ACCESS_MALFORMED;
    const struct access_key *key = access_keys_find(c->keys, ACCESS_CAT, message.key_id);
    if (key == NULL) return ACCESS_KEY_UNKNOWN;
    if (!cose_is_signed_by(&message, &key->key, key->algorithm)) return ACCESS_FORGED;
    struct cat cat = {.c = c, .key = key};
    const enum access_fault fault = check_claims(&cat, message.payload);
    if (fault == ACCESS_GRANTED) *expires_s = cat.expires_s;
    return fault;
}

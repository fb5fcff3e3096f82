// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_token.h"

#include "base/base64.h"
#include "delivery/access_internal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

enum {
    VERSION = 1,
    FLAG_ADDRESS = 1,
    HEAD_BYTES = 11,
    MAC_BYTES = 16,
    TOKEN_BYTES = HEAD_BYTES + MAC_BYTES,
    IPV6_BYTES = 8,
};

// The first `depth` segments with the '/' behind them; `at` NULL when the path has fewer.
static struct slice folder_of(struct slice path, size_t depth)
{
    for (size_t i = 1; i < path.len; i++)
        if (path.at[i] == '/' && --depth == 0) return slice_part(path, 0, i + 1);
    return (struct slice){NULL, 0};
}

static bool make_mac(const struct access_key *key, const uint8_t *head,
                     const struct address *client, struct slice folder, uint8_t *out)
{
    static const char context[] = "primrose-access"; // with its NUL
    const bool is_bound = (head[1] & FLAG_ADDRESS) != 0;
    const uint8_t address_len = is_bound ? (client->len == 16 ? IPV6_BYTES : client->len) : 0;
    const struct slice pieces[] = {
        {(const uint8_t *)context, sizeof context},
        {head, HEAD_BYTES},
        {&address_len, 1},
        {client->bytes, address_len},
        folder,
    };
    return hmac_make(&key->key, pieces, sizeof pieces / sizeof pieces[0], out);
}

static const struct access_key *key_of(const struct access_keys *keys, const uint8_t *hint)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct access_key *key = &keys->keys[i];
        if (key->scheme == ACCESS_TOKEN &&
            (hint == NULL || memcmp(key->hint, hint, ACCESS_HINT_BYTES) == 0))
            return key;
    }
    return NULL;
}

static bool parse_folder(const char *folder, size_t *depth)
{
    const size_t len = strlen(folder);
    *depth = 0;
    for (size_t i = 1; i < len; i++)
        if (folder[i] == '/') ++*depth;
    return len >= 3 && folder[0] == '/' && folder[len - 1] == '/' && *depth <= ACCESS_DEPTH_MAX;
}

outcome access_token_make(const struct access_keys *keys, const char *folder, int64_t expires_s,
                          const struct address *client, char *out, struct why *why)
{
    uint8_t token[HEAD_BYTES + HMAC_BYTES]; // the MAC's second half is not sent
    size_t depth;
    const struct access_key *key = key_of(keys, NULL);
    if (key == NULL)
        return fail(why, NOT_FOUND, "there is no access key for \"token\" to sign with");
    if (!parse_folder(folder, &depth) || expires_s <= 0 || expires_s > UINT32_MAX)
        return fail(why, INVALID,
                    "access is signed for a folder such as /media/film/3f9c/ of at most %d "
                    "segments, and until a time before 2106",
                    ACCESS_DEPTH_MAX);
    token[0] = VERSION;
    token[1] = client->len != 0 ? FLAG_ADDRESS : 0;
    memcpy(token + 2, key->hint, ACCESS_HINT_BYTES);
    for (size_t i = 0; i < 4; i++)
        token[6 + i] = (uint8_t)(expires_s >> (24 - 8 * i));
    token[10] = (uint8_t)depth;
    if (!make_mac(key, token, client, slice_of(folder), token + HEAD_BYTES))
        return fail(why, NO_MEMORY, "no memory for a token");
    autobuffer text = buffer_init(2 * ACCESS_TOKEN_BYTES);
    TRY(base64_format(BASE64_URL, (struct slice){token, TOKEN_BYTES}, &text, why));
    (void)snprintf(out, ACCESS_TOKEN_BYTES, "%.*s", SLICE_ARG(buffer_slice(&text)));
    return OK;
}

enum access_fault access_token_check(const struct access_case *c, struct slice token,
                                     int64_t *expires_s)
{
    uint8_t bytes[TOKEN_BYTES], mac[HMAC_BYTES];
    size_t len;
    if (base64_parse(BASE64_URL, token, bytes, sizeof bytes, &len, NULL) != OK ||
        len != TOKEN_BYTES || bytes[0] != VERSION || (bytes[1] & ~FLAG_ADDRESS) != 0 ||
        bytes[10] == 0 || bytes[10] > ACCESS_DEPTH_MAX)
        return ACCESS_MALFORMED;
    const struct access_key *key = key_of(c->keys, bytes + 2);
    if (key == NULL) return ACCESS_KEY_UNKNOWN;
    const struct address *client = &c->request->client;
    if ((bytes[1] & FLAG_ADDRESS) != 0 && client->len == 0) return ACCESS_ADDRESS;
    const struct slice folder = folder_of(c->path, bytes[10]);
    // Another folder or address cannot be told from a forgery: neither is in the token.
    if (folder.at == NULL) return ACCESS_SCOPE;
    if (!make_mac(key, bytes, client, folder, mac) ||
        CRYPTO_memcmp(mac, bytes + HEAD_BYTES, MAC_BYTES) != 0)
        return ACCESS_FORGED;
    const int64_t expires = read_u32be(bytes + 6);
    if (expires <= c->request->now_s) return ACCESS_EXPIRED;
    *expires_s = expires;
    return ACCESS_GRANTED;
}

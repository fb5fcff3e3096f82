// SPDX-License-Identifier: Apache-2.0
#include "account/secret.h"

#include "base/base64.h"
#include "base/random.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

enum { TOKEN_RANDOM_BYTES = 32 };

_Static_assert((int)PASSWORD_HASH_BYTES == (int)crypto_pwhash_STRBYTES, "libsodium's form");

static void begin(void)
{
    const int started = sodium_init();
    assert(started >= 0); // the kernel has random bytes
    (void)started;
}

struct password_cost password_cost_member(void)
{
    return (struct password_cost){crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                  crypto_pwhash_MEMLIMIT_INTERACTIVE};
}

struct password_cost password_cost_least(void)
{
    return (struct password_cost){crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN};
}

outcome password_check(const char *password, struct why *why)
{
    const size_t len = strlen(password);
    if (len >= PASSWORD_BYTES_MIN && len <= PASSWORD_BYTES_MAX) return OK;
    return fail(why, INVALID, "a password has %d to %d bytes; a few words are a good one",
                PASSWORD_BYTES_MIN, PASSWORD_BYTES_MAX);
}

outcome password_hash(const char *password, struct password_cost cost, char *out, struct why *why)
{
    begin();
    if (crypto_pwhash_str_alg(out, password, strlen(password), cost.passes, cost.memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) == 0)
        return OK;
    return fail(why, NO_MEMORY, "no memory to hash a password (%zu bytes)", cost.memory_bytes);
}

bool password_matches(const char *hash, const char *password)
{
    begin();
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

void token_make(const char *prefix, char *out)
{
    uint8_t random[TOKEN_RANDOM_BYTES];
    char letters[BASE64_URL_LETTERS(TOKEN_RANDOM_BYTES) + 1];
    random_bytes(random, sizeof random);
    base64_text((struct slice){random, sizeof random}, letters);
    const int len = snprintf(out, SECRET_TOKEN_BYTES, "%s%s", prefix, letters);
    assert(len < SECRET_TOKEN_BYTES);
    (void)len;
    sodium_memzero(random, sizeof random);
    sodium_memzero(letters, sizeof letters);
}

void token_hash(struct slice token, char *out)
{
    uint8_t hash[crypto_generichash_BYTES];
    const int done = crypto_generichash(
        hash, sizeof hash, token.len > 0 ? token.at : (const uint8_t *)"", token.len, NULL, 0);
    assert(done == 0);
    (void)done;
    hex_format(hash, sizeof hash, out);
}

bool token_hash_equal(const char *a, const char *b)
{
    return strlen(a) == SECRET_HASH_BYTES - 1 && strlen(b) == SECRET_HASH_BYTES - 1 &&
           sodium_memcmp(a, b, SECRET_HASH_BYTES - 1) == 0;
}

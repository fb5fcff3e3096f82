// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(uint8_t *out, size_t len)
{
    while (len > 0) {
        const ssize_t got = getrandom(out, len, 0);
        if (got < 0 && errno == EINTR) continue;
        assert(got > 0);
        out += got;
        len -= (size_t)got;
    }
}

// splitmix64 spreads one seed over the state, as xoshiro's authors advise.
struct prng prng_init(uint64_t seed)
{
    struct prng prng;
    for (size_t i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        prng.state[i] = z ^ (z >> 31);
    }
    return prng;
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

uint64_t prng_next(struct prng *prng)
{
    uint64_t *s = prng->state;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t prng_below(struct prng *prng, uint64_t bound)
{
    assert(bound > 0);
    const uint64_t unfair = -bound % bound; // 2^64 mod bound: these lowest values would weigh more
    for (;;) {
        const uint64_t value = prng_next(prng);
        if (value >= unfair) return value % bound;
    }
}

double prng_unit(struct prng *prng)
{
    return (double)(prng_next(prng) >> 11) * 0x1p-53;
}

void id_make(const char *prefix, int64_t wall_ms, char *out)
{
    uint8_t noise[ID_NOISE_BYTES]; // a byte per digit wastes bits and keeps the code plain
    random_bytes(noise, sizeof noise);
    id_of(prefix, wall_ms, noise, out);
}

void id_of(const char *prefix, int64_t wall_ms, const uint8_t *noise, char *out)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford base 32
    char ulid[27];
    uint64_t time = (uint64_t)wall_ms;
    for (size_t i = 10; i-- > 0; time >>= 5)
        ulid[i] = digits[time & 31];
    for (size_t i = 0; i < ID_NOISE_BYTES; i++)
        ulid[10 + i] = digits[noise[i] & 31];
    ulid[26] = '\0';
    const int written = snprintf(out, ID_BYTES, "%s_%s", prefix, ulid);
    assert(written < ID_BYTES);
}

bool id_is_valid(const char *text)
{
    const size_t len = strlen(text);
    if (len == 0 || len > 64 || text[0] == '-' || text[0] == '_') return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

// SPDX-License-Identifier: Apache-2.0
//
// What a comparison takes must not say how far a guess was right. The service compares what it
// remembers with CRYPTO_memcmp alone; this program brings its own, which counts, and sees that a
// guess that fits to the last byte costs the same comparisons as one that fits nowhere. Signatures
// are verified, not compared; base64 is computed, not looked up (base/base64.h).
#include "license/shelf.h"
#include "stage.h"

static _Atomic size_t compared_bytes;

// In place of OpenSSL's.
int CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *left = a, *right = b;
    uint8_t difference = 0;
    compared_bytes += len;
    for (size_t i = 0; i < len; i++)
        difference |= (uint8_t)(left[i] ^ right[i]);
    return difference;
}

void attack_timing(void **state)
{
    (void)state;
    struct shelf *shelf = NULL;
    uint8_t known[SHELF_KEY_BYTES] = {0}, guess[SHELF_KEY_BYTES];
    int value = 7;
    size_t costs[SHELF_KEY_BYTES + 1];
    assert_ok(shelf_open(4, sizeof value, &shelf, &why_));
    shelf_put(shelf, known, 0, 1000, &value);
    for (size_t right = 0; right <= SHELF_KEY_BYTES; right++) { // bytes of the guess that fit
        memset(guess, 0xff, sizeof guess);
        memset(guess, 0, right);
        memset(guess, 0, 4); // they choose the set
        compared_bytes = 0;
        assert_true(shelf_get(shelf, guess, 0, &value) == (right == SHELF_KEY_BYTES));
        costs[right] = compared_bytes;
        assert_int_equal(costs[right], costs[0]);
    }
    assert_int_equal(costs[0], SHELF_KEY_BYTES);
    shelf_close(&shelf);
}

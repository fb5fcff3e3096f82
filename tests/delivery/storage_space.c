// SPDX-License-Identifier: Apache-2.0
#include "delivery/storage_space.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void slots_fit_and_never_overlap(void **state)
{
    (void)state;
    enum { SLABS = 16, PAGES = SLABS * 256, SLOTS = 400 };
    struct storage_space *space = NULL;
    static uint8_t owner[PAGES];
    static struct {
        uint64_t at;
        uint32_t bytes;
    } slots[SLOTS];
    memset(owner, 0, sizeof owner);
    memset(slots, 0, sizeof slots);
    assert_int_equal(space_open((uint64_t)SLABS << 20, &space, NULL), OK);
    struct prng prng = prng_init(5);
    for (int round = 0; round < 20000; round++) {
        const size_t i = (size_t)prng_below(&prng, SLOTS);
        if (slots[i].bytes != 0) {
            const uint32_t size = space_slot_bytes(slots[i].bytes);
            memset(owner + slots[i].at / 4096, 0, size / 4096);
            space_give(space, slots[i].bytes, slots[i].at);
            slots[i].bytes = 0;
            continue;
        }
        const uint64_t kind = prng_below(&prng, 3);
        const uint32_t bytes = 1 + (uint32_t)prng_below(&prng, kind == 0   ? 4096
                                                               : kind == 1 ? 100000
                                                                           : SPACE_SLAB_BYTES);
        uint64_t at;
        if (!space_take(space, bytes, &at)) continue;
        const uint32_t size = space_slot_bytes(bytes);
        assert_true(size >= bytes && size <= SPACE_SLAB_BYTES && at % 4096 == 0);
        for (uint32_t page = 0; page < size / 4096; page++) {
            assert_int_equal(owner[at / 4096 + page], 0);
            owner[at / 4096 + page] = 1;
        }
        slots[i].at = at;
        slots[i].bytes = bytes;
    }
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].bytes != 0) space_give(space, slots[i].bytes, slots[i].at);
    assert_int_equal(space_used_bytes(space), 0);
    uint64_t at;
    for (int i = 0; i < SLABS; i++)
        assert_true(space_take(space, SPACE_SLAB_BYTES, &at)); // whole again
    assert_false(space_take(space, 1, &at));
    space_close(&space);
}

static void a_claimed_slab_that_is_given_back_is_used_once(void **state)
{
    (void)state;
    struct storage_space *space = NULL;
    assert_int_equal(space_open(4 << 20, &space, NULL), OK);
    assert_true(space_claim(space, SPACE_SLAB_BYTES, 2 << 20));
    space_give(space, SPACE_SLAB_BYTES, 2 << 20);
    uint64_t at, seen = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(space_take(space, SPACE_SLAB_BYTES, &at));
        assert_false(seen >> (at >> 20) & 1);
        seen |= 1ull << (at >> 20);
    }
    assert_false(space_take(space, SPACE_SLAB_BYTES, &at));
    space_close(&space);
}

static void what_was_taken_before_can_be_claimed_once(void **state)
{
    (void)state;
    struct storage_space *space = NULL;
    assert_int_equal(space_open(4 << 20, &space, NULL), OK);
    assert_true(space_claim(space, 5000, (1 << 20) + 8192));
    assert_false(space_claim(space, 5000, (1 << 20) + 8192));
    assert_false(space_claim(space, 5000, (1 << 20) + 4096));
    assert_false(space_claim(space, 500000, 1 << 20));
    assert_false(space_claim(space, 5000, 64 << 20));
    assert_true(space_claim(space, SPACE_SLAB_BYTES, 0));
    uint64_t at;
    for (int i = 0; i < 2; i++)
        assert_true(space_take(space, SPACE_SLAB_BYTES, &at) && at >= 2 << 20);
    assert_false(space_take(space, SPACE_SLAB_BYTES, &at));
    assert_true(space_take(space, 5000, &at)); // beside the claimed one
    assert_int_equal(at >> 20, 1);
    space_close(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_fit_and_never_overlap),
        cmocka_unit_test(a_claimed_slab_that_is_given_back_is_used_once),
        cmocka_unit_test(what_was_taken_before_can_be_claimed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

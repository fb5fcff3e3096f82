// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    autoarena arena = arena_init(4 * 1024 * 1024);
    struct prng prng = prng_init(1);
    uint8_t *pieces[500];
    size_t sizes[500];
    for (size_t i = 0; i < 500; i++) {
        sizes[i] = (size_t)prng_below(&prng, 5000);
        pieces[i] = arena_take(&arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i & 255), sizes[i]);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i & 255);
}

static void the_cap_holds_and_overflow_is_caught(void **state)
{
    (void)state;
    autoarena arena = arena_init(1000);
    assert_null(arena_take(&arena, 1001));
    assert_non_null(arena_take(&arena, 1000));
    assert_null(arena_take(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 900));
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 3));
}

static void texts_end_with_a_nul(void **state)
{
    (void)state;
    autoarena arena = arena_init(4096);
    assert_string_equal(arena_copy(&arena, slice_part(slice_of("hello world"), 0, 5)), "hello");
    assert_string_equal(arena_format(&arena, "%d/%d", 24000, 1001), "24000/1001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_holds_and_overflow_is_caught),
        cmocka_unit_test(texts_end_with_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// First outputs of xoshiro256** seeded through splitmix64 with 42, worked out with big integers
// from the authors' formulas.
static void the_seeded_generator_repeats(void **state)
{
    (void)state;
    struct prng prng = prng_init(42);
    assert_true(prng_next(&prng) == 1546998764402558742u);
    assert_true(prng_next(&prng) == 6990951692964543102u);
    struct prng other = prng_init(43);
    assert_true(prng_next(&other) != 1546998764402558742u);
}

static void bounded_draws_reach_every_value_evenly(void **state)
{
    (void)state;
    struct prng prng = prng_init(7);
    int seen[6] = {0};
    for (int i = 0; i < 60000; i++)
        seen[prng_below(&prng, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(seen[i], 9500, 10500);
    for (int i = 0; i < 1000; i++) {
        const double unit = prng_unit(&prng);
        assert_true(unit >= 0 && unit < 1);
    }
}

static void ids_sort_by_time_and_differ(void **state)
{
    (void)state;
    char a[ID_BYTES], b[ID_BYTES], later[ID_BYTES];
    id_make("title", 1795259563123, a);
    id_make("title", 1795259563123, b);
    id_make("title", 1795259563124, later);
    assert_int_equal(strlen(a), 6 + 26);
    assert_memory_equal(a, b, 16);
    assert_string_not_equal(a, b);
    assert_true(strcmp(a, later) < 0);
    assert_true(id_is_valid(a));
}

static void ids_are_safe_in_paths(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "-x", "_x", "a/b", "..", "a b", "a.b", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(id_is_valid(bad[i]));
    assert_true(id_is_valid("my-film_2"));
}

static void an_id_of_given_noise_is_the_same_again(void **state)
{
    (void)state;
    const uint8_t noise[ID_NOISE_BYTES] = {1, 2, 3};
    char a[ID_BYTES], b[ID_BYTES], c[ID_BYTES];
    id_of("job", 1795000000000, noise, a);
    id_of("job", 1795000000000, noise, b);
    id_of("job", 1795000000001, noise, c);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    assert_true(id_is_valid(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_of_given_noise_is_the_same_again),
        cmocka_unit_test(the_seeded_generator_repeats),
        cmocka_unit_test(bounded_draws_reach_every_value_evenly),
        cmocka_unit_test(ids_sort_by_time_and_differ),
        cmocka_unit_test(ids_are_safe_in_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "license/pace.h"

#include "base/clock.h"
#include "store/cache_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail

static void each_has_a_limit_of_its_own_until_the_window_ends(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(0, 1795000000000);
    struct cache_store *cache = NULL;
    struct why why = {""};
    const struct pace pace = {"device", 3, 60000};
    assert_int_equal(cache_memory_open(1 << 20, &clock.clock, &cache, NULL), OK);
    for (int window = 0; window < 2; window++) {
        for (int i = 0; i < 3; i++)
            assert_int_equal(pace_take(cache, &pace, "a", NULL), OK);
        assert_int_equal(pace_take(cache, &pace, "a", &why), EXHAUSTED);
        assert_non_null(strstr(why.text, "60 seconds"));
        assert_int_equal(pace_take(cache, &pace, "b", NULL), OK);
        clock.now_us += INT64_C(60000000);
    }
    cache_store_close(&cache);
}

static void without_a_limit_nothing_is_counted(void **state)
{
    (void)state;
    const struct pace pace = {"device", 0, 60000};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pace_take(NULL, &pace, "a", NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_a_limit_of_its_own_until_the_window_ends),
        cmocka_unit_test(without_a_limit_nothing_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "drm/subsample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void cenc_protects_whole_blocks_and_clears_the_rest_in_front(void **state)
{
    struct subsample_map map;
    subsample_map_begin(&map, SCHEME_CENC);
    assert_int_equal(subsample_map_add(&map, 10, 37, NULL), OK);
    assert_int_equal(subsample_map_add(&map, 4, 15, NULL), OK);
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(map.count, 2);
    assert_int_equal(map.items[0].clear_bytes, 15);
    assert_int_equal(map.items[0].protected_bytes, 32);
    assert_int_equal(map.items[1].clear_bytes, 19);
    assert_int_equal(map.items[1].protected_bytes, 0);
}

static void cbcs_protects_all_slice_data(void **state)
{
    struct subsample_map map;
    subsample_map_begin(&map, SCHEME_CBCS);
    assert_int_equal(subsample_map_add(&map, 10, 37, NULL), OK);
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(map.count, 1);
    assert_int_equal(map.items[0].clear_bytes, 10);
    assert_int_equal(map.items[0].protected_bytes, 37);
}

static void long_clear_runs_are_split(void **state)
{
    struct subsample_map map;
    subsample_map_begin(&map, SCHEME_CBCS);
    assert_int_equal(subsample_map_add(&map, 2 * 65535 + 5, 100, NULL), OK);
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(map.count, 3);
    assert_int_equal(map.items[1].clear_bytes, 65535);
    assert_int_equal(map.items[1].protected_bytes, 0);
    assert_int_equal(map.items[2].clear_bytes, 5);
    assert_int_equal(map.items[2].protected_bytes, 100);
}

static void of_too_many_pieces_the_smallest_stay_clear(void **state)
{
    struct subsample_map map;
    uint64_t bytes = 0, given = 0;
    subsample_map_begin(&map, SCHEME_CBCS);
    for (uint32_t i = 0; i < 64; i++) {
        assert_int_equal(subsample_map_add(&map, 3, 100 + i, NULL), OK);
        given += 103 + i;
    }
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(map.count, SUBSAMPLES_MAX);
    for (size_t i = 0; i < map.count; i++) {
        assert_int_equal(map.items[i].protected_bytes, 100 + 64 - SUBSAMPLES_MAX + i);
        bytes += (uint64_t)map.items[i].clear_bytes + map.items[i].protected_bytes;
    }
    assert_int_equal(bytes, given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cenc_protects_whole_blocks_and_clears_the_rest_in_front),
        cmocka_unit_test(cbcs_protects_all_slice_data),
        cmocka_unit_test(long_clear_runs_are_split),
        cmocka_unit_test(of_too_many_pieces_the_smallest_stay_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

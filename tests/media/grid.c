// SPDX-License-Identifier: Apache-2.0
#include "media/grid.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void two_seconds_are_whole_frames_at_every_rate(void **state)
{
    (void)state;
    static const struct {
        struct frame_rate rate;
        uint32_t ms;
        uint32_t frames;
    } cases[] = {
        {{24000, 1001}, 2000, 48}, {{24, 1}, 2000, 48},        {{25, 1}, 2000, 50},
        {{30000, 1001}, 2000, 60}, {{60000, 1001}, 2000, 120}, {{50, 1}, 2000, 100},
        {{15, 1}, 100, 2},         {{1, 30}, 2000, 1},         {{120, 1}, 10000, 1200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct grid grid;
        assert_int_equal(grid_init(&grid, cases[i].rate, cases[i].ms, 2, NULL), OK);
        assert_int_equal(grid.segment_frames, cases[i].frames);
    }
}

static void spans_tile_the_title_without_gap_or_overlap(void **state)
{
    (void)state;
    struct prng prng = prng_init(20261121);
    for (int round = 0; round < 500; round++) {
        struct grid grid;
        const struct frame_rate rate = {1 + (uint32_t)prng_below(&prng, 120), 1};
        const uint32_t segments = 1 + (uint32_t)prng_below(&prng, 4);
        assert_int_equal(grid_init(&grid, rate, 2000, segments, NULL), OK);
        const uint64_t frames = prng_below(&prng, 2000);
        uint64_t next = 0;
        for (uint64_t i = 0; i < grid_chunk_count(&grid, frames); i++) {
            const struct frame_span chunk = grid_chunk(&grid, frames, i);
            assert_int_equal(chunk.first, next);
            assert_true(chunk.end > chunk.first);
            next = chunk.end;
        }
        assert_int_equal(next, frames);
        const uint64_t count = grid_segment_count(&grid, frames);
        assert_int_equal(count == 0 ? 0 : grid_segment(&grid, frames, count - 1).end, frames);
    }
}

static void refuses_what_cannot_be_a_grid(void **state)
{
    (void)state;
    struct grid grid = {.segment_frames = 7};
    struct why why = {""};
    assert_int_equal(grid_init(&grid, (struct frame_rate){24, 0}, 2000, 2, &why), INVALID);
    assert_non_null(strstr(why.text, "24/0"));
    assert_int_equal(grid_init(&grid, (struct frame_rate){24, 1}, 2000, 0, &why), INVALID);
    assert_int_equal(grid_init(&grid, (struct frame_rate){24, 1}, 2000, 17, &why), INVALID);
    assert_int_equal(grid_init(&grid, (struct frame_rate){UINT32_MAX, 1}, UINT32_MAX, 2, &why),
                     INVALID);
    assert_int_equal(grid.segment_frames, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_seconds_are_whole_frames_at_every_rate),
        cmocka_unit_test(spans_tile_the_title_without_gap_or_overlap),
        cmocka_unit_test(refuses_what_cannot_be_a_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/cues.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 64 * 1024 * 1024 };

static void add(struct cue_builder *builder, int64_t start_ms, int64_t end_ms, const char *text)
{
    const struct cue cue = {.start_ms = start_ms, .end_ms = end_ms, .text = slice_of(text)};
    assert_int_equal(cues_add(builder, cue, NULL), OK);
}

static void clipping_shortens_drops_and_moves(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct cue_builder builder = {.arena = &arena};
    add(&builder, 0, 1000, "before");
    add(&builder, 500, 2500, "over the start");
    add(&builder, 2000, 3000, "inside");
    add(&builder, 3500, 9000, "over the end");
    add(&builder, 5000, 6000, "after");
    struct cue_list list;
    assert_int_equal(cues_finish(&builder, &list, NULL), OK);
    assert_int_equal(cues_clip(&arena, &list, 1000, 5000, NULL), OK);
    static const struct {
        int64_t start_ms, end_ms;
    } wanted[] = {{0, 1500}, {1000, 2000}, {2500, 4000}};
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(list.cues[i].start_ms, wanted[i].start_ms);
        assert_int_equal(list.cues[i].end_ms, wanted[i].end_ms);
    }
}

static void shifting_back_drops_what_is_over(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct cue_builder builder = {.arena = &arena};
    add(&builder, 0, 1000, "gone");
    add(&builder, 500, 1500, "cut");
    struct cue_list list;
    assert_int_equal(cues_finish(&builder, &list, NULL), OK);
    assert_int_equal(cues_shift(&arena, &list, -1000, NULL), OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.cues[0].start_ms, 0);
    assert_int_equal(list.cues[0].end_ms, 500);
    assert_int_equal(cues_shift(&arena, &list, 250, NULL), OK);
    assert_int_equal(list.cues[0].start_ms, 250);
}

static void sorting_keeps_the_order_of_equals(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    autoarena arena = arena_init(ROOM);
    struct cue_builder builder = {.arena = &arena};
    struct prng prng = prng_init(20261121);
    for (int64_t i = 0; i < COUNT; i++) {
        const int64_t start_ms = (int64_t)prng_below(&prng, 200);
        const struct cue cue = {.start_ms = start_ms,
                                .end_ms = 1000 + i}; // end: the order of coming
        assert_int_equal(cues_add(&builder, cue, NULL), OK);
    }
    struct cue_list list;
    assert_int_equal(cues_finish(&builder, &list, NULL), OK);
    assert_int_equal(list.count, COUNT);
    for (size_t i = 1; i < COUNT; i++) {
        assert_true(list.cues[i - 1].start_ms <= list.cues[i].start_ms);
        if (list.cues[i - 1].start_ms == list.cues[i].start_ms)
            assert_true(list.cues[i - 1].end_ms < list.cues[i].end_ms);
    }
}

static void counts_have_a_cap_and_faults_are_counted_beyond_theirs(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct cue_builder builder = {.arena = &arena};
    for (uint32_t i = 0; i < CUE_FAULTS_MAX + 50; i++)
        assert_int_equal(cues_fault(&builder, i + 1, NULL, "wrong %u", i), OK);
    struct cue_list list;
    struct why why = {""};
    assert_int_equal(cues_finish(&builder, &list, &why), INVALID);
    assert_non_null(strstr(why.text, "line 1: wrong 0"));
    for (size_t i = 0; i < CUES_MAX; i++)
        add(&builder, 0, 1, "x");
    const struct cue one = {.end_ms = 1};
    assert_int_equal(cues_add(&builder, one, &why), TOO_LARGE);
    assert_int_equal(cues_finish(&builder, &list, NULL), OK);
    assert_int_equal(list.count, CUES_MAX);
    assert_int_equal(list.fault_count, CUE_FAULTS_MAX + 50);
}

static void no_memory_is_an_outcome(void **state)
{
    (void)state;
    autoarena arena = arena_init(16);
    struct cue_builder builder = {.arena = &arena};
    assert_int_equal(cues_add(&builder, (struct cue){.end_ms = 1}, NULL), NO_MEMORY);
    assert_int_equal(cues_fault(&builder, 1, NULL, "wrong"), NO_MEMORY);
}

static void lines_end_by_any_custom(void **state)
{
    (void)state;
    struct slice rest = slice_of("a\nb\r\n\rc");
    static const char *const lines[] = {"a", "b", "", "c"};
    struct slice line;
    for (size_t i = 0; i < 4; i++) {
        assert_true(caption_line(&rest, &line));
        assert_true(slice_is(line, lines[i]));
    }
    assert_false(caption_line(&rest, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clipping_shortens_drops_and_moves),
        cmocka_unit_test(shifting_back_drops_what_is_over),
        cmocka_unit_test(sorting_keeps_the_order_of_equals),
        cmocka_unit_test(counts_have_a_cap_and_faults_are_counted_beyond_theirs),
        cmocka_unit_test(no_memory_is_an_outcome),
        cmocka_unit_test(lines_end_by_any_custom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/sidx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t two_segments[] = {
    0, 0, 0,    0,    0, 0, 0,    1,                   // version 0, id
    0, 0, 0x5d, 0xc0,                                  // timescale 24000
    0, 0, 3,    0xe9, 0, 0, 0,    16,                  // earliest time 1001, first offset 16
    0, 0, 0,    2,                                     // two references
    0, 0, 4,    0,    0, 0, 0xbb, 0xb0, 0x90, 0, 0, 0, // 1024 bytes, 48048 ticks, SAP type 1
    0, 0, 2,    0,    0, 0, 0x5d, 0xd8, 0,    0, 0, 0, // 512 bytes, 24024 ticks, no SAP told
};

static outcome parse(const uint8_t *bytes, size_t len, struct arena *arena, struct sidx *out,
                     struct why *why)
{
    const struct box box = {.offset = 800, .size = len + 8, .body = {bytes, len}};
    return sidx_parse(&box, arena, out, why);
}

static void offsets_count_from_the_end_of_the_box(void **state)
{
    (void)state;
    autoarena arena = arena_init(4096);
    struct sidx sidx;
    assert_int_equal(parse(two_segments, sizeof two_segments, &arena, &sidx, NULL), OK);
    assert_int_equal(sidx.timescale, 24000);
    assert_int_equal(sidx.earliest_time, 1001);
    assert_int_equal(sidx.entry_count, 2);
    const uint64_t first = 800 + 8 + sizeof two_segments + 16;
    assert_int_equal(sidx.entries[0].offset, first);
    assert_int_equal(sidx.entries[1].offset, first + 1024);
    assert_int_equal(sidx.entries[0].duration, 48048);
    assert_true(sidx.entries[0].starts_with_sap);
    assert_int_equal(sidx.entries[0].sap_type, 1);
    assert_false(sidx.entries[1].starts_with_sap);
}

static void every_cut_off_form_is_refused(void **state)
{
    (void)state;
    autoarena arena = arena_init(65536);
    for (size_t len = 0; len < sizeof two_segments; len++) {
        struct sidx sidx = {.timescale = 7};
        struct why why = {""};
        assert_int_equal(parse(two_segments, len, &arena, &sidx, &why), INVALID);
        assert_int_equal(sidx.timescale, 7);
        assert_true(why.text[0] != '\0');
    }
}

static void hierarchies_and_nonsense_are_refused(void **state)
{
    (void)state;
    autoarena arena = arena_init(4096);
    struct sidx sidx;
    uint8_t bytes[sizeof two_segments];
    memcpy(bytes, two_segments, sizeof bytes);
    bytes[24] |= 0x80;
    assert_int_equal(parse(bytes, sizeof bytes, &arena, &sidx, NULL), UNSUPPORTED);
    memcpy(bytes, two_segments, sizeof bytes);
    memset(bytes + 8, 0, 4);
    assert_int_equal(parse(bytes, sizeof bytes, &arena, &sidx, NULL), INVALID);
    bytes[0] = 2;
    assert_int_equal(parse(bytes, sizeof bytes, &arena, &sidx, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_count_from_the_end_of_the_box),
        cmocka_unit_test(every_cut_off_form_is_refused),
        cmocka_unit_test(hierarchies_and_nonsense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

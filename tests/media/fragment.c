// SPDX-License-Identifier: Apache-2.0
#include "media/fragment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check(const struct fragment *fragment, const char *expected_hex)
{
    char hex[1024];
    autobuffer bytes = buffer_init(4096);
    assert_int_equal(fragment_head_put(&bytes, fragment, NULL), OK);
    assert_true(bytes.len * 2 < sizeof hex);
    hex_format(bytes.at, bytes.len, hex);
    assert_string_equal(hex, expected_hex);
}

static void what_samples_share_is_said_once(void **state)
{
    (void)state;
    const struct sample audio[] = {
        {.size = 16, .duration_ticks = 1024, .is_sync = true},
        {.size = 16, .duration_ticks = 1024, .is_sync = true},
    };
    check(&(struct fragment){1, 0x100000002, audio, 2, NULL}, "00000064"
                                                              "6d6f6f66"
                                                              "00000010"
                                                              "6d666864"
                                                              "00000000"
                                                              "00000001"
                                                              "0000004c"
                                                              "74726166"
                                                              "0000001c"
                                                              "74666864"
                                                              "00020038"
                                                              "00000001"
                                                              "00000400"
                                                              "00000010"
                                                              "02000000"
                                                              "00000014"
                                                              "74666474"
                                                              "01000000"
                                                              "0000000100000002"
                                                              "00000014"
                                                              "7472756e"
                                                              "01000001"
                                                              "00000002"
                                                              "0000006c"
                                                              "00000028"
                                                              "6d646174");
}

static void a_group_of_pictures_has_its_first_flags_sizes_and_offsets(void **state)
{
    (void)state;
    const struct sample video[] = {
        {.size = 900, .duration_ticks = 512, .is_sync = true},
        {.size = 300, .duration_ticks = 512, .shift_ticks = 512},
        {.size = 100, .duration_ticks = 512, .shift_ticks = -512},
    };
    check(&(struct fragment){7, 51200, video, 3, NULL}, "0000007c"
                                                        "6d6f6f66"
                                                        "00000010"
                                                        "6d666864"
                                                        "00000000"
                                                        "00000007"
                                                        "00000064"
                                                        "74726166"
                                                        "00000018"
                                                        "74666864"
                                                        "00020028"
                                                        "00000001"
                                                        "00000200"
                                                        "01010000"
                                                        "00000014"
                                                        "74666474"
                                                        "01000000"
                                                        "000000000000c800"
                                                        "00000030"
                                                        "7472756e"
                                                        "01000a05"
                                                        "00000003"
                                                        "00000084"
                                                        "02000000"
                                                        "00000384"
                                                        "00000000"
                                                        "0000012c"
                                                        "00000200"
                                                        "00000064"
                                                        "fffffe00"
                                                        "0000051c"
                                                        "6d646174");
}

static void a_segment_of_over_two_gigabytes_is_refused(void **state)
{
    (void)state;
    const struct sample huge[] = {{.size = 2000000000, .duration_ticks = 1, .is_sync = true},
                                  {.size = 200000000, .duration_ticks = 1}};
    autobuffer bytes = buffer_init(4096);
    struct why why = {""};
    const struct fragment fragment = {1, 0, huge, 2, NULL};
    assert_int_equal(fragment_head_put(&bytes, &fragment, &why), TOO_LARGE);
    assert_non_null(strstr(why.text, "2200000008 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_samples_share_is_said_once),
        cmocka_unit_test(a_group_of_pictures_has_its_first_flags_sizes_and_offsets),
        cmocka_unit_test(a_segment_of_over_two_gigabytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

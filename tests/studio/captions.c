// SPDX-License-Identifier: Apache-2.0
#include "studio/captions.h"

#include "studio_place.h"

static void both_formats_become_the_same_webvtt_cut_to_the_title(void **state)
{
    (void)state;
    static const char *const files[] = {
        "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n00:09.000 --> 00:12.000\nTwo\n\n"
        "00:20.000 --> 00:21.000\nToo late\n",
        "\xef\xbb\xbfWEBVTT\r\n\r\n00:00:01.000 --> 00:00:02.000\r\nHello\r\n\r\n"
        "00:00:09.000 --> 00:00:12.000\r\nTwo\r\n",
        "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:09,000 --> 00:00:12,000\nTwo\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        autobuffer out = buffer_init(1000);
        assert_ok(captions_normalize(slice_of(files[i]), "c", 10000, &out, &why_));
        assert_string_equal(buffer_text(&out), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n\n"
                                               "00:00:09.000 --> 00:00:10.000\nTwo\n\n");
    }
}

static void time_codes_may_begin_at_any_hour(void **state)
{
    (void)state;
    static const char *const files[] = {
        "Scenarist_SCC V1.0\n\n10:00:00;00\t9420 9420 9470 9470 c8e9 942f\n10:00:02;00\t942c\n",
        "Scenarist_SCC V1.0\n\n00:00:00;00\t9420 9420 9470 9470 c8e9 942f\n00:00:02;00\t942c\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        autobuffer out = buffer_init(1000);
        assert_int_equal(captions_normalize(slice_of(files[i]), "a.scc", 10000, &out, NULL), OK);
        assert_non_null(strstr(buffer_text(&out), "00:00:00.167 --> 00:00:02.002 "));
    }
}

static void what_is_neither_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const files[] = {"", "hello", "<tt xml:lang=\"en\"></tt>", "\xff\xfeW\0E\0"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        autobuffer out = buffer_init(1000);
        struct why why = {""};
        const outcome result = captions_normalize(slice_of(files[i]), "de.srt", 10000, &out, &why);
        assert_true(result == INVALID || result == UNSUPPORTED);
        assert_int_equal(strncmp(why.text, "de.srt: ", 8), 0);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_become_the_same_webvtt_cut_to_the_title),
        cmocka_unit_test(time_codes_may_begin_at_any_hour),
        cmocka_unit_test(what_is_neither_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/captions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void content_tells_the_format(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum caption_format format;
    } cases[] = {
        {"WEBVTT\n", CAPTION_WEBVTT},
        {"\xef\xbb\xbfWEBVTT\n", CAPTION_WEBVTT},
        {"Scenarist_SCC V1.0\n", CAPTION_SCC},
        {"<tt xmlns='http://www.w3.org/ns/ttml'/>", CAPTION_TTML},
        {"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b -->\n<tt:tt/>", CAPTION_TTML},
        {"<html></html>", CAPTION_SRT},
        {"<!-- <tt>", CAPTION_SRT},
        {"1\n00:00:01,000 --> 00:00:02,000\nHi\n", CAPTION_SRT},
        {"", CAPTION_SRT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(caption_format_of(slice_of(cases[i].text)), cases[i].format);
}

static void only_two_formats_are_written(void **state)
{
    (void)state;
    enum caption_format format = CAPTION_SRT;
    const struct cue_list list = {.count = 0};
    autobuffer text = buffer_init(4096);
    assert_int_equal(caption_target_parse("VTT", &format, NULL), OK);
    assert_int_equal(format, CAPTION_WEBVTT);
    assert_int_equal(caption_target_parse("imsc", &format, NULL), OK);
    assert_int_equal(format, CAPTION_TTML);
    assert_int_equal(captions_write(&list, format, &text, NULL), OK);
    assert_int_equal(caption_target_parse("scc", &format, NULL), INVALID);
    assert_int_equal(captions_write(&list, CAPTION_SCC, &text, NULL), UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_tells_the_format),
        cmocka_unit_test(only_two_formats_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

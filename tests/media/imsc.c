// SPDX-License-Identifier: Apache-2.0
#include "media/imsc.h"

#include "caption_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void everything_kept_comes_back(void **state)
{
    (void)state;
    survives_imsc(slice_of(
        "WEBVTT\n\n00:01.000 --> 00:02.500 line:10% position:20% size:60% align:start\n"
        "a &amp; b &lt;c&gt;\n<i>d</i> <c.yellow.bg_blue>e</c> <c.fg_ff8800>f</c>\n\n"
        "00:03.000 --> 00:04.000\nno place\n\n"
        "00:05.000 --> 00:06.000 vertical:rl line:20% align:end\n<ruby>kan<rt>ji</rt></ruby> x\n"));
}

static void the_document_says_what_it_is(void **state)
{
    (void)state;
    autobuffer text = buffer_init(CAPTION_CASE_ROOM);
    struct cue cues[] = {
        {.start_ms = 3723004, .end_ms = 3724000, .text = slice_of("a\n<b>b</b>\x01")},
        {.start_ms = 3725000, .end_ms = CUE_MS_MAX, .text = slice_of("<v Anna>hi</v>")},
    };
    struct cue_list list = {.cues = cues, .count = 2, .language = slice_of("pt-BR")};
    assert_int_equal(imsc_format(&list, &text, NULL), OK);
    static const char *const words[] = {
        "ttp:contentProfiles=\"http://www.w3.org/ns/ttml/profile/imsc1.1/text\"",
        "xml:lang=\"pt-BR\"",
        "<p begin=\"01:02:03.004\" end=\"01:02:04.000\" region=\"r0\">a<br/><span ",
        "<span tts:fontWeight=\"bold\">b</span></p>",
        "<p begin=\"01:02:05.000\" region=\"r0\"><span>hi</span></p>",
        "tts:origin=\"10.00% 10.00%\" tts:extent=\"80.00% 80.00%\" tts:displayAlign=\"after\"",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(buffer_text(&text), words[i]) == NULL)
            fail_msg("%s is not in %s", words[i], buffer_text(&text));
    list.language = slice_of("a\"b");
    text.len = 0;
    assert_int_equal(imsc_format(&list, &text, NULL), OK);
    assert_non_null(strstr(buffer_text(&text), "xml:lang=\"und\""));
}

static void a_place_has_one_region_however_often_it_is_used(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static struct cue cues[COUNT];
    for (int i = 0; i < COUNT; i++)
        cues[i] = (struct cue){.start_ms = i * 10,
                               .end_ms = i * 10 + 5,
                               .text = slice_of("x"),
                               .place = {.is_given = true, .x = (uint16_t)(i % 7)}};
    const struct cue_list list = {.cues = cues, .count = COUNT};
    autobuffer text = buffer_init(CAPTION_CASE_ROOM);
    assert_int_equal(imsc_format(&list, &text, NULL), OK);
    size_t regions = 0;
    for (const char *at = buffer_text(&text); (at = strstr(at, "<region ")) != NULL; at++)
        regions++;
    assert_int_equal(regions, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_kept_comes_back),
        cmocka_unit_test(the_document_says_what_it_is),
        cmocka_unit_test(a_place_has_one_region_however_often_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/ttml.h"

#include "base/file.h"
#include "caption_case.h"
#include "clip.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TT                                                                                         \
    "<tt xmlns='http://www.w3.org/ns/ttml' xmlns:tts='http://www.w3.org/ns/ttml#styling' "         \
    "xmlns:ttp='http://www.w3.org/ns/ttml#parameter' xml:lang='en' "
// A document with a region over the whole picture, whose cues have settings "WHOLE".
#define WHOLE " line:0% align:start\n"

static void reads(const char *document, const char *wanted)
{
    reads_as(slice_of(document), NULL, wanted);
}

static void times_nest_and_count_from_their_parent(void **state)
{
    (void)state;
    reads(TT "><body begin='10s'><div begin='00:00:05.500' end='20s'>"
             "<p begin='500ms' dur='1s'>a</p><p begin='2s'>b</p></div></body></tt>",
          "00:00:16.000 --> 00:00:17.000" WHOLE "a\n\n"
          "00:00:17.500 --> 00:00:30.000" WHOLE "b\n\n");
}

static void a_sequence_plays_one_after_the_other(void **state)
{
    (void)state;
    reads(TT "><body><div timeContainer='seq'><p dur='2s'>a</p><p begin='1s' dur='2s'>b</p>"
             "<p begin='1s' end='2s'>c</p><p>endless</p><p dur='1s'>never</p></div></body></tt>",
          "00:00:00.000 --> 00:00:02.000" WHOLE "a\n\n"
          "00:00:03.000 --> 00:00:05.000" WHOLE "b\n\n"
          "00:00:06.000 --> 00:00:07.000" WHOLE "c\n\n"
          "00:00:07.000 --> 500:00:00.000" WHOLE "endless\n\n");
}

static void every_clock_is_exact(void **state)
{
    (void)state;
    reads(
        TT
        "ttp:frameRate='24' ttp:frameRateMultiplier='1000 1001' ttp:tickRate='60'><body><div>"
        "<p begin='24f' end='120t'>a</p><p begin='01:02:03:20' end='1.2h'>b</p></div></body></tt>",
        "00:00:01.001 --> 00:00:02.000" WHOLE "a\n\n"
        "01:02:03.834 --> 01:12:00.000" WHOLE "b\n\n");
    reads(TT "ttp:tickRate='10000000'><body><div><p begin='1234560000t' end='1234565000t'>c</p>"
             "</div></body></tt>",
          "00:02:03.456 --> 00:02:03.457" WHOLE "c\n\n");
    // A tick without a rate of its own is a frame.
    reads(TT "ttp:frameRate='25'><body><div><p begin='25t' end='50t'>d</p></div></body></tt>",
          "00:00:01.000 --> 00:00:02.000" WHOLE "d\n\n");
    reads(TT "ttp:timeBase='smpte' ttp:dropMode='dropNTSC' ttp:frameRate='30' "
             "ttp:frameRateMultiplier='1000 1001'><body><div>"
             "<p begin='00:10:00:00' end='01:00:00:00'>e</p></div></body></tt>",
          "00:09:59.999 --> 00:59:59.996" WHOLE "e\n\n");
}

static void timed_spans_and_animations_split_a_paragraph(void **state)
{
    (void)state;
    reads(TT "><body><div><p begin='1s' end='4s'>a <span begin='1s' end='2s'>b</span> "
             "<span begin='2s'>c</span></p></div></body></tt>",
          "00:00:01.000 --> 00:00:02.000" WHOLE "a\n\n"
          "00:00:02.000 --> 00:00:03.000" WHOLE "a b\n\n"
          "00:00:03.000 --> 00:00:04.000" WHOLE "a c\n\n");
    reads(
        TT
        "><body><div><p end='3s'><set tts:color='red' begin='1s' end='2s'/>a</p></div></body></tt>",
        "00:00:00.000 --> 00:00:01.000" WHOLE "a\n\n"
        "00:00:01.000 --> 00:00:02.000" WHOLE "<c.red>a</c>\n\n"
        "00:00:02.000 --> 00:00:03.000" WHOLE "a\n\n");
}

static void styles_chain_inherit_and_are_overridden(void **state)
{
    (void)state;
    reads(TT "><head><styling><initial tts:fontStyle='italic'/>"
             "<style xml:id='base' tts:color='lime'/>"
             "<style xml:id='bold' style='base' tts:fontWeight='bold'/></styling></head>"
             "<body tts:textDecoration='underline'><div><p end='1s'><span style='bold'>a</span>"
             "<span style='bold' tts:color='#ff880080' "
             "tts:fontStyle='normal'>b</span></p></div></body></tt>",
          "STYLE\n::cue(.fg_ff880080) { color: #ff880080 }\n\n"
          "00:00:00.000 --> 00:00:01.000" WHOLE
          "<c.lime><b><i><u>a</u></i></b></c><c.fg_ff880080><b><u>b</u></b></c>\n\n");
}

static void regions_place_and_take_what_asks_for_them(void **state)
{
    (void)state;
    reads(TT "tts:extent='640px 480px'><head><layout>"
             "<region xml:id='r1' tts:origin='64px 48px' tts:extent='320px 96px'/>"
             "<region xml:id='r2' tts:origin='45% 60%' tts:extent='50% 25%' "
             "tts:displayAlign='after' tts:textAlign='end'/></layout></head><body><div>"
             "<p end='1s'>nowhere<span region='r1'>one</span><span region='r2'>two</span></p>"
             "<p end='1s' region='r1'><span region='r2'>lost</span></p></div></body></tt>",
          "00:00:00.000 --> 00:00:01.000 line:10% position:10% size:50% align:start\none\n\n"
          "00:00:00.000 --> 00:00:01.000 line:85%,end position:95% size:50% align:end\ntwo\n\n");
}

static void a_position_counts_in_the_room_that_the_extent_leaves(void **state)
{
    (void)state;
    reads(TT "><head><layout><region xml:id='r' tts:position='right 10% bottom 20%' "
             "tts:extent='50% 25%' tts:displayAlign='after' tts:textAlign='end'/></layout></head>"
             "<body region='r'><div><p end='1s'>a</p></div></body></tt>",
          "00:00:00.000 --> 00:00:01.000 line:85%,end position:95% size:50% align:end\na\n\n");
}

static void what_is_hidden_is_no_text(void **state)
{
    (void)state;
    reads(
        TT
        "><body><div><p end='1s'><span tts:visibility='hidden'>a<span "
        "tts:visibility='visible'>b</span></span><span tts:display='none'>c</span>"
        "<span tts:opacity='0'>d</span></p><p end='1s' tts:display='none'>e</p></div></body></tt>",
        "00:00:00.000 --> 00:00:01.000" WHOLE "b\n\n");
}

static void ruby_space_and_direction_are_kept(void **state)
{
    (void)state;
    reads(TT "><body><div><p end='1s'><span tts:ruby='container'><span tts:ruby='base'>kan</span>"
             "<span tts:ruby='delimiter'>(</span><span tts:ruby='text'>ji</span></span></p>"
             "<p end='1s' xml:space='preserve'>a  b\n c</p>"
             "<p end='1s'>x<br/>\n  <br/>y <span tts:unicodeBidi='bidiOverride' "
             "tts:direction='rtl'>z</span></p></div></body></tt>",
          "00:00:00.000 --> 00:00:01.000" WHOLE "<ruby>kan<rt>ji</rt></ruby>\n\n"
          "00:00:00.000 --> 00:00:01.000" WHOLE "a  b\n c\n\n"
          "00:00:00.000 --> 00:00:01.000" WHOLE "x\ny \u202ez\u202c\n\n");
}

static void what_breaks_a_rule_is_refused_with_the_clause(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        outcome wanted;
        const char *word;
    } cases[] = {
        {"<tt><body/></tt>", INVALID, "TTML2 clauses 5.1"},
        {TT "><body>", INVALID, "clause 7.1"},
        {TT "><body><div><p begin='1:00'>a</p></div></body></tt>", INVALID, "p/@begin: \"1:00\""},
        {TT "><body><div><p begin='00:00:01:30'>a</p></div></body></tt>", INVALID, "12.3.1"},
        {TT "><body timeContainer='both'/></tt>", INVALID, "12.2.4"},
        {TT "><body region='r'/></tt>", INVALID, "11.2.1"},
        {TT "><body style='s'/></tt>", INVALID, "10.2.1"},
        {TT "><head><styling><style xml:id='a' style='b'/><style xml:id='b' style='a'/></styling>"
            "</head><body style='a'/></tt>",
         INVALID, "10.4.1.3"},
        {TT "><head><styling><initial condition='true' tts:color='red'/></styling></head></tt>",
         INVALID, "condition"},
        {TT "><body tts:color='reddish'/></tt>", INVALID, "tts:color"},
        {TT "><body tts:rubyAlign='end'/></tt>", INVALID, "8.4.9"},
        {TT "><body tts:rubyReserve='none outside'/></tt>", INVALID, "tts:rubyReserve"},
        {TT "><body tts:shear='16.7'/></tt>", INVALID, "tts:shear"},
        {TT "><body tts:textCombine='non'/></tt>", INVALID, "tts:textCombine"},
        {TT "><body tts:textEmphasis='circle circle'/></tt>", INVALID, "tts:textEmphasis"},
        {TT "><body tts:textEmphasis='white filled circle'/></tt>", INVALID, "tts:textEmphasis"},
        {TT "><body tts:textShadow='1px 1px red, 1px 1px red, 1px 1px red, 1px 1px red, 1px 1px "
            "red'/></tt>",
         INVALID, "8.4.11"},
        {TT "><body tts:position='center 25em'/></tt>", INVALID, "tts:position"},
        {TT "><body tts:extent='1 2'/></tt>", INVALID, "tts:extent"},
        {TT "tts:extent='100% 100%'><body/></tt>", INVALID, "7.12.6"},
        {TT "ttp:frameRate='0'><body/></tt>", INVALID, "ttp:frameRate"},
        {TT "ttp:frameRateMultiplier='1000'><body/></tt>", INVALID, "7.2.6"},
        {TT "ttp:cellResolution='0 15'><body/></tt>", INVALID, "7.2.1"},
        {TT "ttp:displayAspectRatio='16.0 9'><body/></tt>", INVALID, "7.12.5"},
        {TT "ttp:timeBase='clock'><body/></tt>", UNSUPPORTED, "7.12.11"},
        {TT "ttp:profile='http://www.w3.org/ns/ttml/profile/imsc1/image'><body/></tt>", UNSUPPORTED,
         "clause 9"},
        {TT "><body><div><image/></div></body></tt>", UNSUPPORTED, "clause 9"},
        {TT "><body><p>a</p></body></tt>", INVALID, "p is not allowed in body"},
        {TT "><head><layout><region xml:id='a' tts:origin='0% 0%'/><region xml:id='b' "
            "tts:position='center'/></layout></head><body/></tt>",
         INVALID, "8.4.7"},
        {TT "><body/><head/></tt>", INVALID, "8.1.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuses(slice_of(cases[i].document), cases[i].wanted, cases[i].word);
}

static void too_much_is_refused_before_it_costs(void **state)
{
    (void)state;
    autobuffer text = buffer_init(CAPTION_CASE_ROOM);
    assert_int_equal(buffer_put_text(&text, TT "><body><div><p end='1h'>", NULL), OK);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(buffer_format(&text, NULL, "<span begin='%dms'>a</span>", i + 1), OK);
    assert_int_equal(buffer_put_text(&text, "</p></div></body></tt>", NULL), OK);
    refuses(buffer_slice(&text), TOO_LARGE, "changes more than");
    text.len = 0;
    assert_int_equal(buffer_put_text(&text, TT "><body><div><p>", NULL), OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_put_text(&text, "<span>", NULL), OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_put_text(&text, "</span>", NULL), OK);
    assert_int_equal(buffer_put_text(&text, "</p></div></body></tt>", NULL), OK);
    refuses(buffer_slice(&text), TOO_LARGE, "nest deeper");
}

// Reads a document of the IMSC test suite; true when it is read. A refusal must name a clause.
static bool reads_document(const char *path)
{
    autoarena arena = arena_init(CAPTION_CASE_ROOM);
    autobuffer bytes = buffer_init(CAPTION_CASE_ROOM);
    struct cue_list list;
    enum caption_format format;
    struct why why = {""};
    assert_int_equal(file_read(path, &bytes, NULL), OK);
    const outcome result = captions_read(&arena, buffer_slice(&bytes), NULL, &format, &list, &why);
    if (result != OK && strstr(why.text, "clause") == NULL) fail_msg("%s: %s", path, why.text);
    if (result != OK) return false;
    assert_int_equal(format, CAPTION_TTML);
    survives_imsc(buffer_slice(&bytes));
    return true;
}

static void every_document_of_the_imsc_suite_reads_or_is_an_image_document(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const char *folder = clip_shared("../captions/imsc/ttml");
    DIR *groups = opendir(folder);
    size_t read = 0, refused = 0;
    assert_non_null(groups);
    for (struct dirent *group; (group = readdir(groups)) != NULL;) {
        if (group->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, group->d_name);
        DIR *files = opendir(path);
        assert_non_null(files);
        for (struct dirent *file; (file = readdir(files)) != NULL;) {
            if (file->d_name[0] == '.') continue;
            (void)snprintf(path, sizeof path, "%s/%s/%s", folder, group->d_name, file->d_name);
            if (reads_document(path))
                read++;
            else
                refused++;
        }
        closedir(files);
    }
    closedir(groups);
    assert_int_equal(refused, 3); // altText1, aspectRatio4, aspectRatio6: image profile
    assert_int_equal(read, 135);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_nest_and_count_from_their_parent),
        cmocka_unit_test(a_sequence_plays_one_after_the_other),
        cmocka_unit_test(every_clock_is_exact),
        cmocka_unit_test(timed_spans_and_animations_split_a_paragraph),
        cmocka_unit_test(styles_chain_inherit_and_are_overridden),
        cmocka_unit_test(regions_place_and_take_what_asks_for_them),
        cmocka_unit_test(a_position_counts_in_the_room_that_the_extent_leaves),
        cmocka_unit_test(what_is_hidden_is_no_text),
        cmocka_unit_test(ruby_space_and_direction_are_kept),
        cmocka_unit_test(what_breaks_a_rule_is_refused_with_the_clause),
        cmocka_unit_test(too_much_is_refused_before_it_costs),
        cmocka_unit_test(every_document_of_the_imsc_suite_reads_or_is_an_image_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

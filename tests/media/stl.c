// SPDX-License-Identifier: Apache-2.0
#include "media/stl.h"

#include "caption_case.h"
#include "media/stl_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS_MAX = 8 };

struct file {
    uint8_t bytes[STL_HEADER_BYTES + BLOCKS_MAX * STL_BLOCK_BYTES];
    size_t len;
};

static struct file begin(const char *format, char standard, const char *page)
{
    struct file file = {.len = STL_HEADER_BYTES};
    memset(file.bytes, ' ', STL_HEADER_BYTES);
    memcpy(file.bytes, "850", 3);
    memcpy(file.bytes + 3, format, 8);
    file.bytes[11] = (uint8_t)standard;
    memcpy(file.bytes + 12, page, 2);
    memcpy(file.bytes + 256, "10000000", 8);
    return file;
}

struct block {
    uint8_t extension, status, in[4], out[4], row, justify, comment;
    const char *text;
};

static void add(struct file *file, struct block block)
{
    uint8_t *at = file->bytes + file->len;
    memset(at, 0, 16);
    memset(at + 16, 0x8f, STL_TEXT_BYTES);
    at[3] = block.extension;
    at[4] = block.status;
    memcpy(at + 5, block.in, 4);
    memcpy(at + 9, block.out, 4);
    at[13] = block.row;
    at[14] = block.justify;
    at[15] = block.comment;
    memcpy(at + 16, block.text, strlen(block.text));
    file->len += STL_BLOCK_BYTES;
}

static void reads(const struct file *file, const char *start, const char *wanted)
{
    const struct caption_options options = {.start = start};
    reads_as((struct slice){file->bytes, file->len}, &options, wanted);
}

static void open_subtitles_have_time_place_and_looks(void **state)
{
    (void)state;
    struct file file = begin("STL25.01", '0', "00");
    add(&file, (struct block){.extension = 0xff,
                              .in = {10, 0, 1, 0},
                              .out = {10, 0, 3, 12},
                              .row = 20,
                              .justify = 2,
                              .text = "caf\xc2"
                                      "e\x8a\x80so\x81 it \x82is\x83"});
    add(&file, (struct block){.extension = 0xff,
                              .in = {10, 0, 4, 0},
                              .out = {10, 0, 5, 0},
                              .row = 1,
                              .justify = 1,
                              .text = "up"});
    reads(&file, "TCP",
          "00:00:01.000 --> 00:00:03.480 line:83.04%,end size:90%\ncafé\n<i>so</i> it <u>is</u>\n\n"
          "00:00:04.000 --> 00:00:05.000 line:10% position:5% size:90% align:left\nup\n\n");
    reads(&file, "10:00:01:00",
          "00:00:00.000 --> 00:00:02.480 line:83.04%,end size:90%\ncafé\n<i>so</i> it <u>is</u>\n\n"
          "00:00:03.000 --> 00:00:04.000 line:10% position:5% size:90% align:left\nup\n\n");
}

static void teletext_colours_start_anew_with_each_line(void **state)
{
    (void)state;
    struct file file = begin("STL25.01", '1', "00");
    add(&file, (struct block){.extension = 0xff,
                              .out = {0, 0, 1, 0},
                              .row = 22,
                              .justify = 2,
                              .text = "\x03one\x8atwo"});
    reads(&file, NULL,
          "00:00:00.000 --> 00:00:01.000 line:90%,end size:90%\n"
          "<c.yellow.bg_black>one</c>\n<c.bg_black>two</c>\n\n");
}

static void extension_blocks_make_one_subtitle_and_comments_none(void **state)
{
    (void)state;
    struct file file = begin("STL30.01", '0', "00");
    const struct block part = {.extension = 0,
                               .in = {0, 0, 0, 15},
                               .out = {0, 0, 2, 0},
                               .row = 20,
                               .justify = 2,
                               .text = "first, "};
    struct block last = part, user = part, comment = part;
    last.extension = 0xff;
    last.text = "second";
    user.extension = 0xfe;
    user.text = "user data";
    comment.extension = 0xff;
    comment.comment = 1;
    add(&file, part);
    add(&file, user);
    add(&file, last);
    add(&file, comment);
    reads(&file, NULL, "00:00:00.501 --> 00:00:02.002 line:79.56%,end size:90%\nfirst, second\n\n");
}

static void cumulative_sets_grow(void **state)
{
    (void)state;
    struct file file = begin("STL25.01", '0', "00");
    add(&file, (struct block){.extension = 0xff,
                              .status = 1,
                              .in = {0, 0, 1, 0},
                              .out = {0, 0, 2, 0},
                              .row = 1,
                              .justify = 2,
                              .text = "one"});
    add(&file, (struct block){.extension = 0xff,
                              .status = 3,
                              .in = {0, 0, 2, 0},
                              .out = {0, 0, 3, 0},
                              .row = 1,
                              .justify = 2,
                              .text = "two"});
    reads(&file, NULL,
          "00:00:01.000 --> 00:00:02.000 line:10% size:90%\none\n\n"
          "00:00:02.000 --> 00:00:03.000 line:10% size:90%\none\ntwo\n\n");
}

static void every_code_page_has_its_letters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum stl_page page;
        uint32_t letter;
        size_t taken;
    } cases[] = {
        {"A", STL_LATIN, 'A', 1},
        {"\xc2"
         "e",
         STL_LATIN, 0xe9, 2},
        {"\xcfZ", STL_LATIN, 0x17d, 2},
        {"\xc9"
         "e",
         STL_LATIN, 0xfffd, 1},
        {"\xfb", STL_LATIN, 0xdf, 1},
        {"\xd5", STL_LATIN, 0x266a, 1},
        {"\xa6", STL_LATIN, 0xfffd, 1},
        {"\xb0", STL_CYRILLIC, 0x410, 1},
        {"\xf0", STL_CYRILLIC, 0x2116, 1},
        {"\xc7", STL_ARABIC, 0x627, 1},
        {"\xc0", STL_ARABIC, 0xfffd, 1},
        {"\xc1", STL_GREEK, 0x391, 1},
        {"\xfe", STL_GREEK, 0x3ce, 1},
        {"\xe0", STL_HEBREW, 0x5d0, 1},
        {"\xaa", STL_HEBREW, 0xd7, 1},
        {"\xff", STL_HEBREW, 0xfffd, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t taken = 0;
        assert_int_equal(stl_character(slice_of(cases[i].bytes), cases[i].page, &taken),
                         cases[i].letter);
        assert_int_equal(taken, cases[i].taken);
    }
}

static void a_broken_file_says_what_is_wrong(void **state)
{
    (void)state;
    struct file file = begin("STL99.01", '0', "00");
    refuses((struct slice){file.bytes, file.len}, UNSUPPORTED, "STL99.01");
    file = begin("STL25.01", '0', "09");
    refuses((struct slice){file.bytes, file.len}, UNSUPPORTED, "CCT");
    file = begin("STL25.01", '0', "00");
    refuses((struct slice){file.bytes, file.len}, INVALID, "no subtitle");
    add(&file,
        (struct block){.extension = 0xff, .in = {0, 0, 2, 0}, .out = {0, 0, 1, 0}, .text = "back"});
    refuses((struct slice){file.bytes, file.len}, INVALID, "TCO");
    refuses((struct slice){file.bytes, file.len - 1}, INVALID, "cut off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_subtitles_have_time_place_and_looks),
        cmocka_unit_test(teletext_colours_start_anew_with_each_line),
        cmocka_unit_test(extension_blocks_make_one_subtitle_and_comments_none),
        cmocka_unit_test(cumulative_sets_grow),
        cmocka_unit_test(every_code_page_has_its_letters),
        cmocka_unit_test(a_broken_file_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

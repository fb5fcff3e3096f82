// SPDX-License-Identifier: Apache-2.0
#include "media/init_segment.h"

#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// Reads the whole tree; returns how many boxes it has. Every child lies inside its parent, or
// box_next() says so.
static size_t count_boxes(struct box_walk walk)
{
    size_t count = 0;
    while (box_walk_has(&walk)) {
        struct box box;
        assert_int_equal(box_next(&walk, &box, NULL), OK);
        count += 1 + count_boxes(box_children(&box));
    }
    return count;
}

static struct box find(const struct buffer *bytes, const uint32_t *path, size_t depth)
{
    struct box_walk walk = box_walk_init(buffer_slice(bytes), 0);
    struct box box;
    do
        assert_int_equal(box_next(&walk, &box, NULL), OK);
    while (box.type != path[0]);
    for (size_t i = 1; i < depth; i++)
        assert_int_equal(box_find(&box, path[i], &box, NULL), OK);
    return box;
}

static void put(struct buffer *bytes, const struct init_segment *init)
{
    struct box_writer writer = box_writer_init(bytes, NULL);
    init_segment_put(&writer, init);
    assert_int_equal(box_writer_end(&writer), OK);
}

static void says_times_only_where_they_are_known(void **state)
{
    (void)state;
    static const uint32_t mehd[] = {BOX_TYPE('m', 'o', 'o', 'v'), BOX_TYPE('m', 'v', 'e', 'x'),
                                    BOX_TYPE('m', 'e', 'h', 'd')};
    static const uint32_t elst[] = {BOX_TYPE('m', 'o', 'o', 'v'), BOX_TYPE('t', 'r', 'a', 'k'),
                                    BOX_TYPE('e', 'd', 't', 's'), BOX_TYPE('e', 'l', 's', 't')};
    autobuffer known = buffer_init(8192), open = buffer_init(8192);
    put(&known, &(struct init_segment){.stream = &movie_aac,
                                       .edit_ticks = 1024,
                                       .duration_ticks = 480000,
                                       .is_indexed = true});
    put(&open, &(struct init_segment){.stream = &movie_aac});
    const struct box duration = find(&known, mehd, 3), edit = find(&known, elst, 4);
    assert_int_equal(read_u64be(duration.body.at + 4), 480000);
    assert_int_equal(read_u32be(edit.body.at + 4), 1);
    assert_int_equal(read_u64be(edit.body.at + 16), 1024);
    assert_int_equal(count_boxes(box_walk_init(buffer_slice(&known), 0)), 26);
    assert_int_equal(count_boxes(box_walk_init(buffer_slice(&open), 0)), 23);
    assert_null(memmem(open.at, open.len, "dash", 4));
    assert_non_null(memmem(known.at, known.len, "dash", 4));
}

static void the_track_header_shows_the_picture_as_it_is_seen(void **state)
{
    (void)state;
    static const uint32_t tkhd[] = {BOX_TYPE('m', 'o', 'o', 'v'), BOX_TYPE('t', 'r', 'a', 'k'),
                                    BOX_TYPE('t', 'k', 'h', 'd')};
    struct stream wide = movie_avc;
    wide.video.facts.width = 720;
    wide.video.facts.height = 576;
    wide.video.facts.sar_width = 64;
    wide.video.facts.sar_height = 45;
    autobuffer bytes = buffer_init(8192);
    put(&bytes, &(struct init_segment){.stream = &wide, .is_indexed = true});
    const struct box box = find(&bytes, tkhd, 3);
    assert_int_equal(read_u32be(box.body.at + box.body.len - 8), 1024 << 16);
    assert_int_equal(read_u32be(box.body.at + box.body.len - 4), 576 << 16);
}

static void a_language_of_more_than_letters_is_written_whole(void **state)
{
    (void)state;
    struct stream stream = movie_aac;
    memcpy(stream.language, "pt-BR", sizeof "pt-BR");
    autobuffer bytes = buffer_init(8192);
    put(&bytes, &(struct init_segment){.stream = &stream, .is_indexed = true});
    assert_non_null(memmem(bytes.at, bytes.len, "elng\0\0\0\0pt-BR", 14));
}

static void a_media_profile_is_claimed_only_when_all_of_it_holds(void **state)
{
    (void)state;
    struct stream stream = movie_avc; // High 3.0, 640x360
    stream.video.facts.frame_rate = (struct frame_rate){25, 1};
    assert_int_equal(media_profile(&stream), BOX_TYPE('c', 'f', 's', 'd'));
    stream.video.facts.width = 1280;
    assert_int_equal(media_profile(&stream), BOX_TYPE('c', 'f', 'h', 'd'));
    stream.video.facts.frame_rate = (struct frame_rate){120, 1};
    assert_int_equal(media_profile(&stream), 0);
    stream.video.facts.frame_rate = (struct frame_rate){0, 0}; // not known
    assert_int_equal(media_profile(&stream), 0);
    stream.video.facts.frame_rate = (struct frame_rate){60000, 1001};
    stream.video.facts.range = RANGE_PQ;
    assert_int_equal(media_profile(&stream), 0);
    struct stream sound = movie_aac;
    assert_int_equal(media_profile(&sound), BOX_TYPE('c', 'a', 'a', 'c'));
    sound.audio.channels = 6;
    assert_int_equal(media_profile(&sound), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_times_only_where_they_are_known),
        cmocka_unit_test(the_track_header_shows_the_picture_as_it_is_seen),
        cmocka_unit_test(a_language_of_more_than_letters_is_written_whole),
        cmocka_unit_test(a_media_profile_is_claimed_only_when_all_of_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

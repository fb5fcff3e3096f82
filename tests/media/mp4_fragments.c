// SPDX-License-Identifier: Apache-2.0
#include "media/mp4_internal.h"

#include "base/file.h"
#include "media/init_segment.h"
#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    DATA_OFFSET = 0x1,
    FIRST_FLAGS = 0x4,
    DURATION = 0x100,
    SIZE = 0x200,
    FLAGS = 0x400,
    SHIFT = 0x800,
    BASE_DATA_OFFSET = 0x1,
    DEFAULT_DURATION = 0x8,
    DEFAULT_SIZE = 0x10,
    DEFAULT_FLAGS = 0x20,
    BASE_IS_MOOF = 0x20000,
    NON_SYNC = 0x10000,
};

static void put_init(struct box_writer *writer)
{
    const struct init_segment init = {.stream = &movie_avc};
    init_segment_put(writer, &init);
}

static void put_trun(struct box_writer *writer, uint32_t flags, uint32_t count,
                     uint32_t data_offset)
{
    full_box_begin(writer, BOX_TYPE('t', 'r', 'u', 'n'), 0, flags);
    put_u32(writer, count);
    if (flags & DATA_OFFSET) put_u32(writer, data_offset);
    if (flags & FIRST_FLAGS) put_u32(writer, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (flags & DURATION) put_u32(writer, 100 + i);
        if (flags & SIZE) put_u32(writer, 10 + i);
        if (flags & FLAGS) put_u32(writer, i % 2 == 0 ? 0 : NON_SYNC);
        if (flags & SHIFT) put_u32(writer, 7 * i);
    }
    box_end(writer);
}

static void put_tfhd(struct box_writer *writer, uint32_t id, uint32_t flags, uint64_t base)
{
    full_box_begin(writer, BOX_TYPE('t', 'f', 'h', 'd'), 0, flags);
    put_u32(writer, id);
    if (flags & BASE_DATA_OFFSET) put_u64(writer, base);
    if (flags & DEFAULT_DURATION) put_u32(writer, 100);
    if (flags & DEFAULT_SIZE) put_u32(writer, 10);
    if (flags & DEFAULT_FLAGS) put_u32(writer, NON_SYNC);
    box_end(writer);
}

static void put_tfdt(struct box_writer *writer, uint32_t time)
{
    full_box_begin(writer, BOX_TYPE('t', 'f', 'd', 't'), 0, 0);
    put_u32(writer, time);
    box_end(writer);
}

static void put_mdat(struct box_writer *writer, size_t len)
{
    box_begin(writer, BOX_TYPE('m', 'd', 'a', 't'));
    put_zeros(writer, len);
    box_end(writer);
}

// All samples, or the outcome that ended them.
static outcome read_all(const struct buffer *bytes, struct sample *out, size_t *count,
                        struct why *why)
{
    char path[MOVIE_PATH_BYTES];
    movie_save(bytes, path);
    autoarena arena = arena_init(MOVIE_BYTES_MAX);
    struct mp4 *mp4 = NULL;
    struct mp4_cursor *cursor = NULL;
    assert_int_equal(mp4_open(&arena, path, &mp4, why), OK);
    assert_int_equal(mp4_cursor_open(&arena, mp4, 0, &cursor, why), OK);
    outcome result;
    *count = 0;
    for (bool is_end = false;;) {
        struct sample sample;
        result = mp4_cursor_next(cursor, &sample, &is_end, why);
        if (result != OK || is_end) break;
        out[(*count)++] = sample;
    }
    mp4_cursor_close(&cursor);
    mp4_close(&mp4);
    (void)unlink(path);
    return result;
}

static void reads_runs_as_other_packagers_write_them(void **state)
{
    (void)state;
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    struct box_writer writer = box_writer_init(&bytes, NULL);
    put_init(&writer);
    const size_t moof_at = bytes.len;
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'f'));
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'f')); // another track's: passed over
    put_tfhd(&writer, 2, BASE_IS_MOOF | DEFAULT_SIZE, 0);
    put_trun(&writer, DATA_OFFSET, 9, 0);
    box_end(&writer);
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'f'));
    put_tfhd(&writer, 1, BASE_IS_MOOF | DEFAULT_DURATION | DEFAULT_SIZE | DEFAULT_FLAGS, 0);
    put_tfdt(&writer, 5000);
    put_trun(&writer, DATA_OFFSET | FIRST_FLAGS, 3, 400);
    put_trun(&writer, SIZE | FLAGS | SHIFT | DURATION, 2, 0); // goes on where the first run ended
    box_end(&writer);
    box_end(&writer);
    put_mdat(&writer, 600);
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'f'));
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'f')); // no tfdt: time goes on
    put_tfhd(&writer, 1, BASE_DATA_OFFSET | DEFAULT_DURATION | DEFAULT_SIZE, moof_at + 300);
    put_trun(&writer, DATA_OFFSET, 1, 20);
    box_end(&writer);
    box_end(&writer);
    put_mdat(&writer, 100);
    assert_int_equal(box_writer_end(&writer), OK);

    struct sample samples[16];
    size_t count;
    assert_int_equal(read_all(&bytes, samples, &count, NULL), OK);
    assert_int_equal(count, 6);
    static const struct sample expected[] = {
        {400, 10, 0, 5000, 100, 0, true},  {410, 10, 0, 5100, 100, 0, false},
        {420, 10, 0, 5200, 100, 0, false}, {430, 10, 0, 5300, 100, 0, true},
        {440, 11, 0, 5400, 101, 7, false}, {320, 10, 0, 5501, 100, 0, true},
    };
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(samples[i].offset, moof_at + expected[i].offset);
        assert_int_equal(samples[i].size, expected[i].size);
        assert_int_equal(samples[i].decode_ticks, expected[i].decode_ticks);
        assert_int_equal(samples[i].duration_ticks, expected[i].duration_ticks);
        assert_int_equal(samples[i].shift_ticks, expected[i].shift_ticks);
        assert_int_equal(samples[i].is_sync, expected[i].is_sync);
    }
}

static void one_fragment(struct buffer *bytes, uint32_t tfdt, uint32_t run_flags, uint32_t count,
                         uint32_t data_offset)
{
    struct box_writer writer = box_writer_init(bytes, NULL);
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'f'));
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'f'));
    put_tfhd(&writer, 1, BASE_IS_MOOF | DEFAULT_DURATION, 0);
    put_tfdt(&writer, tfdt);
    put_trun(&writer, run_flags, count, data_offset);
    box_end(&writer);
    box_end(&writer);
    put_mdat(&writer, 200);
    assert_int_equal(box_writer_end(&writer), OK);
}

static void refuses_runs_that_lie(void **state)
{
    (void)state;
    static const struct {
        uint32_t second_tfdt, flags, count, data_offset;
        const char *part;
    } cases[] = {
        {99, DATA_OFFSET | SIZE, 1, 200, "decode times go back"},
        {100, DATA_OFFSET | SIZE, 1, 20000, "outside the file"},
        {100, DATA_OFFSET | SIZE, 1, 0x80000000, "outside the file"},
        {100, DATA_OFFSET, 1, 200, "samples without bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
        struct box_writer writer = box_writer_init(&bytes, NULL);
        put_init(&writer);
        assert_int_equal(box_writer_end(&writer), OK);
        one_fragment(&bytes, 0, DATA_OFFSET | SIZE, 1, 200);
        one_fragment(&bytes, cases[i].second_tfdt, cases[i].flags, cases[i].count,
                     cases[i].data_offset);
        struct sample samples[16];
        size_t count;
        struct why why = {""};
        assert_int_equal(read_all(&bytes, samples, &count, &why), INVALID);
        assert_int_equal(count, 1);
        if (strstr(why.text, cases[i].part) == NULL) fail_msg("%s", why.text);
    }
}

static void a_run_that_claims_more_samples_than_its_bytes_hold_is_refused(void **state)
{
    (void)state;
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    struct box_writer writer = box_writer_init(&bytes, NULL);
    put_init(&writer);
    assert_int_equal(box_writer_end(&writer), OK);
    const size_t before = bytes.len;
    one_fragment(&bytes, 0, DATA_OFFSET | SIZE, 2, 200);
    const uint8_t *run = memmem(bytes.at + before, bytes.len - before, "trun", 4);
    assert_non_null(run);
    buffer_patch_u32be(&bytes, (size_t)(run - bytes.at) + 8, 3);
    struct sample samples[16];
    size_t count;
    struct why why = {""};
    assert_int_equal(read_all(&bytes, samples, &count, &why), INVALID);
    assert_non_null(strstr(why.text, "claims 3 samples, it holds 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_runs_as_other_packagers_write_them),
        cmocka_unit_test(refuses_runs_that_lie),
        cmocka_unit_test(a_run_that_claims_more_samples_than_its_bytes_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

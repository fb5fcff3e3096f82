// SPDX-License-Identifier: Apache-2.0
#include "media/parameter_hoist.h"

#include "base/file.h"
#include "media/fragment_writer.h"
#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// NAL units with their lengths of four bytes.
#define SPS                                                                                        \
    "\0\0\0\x17\x67\x64\x00\x1e\xac\xd9\x40\xa0\x2f\xf9\x61\x00\x00\x03\x00\x01\x00\x00\x03\x00"   \
    "\x32\x0f\x16"
#define PPS   "\0\0\0\x06\x68\xeb\xe3\xcb\x22\xc0"
#define OTHER "\0\0\0\x06\x68\xeb\xe3\xcb\x22\xc1" // another PPS
#define AUD   "\0\0\0\x02\x09\x10"
#define IDR   "\0\0\0\x05\x65\x88\x80\x10\x00"
#define SLICE "\0\0\0\x04\x41\x9a\x24\x6c"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

struct judged {
    outcome result;
    struct why why;
    bool is_needed;
    size_t hole_count;
    struct sample_hole holes[HOIST_HOLES_MAX];
};

// Writes the two samples as an avc3 stream, plans, and looks at sample `index`.
static struct judged judge(struct slice key, struct slice other, size_t index)
{
    char path[] = "/tmp/hoist-XXXXXX";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    struct stream stream = movie_avc;
    stream.in_band = true;
    autofragments *writer = NULL;
    assert_int_equal(fragment_writer_open(fd, &stream, 0, &writer, NULL), OK);
    assert_int_equal(fragment_put(writer, &(struct coded_sample){key, 512, 0, true}, NULL), OK);
    assert_int_equal(fragment_put(writer, &(struct coded_sample){other, 512, 0, false}, NULL), OK);
    assert_int_equal(fragment_cut(writer, NULL), OK);

    autoarena arena = arena_init(1024 * 1024);
    autopool *pool = NULL;
    const char *const list[] = {path};
    struct sample_source *source = NULL;
    struct parameter_hoist hoist;
    struct judged judged = {.why = {""}};
    assert_int_equal(window_pool_open(&pool, NULL), OK);
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    assert_int_equal(parameter_hoist_plan(&arena, source, &stream, &hoist, NULL), OK);
    assert_int_equal(stream.in_band, !hoist.is_needed);
    judged.is_needed = hoist.is_needed;
    for (size_t i = 0; i <= index && hoist.is_needed; i++) {
        struct gather gather = gather_init(pool, -1);
        struct window_file file;
        struct sample sample;
        bool is_end;
        assert_int_equal(sample_source_next(source, &sample, &is_end, NULL), OK);
        assert_int_equal(sample_source_file(source, 0, &file, NULL), OK);
        judged.result = parameter_hoist_sample(&hoist, &gather, &file, &sample, judged.holes,
                                               &judged.hole_count, &judged.why);
    }
    sample_source_close(&source);
    (void)unlink(path);
    return judged;
}

static void sets_of_the_configuration_become_holes(void **state)
{
    (void)state;
    const struct slice key = BYTES(AUD SPS PPS IDR), plain = BYTES(AUD SLICE);
    const struct judged first = judge(key, plain, 0);
    assert_true(first.is_needed);
    assert_int_equal(first.result, OK);
    assert_int_equal(first.hole_count, 1); // SPS and PPS touch
    assert_int_equal(first.holes[0].offset, 6);
    assert_int_equal(first.holes[0].size, 27 + 10);
    const struct judged second = judge(key, plain, 1);
    assert_int_equal(second.result, OK);
    assert_int_equal(second.hole_count, 0);
    const struct slice apart = BYTES(SPS AUD PPS IDR);
    const struct judged two = judge(apart, plain, 0);
    assert_int_equal(two.hole_count, 2);
    assert_int_equal(two.holes[1].offset, 33);
}

static void a_stream_whose_key_pictures_bring_other_sets_stays_as_it_is(void **state)
{
    (void)state;
    const struct slice key = BYTES(SPS OTHER IDR), plain = BYTES(SLICE);
    assert_false(judge(key, plain, 0).is_needed);
}

static void a_later_picture_that_breaks_the_promise_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct slice sample;
        const char *part;
    } cases[] = {
        {BYTES(OTHER SLICE), "changes its parameter sets"},
        {BYTES(SPS PPS), "nothing but parameter sets"},
        {BYTES("\0\0\0\x09\x41\x9a"), "reaches past it"},
        {BYTES(SLICE "\0\0\0"), "ends inside a NAL unit"},
        {BYTES("\0\0\0\0\x41"), "reaches past it"},
    };
    const struct slice key = BYTES(SPS PPS IDR);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct judged judged = judge(key, cases[i].sample, 1);
        assert_true(judged.is_needed);
        assert_int_equal(judged.result, INVALID);
        if (strstr(judged.why.text, cases[i].part) == NULL) fail_msg("%s", judged.why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_of_the_configuration_become_holes),
        cmocka_unit_test(a_stream_whose_key_pictures_bring_other_sets_stays_as_it_is),
        cmocka_unit_test(a_later_picture_that_breaks_the_promise_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/fragment_writer.h"

#include "base/file.h"
#include "media/box.h"
#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

static uint64_t size_of(int fd)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    return (uint64_t)status.st_size;
}

static void writes_one_moof_and_mdat_per_cut_and_nothing_before_it(void **state)
{
    (void)state;
    static const uint8_t bytes[40] = {1, 2, 3};
    autofd fd = memfd_create("chunk", MFD_CLOEXEC);
    autofragments *writer = NULL;
    assert_int_equal(fragment_writer_open(fd, &movie_avc, 96 * 512, &writer, NULL), OK);
    const uint64_t init = size_of(fd);
    struct coded_sample sample = {{bytes, sizeof bytes}, 512, 0, true};
    assert_int_equal(fragment_cut(writer, NULL), OK);
    assert_int_equal(fragment_put(writer, &sample, NULL), OK);
    sample.is_sync = false;
    assert_int_equal(fragment_put(writer, &sample, NULL), OK);
    assert_int_equal(size_of(fd), init);
    assert_int_equal(fragment_cut(writer, NULL), OK);

    struct box moof, mdat, traf, tfdt;
    autobuffer room = buffer_init(4096);
    assert_int_equal(box_read(fd, size_of(fd), init, &moof, NULL), OK);
    assert_int_equal(box_read(fd, size_of(fd), init + moof.size, &mdat, NULL), OK);
    assert_int_equal(mdat.size, 8 + 2 * sizeof bytes);
    assert_int_equal(init + moof.size + mdat.size, size_of(fd));
    assert_int_equal(box_load(fd, &moof, &room, &moof, NULL), OK);
    assert_int_equal(box_find(&moof, BOX_TYPE('t', 'r', 'a', 'f'), &traf, NULL), OK);
    assert_int_equal(box_find(&traf, BOX_TYPE('t', 'f', 'd', 't'), &tfdt, NULL), OK);
    assert_int_equal(read_u64be(tfdt.body.at + 4), 96 * 512);
}

static void the_same_stream_gives_the_same_init_bytes_whatever_the_chunk(void **state)
{
    (void)state;
    uint8_t first[4096], second[4096];
    uint8_t *const inits[] = {first, second};
    uint64_t sizes[2];
    for (size_t i = 0; i < 2; i++) {
        autofd fd = memfd_create("chunk", MFD_CLOEXEC);
        autofragments *writer = NULL;
        assert_int_equal(fragment_writer_open(fd, &movie_avc, i * 999, &writer, NULL), OK);
        sizes[i] = size_of(fd);
        assert_true(sizes[i] <= sizeof first);
        assert_int_equal(fd_read_at(fd, inits[i], (size_t)sizes[i], 0, NULL), OK);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(first, second, (size_t)sizes[0]);
}

static void refuses_what_no_player_could_start_or_hold(void **state)
{
    (void)state;
    static const uint8_t bytes[4] = {0};
    autofd fd = memfd_create("chunk", MFD_CLOEXEC);
    autofragments *writer = NULL;
    struct why why = {""};
    struct stream stream = movie_avc;
    stream.timescale = 0;
    assert_int_equal(fragment_writer_open(fd, &stream, 0, &writer, &why), INVALID);
    stream = movie_avc;
    stream.config.len = 3;
    assert_int_equal(fragment_writer_open(fd, &stream, 0, &writer, &why), INVALID);
    assert_null(writer);
    assert_int_equal(size_of(fd), 0);

    assert_int_equal(fragment_writer_open(fd, &movie_avc, 0, &writer, NULL), OK);
    struct coded_sample sample = {{bytes, sizeof bytes}, 512, 0, false};
    assert_int_equal(fragment_put(writer, &sample, &why), INVALID);
    assert_non_null(strstr(why.text, "does not start with a sync sample"));
    sample = (struct coded_sample){{bytes, 0}, 512, 0, true};
    assert_int_equal(fragment_put(writer, &sample, &why), INVALID);
    sample.bytes.len = sizeof bytes;
    for (size_t i = 0; i < FRAGMENT_SAMPLES_MAX; i++)
        assert_int_equal(fragment_put(writer, &sample, NULL), OK);
    assert_int_equal(fragment_put(writer, &sample, NULL), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_moof_and_mdat_per_cut_and_nothing_before_it),
        cmocka_unit_test(the_same_stream_gives_the_same_init_bytes_whatever_the_chunk),
        cmocka_unit_test(refuses_what_no_player_could_start_or_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/window_pool.h"

#include "base/file.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOURCES = 3, SOURCE_BYTES = 5 * WINDOW_BYTES + 12345, PIECES = 4000 };

static int make_source(uint8_t *bytes, uint64_t seed)
{
    struct prng prng = prng_init(seed);
    for (size_t i = 0; i + 8 <= SOURCE_BYTES; i += 8) {
        const uint64_t value = prng_next(&prng);
        memcpy(bytes + i, &value, sizeof value);
    }
    const int fd = memfd_create("source", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, (struct slice){bytes, SOURCE_BYTES}, NULL), OK);
    return fd;
}

static void gathers_the_bytes_that_were_asked_for_in_their_order(void **state)
{
    (void)state;
    struct prng prng = prng_init(4711);
    uint8_t *bytes[SOURCES];
    struct window_file files[SOURCES];
    for (size_t i = 0; i < SOURCES; i++) {
        bytes[i] = calloc(1, SOURCE_BYTES);
        assert_non_null(bytes[i]);
        assert_int_equal(window_file_of(make_source(bytes[i], i), &files[i], NULL), OK);
    }
    autopool *pool = NULL;
    assert_int_equal(window_pool_open(&pool, NULL), OK);
    autofd out = memfd_create("out", MFD_CLOEXEC);
    struct gather gather = gather_init(pool, out);
    autobuffer expected = buffer_init(256 * 1024 * 1024);
    for (size_t i = 0; i < PIECES; i++) {
        const size_t file = prng_below(&prng, SOURCES);
        const uint64_t offset = prng_below(&prng, SOURCE_BYTES);
        uint64_t len = 1 + prng_below(&prng, i % 500 == 0 ? 3 * WINDOW_BYTES : 3000);
        if (len > SOURCE_BYTES - offset) len = SOURCE_BYTES - offset;
        assert_int_equal(gather_file(&gather, &files[file], offset, len, NULL), OK);
        assert_int_equal(
            buffer_put(&expected, (struct slice){bytes[file] + offset, (size_t)len}, NULL), OK);
        if (i % 7 != 0) continue;
        assert_int_equal(gather_bytes(&gather, slice_of("between"), NULL), OK);
        assert_int_equal(buffer_put_text(&expected, "between", NULL), OK);
    }
    assert_int_equal(gather_flush(&gather, NULL), OK);
    assert_int_equal(gather.written, expected.len);
    uint8_t *written = malloc(expected.len);
    assert_non_null(written);
    assert_int_equal(fd_read_at(out, written, expected.len, 0, NULL), OK);
    assert_memory_equal(written, expected.at, expected.len);
    free(written);
    for (size_t i = 0; i < SOURCES; i++) {
        free(bytes[i]);
        fd_close(&files[i].fd);
    }
}

static void a_file_that_changed_is_read_again(void **state)
{
    (void)state;
    autopool *pool = NULL;
    assert_int_equal(window_pool_open(&pool, NULL), OK);
    autofd out = memfd_create("out", MFD_CLOEXEC);
    autofd in = memfd_create("in", MFD_CLOEXEC);
    struct gather gather = gather_init(pool, out);
    struct window_file file;
    assert_int_equal(fd_write_at(in, slice_of("old"), 0, NULL), OK);
    assert_int_equal(window_file_of(in, &file, NULL), OK);
    assert_int_equal(gather_file(&gather, &file, 0, 3, NULL), OK);
    assert_int_equal(gather_flush(&gather, NULL), OK);
    assert_int_equal(fd_write_at(in, slice_of("newer"), 0, NULL), OK);
    assert_int_equal(window_file_of(in, &file, NULL), OK);
    assert_int_equal(gather_file(&gather, &file, 0, 5, NULL), OK);
    assert_int_equal(gather_flush(&gather, NULL), OK);
    char written[9] = {0};
    assert_int_equal(fd_read_at(out, (uint8_t *)written, 8, 0, NULL), OK);
    assert_string_equal(written, "oldnewer");
}

static void bytes_outside_a_file_are_corrupt(void **state)
{
    (void)state;
    autopool *pool = NULL;
    assert_int_equal(window_pool_open(&pool, NULL), OK);
    autofd in = memfd_create("in", MFD_CLOEXEC);
    autofd out = memfd_create("out", MFD_CLOEXEC);
    struct gather gather = gather_init(pool, out);
    struct window_file file;
    assert_int_equal(fd_write_at(in, slice_of("12345678"), 0, NULL), OK);
    assert_int_equal(window_file_of(in, &file, NULL), OK);
    assert_int_equal(gather_file(&gather, &file, 0, 9, NULL), CORRUPT);
    assert_int_equal(gather_file(&gather, &file, 9, 1, NULL), CORRUPT);
    assert_int_equal(gather_file(&gather, &file, UINT64_MAX, 2, NULL), CORRUPT);
    assert_int_equal(ftruncate(in, 4), 0); // cut off while it is read
    assert_int_equal(gather_file(&gather, &file, 0, 8, NULL), CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers_the_bytes_that_were_asked_for_in_their_order),
        cmocka_unit_test(a_file_that_changed_is_read_again),
        cmocka_unit_test(bytes_outside_a_file_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

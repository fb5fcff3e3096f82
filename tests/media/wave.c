// SPDX-License-Identifier: Apache-2.0
#include "media/wave.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { HEAD = 104 };

static uint64_t number(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

static void a_short_file_is_riff_and_its_sizes_are_right(void **state)
{
    (void)state;
    struct why why = {""};
    autofd fd = memfd_create("wave", 0);
    struct wave_writer writer;
    static const uint8_t samples[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}; // three frames of mono in 24 bits
    uint8_t head[HEAD];
    assert_int_equal(wave_open(fd, 48000, 1, WAVE_CENTRE, 24, &writer, &why), OK);
    assert_int_equal(wave_put(&writer, (struct slice){samples, 6}, &why), OK);
    assert_int_equal(wave_put(&writer, (struct slice){samples + 6, 3}, &why), OK);
    assert_int_equal(wave_finish(&writer, &why), OK);
    assert_int_equal(fd_read_at(fd, head, HEAD, 0, &why), OK);
    assert_memory_equal(head, "RIFF", 4);
    assert_int_equal(number(head + 4, 4), HEAD - 8 + 9);
    assert_memory_equal(head + 12, "JUNK", 4);
    assert_memory_equal(head + 48, "fmt ", 4);
    assert_int_equal(number(head + 56, 2), 0xfffe);
    assert_int_equal(number(head + 58, 2), 1);
    assert_int_equal(number(head + 60, 4), 48000);
    assert_int_equal(number(head + 64, 4), 144000);
    assert_int_equal(number(head + 68, 2), 3);
    assert_int_equal(number(head + 76, 4), WAVE_CENTRE);
    assert_int_equal(number(head + 100, 4), 9);
    uint8_t back[10];
    assert_int_equal(fd_read_at(fd, back, 10, HEAD, &why), OK); // padded to an even byte
    assert_memory_equal(back, samples, 9);
}

static void a_long_file_is_rf64(void **state)
{
    (void)state;
    struct why why = {""};
    autofd fd = memfd_create("wave", 0);
    struct wave_writer writer;
    uint8_t head[HEAD];
    const uint64_t bytes = UINT64_C(0x180000000);
    assert_int_equal(wave_open(fd, 48000, 6, 0x3f, 32, &writer, &why), OK);
    writer.data_bytes = bytes; // as if so much had been put
    assert_int_equal(wave_finish(&writer, &why), OK);
    assert_int_equal(fd_read_at(fd, head, HEAD, 0, &why), OK);
    assert_memory_equal(head, "RF64\xff\xff\xff\xffWAVEds64", 16);
    assert_int_equal(number(head + 20, 8), bytes + HEAD - 8);
    assert_int_equal(number(head + 28, 8), bytes);
    assert_int_equal(number(head + 36, 8), bytes / 24);
    assert_int_equal(number(head + 100, 4), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_file_is_riff_and_its_sizes_are_right),
        cmocka_unit_test(a_long_file_is_rf64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

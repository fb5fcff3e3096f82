// SPDX-License-Identifier: Apache-2.0
#include "delivery/storage_log.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

struct heard {
    unsigned objects, slices, drops;
    uint64_t last_id;
    uint32_t last_index, last_crc;
    char key[40];
};

static void hear_object(void *context, const struct log_object *object)
{
    struct heard *heard = context;
    heard->objects++;
    heard->last_id = object->id;
    (void)snprintf(heard->key, sizeof heard->key, "%.*s", SLICE_ARG(object->key));
    assert_int_equal(object->head->status, 200);
    assert_true(slice_is(object->head->validators.etag, "\"e\""));
    assert_int_equal(object->head->freshness.lifetime_ms, 5000);
}

static void hear_slice(void *context, const struct log_slice *slice)
{
    struct heard *heard = context;
    heard->slices++;
    heard->last_index = slice->index;
    heard->last_crc = slice->crc;
}

static void hear_drop(void *context, const struct log_slice *slice)
{
    ((struct heard *)context)->drops++;
    ((struct heard *)context)->last_index = slice->index;
}

static struct log_reader reader_of(struct heard *heard)
{
    return (struct log_reader){hear_object, hear_slice, hear_drop, heard};
}

static void what_is_put_is_read_again_and_a_torn_end_is_cut_off(void **state)
{
    (void)state;
    char path[] = "/tmp/primrose-log-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct heard heard = {0};
    struct log_reader reader = reader_of(&heard);
    struct storage_log *log = NULL;
    assert_int_equal(log_open(path, &reader, &log, NULL), OK);
    const struct freshness freshness = {.lifetime_ms = 5000};
    const struct http_field field = {slice_of("ETag"), slice_of("\"e\""), FIELD_OTHER};
    struct cache_head *head = NULL;
    assert_int_equal(head_make(200, &field, 1, &freshness, NULL, &head, NULL), OK);
    const struct log_object object = {7, 99, slice_of("/film"), head};
    const struct log_slice slice = {7, 3, 1000, 4096, 0xdeadbeef};
    assert_int_equal(log_put_object(log, &object), OK);
    const uint64_t after_object = log_bytes(log);
    assert_int_equal(log_put_slice(log, &slice), OK);
    const uint64_t after_slice = log_bytes(log);
    assert_int_equal(log_put_drop(log, 7, 3), OK);
    const uint64_t whole = log_bytes(log);
    log_close(&log);
    head_drop(head);
    autobuffer bytes = buffer_init(100000);
    assert_int_equal(file_read(path, &bytes, NULL), OK);
    assert_int_equal(bytes.len, whole);
    for (size_t len = 0; len <= bytes.len; len++) {
        heard = (struct heard){0};
        const size_t good = log_read(slice_part(buffer_slice(&bytes), 0, len), &reader);
        assert_true(good <= len);
        assert_int_equal(heard.objects, len >= after_object);
        assert_int_equal(heard.slices, len >= after_slice);
        assert_int_equal(heard.drops, len >= whole);
    }
    assert_string_equal(heard.key, "/film");
    assert_int_equal(heard.last_crc, 0xdeadbeef);
    assert_int_equal(truncate(path, (off_t)whole - 1), 0);
    heard = (struct heard){0};
    assert_int_equal(log_open(path, &reader, &log, NULL), OK);
    assert_int_equal(log_bytes(log), after_slice);
    assert_int_equal(heard.drops, 0);
    log_close(&log);
    (void)unlink(path);
}

static void no_flipped_bit_is_believed(void **state)
{
    (void)state;
    struct heard heard = {0};
    const struct log_reader reader = reader_of(&heard);
    char path[] = "/tmp/primrose-log-XXXXXX";
    const int fd = mkstemp(path);
    (void)close(fd);
    struct storage_log *log = NULL;
    assert_int_equal(log_open(path, &reader, &log, NULL), OK);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(log_put_drop(log, 5, i), OK);
    log_close(&log);
    autobuffer bytes = buffer_init(1000);
    assert_int_equal(file_read(path, &bytes, NULL), OK);
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        heard = (struct heard){0};
        bytes.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)log_read(buffer_slice(&bytes), &reader);
        assert_true(heard.drops < 3);
        bytes.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    (void)unlink(path);
}

static void the_checksum_is_castagnolis(void **state)
{
    (void)state;
    static const uint8_t zeroes[32] = {0};
    uint8_t rising[32];
    for (uint8_t i = 0; i < 32; i++)
        rising[i] = i;
    assert_int_equal(crc32c(0, (struct slice){zeroes, 32}), 0x8a9136aa); // RFC 3720 B.4
    assert_int_equal(crc32c(0, (struct slice){rising, 32}), 0x46dd794e);
    assert_int_equal(crc32c(0, slice_of("123456789")), 0xe3069283);
    assert_int_equal(crc32c(crc32c(0, slice_of("1234")), slice_of("56789")), 0xe3069283);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read_again_and_a_torn_end_is_cut_off),
        cmocka_unit_test(no_flipped_bit_is_believed),
        cmocka_unit_test(the_checksum_is_castagnolis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

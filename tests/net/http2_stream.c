// SPDX-License-Identifier: Apache-2.0
#include "net/http2_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct rig {
    struct http_exchange exchange;
    struct http2_stream stream;
};

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){.exchange = {.arena = arena_init(1 << 20)}};
    rig->stream = (struct http2_stream){.exchange = &rig->exchange,
                                        .head = buffer_init(HTTP_HEAD_BYTES_MAX),
                                        .crumb = buffer_init(HTTP_LINE_BYTES_MAX)};
}

static void rig_close(struct rig *rig)
{
    buffer_release(&rig->stream.head);
    buffer_release(&rig->stream.crumb);
    arena_release(&rig->exchange.arena);
}

static outcome take(struct rig *rig, const char *name, const char *value)
{
    return stream_take_field(&rig->stream, slice_of(name), slice_of(value));
}

static void fields_become_one_head(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    static const char *const fields[][2] = {
        {":method", "HEAD"},   {":scheme", "https"}, {":path", "/a?b=c"}, {":authority", "house:8"},
        {"range", "bytes=0-"}, {"cookie", "a=1"},    {"x-empty", ""},     {"cookie", "b=2"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        assert_int_equal(take(&rig, fields[i][0], fields[i][1]), OK);
    assert_int_equal(stream_read_head(&rig.stream), FAULT_NONE);
    const struct http_request *request = rig.exchange.request;
    assert_true(rig.exchange.is_head);
    assert_true(slice_is(request->path, "/a"));
    assert_true(slice_is(request->query, "b=c"));
    assert_true(slice_is(request->host, "house:8"));
    struct slice value;
    assert_true(http_request_find(request, FIELD_COOKIE, &value));
    assert_true(slice_is(value, "a=1; b=2"));
    assert_true(http_request_find(request, FIELD_RANGE, &value));
    assert_true(slice_is(value, "bytes=0-"));
    rig_close(&rig);
}

static void bytes_that_end_a_line_or_a_word_are_refused(void **state)
{
    (void)state;
    static const char *const fields[][2] = {
        {":path", "/a HTTP/1.1\r\nx: y"},
        {":path", "/a b"},
        {":method", "GET /x"},
        {":authority", "a\nb"},
        {"x", "a\r\nhost: b"},
        {"x", "a\nb"},
        {"x y", "a"},
        {"x\r\ny", "a"},
        {":path", ""},
        {"", "a"},
        {"cookie", "a=1\r\nb"},
        {"x", "a\x01"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct rig rig;
        rig_open(&rig);
        assert_int_equal(take(&rig, fields[i][0], fields[i][1]), INVALID);
        rig_close(&rig);
    }
}

static void the_authority_wins_over_host_and_a_missing_part_is_a_fault(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    assert_int_equal(take(&rig, ":method", "GET"), OK);
    assert_int_equal(take(&rig, ":authority", "right"), OK);
    assert_int_equal(take(&rig, "host", "wrong"), OK);
    assert_int_not_equal(stream_read_head(&rig.stream), FAULT_NONE); // no :path
    assert_int_equal(take(&rig, ":path", "/"), OK);
    assert_int_equal(stream_read_head(&rig.stream), FAULT_NONE);
    assert_true(slice_is(rig.exchange.request->host, "right"));
    rig_close(&rig);
}

static void too_many_fields_are_too_large(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    static char value[4000];
    memset(value, 'v', sizeof value - 1);
    outcome taken = OK;
    for (int i = 0; i < 20 && taken == OK; i++)
        taken = take(&rig, "x", value);
    assert_int_equal(taken, TOO_LARGE);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_become_one_head),
        cmocka_unit_test(bytes_that_end_a_line_or_a_word_are_refused),
        cmocka_unit_test(the_authority_wins_over_host_and_a_missing_part_is_a_fault),
        cmocka_unit_test(too_many_fields_are_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

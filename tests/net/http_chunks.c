// SPDX-License-Identifier: Apache-2.0
#include "net/http_chunks.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum http_parsed read_all(const char *text, size_t step, struct buffer *body,
                                 struct slice *rest, enum http_fault *fault)
{
    struct http_chunks chunks = http_chunks_init(1000);
    const size_t len = strlen(text);
    enum http_parsed parsed = HTTP_MORE;
    for (size_t at = 0; at < len && parsed == HTTP_MORE;) {
        const size_t take = len - at < step ? len - at : step;
        struct slice in = {(const uint8_t *)text + at, take}, data;
        do {
            parsed = http_chunks_read(&chunks, &in, &data, fault);
            assert_int_equal(buffer_put(body, data, NULL), OK);
        } while (parsed == HTTP_MORE && in.len > 0);
        at += take - in.len;
        *rest = (struct slice){(const uint8_t *)text + at, len - at};
    }
    return parsed;
}

static void joins_the_data_whatever_the_pieces(void **state)
{
    (void)state;
    static const char text[] =
        "5\r\nhello\r\n1;a=b;c=\"d e\"\r\n,\r\n00000000000000A\r\n brave new\r\n"
        "0\r\nX-Trailer: 1\r\nY:\r\n\r\nGET /";
    for (size_t step = 1; step < sizeof text; step++) {
        autobuffer body = buffer_init(1000);
        struct slice rest;
        enum http_fault fault;
        assert_int_equal(read_all(text, step, &body, &rest, &fault), HTTP_READY);
        assert_true(slice_is(buffer_slice(&body), "hello, brave new"));
        assert_true(slice_is(rest, "GET /"));
    }
}

static void refuses_what_two_parsers_could_read_in_two_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum http_fault fault;
    } cases[] = {
        {"\r\n", FAULT_CHUNK_SIZE},
        {" 5\r\nhello\r\n", FAULT_CHUNK_SIZE},
        {"5 \r\nhello\r\n", FAULT_CHUNK_SIZE},
        {"0x5\r\nhello\r\n", FAULT_CHUNK_SIZE},
        {"+5\r\nhello\r\n", FAULT_CHUNK_SIZE},
        {"-1\r\n", FAULT_CHUNK_SIZE},
        {"5\nhello\r\n", FAULT_BARE_LF},
        {"5\rhello\r\n", FAULT_BARE_CR},
        {"5;a\nhello", FAULT_BARE_LF},
        {"5;a\rx", FAULT_BARE_CR},
        {"5;a\x01\r\n", FAULT_CHUNK_EXTRA},
        {"5\r\nhellox\r\n", FAULT_CHUNK_END},
        {"5\r\nhello\n", FAULT_BARE_LF},
        {"5\r\nhello\rx", FAULT_BARE_CR},
        {"5\r\nhell\r\n", FAULT_BARE_LF},
        {"00000000000000005\r\n", FAULT_CHUNK_SIZE},
        {"ffffffffffffffff\r\n", FAULT_BODY_LARGE},
        {"3e9\r\n", FAULT_BODY_LARGE},
        {"0\r\nX\r\n\r\n", FAULT_CHUNK_EXTRA},
        {"0\r\nX : 1\r\n\r\n", FAULT_CHUNK_EXTRA},
        {"0\r\n X: 1\r\n\r\n", FAULT_CHUNK_EXTRA},
        {"0\r\nX: 1\n\r\n", FAULT_BARE_LF},
        {"0\r\n\n", FAULT_BARE_LF},
        {"0\r\n\rx", FAULT_BARE_CR},
        {"0\n\r\n", FAULT_BARE_LF},
        {"0\r\nX: 1\r\n\rGET", FAULT_BARE_CR},
        {"g\r\n", FAULT_CHUNK_SIZE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer body = buffer_init(1000);
        struct slice rest;
        enum http_fault fault = FAULT_NONE;
        const enum http_parsed parsed = read_all(cases[i].text, 1, &body, &rest, &fault);
        if (parsed != HTTP_REFUSED || fault != cases[i].fault)
            fail_msg("%s: %s", cases[i].text, http_fault_sentence(fault));
    }
}

static void extensions_and_trailers_are_capped_in_sum(void **state)
{
    (void)state;
    autobuffer text = buffer_init(HTTP_CHUNK_EXTRA_BYTES_MAX * 4);
    while (text.len < HTTP_CHUNK_EXTRA_BYTES_MAX * 2)
        assert_int_equal(buffer_put_text(&text, "1;aaaaaaaaaaaa\r\nx\r\n", NULL), OK);
    autobuffer body = buffer_init(1000);
    struct slice rest;
    enum http_fault fault = FAULT_NONE;
    assert_int_equal(read_all(buffer_text(&text), 64, &body, &rest, &fault), HTTP_REFUSED);
    assert_int_equal(fault, FAULT_CHUNK_EXTRA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_the_data_whatever_the_pieces),
        cmocka_unit_test(refuses_what_two_parsers_could_read_in_two_ways),
        cmocka_unit_test(extensions_and_trailers_are_capped_in_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

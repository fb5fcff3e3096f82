// SPDX-License-Identifier: Apache-2.0
#include "net/http_connection.h"

#include "fixture.h"
#include "net/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { STREAM_BYTES = 70030 };

static outcome fetch(struct fixture *fixture, const char *path, struct buffer *body,
                     struct http_fetched *out)
{
    struct http_client *client;
    assert_int_equal(http_client_open(&client, NULL), OK);
    char url[256];
    (void)snprintf(url, sizeof url, "http://%s%s", http_server_address(fixture_server(fixture)),
                   path);
    const outcome result =
        http_client_fetch(client, &(struct http_fetch){.url = url}, body, out, NULL);
    http_client_close(&client);
    return result;
}

static void every_kind_of_body_arrives_whole(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t len;
    } cases[] = {{"/file", FIXTURE_FILE_BYTES},   {"/small", FIXTURE_SMALL_BYTES},
                 {"/large", FIXTURE_LARGE_BYTES}, {"/stream", STREAM_BYTES},
                 {"/stream-known", STREAM_BYTES}, {"/file", FIXTURE_FILE_BYTES}};
    struct fixture *fixture = fixture_open(NULL, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer body = buffer_init(4 << 20);
        struct http_fetched fetched;
        assert_int_equal(fetch(fixture, cases[i].path, &body, &fetched), OK);
        assert_int_equal(fetched.status, 200);
        assert_int_equal(body.len, cases[i].len);
        for (size_t at = 0; at < body.len; at++)
            if (body.at[at] != fixture_byte(at)) fail_msg("%s differs at %zu", cases[i].path, at);
        http_fetched_release(&fetched);
    }
    fixture_close(fixture);
}

static void a_stream_that_breaks_its_promise_is_cut(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    autobuffer body = buffer_init(4 << 20);
    struct http_fetched fetched;
    assert_int_equal(fetch(fixture, "/stream-short", &body, &fetched), UNAVAILABLE);
    assert_int_equal(body.len, 0);
    fixture_close(fixture);
}

// A reader with the smallest of windows, so that every body is sent in many turns.
static void a_slow_reader_gets_every_byte(void **state)
{
    (void)state;
    static const char *const paths[] = {"/file", "/large", "/stream"};
    static const size_t sizes[] = {FIXTURE_FILE_BYTES, FIXTURE_LARGE_BYTES, STREAM_BYTES};
    struct fixture *fixture = fixture_open(NULL, 1);
    for (size_t i = 0; i < 3; i++) {
        const int fd = fixture_connect_small(fixture);
        char text[128];
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                       paths[i]);
        fixture_send(fd, text);
        size_t len;
        char *answer = fixture_read_all(fd, &len);
        assert_true(len > sizes[i]);
        if (i < 2)
            assert_int_equal((uint8_t)answer[len - 1], fixture_byte(sizes[i] - 1));
        else
            assert_memory_equal(answer + len - 5, "0\r\n\r\n", 5);
        free(answer);
        (void)close(fd);
    }
    fixture_close(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_body_arrives_whole),
        cmocka_unit_test(a_stream_that_breaks_its_promise_is_cut),
        cmocka_unit_test(a_slow_reader_gets_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

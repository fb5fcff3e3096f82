// SPDX-License-Identifier: Apache-2.0
#include "net/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

static void the_head_has_status_date_fields_and_framing(void **state)
{
    (void)state;
    const struct http_reply reply = {.status = 206,
                                     .framing = FRAMING_LENGTH,
                                     .length = UINT64_MAX,
                                     .runs = {slice_of("A: 1\r\n"), slice_of("B: 2\r\nC: 3\r\n")},
                                     .run_count = 2};
    autobuffer out = buffer_init(1024);
    assert_int_equal(http_head_put(&reply, date, HTTP_NOT_LAST, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "HTTP/1.1 206 Partial Content\r\n"
                                           "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                           "A: 1\r\nB: 2\r\nC: 3\r\n"
                                           "Content-Length: 18446744073709551615\r\n\r\n");
}

static void the_framing_follows_status_and_body(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum http_framing framing;
        const char *framing_line;
    } cases[] = {
        {200, FRAMING_LENGTH, "Content-Length: 0\r\n"},
        {200, FRAMING_CHUNKED, "Transfer-Encoding: chunked\r\n"},
        {200, FRAMING_NONE, ""},
        {204, FRAMING_LENGTH, ""},
        {304, FRAMING_LENGTH, ""},
        {299, FRAMING_LENGTH, "Content-Length: 0\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_reply reply = {.status = cases[i].status, .framing = cases[i].framing};
        autobuffer out = buffer_init(1024);
        assert_int_equal(http_head_put(&reply, date, HTTP_LAST, &out, NULL), OK);
        const char *rest = strstr(buffer_text(&out), "GMT\r\n") + 5;
        const size_t len = strlen(cases[i].framing_line);
        assert_memory_equal(rest, cases[i].framing_line, len);
        assert_string_equal(rest + len, "Connection: close\r\n\r\n");
    }
}

static void every_status_of_ours_has_its_phrase(void **state)
{
    (void)state;
#define CHECK(status_)                                                                             \
    do {                                                                                           \
        const struct http_reply reply = {.status = (status_)};                                     \
        autobuffer out = buffer_init(1024);                                                        \
        assert_int_equal(http_head_put(&reply, date, HTTP_LAST, &out, NULL), OK);                  \
        assert_null(strstr(buffer_text(&out), "  \r\n"));                                          \
        assert_true(strstr(buffer_text(&out), "\r\n") - buffer_text(&out) > 13);                   \
    } while (0);
#define CHECK_OUTCOME(name, http, exit_status, retry, code, meaning) CHECK(http)
    OUTCOMES(CHECK_OUTCOME)
#define CHECK_FAULT(name, status, sentence) CHECK(status)
    HTTP_FAULTS(CHECK_FAULT)
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_has_status_date_fields_and_framing),
        cmocka_unit_test(the_framing_follows_status_and_body),
        cmocka_unit_test(every_status_of_ours_has_its_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

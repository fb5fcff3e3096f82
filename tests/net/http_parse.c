// SPDX-License-Identifier: Apache-2.0
#include "net/http_parse.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum http_parsed parse(const char *text, size_t len, struct http_request *request,
                              size_t *head_bytes, enum http_fault *fault)
{
    struct http_scan scan = {0};
    return http_request_parse(&scan, (struct slice){(const uint8_t *)text, len}, request,
                              head_bytes, fault);
}

#define HOST "Host: h\r\n"

static void reads_a_request(void **state)
{
    (void)state;
    static const char text[] = "GET /a%20b/c?x=1 HTTP/1.1\r\nHost: example.com:8080\r\n"
                               "Range:\t bytes=0-9 \t\r\nrange-Not: 1\r\nEmpty:\r\n\r\nrest";
    struct http_request request;
    size_t head = 0;
    enum http_fault fault = FAULT_NONE;
    assert_int_equal(parse(text, strlen(text), &request, &head, &fault), HTTP_READY);
    assert_int_equal(head, strlen(text) - 4);
    assert_int_equal(request.method, METHOD_GET);
    assert_int_equal(request.minor, 1);
    assert_true(slice_is(request.target, "/a%20b/c?x=1"));
    assert_true(slice_is(request.path, "/a%20b/c"));
    assert_true(slice_is(request.query, "x=1"));
    assert_true(slice_is(request.host, "example.com:8080"));
    assert_int_equal(request.framing, FRAMING_NONE);
    assert_false(request.is_last);
    struct slice value;
    assert_true(http_request_find(&request, FIELD_RANGE, &value));
    assert_true(slice_is(value, "bytes=0-9"));
    assert_false(http_request_find(&request, FIELD_COOKIE, &value));
    assert_int_equal(request.field_count, 4);
    assert_true(slice_is(request.fields[3].name, "Empty"));
    assert_int_equal(request.fields[3].value.len, 0);
}

// What the framing of a request may be mistaken in, and what else two parsers could read in two
// ways. One line each: the bytes, the fault.
static const struct {
    const char *text;
    enum http_fault fault;
} refused[] = {
    // line ends
    {"GET / HTTP/1.1\nHost: h\r\n\r\n", FAULT_BARE_LF},
    {"GET / HTTP/1.1\r\nHost: h\n\r\n", FAULT_BARE_LF},
    {"GET / HTTP/1.1\r\nHost: h\r\n\n", FAULT_BARE_LF},
    {"\nGET / HTTP/1.1\r\n" HOST "\r\n", FAULT_BARE_LF},
    {"GET / HTTP/1.1\r\nHost: h\r\nA: b\rX: y\r\n\r\n", FAULT_BARE_CR},
    {"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\r\n\r\n", FAULT_BARE_CR},
    {"GET /\r HTTP/1.1\r\n" HOST "\r\n", FAULT_BARE_CR},
    {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", FAULT_METHOD},
    // the request line
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", FAULT_REQUEST_LINE},
    {"GET /\r\n" HOST "\r\n", FAULT_REQUEST_LINE},
    {"GET / HTTP/1.1 \r\n" HOST "\r\n", FAULT_REQUEST_LINE},
    {"GET / x HTTP/1.1\r\n" HOST "\r\n", FAULT_REQUEST_LINE},
    {"GET\t/\tHTTP/1.1\r\n" HOST "\r\n", FAULT_REQUEST_LINE},
    {" GET / HTTP/1.1\r\n" HOST "\r\n", FAULT_METHOD},
    {"G(T / HTTP/1.1\r\n" HOST "\r\n", FAULT_METHOD},
    {"get / HTTP/1.1\r\n" HOST "\r\n", FAULT_METHOD_UNKNOWN},
    {"CONNECT h:80 HTTP/1.1\r\n" HOST "\r\n", FAULT_METHOD_UNKNOWN},
    {"TRACE / HTTP/1.1\r\n" HOST "\r\n", FAULT_METHOD_UNKNOWN},
    {"\x16\x03\x01\x02", FAULT_METHOD}, // a TLS hello on a plain port
    {"GET / HTTP/1.2\r\n" HOST "\r\n", FAULT_VERSION_UNKNOWN},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", FAULT_VERSION_UNKNOWN},
    {"PRI * HTTP/2.0\r\n\r\n", FAULT_VERSION_UNKNOWN},
    {"GET / HTTP/1.10\r\n" HOST "\r\n", FAULT_VERSION},
    {"GET / http/1.1\r\n" HOST "\r\n", FAULT_VERSION},
    {"GET / HTTP/1,1\r\n" HOST "\r\n", FAULT_VERSION},
    // the target
    {"GET a HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET * HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET /a#b HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET /%4 HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET /%zz HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET /\x01 HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET /a\\b HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET ftp://h/ HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET http://u@h/ HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET http:///a HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    {"GET http://h HTTP/1.1\r\n" HOST "\r\n", FAULT_TARGET},
    // Host
    {"GET / HTTP/1.1\r\n\r\n", FAULT_HOST_MISSING},
    {"GET http://h/ HTTP/1.1\r\n\r\n", FAULT_HOST_MISSING},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", FAULT_FIELD_TWICE},
    {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", FAULT_FIELD_TWICE},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", FAULT_HOST},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", FAULT_HOST},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", FAULT_HOST},
    {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", FAULT_HOST},
    {"GET http://h/ HTTP/1.1\r\nHost: a b\r\n\r\n", FAULT_HOST},
    // field lines
    {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", FAULT_FIELD_SPACE},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length\t: 5\r\n\r\n", FAULT_FIELD_SPACE},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", FAULT_FIELD_FOLD},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n", FAULT_FIELD_FOLD},
    {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", FAULT_FIELD_FOLD},
    {"GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n", FAULT_FIELD_NAME},
    {"GET / HTTP/1.1\r\n" HOST "nocolon\r\n\r\n", FAULT_FIELD_NAME},
    {"GET / HTTP/1.1\r\n" HOST "a(b): c\r\n\r\n", FAULT_FIELD_NAME},
    {"GET / HTTP/1.1\r\n" HOST "\xc3\xa9: c\r\n\r\n", FAULT_FIELD_NAME},
    {"GET / HTTP/1.1\r\n" HOST "a: b\x01\r\n\r\n", FAULT_FIELD_VALUE},
    {"GET / HTTP/1.1\r\n" HOST "a: b\x7f\r\n\r\n", FAULT_FIELD_VALUE},
    {"GET / HTTP/1.1\r\n" HOST "Range: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n", FAULT_FIELD_TWICE},
    // the framing of the body
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
     FAULT_FIELD_TWICE},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
     FAULT_FIELD_TWICE},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     FAULT_LENGTH_AND_CODING},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
     FAULT_LENGTH_AND_CODING},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     FAULT_FIELD_TWICE},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", FAULT_CODING_UNKNOWN},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n",
     FAULT_CODING_UNKNOWN},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", FAULT_CODING_UNKNOWN},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", FAULT_CODING_UNKNOWN},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     FAULT_FIELD_VALUE},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", FAULT_CODING_UNKNOWN},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", FAULT_CODING_UNKNOWN},
    {"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", FAULT_CODING_OLD},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n", FAULT_FIELD_SPACE},
    {"POST / HTTP/1.1\r\n" HOST "Expect: 200-maybe\r\nContent-Length: 5\r\n\r\n", FAULT_EXPECT},
};

static void refuses_every_form_that_two_parsers_could_read_in_two_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct http_request request;
        size_t head = 77;
        enum http_fault fault = FAULT_NONE;
        const enum http_parsed parsed =
            parse(refused[i].text, strlen(refused[i].text), &request, &head, &fault);
        if (parsed != HTTP_REFUSED || fault != refused[i].fault)
            fail_msg("%s: %s", refused[i].text, http_fault_sentence(fault));
        assert_int_equal(head, 77);
        assert_in_range(http_fault_status(fault), 400, 599);
    }
}

static void a_nul_anywhere_is_refused(void **state)
{
    (void)state;
    static const char text[] = "GET /abc HTTP/1.1\r\nHost: host\r\nName: value\r\n\r\n";
    const size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char broken[sizeof text];
        memcpy(broken, text, sizeof text);
        broken[i] = '\0';
        struct http_request request;
        size_t head;
        enum http_fault fault;
        // In place of the last line's LF, or the one before, the head has not ended yet.
        const enum http_parsed parsed = parse(broken, len, &request, &head, &fault);
        assert_int_equal(parsed, i == len - 1 || i == len - 3 ? HTTP_MORE : HTTP_REFUSED);
    }
}

static void takes_what_the_rfc_wants_taken(void **state)
{
    (void)state;
    struct http_request request;
    size_t head;
    enum http_fault fault;
#define TAKES(text) assert_int_equal(parse(text, strlen(text), &request, &head, &fault), HTTP_READY)
    TAKES("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"); // one empty line before it
    TAKES("GET / HTTP/1.0\r\n\r\n");
    assert_true(request.is_last);
    assert_null(request.host.at);
    TAKES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
    assert_true(slice_is(request.path, "*"));
    TAKES("OPTIONS http://other HTTP/1.1\r\n" HOST "\r\n");
    assert_true(slice_is(request.path, "*"));
    TAKES("GET http://other:81/p?q HTTP/1.1\r\n" HOST "\r\n");
    assert_true(slice_is(request.host, "other:81")); // Host gives way (RFC 9112 3.2.2)
    assert_true(slice_is(request.path, "/p"));
    assert_true(slice_is(request.query, "q"));
    TAKES("GET HTTPS://other/p HTTP/1.1\r\n" HOST "\r\n");
    TAKES("GET /?a={b}|[c]^`&d=/? HTTP/1.1\r\n" HOST "\r\n");
    TAKES("GET / HTTP/1.1\r\n" HOST "A: \x80\xff\r\nB: a\tb\r\n\r\n");
    TAKES("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, Close\r\n\r\n");
    assert_true(request.is_last);
    TAKES("GET / HTTP/1.1\r\n" HOST "Connection: a\r\nConnection: close\r\n\r\n");
    assert_true(request.is_last);
    TAKES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: ChunKed\r\n\r\n");
    assert_int_equal(request.framing, FRAMING_CHUNKED);
    TAKES("POST / HTTP/1.1\r\n" HOST "Content-Length: 00012\r\nExpect: 100-Continue\r\n\r\n");
    assert_int_equal(request.content_length, 12);
    assert_true(request.expects_continue);
    TAKES("GET / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n");
    assert_false(request.expects_continue); // no body is to follow
#undef TAKES
}

// The same verdict and the same end, however the bytes are cut on their way.
static void the_pieces_it_arrives_in_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const size_t len = strlen(refused[i].text);
        struct http_scan scan = {0};
        struct http_request request;
        size_t head;
        enum http_fault fault = FAULT_NONE;
        enum http_parsed parsed = HTTP_MORE;
        for (size_t have = 1; have <= len && parsed == HTTP_MORE; have++)
            parsed =
                http_request_parse(&scan, (struct slice){(const uint8_t *)refused[i].text, have},
                                   &request, &head, &fault);
        assert_int_equal(parsed, HTTP_REFUSED);
        assert_int_equal(fault, refused[i].fault);
    }
}

static void caps_line_fields_and_head(void **state)
{
    (void)state;
    static char text[HTTP_HEAD_BYTES_MAX + 100];
    struct http_request request;
    size_t head;
    enum http_fault fault = FAULT_NONE;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    assert_int_equal(parse(text, HTTP_LINE_BYTES_MAX - 100, &request, &head, &fault), HTTP_MORE);
    assert_int_equal(parse(text, HTTP_LINE_BYTES_MAX + 100, &request, &head, &fault), HTTP_REFUSED);
    assert_int_equal(fault, FAULT_LINE_LONG);
    memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
    assert_int_equal(parse(text, HTTP_HEAD_BYTES_MAX - 1, &request, &head, &fault), HTTP_MORE);
    assert_int_equal(parse(text, sizeof text, &request, &head, &fault), HTTP_REFUSED);
    assert_int_equal(fault, FAULT_FIELDS_LARGE);

    autobuffer many = buffer_init(HTTP_HEAD_BYTES_MAX);
    assert_int_equal(buffer_put_text(&many, "GET / HTTP/1.1\r\nHost: h\r\n", NULL), OK);
    for (int i = 1; i < HTTP_FIELDS_MAX; i++)
        assert_int_equal(buffer_put_text(&many, "a: b\r\n", NULL), OK);
    const size_t full = many.len;
    assert_int_equal(buffer_put_text(&many, "\r\n", NULL), OK);
    assert_int_equal(parse((char *)many.at, many.len, &request, &head, &fault), HTTP_READY);
    assert_int_equal(request.field_count, HTTP_FIELDS_MAX);
    many.len = full;
    assert_int_equal(buffer_put_text(&many, "a: b\r\n\r\n", NULL), OK);
    assert_int_equal(parse((char *)many.at, many.len, &request, &head, &fault), HTTP_REFUSED);
    assert_int_equal(fault, FAULT_FIELDS_LARGE);
}

static void a_kept_request_points_into_the_copy(void **state)
{
    (void)state;
    char text[] = "GET /p?q HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
    struct http_request request;
    size_t head;
    enum http_fault fault;
    assert_int_equal(parse(text, strlen(text), &request, &head, &fault), HTTP_READY);
    char copy[sizeof text];
    memcpy(copy, text, sizeof text);
    http_request_move(&request, (struct slice){(uint8_t *)text, head}, (uint8_t *)copy);
    memset(text, 'x', sizeof text);
    assert_true(slice_is(request.path, "/p"));
    assert_true(slice_is(request.query, "q"));
    assert_true(slice_is(request.host, "h"));
    assert_true(slice_is(request.fields[1].value, "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_request),
        cmocka_unit_test(refuses_every_form_that_two_parsers_could_read_in_two_ways),
        cmocka_unit_test(a_nul_anywhere_is_refused),
        cmocka_unit_test(takes_what_the_rfc_wants_taken),
        cmocka_unit_test(the_pieces_it_arrives_in_do_not_matter),
        cmocka_unit_test(caps_line_fields_and_head),
        cmocka_unit_test(a_kept_request_points_into_the_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

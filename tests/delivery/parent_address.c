// SPDX-License-Identifier: Apache-2.0
#include "delivery/parent_address.h"

#include "edge_fixture.h"
#include "store/blob_s3.h"

#include "../store/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { FILM_BYTES = 3000000 };

static struct service s3;
static bool has_s3;

static void urls_say_where_and_how(void **state)
{
    (void)state;
    static const struct {
        const char *url, *authority, *host, *port, *prefix;
        bool is_secure, is_s3;
    } cases[] = {
        {"http://h.example", "h.example", "h.example", "80", "", false, false},
        {"http://h:8080/a/b//", "h:8080", "h", "8080", "/a/b", false, false},
        {"https://h/a", "h", "h", "443", "/a", true, false},
        {"https://[2001:db8::1]:8443", "[2001:db8::1]:8443", "2001:db8::1", "8443", "", true,
         false},
        {"s3://films/cut", "films.s3.eu-west-1.amazonaws.com", "films.s3.eu-west-1.amazonaws.com",
         "443", "/cut", true, true},
        {"s3://films?region=us-east-2", "films.s3.us-east-2.amazonaws.com",
         "films.s3.us-east-2.amazonaws.com", "443", "", true, true},
        {"s3://films/cut?endpoint=http%3A%2F%2F127.0.0.1%3A9000", "127.0.0.1:9000", "127.0.0.1",
         "9000", "/films/cut", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parent_address address;
        struct why why = {""};
        if (parent_address_open(cases[i].url, clock_system(), &address, &why) != OK)
            print_error("%s: %s\n", cases[i].url, why.text);
        assert_string_equal(why.text, "");
        assert_string_equal(address.authority, cases[i].authority);
        assert_string_equal(address.host, cases[i].host);
        assert_string_equal(address.port, cases[i].port);
        assert_string_equal(address.prefix, cases[i].prefix);
        assert_int_equal(address.is_secure, cases[i].is_secure);
        assert_int_equal(address.s3 != NULL, cases[i].is_s3);
        parent_address_close(&address);
    }
}

static void a_bucket_without_credentials_is_refused_with_what_to_set(void **state)
{
    (void)state;
    struct parent_address address;
    struct why why = {""};
    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
    assert_int_equal(parent_address_open("s3://films", clock_system(), &address, &why), DENIED);
    assert_non_null(strstr(why.text, "AWS_SECRET_ACCESS_KEY"));
    credentials_set();
}

static uint8_t *film_bytes(void)
{
    uint8_t *bytes = malloc(FILM_BYTES);
    assert_non_null(bytes);
    for (uint64_t i = 0; i < FILM_BYTES; i++)
        bytes[i] = origin_byte(i);
    return bytes;
}

// An edge in front of a bucket that has films/one.mp4.
static struct stand *open_bucket_edge(void)
{
    static char endpoint[60], url[200], bucket[40];
    (void)snprintf(bucket, sizeof bucket, "edge-%d", (int)getpid());
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", s3.port);
    const struct blob_s3_options options = {.bucket = bucket,
                                            .endpoint = endpoint,
                                            .region = "",
                                            .copies = "",
                                            .clock = clock_system()};
    struct blob_store *store = NULL;
    uint8_t *bytes = film_bytes();
    assert_int_equal(blob_s3_open(&options, &store, NULL), OK);
    assert_int_equal(blob_put(store, "films/one.mp4", (struct slice){bytes, FILM_BYTES}, NULL), OK);
    store->ops->close(store);
    free(bytes);
    (void)snprintf(url, sizeof url, "s3://%s/films?endpoint=%s", bucket, endpoint);
    static const char *upstreams[1];
    upstreams[0] = url;
    const struct edge_options edge = {.upstreams = upstreams,
                                      .upstream_count = 1,
                                      .clock = clock_system(),
                                      .memory_bytes = 16 << 20};
    return stand_open_as(&edge);
}

static void an_edge_serves_a_bucket_that_nobody_else_may_read(void **state)
{
    (void)state;
    if (!has_s3) {
        print_message("s3rver is not installed: tools/setup test\n");
        skip();
    }
    struct stand *stand = open_bucket_edge();
    static const struct {
        const char *path, *fields;
        int status;
        uint64_t first, len;
    } cases[] = {{"/one.mp4", "Range: bytes=1048000-1049999\r\n", 206, 1048000, 2000},
                 {"/one.mp4", "", 200, 0, FILM_BYTES},
                 {"/one.mp4?x=1", "", 200, 0, FILM_BYTES}, // the same object
                 {"/on%65.mp4", "Range: bytes=2999990-\r\n", 206, FILM_BYTES - 10, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        // What a viewer adds is not what the store hears.
        char fields[200];
        (void)snprintf(fields, sizeof fields,
                       "%sAuthorization: AWS4-HMAC-SHA256 x\r\nX-Amz-Acl: y\r\n", cases[i].fields);
        struct answer answer = talk(stand, "GET", cases[i].path, fields);
        assert_int_equal(answer.status, cases[i].status);
        assert_true(answer_is(&answer, cases[i].first, cases[i].len));
        answer_free(&answer);
    }
    struct answer answer = talk(stand, "DELETE", "/one.mp4", "");
    assert_int_equal(answer.status, 405);
    answer_free(&answer);
    answer = talk(stand, "GET", "/none.mp4", "");
    assert_int_equal(answer.status, 404);
    answer_free(&answer);
    answer = talk(stand, "GET", "/../films/one.mp4", "");
    assert_true(answer.status >= 400);
    answer_free(&answer);
    stand_close(stand);
}

int main(void)
{
    static char script[600];
    credentials_set();
    has_s3 = service_script("s3.mjs", script, sizeof script);
    const char *const command[] = {"node", script, NULL};
    if (has_s3) s3 = service_start(command);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_say_where_and_how),
        cmocka_unit_test(a_bucket_without_credentials_is_refused_with_what_to_set),
        cmocka_unit_test(an_edge_serves_a_bucket_that_nobody_else_may_read),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (has_s3) service_stop(&s3);
    return failed;
}

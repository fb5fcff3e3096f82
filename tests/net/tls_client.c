// SPDX-License-Identifier: Apache-2.0
#include "net/http_call.h"
#include "net/tls.h"

#include "base/file.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

static char folder[] = "/tmp/primrose-tlsc-XXXXXX";
static char certificate[64], key[64], stranger[64], stranger_key[64];

static int make_place(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(stranger, sizeof stranger, "%s/stranger.pem", folder);
    (void)snprintf(stranger_key, sizeof stranger_key, "%s/stranger-key.pem", folder);
    fixture_write_pair(certificate, key, 1, 24);
    fixture_write_pair(stranger, stranger_key, 2, 24);
    return 0;
}

static int drop_place(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

// A few calls, one after the other, to one server.
struct asked {
    struct http_call call;
    struct event_loop *loop;
    struct http_calls *calls;
    unsigned left; // to be made
    uint8_t *body;
    size_t len;
    int status;
    outcome result;
    struct why why;
};

static void answered(struct http_call *call, const struct http_response *response)
{
    CONTAINER_OF(call, struct asked, call)->status = response->status;
}

static uint8_t *room(struct http_call *call, size_t *out)
{
    struct asked *asked = CONTAINER_OF(call, struct asked, call);
    *out = FIXTURE_LARGE_BYTES - asked->len + 1;
    return asked->body + asked->len;
}

static void moved(struct http_call *call, size_t len)
{
    CONTAINER_OF(call, struct asked, call)->len += len;
}

static void ended(struct http_call *call, outcome result, const struct why *why)
{
    struct asked *asked = CONTAINER_OF(call, struct asked, call);
    asked->result = result;
    if (why != NULL) asked->why = *why;
    if (--asked->left == 0 || result != OK) {
        loop_stop(asked->loop);
        return;
    }
    asked->len = 0;
    assert_int_equal(http_call_start(asked->calls, call, NULL), OK);
}

static void no_timer(void *context, struct timer *timer)
{
    (void)context, (void)timer;
    fail();
}

static struct http_peer peer_of(struct fixture *fixture, struct tls_client *tls, const char *host)
{
    struct http_peer peer = {.len = sizeof(struct sockaddr_in), .tls = tls, .host = host};
    const char *address = http_server_address(fixture_server(fixture));
    struct sockaddr_in in = {.sin_family = AF_INET};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    memcpy(&peer.address, &in, sizeof in);
    return peer;
}

// Asks `count` times for /large; `asked` has what the last one came to.
static void ask(struct fixture *fixture, const char *trusted, const char *host, unsigned count,
                struct asked *asked, struct http_calls_counters *counters)
{
    struct tls_client *tls = NULL;
    const struct http_call_limits limits = http_call_limits_default();
    *asked = (struct asked){.left = count, .body = malloc(FIXTURE_LARGE_BYTES + 1)};
    assert_non_null(asked->body);
    assert_int_equal(tls_client_open(trusted, &tls, NULL), OK);
    assert_int_equal(loop_open(clock_system(), &asked->loop, NULL), OK);
    assert_int_equal(http_calls_open(asked->loop, &limits, &asked->calls, NULL), OK);
    asked->call =
        (struct http_call){.peer = peer_of(fixture, tls, host),
                           .method = METHOD_GET,
                           .head = slice_of("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                           .answered = answered,
                           .room = room,
                           .moved = moved,
                           .ended = ended};
    assert_int_equal(http_call_start(asked->calls, &asked->call, NULL), OK);
    loop_run(asked->loop, no_timer, NULL);
    *counters = http_calls_counters(asked->calls);
    http_calls_close(&asked->calls);
    loop_close(&asked->loop);
    tls_client_close(&tls);
    assert_null(tls);
}

static void bodies_come_whole_and_connections_are_used_again(void **state)
{
    (void)state;
    struct tls_server *server = NULL;
    assert_int_equal(tls_server_open(certificate, key, &server, NULL), OK);
    const struct http_limits limits = http_limits_default();
    struct fixture *fixture = fixture_open_tls(&limits, 1, server);
    struct asked asked;
    struct http_calls_counters counters;
    ask(fixture, certificate, "localhost", 3, &asked, &counters);
    if (asked.result != OK) fail_msg("%s", asked.why.text);
    assert_int_equal(asked.status, 200);
    assert_int_equal(asked.len, FIXTURE_LARGE_BYTES);
    for (size_t i = 0; i < asked.len; i++)
        if (asked.body[i] != fixture_byte(i)) fail_msg("the body differs at %zu", i);
    assert_int_equal(counters.connects, 1);
    assert_int_equal(counters.reuses, 2);
    free(asked.body);
    fixture_close(fixture);
    tls_server_close(&server);
}

static void who_is_not_who_he_should_be_is_told_nothing(void **state)
{
    (void)state;
    struct tls_server *server = NULL;
    assert_int_equal(tls_server_open(certificate, key, &server, NULL), OK);
    const struct http_limits limits = http_limits_default();
    struct fixture *secure = fixture_open_tls(&limits, 1, server);
    struct fixture *plain = fixture_open(&limits, 1);
    const struct {
        struct fixture *fixture;
        const char *trusted, *host, *said;
    } cases[] = {{secure, stranger, "localhost", "self-signed certificate"},
                 {secure, certificate, "elsewhere", "hostname mismatch"},
                 {secure, certificate, "127.0.0.1", "IP address mismatch"},
                 {plain, certificate, "localhost", "TLS fails"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct asked asked;
        struct http_calls_counters counters;
        ask(cases[i].fixture, cases[i].trusted, cases[i].host, 1, &asked, &counters);
        assert_int_equal(asked.result, UNAVAILABLE);
        assert_int_equal(asked.status, 0);
        if (strstr(asked.why.text, cases[i].said) == NULL) fail_msg("%s", asked.why.text);
        free(asked.body);
    }
    assert_int_equal(http_server_counters(fixture_server(secure)).requests, 0);
    fixture_close(secure);
    fixture_close(plain);
    tls_server_close(&server);
}

static void what_is_no_certificate_is_not_trusted(void **state)
{
    (void)state;
    struct tls_client *client = NULL;
    struct why why = {""};
    assert_int_equal(tls_client_open(key, &client, &why), INVALID);
    assert_non_null(strstr(why.text, "to trust"));
    assert_null(client);
    assert_int_equal(tls_client_open("", &client, &why), OK); // those of the system
    tls_client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_whole_and_connections_are_used_again),
        cmocka_unit_test(who_is_not_who_he_should_be_is_told_nothing),
        cmocka_unit_test(what_is_no_certificate_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, make_place, drop_place);
}

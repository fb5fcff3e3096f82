// SPDX-License-Identifier: Apache-2.0
//
// The connection against a server that answers exactly the bytes it is given, in small pieces.
#include "net/http_link.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

struct script {
    int listener;
    const char *answer;
    size_t piece;
};

static void *serve(void *context)
{
    const struct script *script = context;
    const int fd = accept(script->listener, NULL, NULL);
    char request[1000];
    if (read(fd, request, sizeof request) > 0) {
        const size_t len = strlen(script->answer);
        for (size_t at = 0; at < len; at += script->piece) {
            const size_t size = len - at < script->piece ? len - at : script->piece;
            if (write(fd, script->answer + at, size) < 0) break;
        }
    }
    (void)shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof request) > 0)
        continue;
    (void)close(fd);
    return NULL;
}

struct heard {
    struct http_call call;
    struct event_loop *loop;
    char body[1000], interim[100];
    size_t len;
    int status;
    outcome result;
    struct why why;
};

static void interim(struct http_call *call, const struct http_response *response)
{
    struct heard *heard = CONTAINER_OF(call, struct heard, call);
    struct slice value;
    if (http_response_find(response, "Link", &value)) memcpy(heard->interim, value.at, value.len);
}

static void answered(struct http_call *call, const struct http_response *response)
{
    CONTAINER_OF(call, struct heard, call)->status = response->status;
}

static uint8_t *room(struct http_call *call, size_t *out)
{
    struct heard *heard = CONTAINER_OF(call, struct heard, call);
    *out = sizeof heard->body - 1 - heard->len;
    return (uint8_t *)heard->body + heard->len;
}

static void moved(struct http_call *call, size_t len)
{
    CONTAINER_OF(call, struct heard, call)->len += len;
}

static void ended(struct http_call *call, outcome result, const struct why *why)
{
    struct heard *heard = CONTAINER_OF(call, struct heard, call);
    heard->result = result;
    if (why != NULL) heard->why = *why;
    loop_stop(heard->loop);
}

static struct heard hear(const char *answer, size_t piece)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    struct script script = {socket(AF_INET, SOCK_STREAM, 0), answer, piece};
    assert_int_equal(bind(script.listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(script.listener, 1), 0);
    assert_int_equal(getsockname(script.listener, (struct sockaddr *)&address, &len), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, &script), 0);

    struct heard heard = {.result = CONFLICT};
    const struct http_call_limits limits = http_call_limits_default();
    struct http_calls *calls = NULL;
    assert_int_equal(loop_open(clock_system(), &heard.loop, NULL), OK);
    assert_int_equal(http_calls_open(heard.loop, &limits, &calls, NULL), OK);
    heard.call = (struct http_call){.peer = {.len = len},
                                    .head = slice_of("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                                    .interim = interim,
                                    .answered = answered,
                                    .room = room,
                                    .moved = moved,
                                    .ended = ended};
    memcpy(&heard.call.peer.address, &address, sizeof address);
    assert_int_equal(http_call_start(calls, &heard.call, NULL), OK);
    loop_run(heard.loop, NULL, NULL);
    http_calls_close(&calls);
    loop_close(&heard.loop);
    (void)pthread_join(thread, NULL);
    (void)close(script.listener);
    return heard;
}

static void every_framing_gives_the_same_body_however_it_is_cut(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello "
         "\r\n5;x=y\r\nworld\r\n0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\n\r\nhello world",
        "HTTP/1.0 200 OK\r\n\r\nhello world",
        "HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (size_t piece = 1; piece < 200; piece = piece * 3 + 1) {
            const struct heard heard = hear(answers[i], piece);
            assert_int_equal(heard.result, OK);
            assert_int_equal(heard.status, 200);
            assert_string_equal(heard.body, "hello world");
        }
    }
}

static void interim_answers_come_before_the_real_one(void **state)
{
    (void)state;
    const struct heard heard = hear("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"
                                    "HTTP/1.1 204 None\r\n\r\n",
                                    1000);
    assert_int_equal(heard.result, OK);
    assert_int_equal(heard.status, 204);
    assert_string_equal(heard.interim, "</a>");
}

static void what_is_malformed_or_cut_fails_with_a_sentence(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello world\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y",
        "SSH-2.0-OpenSSH_9\r\n\r\n",
        "",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct heard heard = hear(answers[i], 1000);
        assert_int_equal(heard.result, UNAVAILABLE);
        assert_true(strlen(heard.why.text) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_framing_gives_the_same_body_however_it_is_cut),
        cmocka_unit_test(interim_answers_come_before_the_real_one),
        cmocka_unit_test(what_is_malformed_or_cut_fails_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

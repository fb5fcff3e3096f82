// SPDX-License-Identifier: Apache-2.0
#include "net/http_call.h"

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

enum { BODY_MAX = 2 << 20 };

struct asked {
    struct http_call call;
    struct event_loop *loop;
    uint8_t *body;
    size_t len, room_max; // room_max: lent at once
    size_t pauses_left;
    struct timer timer;
    int status;
    bool is_ended;
    outcome result;
};

static struct http_peer peer_of(const char *address)
{
    struct http_peer peer = {.len = sizeof(struct sockaddr_in)};
    struct sockaddr_in in = {.sin_family = AF_INET};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    memcpy(&peer.address, &in, sizeof in);
    return peer;
}

static void answered(struct http_call *call, const struct http_response *response)
{
    struct asked *asked = CONTAINER_OF(call, struct asked, call);
    asked->status = response->status;
}

static void go_on(struct timer *timer)
{
    http_call_resume(&CONTAINER_OF(timer, struct asked, timer)->call);
}

static uint8_t *room(struct http_call *call, size_t *out)
{
    struct asked *asked = CONTAINER_OF(call, struct asked, call);
    if (asked->pauses_left > 0) {
        asked->pauses_left--;
        asked->timer.due = go_on;
        timer_set(loop_wheel(asked->loop), &asked->timer, loop_now_us(asked->loop) + 1000);
        return NULL;
    }
    const size_t left = BODY_MAX - asked->len;
    *out = left < asked->room_max ? left : asked->room_max;
    return asked->body + asked->len;
}

static void moved(struct http_call *call, size_t len)
{
    CONTAINER_OF(call, struct asked, call)->len += len;
}

static void ended(struct http_call *call, outcome result, const struct why *why)
{
    struct asked *asked = CONTAINER_OF(call, struct asked, call);
    assert_true((result == OK) == (why == NULL));
    asked->is_ended = true;
    asked->result = result;
    loop_stop(asked->loop);
}

static void no_timer(void *context, struct timer *timer)
{
    (void)context;
    (void)timer;
    fail();
}

struct world {
    struct fixture *fixture;
    struct event_loop *loop;
    struct http_calls *calls;
    struct asked asked;
    char head[200];
};

static struct world *world_open(void)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    struct http_limits limits = http_limits_default();
    limits.head_ms = limits.stall_ms = limits.handler_ms = 500;
    world->fixture = fixture_open(&limits, 1);
    struct http_call_limits call_limits = http_call_limits_default();
    call_limits.head_ms = call_limits.stall_ms = 300;
    assert_int_equal(loop_open(clock_system(), &world->loop, NULL), OK);
    assert_int_equal(http_calls_open(world->loop, &call_limits, &world->calls, NULL), OK);
    world->asked.body = malloc(BODY_MAX);
    assert_non_null(world->asked.body);
    return world;
}

static void world_close(struct world *world)
{
    http_calls_close(&world->calls);
    loop_close(&world->loop);
    if (world->fixture != NULL) fixture_close(world->fixture);
    free(world->asked.body);
    free(world);
}

// Asks and runs the loop to the end of the answer.
static struct asked *ask(struct world *world, enum http_method method, const char *path,
                         size_t room_max, size_t pauses)
{
    struct asked *asked = &world->asked;
    uint8_t *body = asked->body;
    (void)snprintf(world->head, sizeof world->head, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n",
                   http_method_word(method), path);
    *asked = (struct asked){
        .loop = world->loop, .body = body, .room_max = room_max, .pauses_left = pauses};
    asked->call =
        (struct http_call){.peer = peer_of(http_server_address(fixture_server(world->fixture))),
                           .method = method,
                           .head = slice_of(world->head),
                           .answered = answered,
                           .room = room,
                           .moved = moved,
                           .ended = ended};
    assert_int_equal(http_call_start(world->calls, &asked->call, NULL), OK);
    assert_false(asked->is_ended);
    // A stopped loop runs again from a fresh one: loops stop once.
    loop_run(world->loop, no_timer, NULL);
    return asked;
}

static void again(struct world *world)
{
    http_calls_close(&world->calls);
    loop_close(&world->loop);
    assert_int_equal(loop_open(clock_system(), &world->loop, NULL), OK);
    struct http_call_limits limits = http_call_limits_default();
    limits.head_ms = limits.stall_ms = 300;
    assert_int_equal(http_calls_open(world->loop, &limits, &world->calls, NULL), OK);
}

static void expect_body(const struct asked *asked, size_t len)
{
    assert_true(asked->is_ended);
    assert_int_equal(asked->result, OK);
    assert_int_equal(asked->status, 200);
    assert_int_equal(asked->len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(asked->body[i], fixture_byte(i));
}

static void bodies_arrive_whole_however_small_the_room(void **state)
{
    (void)state;
    struct world *world = world_open();
    expect_body(ask(world, METHOD_GET, "/file", 65536, 0), FIXTURE_FILE_BYTES);
    again(world);
    expect_body(ask(world, METHOD_GET, "/file", 777, 5), FIXTURE_FILE_BYTES);
    again(world);
    expect_body(ask(world, METHOD_GET, "/large", 65536, 0), FIXTURE_LARGE_BYTES);
    again(world);
    const struct asked *asked = ask(world, METHOD_GET, "/stream", 7, 3); // chunked
    assert_int_equal(asked->result, OK);
    assert_true(asked->len > 0);
    again(world);
    asked = ask(world, METHOD_HEAD, "/file", 65536, 0);
    assert_int_equal(asked->result, OK);
    assert_int_equal(asked->len, 0);
    world_close(world);
}

static void silence_and_short_bodies_are_failures(void **state)
{
    (void)state;
    struct world *world = world_open();
    assert_int_equal(ask(world, METHOD_GET, "/never", 65536, 0)->result, TIMED_OUT);
    again(world);
    assert_int_equal(ask(world, METHOD_GET, "/stream-short", 65536, 0)->result, UNAVAILABLE);
    assert_int_equal(world->asked.status, 200);
    again(world);
    assert_int_equal(ask(world, METHOD_GET, "/stream-idle", 65536, 0)->result, TIMED_OUT);
    world_close(world);
}

// Two calls one after the other on one loop: the second is started from the end of the first.
static void ended_then_ask_again(struct http_call *call, outcome result, const struct why *why)
{
    struct asked *asked = CONTAINER_OF(call, struct asked, call);
    struct world *world = CONTAINER_OF(asked, struct world, asked);
    assert_null(why);
    assert_int_equal(result, OK);
    asked->call.ended = ended;
    asked->len = 0;
    assert_int_equal(http_call_start(world->calls, call, NULL), OK);
}

static void a_connection_is_used_again(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct asked *asked = &world->asked;
    (void)snprintf(world->head, sizeof world->head, "GET /small HTTP/1.1\r\nHost: h\r\n\r\n");
    asked->loop = world->loop;
    asked->room_max = 65536;
    asked->call =
        (struct http_call){.peer = peer_of(http_server_address(fixture_server(world->fixture))),
                           .method = METHOD_GET,
                           .head = slice_of(world->head),
                           .answered = answered,
                           .room = room,
                           .moved = moved,
                           .ended = ended_then_ask_again};
    assert_int_equal(http_call_start(world->calls, &asked->call, NULL), OK);
    loop_run(world->loop, no_timer, NULL);
    expect_body(asked, FIXTURE_SMALL_BYTES);
    const struct http_calls_counters counters = http_calls_counters(world->calls);
    assert_int_equal(counters.calls, 2);
    assert_int_equal(counters.connects, 1);
    assert_int_equal(counters.reuses, 1);
    world_close(world);
}

// Two requests that may not be repeated, one after the other: how many connections they took.
static uint64_t connects_of_posts(int64_t fresh_ms)
{
    struct world *world = world_open();
    struct http_call_limits limits = http_call_limits_default();
    limits.fresh_ms = fresh_ms;
    http_calls_close(&world->calls);
    assert_int_equal(http_calls_open(world->loop, &limits, &world->calls, NULL), OK);
    struct asked *asked = &world->asked;
    asked->loop = world->loop;
    asked->room_max = 65536;
    asked->call =
        (struct http_call){.peer = peer_of(http_server_address(fixture_server(world->fixture))),
                           .method = METHOD_POST,
                           .head = slice_of("POST /echo HTTP/1.1\r\nHost: h\r\n"
                                            "Content-Length: 5\r\n\r\n"),
                           .body = slice_of("again"),
                           .answered = answered,
                           .room = room,
                           .moved = moved,
                           .ended = ended_then_ask_again};
    assert_int_equal(http_call_start(world->calls, &asked->call, NULL), OK);
    loop_run(world->loop, no_timer, NULL);
    assert_int_equal(asked->result, OK);
    assert_int_equal(asked->status, 200);
    assert_int_equal(asked->len, 5);
    const struct http_calls_counters counters = http_calls_counters(world->calls);
    assert_int_equal(counters.connects + counters.reuses, 2);
    world_close(world);
    return counters.connects;
}

static void what_may_not_be_repeated_gets_a_connection_used_a_moment_ago(void **state)
{
    (void)state;
    assert_int_equal(connects_of_posts(0), 2);
    assert_int_equal(connects_of_posts(3600 * 1000), 1);
}

static void a_refused_connection_and_a_cancelled_call_end(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct http_peer peer = peer_of(http_server_address(fixture_server(world->fixture)));
    fixture_close(world->fixture); // nobody listens there now
    world->fixture = NULL;
    struct asked *asked = &world->asked;
    asked->loop = world->loop;
    asked->call = (struct http_call){.peer = peer,
                                     .head = slice_of("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                                     .answered = answered,
                                     .room = room,
                                     .moved = moved,
                                     .ended = ended};
    assert_int_equal(http_call_start(world->calls, &asked->call, NULL), OK);
    http_call_cancel(&asked->call);
    assert_null(asked->call.link);
    assert_int_equal(http_call_start(world->calls, &asked->call, NULL), OK);
    loop_run(world->loop, no_timer, NULL);
    assert_true(asked->is_ended);
    assert_int_equal(asked->result, UNAVAILABLE);
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_arrive_whole_however_small_the_room),
        cmocka_unit_test(silence_and_short_bodies_are_failures),
        cmocka_unit_test(a_connection_is_used_again),
        cmocka_unit_test(what_may_not_be_repeated_gets_a_connection_used_a_moment_ago),
        cmocka_unit_test(a_refused_connection_and_a_cancelled_call_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

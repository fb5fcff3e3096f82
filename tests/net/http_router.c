// SPDX-License-Identifier: Apache-2.0
#include "net/http_router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *called;

static void get_a(void *context, struct http_exchange *exchange)
{
    (void)context;
    called = "get_a";
    http_reply_empty(exchange, 204);
}

static void post_a(void *context, struct http_exchange *exchange)
{
    (void)context;
    called = "post_a";
    http_reply_empty(exchange, 204);
}

static void get_file(void *context, struct http_exchange *exchange)
{
    (void)context;
    called = "get_file";
    http_reply_empty(exchange, 204);
}

static void fallback(void *context, struct http_exchange *exchange)
{
    assert_string_equal(context, "context");
    called = "fallback";
    http_reply_empty(exchange, 404);
}

static const struct http_route routes[] = {
    {METHOD_GET, "/a", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL},
    {METHOD_POST, "/a", ROUTE_ON_LOOP, post_a, {NULL, 0}, NULL},
    {METHOD_GET, "/a/{one}/{two}", ROUTE_ON_LOOP, get_file, {NULL, 0}, NULL},
    {METHOD_GET, "/pool", ROUTE_ON_POOL, get_a, {NULL, 0}, NULL},
};

struct asked {
    struct http_request request;
    struct http_exchange exchange;
    char text[512];
};

static void ask(struct asked *asked, const char *method, const char *path, const char *fields)
{
    struct http_router *router;
    assert_int_equal(
        http_router_open(routes, 4, fallback, (void *)(uintptr_t) "context", &router, NULL), OK);
    *asked = (struct asked){.exchange.arena = arena_init(1 << 16)};
    (void)snprintf(asked->text, sizeof asked->text, "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n", method,
                   path, fields);
    struct http_scan scan = {0};
    size_t head;
    enum http_fault fault;
    assert_int_equal(
        http_request_parse(&scan, slice_of(asked->text), &asked->request, &head, &fault),
        HTTP_READY);
    asked->exchange.request = &asked->request;
    called = "";
    http_router_handle(router, &asked->exchange);
    http_router_close(&router);
    assert_null(router);
}

static bool has_line(const struct asked *asked, const char *line)
{
    for (size_t i = 0; i < asked->exchange.reply.run_count; i++)
        if (slice_is(asked->exchange.reply.runs[i], line)) return true;
    return false;
}

static void paths_and_methods_find_their_handler(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *called;
    } cases[] = {
        {"GET", "/a", "get_a"},
        {"HEAD", "/a", "get_a"},
        {"POST", "/a", "post_a"},
        {"GET", "/a?x=/b", "get_a"},
        {"GET", "/a/x/y.mp4", "get_file"},
        {"GET", "/", "fallback"},
        {"GET", "/a/", "fallback"},
        {"GET", "/b", "fallback"},
        {"GET", "/a/x", "fallback"},
        {"GET", "/a/x/y/z", "fallback"},
        {"GET", "/a//y", "fallback"},
        {"GET", "/%61", "fallback"},
        {"GET", "/a/x%2Fz/y", "fallback"},
        {"GET", "/a/x/%00", "fallback"},
        {"GET", "/1/2/3/4/5/6/7/8/9/10", "fallback"},
        {"DELETE", "/b", "fallback"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct asked asked;
        ask(&asked, cases[i].method, cases[i].path, "");
        assert_string_equal(called, cases[i].called);
        arena_release(&asked.exchange.arena);
    }
}

static void params_are_decoded(void **state)
{
    (void)state;
    struct asked asked;
    ask(&asked, "GET", "/a/film%201/v-1.mp4", "");
    assert_string_equal(asked.exchange.params[0], "film 1");
    assert_string_equal(asked.exchange.params[1], "v-1.mp4");
    arena_release(&asked.exchange.arena);
}

static void a_known_path_with_another_method_says_which_are_allowed(void **state)
{
    (void)state;
    struct asked asked;
    ask(&asked, "DELETE", "/a", "");
    assert_int_equal(asked.exchange.reply.status, 405);
    assert_true(has_line(&asked, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
    arena_release(&asked.exchange.arena);
    ask(&asked, "OPTIONS", "/a", "");
    assert_int_equal(asked.exchange.reply.status, 204);
    assert_true(has_line(&asked, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
    assert_false(has_line(&asked, "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"));
    arena_release(&asked.exchange.arena);
    ask(&asked, "OPTIONS", "/a", "Origin: https://o\r\nAccess-Control-Request-Method: POST\r\n");
    assert_true(has_line(&asked, "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"));
    arena_release(&asked.exchange.arena);
    ask(&asked, "OPTIONS", "*", "");
    assert_int_equal(asked.exchange.reply.status, 204);
    arena_release(&asked.exchange.arena);
}

static void what_may_block_is_offloaded(void **state)
{
    (void)state;
    struct asked asked;
    ask(&asked, "GET", "/pool", "");
    assert_string_equal(called, "");
    assert_ptr_equal(asked.exchange.work, get_a);
    arena_release(&asked.exchange.arena);
}

static void bad_routes_are_refused(void **state)
{
    (void)state;
    static const struct http_route bad[][2] = {
        {{METHOD_GET, "a", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL},
         {METHOD_GET, "/b", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL}},
        {{METHOD_GET, "/a", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL},
         {METHOD_GET, "/a", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL}},
        {{METHOD_GET, "/{a}/{b}/{c}/{d}/{e}", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL},
         {METHOD_GET, "/b", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL}},
        {{METHOD_GET, "/1/2/3/4/5/6/7/8/9", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL},
         {METHOD_GET, "/b", ROUTE_ON_LOOP, get_a, {NULL, 0}, NULL}},
    };
    for (size_t i = 0; i < 4; i++) {
        struct http_router *router = NULL;
        assert_int_equal(http_router_open(bad[i], 2, fallback, NULL, &router, NULL), INVALID);
        assert_null(router);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_methods_find_their_handler),
        cmocka_unit_test(params_are_decoded),
        cmocka_unit_test(a_known_path_with_another_method_says_which_are_allowed),
        cmocka_unit_test(what_may_block_is_offloaded),
        cmocka_unit_test(bad_routes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

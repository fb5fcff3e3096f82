// SPDX-License-Identifier: Apache-2.0
#include "app/pages.h"

#include "app/assets.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_asset_is_served_with_the_policy_in_every_coding(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    const char *const gzip[] = {"Accept-Encoding: gzip", NULL};
    const char *const both[] = {"Accept-Encoding: gzip, br", NULL};
    size_t packed = 0;
    for (size_t i = 0; i < asset_count; i++) {
        const struct asset *asset = &asset_table[i];
        const char *path = strcmp(asset->path, "/watch/") == 0 ? "/watch/film" : asset->path;
        assert_int_equal(house_get(&house, path), 200);
        assert_true(slice_equal(buffer_slice(&house.body), asset->bytes));
        assert_string_equal(house_field(&house, "Content-Type"), asset->type);
        assert_string_equal(house_field(&house, "Content-Security-Policy"),
                            ASSET_CONTENT_SECURITY_POLICY);
        assert_string_equal(house_field(&house, "X-Content-Type-Options"), "nosniff");
        const char *cache = house_field(&house, "Cache-Control");
        assert_int_equal(strstr(cache, "immutable") != NULL, asset->is_immutable);
        assert_int_equal(house_ask(&house, "GET", path, gzip, NULL), 200);
        const bool is_gzip = asset->gzip.len > 0;
        assert_string_equal(house_field(&house, "Content-Encoding"), is_gzip ? "gzip" : "");
        assert_true(slice_equal(buffer_slice(&house.body), is_gzip ? asset->gzip : asset->bytes));
        if (is_gzip) assert_string_equal(house_field(&house, "Vary"), "Accept-Encoding");
        if (asset->brotli.len == 0) continue;
        packed++;
        assert_int_equal(house_ask(&house, "GET", path, both, NULL), 200);
        assert_string_equal(house_field(&house, "Content-Encoding"), "br");
        assert_string_equal(house_field(&house, "Vary"), "Accept-Encoding");
        assert_true(slice_equal(buffer_slice(&house.body), asset->brotli));
        assert_true(asset->brotli.len < asset->gzip.len);
    }
    assert_true(packed > 3);
    house_close(&house);
}

static void paths_of_the_app_give_its_shell_and_others_say_404(void **state)
{
    (void)state;
    static const char *const shell[] = {"/", "/title/the-lamplighter", "/sign-in", "/?x=1"};
    static const char *const none[] = {"/nowhere", "/title/a/b/c", "/assets/none.js", "/index.php"};
    const char *const page[] = {"Accept: text/html,application/xhtml+xml", NULL};
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(house_get(&house, shell[i]), 200);
        assert_true(slice_equal(buffer_slice(&house.body), asset_shell()->bytes));
        assert_int_equal(house_get(&house, none[i]), 404);
        assert_string_equal(house_field(&house, "Content-Type"), "application/problem+json");
        assert_int_equal(house_ask(&house, "GET", none[i], page, NULL), 404);
        assert_true(slice_equal(buffer_slice(&house.body), asset_shell()->bytes));
    }
    assert_int_equal(house_ask(&house, "POST", "/", NULL, "x"), 405);
    assert_string_equal(house_field(&house, "Allow"), "GET, HEAD");
    assert_int_equal(house_get(&house, "/v1/nothing"), 404);
    assert_string_equal(house_field(&house, "Access-Control-Allow-Origin"), "*");
    house_close(&house);
}

static void caches_of_a_steered_house_may_be_asked(void **state)
{
    (void)state;
    char lines[PAGES_LINES_BYTES];
    static const struct {
        const char *media_url, *sources;
    } cases[] = {
        {NULL, "connect-src 'self'; "},
        {"", "connect-src 'self'; "},
        {"https://media.example", "connect-src 'self' https://*:443; "},
        {"http://127.0.0.1:8081", "connect-src 'self' http://*:8081; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pages_lines(cases[i].media_url, lines);
        if (strstr(lines, cases[i].sources) == NULL) fail_msg("%s", lines);
        assert_non_null(strstr(lines, "\r\nX-Content-Type-Options: nosniff\r\n"));
    }
}

static void gzip_is_taken_where_its_weight_allows(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        bool takes;
    } cases[] = {
        {"", false},
        {"Accept-Encoding: gzip\r\n", true},
        {"Accept-Encoding: br, GZIP ;q=0.5\r\n", true},
        {"Accept-Encoding: gzip;q=0\r\n", false},
        {"Accept-Encoding: gzip; q=0.000\r\n", false},
        {"Accept-Encoding: gzip;q=0, *\r\n", false},
        {"Accept-Encoding: *\r\n", true},
        {"Accept-Encoding: *;q=0\r\n", false},
        {"Accept-Encoding: identity\r\n", false},
        {"Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", true},
        {"Accept-Encoding: xgzip\r\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", cases[i].fields);
        struct http_scan scan = {0};
        struct http_request request;
        size_t head;
        enum http_fault fault;
        assert_int_equal(http_request_parse(&scan, slice_of(text), &request, &head, &fault),
                         HTTP_READY);
        if (pages_take(&request, "gzip") != cases[i].takes) fail_msg("%s", cases[i].fields);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_asset_is_served_with_the_policy_in_every_coding),
        cmocka_unit_test(paths_of_the_app_give_its_shell_and_others_say_404),
        cmocka_unit_test(caches_of_a_steered_house_may_be_asked),
        cmocka_unit_test(gzip_is_taken_where_its_weight_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

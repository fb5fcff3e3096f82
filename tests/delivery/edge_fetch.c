// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_fetch_that_breaks_off_goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    struct stand *stand = stand_open(&url, 1, NULL, 64, 0);
    struct answer answer = talk(stand, "GET", "/cut/3000000", "");
    assert_int_equal(answer.status, 200);
    assert_true(answer_is(&answer, 0, 3000000));
    answer_free(&answer);
    assert_int_equal(origin_requests(origin), 2);
    assert_string_equal(origin_last_range(origin), "bytes=1500000-");
    stand_close(stand);
    origin_close(origin);
}

static void another_parent_stands_in_for_one_that_is_gone(void **state)
{
    (void)state;
    struct origin *origins[3] = {origin_open(), origin_open(), origin_open()};
    char dead_url[64];
    (void)snprintf(dead_url, sizeof dead_url, "%s", origin_url(origins[1]));
    const char *urls[3] = {origin_url(origins[0]), dead_url, origin_url(origins[2])};
    struct stand *stand = stand_open(urls, 3, NULL, 64, 0);
    origin_close(origins[1]);
    origin_set_down(origins[2], true);
    for (int i = 0; i < 40; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "/n/%d", 1000 + i);
        struct answer answer = talk(stand, "GET", path, "");
        assert_int_equal(answer.status, 200);
        assert_true(answer_is(&answer, 0, (uint64_t)(1000 + i)));
        answer_free(&answer);
    }
    assert_true(edge_counters(stand_edge(stand)).retries > 0);
    stand_close(stand);
    origin_close(origins[0]);
    origin_close(origins[2]);
}

static void without_any_parent_the_viewer_hears_so(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    char url[64];
    (void)snprintf(url, sizeof url, "%s", origin_url(origin));
    const char *urls[1] = {url};
    struct stand *stand = stand_open(urls, 1, NULL, 64, 0);
    struct answer answer = talk(stand, "GET", "/n/10", "");
    answer_free(&answer);
    origin_close(origin);
    answer = talk(stand, "GET", "/n/11", "");
    assert_int_equal(answer.status, 502);
    assert_true(answer_has(&answer, "application/problem+json"));
    answer_free(&answer);
    answer = talk(stand, "GET", "/n/10", ""); // what is fresh needs no parent
    assert_true(answer_is(&answer, 0, 10));
    answer_free(&answer);
    stand_close(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fetch_that_breaks_off_goes_on_where_it_stopped),
        cmocka_unit_test(another_parent_stands_in_for_one_that_is_gone),
        cmocka_unit_test(without_any_parent_the_viewer_hears_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

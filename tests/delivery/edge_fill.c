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

enum { MIB = 1 << 20 };

static struct answer range(struct stand *stand, const char *path, uint64_t first, uint64_t last)
{
    char fields[100];
    (void)snprintf(fields, sizeof fields, "Range: bytes=%llu-%llu\r\n", (unsigned long long)first,
                   (unsigned long long)last);
    return talk(stand, "GET", path, fields);
}

static void ranges_are_fetched_as_whole_slices_and_put_together(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    struct stand *stand = stand_open(&url, 1, NULL, 64, 0);
    static const struct {
        uint64_t first, last;
        const char *asked; // of the origin; NULL: nothing
    } cases[] = {
        {100, 999, "bytes=0-1048575"},
        {5000, 1048575, NULL},
        {3 * MIB + 7, 3 * MIB + 100, "bytes=3145728-4194303"},
        {0, 99, NULL},
        {1048000, 1049000, "bytes=1048576-2097151"},
        {4 * MIB + 4, 4 * MIB + 5, "bytes=4194304-"},
        {2 * MIB + 1, 2 * MIB + 1, "bytes=2097152-3145727"},
        {0, 4 * MIB + 9, NULL},
    };
    unsigned requests = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer = range(stand, "/n/4194314", cases[i].first, cases[i].last);
        assert_int_equal(answer.status, 206);
        assert_true(answer_is(&answer, cases[i].first, cases[i].last - cases[i].first + 1));
        answer_free(&answer);
        requests += cases[i].asked != NULL;
        assert_int_equal(origin_requests(origin), requests);
        if (cases[i].asked != NULL) assert_string_equal(origin_last_range(origin), cases[i].asked);
    }
    struct answer answer = talk(stand, "GET", "/n/4194314", "");
    assert_true(answer_is(&answer, 0, 4194314));
    answer_free(&answer);
    assert_int_equal(origin_requests(origin), requests);
    answer = range(stand, "/n/4194314", 5 * MIB, 6 * MIB);
    assert_int_equal(answer.status, 416);
    assert_true(answer_has(&answer, "Content-Range: bytes */4194314"));
    answer_free(&answer);
    stand_close(stand);
    origin_close(origin);
}

static void parts_without_validators_are_never_put_together(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    struct stand *stand = stand_open(&url, 1, NULL, 64, 0);
    struct answer answer = range(stand, "/weak/3000000", 2000000, 2000999);
    assert_int_equal(answer.status, 206);
    assert_true(answer_is(&answer, 2000000, 1000));
    answer_free(&answer);
    assert_string_equal(origin_last_range(origin), ""); // asked again, for all of it
    assert_int_equal(origin_requests(origin), 2);
    answer = range(stand, "/weak/3000000", 0, 9);
    assert_true(answer_is(&answer, 0, 10));
    answer_free(&answer);
    assert_int_equal(origin_requests(origin), 2);
    stand_close(stand);
    origin_close(origin);
}

static void a_cache_smaller_than_its_files_serves_them_whole(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    struct stand *stand = stand_open(&url, 1, NULL, 12, 0);
    for (uint64_t i = 0; i < 12; i++) {
        char path[40];
        const uint64_t len = 5000000 + i % 4 * 100000;
        (void)snprintf(path, sizeof path, "/n/%llu", (unsigned long long)len);
        struct answer answer = talk(stand, "GET", path, "");
        assert_int_equal(answer.status, 200);
        assert_true(answer_is(&answer, 0, len));
        answer_free(&answer);
    }
    stand_close(stand);
    origin_close(origin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_fetched_as_whole_slices_and_put_together),
        cmocka_unit_test(parts_without_validators_are_never_put_together),
        cmocka_unit_test(a_cache_smaller_than_its_files_serves_them_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "net/http_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_matrix_of_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t size;
        enum http_range range;
        uint64_t offset, span;
    } cases[] = {
        {"bytes=0-399", 1000, HTTP_RANGE_PART, 0, 400},
        {"bytes=0-0", 1000, HTTP_RANGE_PART, 0, 1},
        {"bytes=999-999", 1000, HTTP_RANGE_PART, 999, 1},
        {"bytes=400-", 1000, HTTP_RANGE_PART, 400, 600},
        {"bytes=-100", 1000, HTTP_RANGE_PART, 900, 100},
        {"bytes=-1000", 1000, HTTP_RANGE_PART, 0, 1000},
        {"bytes=-5000", 1000, HTTP_RANGE_PART, 0, 1000},
        {"bytes=0-99999", 1000, HTTP_RANGE_PART, 0, 1000},
        {"bytes=500-18446744073709551615", 1000, HTTP_RANGE_PART, 500, 500},
        {"bytes=500-99999999999999999999999999", 1000, HTTP_RANGE_PART, 500, 500},
        {"bytes=-99999999999999999999999999", 1000, HTTP_RANGE_PART, 0, 1000},
        {"Bytes=0-1", 1000, HTTP_RANGE_PART, 0, 2},
        {"bytes= 0-1 ,", 1000, HTTP_RANGE_PART, 0, 2},
        {"bytes=1000-", 1000, HTTP_RANGE_REFUSED, 0, 0},
        {"bytes=99999999999999999999-", 1000, HTTP_RANGE_REFUSED, 0, 0},
        {"bytes=-0", 1000, HTTP_RANGE_REFUSED, 0, 0},
        {"bytes=0-", 0, HTTP_RANGE_REFUSED, 0, 0},
        {"bytes=-1", 0, HTTP_RANGE_REFUSED, 0, 0},
        {"bytes=0-1,8-9", 1000, HTTP_RANGE_REFUSED, 0, 0},
        {"bytes=0-1,0-1", 1000, HTTP_RANGE_REFUSED, 0, 0},
        {"lines=1-2", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=9-1", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=-", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=a-b", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=1-2x", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=1--2", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=0x1-2", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=+1-2", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=0-1,x", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"", 1000, HTTP_RANGE_WHOLE, 0, 0},
        {"bytes=9223372036854775807-", UINT64_MAX, HTTP_RANGE_PART, INT64_MAX,
         UINT64_MAX - INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_span span = {7, 7};
        const enum http_range range =
            http_range_parse(slice_of(cases[i].value), cases[i].size, &span);
        if (range != cases[i].range) fail_msg("%s gives %d", cases[i].value, (int)range);
        const bool is_part = range == HTTP_RANGE_PART;
        assert_int_equal(span.offset, is_part ? cases[i].offset : 7);
        assert_int_equal(span.size, is_part ? cases[i].span : 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_of_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

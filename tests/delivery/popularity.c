// SPDX-License-Identifier: Apache-2.0
#include "delivery/popularity.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR_S = 3600 };
static const int64_t now_ms = 1795296000000;

static struct popularity *open_with(const char *text, int64_t at_ms)
{
    struct popularity *popularity = NULL;
    struct why why = {""};
    if (popularity_open(slice_of(text), "it", 24 * HOUR_S, at_ms, &popularity, &why) != OK)
        fail_msg("%s", why.text);
    return popularity;
}

static bool take(struct popularity *popularity, int64_t ago_s, const char *rest)
{
    char at[32], line[500];
    wall_format(now_ms - ago_s * 1000, at);
    (void)snprintf(line, sizeof line, "{\"at\":\"%s\",%s}\n", at, rest);
    return popularity_take(popularity, slice_of(line));
}

static void a_request_counts_half_after_a_half_life(void **state)
{
    (void)state;
    autopopularity *popularity = open_with("", now_ms);
    assert_true(
        take(popularity, 0, "\"method\":\"GET\",\"path\":\"/f\",\"status\":200,\"bytes\":8000"));
    assert_true(take(popularity, 24 * HOUR_S, "\"path\":\"/f\",\"status\":206,\"bytes\":8000"));
    assert_true(
        take(popularity, 48 * HOUR_S, "\"path\":\"/~token/f\",\"status\":206,\"bytes\":8000"));
    assert_float_equal(popularity_bytes(popularity, "/f"), 14000, 0.01);
    assert_float_equal(popularity_bytes(popularity, "/g"), 0, 0);
    autobuffer text = buffer_init(10000);
    assert_int_equal(popularity_format(popularity, &text, NULL), OK);
    autopopularity *later = open_with(buffer_text(&text), now_ms + 24 * HOUR_S * 1000ll);
    assert_float_equal(popularity_bytes(later, "/f"), 7000, 0.01);
    text.len = 0;
    autopopularity *last = open_with(buffer_text(&text), now_ms);
    assert_int_equal(popularity_format(last, &text, NULL), OK); // of nothing
    assert_non_null(strstr(buffer_text(&text), "\"bytes\":{}"));
}

static void lines_that_brought_nothing_are_passed_over(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\"method\":\"HEAD\",\"path\":\"/f\",\"status\":200,\"bytes\":8000",
        "\"method\":\"GET\",\"path\":\"/f\",\"status\":404,\"bytes\":8000",
        "\"method\":\"GET\",\"path\":\"/f\",\"status\":200,\"bytes\":0",
        "\"method\":\"GET\",\"path\":\"/f\",\"status\":304",
        "\"method\":\"GET\",\"status\":200,\"bytes\":8000",
        "\"method\":7,\"path\":\"/f\",\"status\":200,\"bytes\":8000",
    };
    autopopularity *popularity = open_with("", now_ms);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(take(popularity, 0, lines[i]));
    assert_false(popularity_take(popularity, slice_of("no JSON")));
    assert_false(popularity_take(
        popularity, slice_of("{\"at\":\"x\",\"path\":\"/f\",\"status\":200,\"bytes\":8000}")));
    assert_float_equal(popularity_bytes(popularity, "/f"), 0, 0);
}

static void a_state_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{",
        "{}",
        "{\"at\":\"2026-11-21T16:00:00Z\"}",
        "{\"at\":\"yesterday\",\"bytes\":{}}",
        "{\"at\":\"2026-11-21T16:00:00Z\",\"bytes\":{\"/f\":-1}}",
        "{\"at\":\"2026-11-21T16:00:00Z\",\"bytes\":{\"/f\":\"1\"}}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct popularity *popularity = NULL;
        struct why why = {""};
        assert_int_equal(
            popularity_open(slice_of(texts[i]), "it", HOUR_S, now_ms, &popularity, &why), INVALID);
        assert_int_not_equal(why.text[0], '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_counts_half_after_a_half_life),
        cmocka_unit_test(lines_that_brought_nothing_are_passed_over),
        cmocka_unit_test(a_state_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

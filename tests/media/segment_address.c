// SPDX-License-Identifier: Apache-2.0
#include "media/segment_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct segment_template addressing = {
    .base = "https://cdn.example/a/b.mpd", .id = "v1", .bandwidth = 5000};

static void templates_become_addresses(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"$RepresentationID$/$Number$.m4s", "https://cdn.example/a/v1/42.m4s"},
        {"s-$Number%05d$-$Time$", "https://cdn.example/a/s-00042-9000"},
        {"$Bandwidth%08d$", "https://cdn.example/a/00005000"},
        {"a$$b", "https://cdn.example/a/a$b"},
        {"/root/$Number$", "https://cdn.example/root/42"},
        {"plain", "https://cdn.example/a/plain"},
        {"", "https://cdn.example/a/b.mpd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer out = buffer_init(1000);
        assert_int_equal(segment_address(&addressing, cases[i][0], 42, 9000, &out, NULL), OK);
        assert_string_equal(buffer_text(&out), cases[i][1]);
    }
}

static void wrong_templates_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "$Number", "$Bogus$", "$Number%d$", "$Number%021d$", "$Number%5d$", "$Number%0xd$", "a b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        autobuffer out = buffer_init(1000);
        assert_int_equal(segment_address(&addressing, wrong[i], 42, 9000, &out, NULL), INVALID);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_become_addresses),
        cmocka_unit_test(wrong_templates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

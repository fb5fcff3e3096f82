// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// RFC 3986 section 5.4, both tables.
static void resolves_as_the_rfc_lists_it(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer out = buffer_init(1024);
        assert_int_equal(
            url_resolve(slice_of("http://a/b/c/d;p?q"), slice_of(cases[i][0]), &out, NULL), OK);
        assert_string_equal(buffer_text(&out), cases[i][1]);
    }
}

static void keeps_empty_segments_and_authorities_of_the_base(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"http://h", "g", "http://h/g"},
        {"http://h?q", "g", "http://h/g"},
        {"http://u@[::1]:8080/a/b", "../c", "http://u@[::1]:8080/c"},
        {"http://h//a//b", "c", "http://h//a//c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer out = buffer_init(1024);
        assert_int_equal(url_resolve(slice_of(cases[i][0]), slice_of(cases[i][1]), &out, NULL), OK);
        assert_string_equal(buffer_text(&out), cases[i][2]);
    }
}

static void cuts_a_url_into_its_parts(void **state)
{
    (void)state;
    struct url url;
    assert_int_equal(url_parse(slice_of("https://u:p@[2001:db8::1]:8443/a/b?c=1#d"), &url, NULL),
                     OK);
    assert_true(slice_is(url.scheme, "https"));
    assert_true(slice_is(url.userinfo, "u:p"));
    assert_true(slice_is(url.host, "2001:db8::1"));
    assert_true(url.is_host_ipv6);
    assert_int_equal(url.port, 8443);
    assert_true(slice_is(url.path, "/a/b"));
    assert_true(slice_is(url.query, "c=1"));
    assert_true(slice_is(url.fragment, "d"));
    assert_int_equal(url_parse(slice_of("https://h/"), &url, NULL), OK);
    assert_int_equal(url.port, 443);
    assert_null(url.query.at);
    assert_int_equal(url_parse(slice_of("v/seg.mp4?"), &url, NULL), OK);
    assert_false(url.has_authority);
    assert_non_null(url.query.at);
    assert_int_equal(url.query.len, 0);
}

static void refuses_what_is_no_url_and_leaves_the_parts_alone(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "http://a b/",  "http://h/\n",  "http://h/%4",    "http://h/%zz", "http://h:99999/",
        "http://h:8x/", "http://[::1/", "http://[::1]x/", "http://h/\"",  "http://h/\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct url url = {.port = 7};
        struct why why = {""};
        assert_int_equal(url_parse(slice_of(bad[i]), &url, &why), INVALID);
        assert_int_equal(url.port, 7);
        assert_true(why.text[0] != '\0');
    }
    static uint8_t longest[URL_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    struct url url;
    assert_int_equal(url_parse((struct slice){longest, sizeof longest}, &url, NULL), TOO_LARGE);
    autobuffer out = buffer_init(64);
    assert_int_equal(url_resolve(slice_of("/a"), slice_of("b"), &out, NULL), INVALID);
    assert_int_equal(
        url_resolve(slice_of("http://h/"),
                    slice_of("123456789012345678901234567890123456789012345678901234567890"), &out,
                    NULL),
        TOO_LARGE);
    assert_int_equal(out.len, 0);
}

static void decodes_under_a_cap_and_without_nul(void **state)
{
    (void)state;
    char out[8];
    size_t len = 99;
    assert_int_equal(percent_decode(slice_of("a%2fb+%C3%A9"), out, sizeof out, &len, NULL), OK);
    assert_int_equal(len, 6);
    assert_memory_equal(out, "a/b+\xc3\xa9", 6);
    assert_int_equal(percent_decode(slice_of("a%00"), out, sizeof out, &len, NULL), INVALID);
    assert_int_equal(percent_decode(slice_of("a%4"), out, sizeof out, &len, NULL), INVALID);
    assert_int_equal(percent_decode(slice_of("123456789"), out, sizeof out, &len, NULL), TOO_LARGE);
    assert_int_equal(len, 6);
}

static void encoding_comes_back_by_decoding(void **state)
{
    (void)state;
    uint8_t all[255];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)(i + 1);
    autobuffer text = buffer_init(1024);
    assert_int_equal(percent_encode((struct slice){all, sizeof all}, &text, NULL), OK);
    char back[256];
    size_t len;
    assert_int_equal(percent_decode(buffer_slice(&text), back, sizeof back, &len, NULL), OK);
    assert_int_equal(len, sizeof all);
    assert_memory_equal(back, all, sizeof all);
}

static void finds_values_in_a_query(void **state)
{
    (void)state;
    struct slice value;
    assert_true(query_find(slice_of("a=1&bb=2=3&c"), "bb", &value));
    assert_true(slice_is(value, "2=3"));
    assert_true(query_find(slice_of("a=1&bb=2&c"), "c", &value));
    assert_int_equal(value.len, 0);
    assert_false(query_find(slice_of("a=1&bb=2"), "b", &value));
    assert_false(query_find((struct slice){NULL, 0}, "b", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_as_the_rfc_lists_it),
        cmocka_unit_test(keeps_empty_segments_and_authorities_of_the_base),
        cmocka_unit_test(cuts_a_url_into_its_parts),
        cmocka_unit_test(refuses_what_is_no_url_and_leaves_the_parts_alone),
        cmocka_unit_test(decodes_under_a_cap_and_without_nul),
        cmocka_unit_test(encoding_comes_back_by_decoding),
        cmocka_unit_test(finds_values_in_a_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

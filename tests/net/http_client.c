// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include "fixture.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct setting {
    struct fixture *fixture;
    struct http_client *client;
    char url[200];
};

static struct http_fetch to(struct setting *setting, const char *path)
{
    (void)snprintf(setting->url, sizeof setting->url, "http://%s%s",
                   http_server_address(fixture_server(setting->fixture)), path);
    return (struct http_fetch){.url = setting->url};
}

static struct setting open_setting(const struct http_limits *limits)
{
    struct setting setting = {.fixture = fixture_open(limits, 1)};
    assert_int_equal(http_client_open(&setting.client, NULL), OK);
    return setting;
}

static void close_setting(struct setting *setting)
{
    http_client_close(&setting->client);
    fixture_close(setting->fixture);
}

static void a_second_fetch_reuses_the_connection_and_times_are_in_order(void **state)
{
    (void)state;
    struct setting setting = open_setting(NULL);
    autobuffer body = buffer_init(1 << 20);
    for (int i = 0; i < 2; i++) {
        const struct http_fetch fetch = to(&setting, "/file");
        struct http_fetched fetched;
        body.len = 0;
        assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), OK);
        assert_int_equal(fetched.is_reused, i == 1);
        assert_true(fetched.start_us <= fetched.connected_us);
        assert_true(fetched.connected_us <= fetched.first_byte_us);
        assert_true(fetched.first_byte_us <= fetched.end_us);
        assert_int_equal(body.len, FIXTURE_FILE_BYTES);
        struct slice value;
        assert_true(http_fetched_field(&fetched, "content-type", &value));
        assert_true(slice_is(value, "video/mp4"));
        assert_false(http_fetched_field(&fetched, "x-none", &value));
        http_fetched_release(&fetched);
    }
    close_setting(&setting);
}

static void ranges_methods_fields_and_bodies_are_sent(void **state)
{
    (void)state;
    struct setting setting = open_setting(NULL);
    autobuffer body = buffer_init(1 << 20);
    struct http_fetched fetched;
    struct http_fetch fetch = to(&setting, "/file");
    fetch.has_range = true;
    fetch.range_first = 100;
    fetch.range_last = 199;
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), OK);
    assert_int_equal(fetched.status, 206);
    assert_int_equal(body.len, 100);
    assert_int_equal(body.at[0], fixture_byte(100));
    http_fetched_release(&fetched);

    fetch.range_last = UINT64_MAX;
    fetch.range_first = FIXTURE_FILE_BYTES - 5;
    body.len = 0;
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), OK);
    assert_int_equal(body.len, 5);
    http_fetched_release(&fetched);

    fetch = to(&setting, "/echo");
    fetch.method = "PUT";
    fetch.body = slice_of("what was sent");
    fetch.fields = (const char *const[]){"Content-Type: text/plain", NULL};
    body.len = 0;
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), OK);
    assert_true(slice_is(buffer_slice(&body), "what was sent"));
    http_fetched_release(&fetched);

    fetch = to(&setting, "/file");
    fetch.method = "HEAD";
    body.len = 0;
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), OK);
    assert_int_equal(body.len, 0);
    http_fetched_release(&fetched);
    close_setting(&setting);
}

static outcome stop_at_half(void *context, size_t body_bytes, int64_t now_us, struct why *why)
{
    (void)now_us;
    *(size_t *)context = body_bytes;
    if (body_bytes < FIXTURE_LARGE_BYTES / 2) return OK;
    return (fail)(why, EXHAUSTED, "enough"); // not cmocka's macro
}

static void a_fetch_can_be_abandoned_and_is_capped(void **state)
{
    (void)state;
    struct setting setting = open_setting(NULL);
    autobuffer body = buffer_init(4 << 20);
    assert_int_equal(buffer_put_text(&body, "before", NULL), OK);
    struct http_fetched fetched;
    struct why why = {""};
    size_t seen = 0;
    struct http_fetch fetch = to(&setting, "/large");
    fetch.on_bytes = stop_at_half;
    fetch.context = &seen;
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, &why), EXHAUSTED);
    assert_string_equal(why.text, "enough");
    assert_in_range(seen, FIXTURE_LARGE_BYTES / 2, FIXTURE_LARGE_BYTES - 1);
    assert_true(slice_is(buffer_slice(&body), "before"));

    autobuffer small = buffer_init(1000);
    fetch = to(&setting, "/large");
    assert_int_equal(http_client_fetch(setting.client, &fetch, &small, &fetched, &why), TOO_LARGE);
    assert_int_equal(small.len, 0);
    close_setting(&setting);
}

static void what_goes_wrong_has_its_outcome(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.drain_ms = 10; // not for the one that is never answered
    struct setting setting = open_setting(&limits);
    autobuffer body = buffer_init(1000);
    struct http_fetched fetched;
    struct http_fetch fetch = to(&setting, "/never");
    fetch.deadline_ms = 100;
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), TIMED_OUT);
    fetch = to(&setting, "/nothing");
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), OK);
    assert_int_equal(fetched.status, 404);
    http_fetched_release(&fetched);
    fetch.url = "file:///etc/passwd";
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), INVALID);
    fetch.url = "nonsense://x";
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), INVALID);
    fetch.url = "http://127.0.0.1:1/";
    assert_int_equal(http_client_fetch(setting.client, &fetch, &body, &fetched, NULL), UNAVAILABLE);
    close_setting(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_fetch_reuses_the_connection_and_times_are_in_order),
        cmocka_unit_test(ranges_methods_fields_and_bodies_are_sent),
        cmocka_unit_test(a_fetch_can_be_abandoned_and_is_capped),
        cmocka_unit_test(what_goes_wrong_has_its_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

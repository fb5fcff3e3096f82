// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROBE_MS = 5, LOOKS_MAX = 5000, LOOK_US = 2000 };

static char folder[] = "/tmp/primrose-probe-XXXXXX";

// Looks until the edge says `text` of its parents, or long enough.
static bool comes_to_say(struct stand *stand, const char *text)
{
    char path[100], fields[200];
    (void)snprintf(path, sizeof path, "%s/purge-token", folder);
    autobuffer token = buffer_init(200);
    assert_int_equal(file_read(path, &token, NULL), OK);
    (void)snprintf(fields, sizeof fields, "Authorization: Bearer %s\r\n", buffer_text(&token));
    bool is_said = false;
    for (int i = 0; i < LOOKS_MAX && !is_said; i++) {
        struct answer said = talk(stand, "GET", "/.primrose/cache", fields);
        assert_int_equal(said.status, 200);
        is_said = memmem(said.body, said.len, text, strlen(text)) != NULL;
        answer_free(&said);
        if (!is_said) (void)usleep(LOOK_US);
    }
    return is_said;
}

static void a_parent_that_nobody_asks_is_found_dead_and_alive_again(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    assert_non_null(mkdtemp(folder));
    const struct edge_options options = {.upstreams = &url,
                                         .upstream_count = 1,
                                         .probe_path = "/n/1",
                                         .probe_ms = PROBE_MS,
                                         .data = folder,
                                         .memory_bytes = 8 << 20};
    struct stand *stand = stand_open_as(&options);
    assert_true(comes_to_say(stand, "\"state\":\"well\""));
    origin_set_down(origin, true);
    assert_true(comes_to_say(stand, "\"state\":\"ejected\""));
    origin_set_down(origin, false);
    assert_true(comes_to_say(stand, "\"state\":\"warming\""));
    assert_true(origin_requests(origin) > 3);
    stand_close(stand);
    origin_close(origin);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

static void a_fallback_answers_when_the_upstreams_cannot(void **state)
{
    (void)state;
    struct origin *first = origin_open(), *last = origin_open();
    const char *url = origin_url(first), *fallback = origin_url(last);
    const struct edge_options options = {.upstreams = &url,
                                         .upstream_count = 1,
                                         .fallbacks = &fallback,
                                         .fallback_count = 1,
                                         .memory_bytes = 8 << 20};
    struct stand *stand = stand_open_as(&options);
    struct answer answer = talk(stand, "GET", "/n/1000", "");
    assert_true(answer.status == 200 && answer_is(&answer, 0, 1000));
    answer_free(&answer);
    assert_int_equal(origin_requests(last), 0);
    origin_set_down(first, true);
    answer = talk(stand, "GET", "/n/2000", "");
    assert_true(answer.status == 200 && answer_is(&answer, 0, 2000));
    answer_free(&answer);
    assert_int_equal(origin_requests(last), 1);
    stand_close(stand);
    origin_close(first);
    origin_close(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parent_that_nobody_asks_is_found_dead_and_alive_again),
        cmocka_unit_test(a_fallback_answers_when_the_upstreams_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

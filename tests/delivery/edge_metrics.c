// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include "base/file.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[40], fields[200]; // the edge's data, and its operator's token

static int set_up(void **state)
{
    (void)snprintf(folder, sizeof folder, "/tmp/primrose-metrics-XXXXXX");
    assert_non_null(mkdtemp(folder));
    const struct edge_options options = {.data = folder, .memory_bytes = 64 << 20};
    assert_int_equal(world_open_as(state, &options), 0);
    char path[100];
    (void)snprintf(path, sizeof path, "%s/purge-token", folder);
    autobuffer token = buffer_init(200);
    assert_int_equal(file_read(path, &token, NULL), OK);
    (void)snprintf(fields, sizeof fields, "Authorization: Bearer %s\r\n", buffer_text(&token));
    return 0;
}

static int tear_down(void **state)
{
    assert_int_equal(world_close(state), 0);
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

static void ask(struct world *world, const char *path)
{
    struct answer answer = talk(world->stand, "GET", path, "");
    answer_free(&answer);
}

static void prometheus_reads_each_number_that_people_do(void **state)
{
    struct world *world = *state;
    ask(world, "/n/1000");
    ask(world, "/n/1000");
    ask(world, "/private");
    struct answer shown = talk(world->stand, "GET", "/.primrose/cache", fields);
    struct answer metrics = talk(world->stand, "GET", "/.primrose/metrics", fields);
    assert_int_equal(shown.status, 200);
    assert_int_equal(metrics.status, 200);
    assert_true(answer_has(&metrics, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    autojson *json = NULL;
    assert_int_equal(json_parse((struct slice){shown.body, shown.len}, "it", &json, NULL), OK);
    assert_int_equal(json_integer_value(json_object_get(json, "hits")), 1);
    const char *name;
    json_t *value;
    size_t count = 0;
    json_object_foreach(json, name, value)
    {
        char counter[200], gauge[200];
        if (!json_is_integer(value)) continue;
        const long long number = json_integer_value(value);
        (void)snprintf(counter, sizeof counter, "counter\nprimrose_edge_%s_total %lld\n", name,
                       number);
        (void)snprintf(gauge, sizeof gauge, "gauge\nprimrose_edge_%s %lld\n", name, number);
        const char *text = (const char *)metrics.body;
        if (strstr(text, counter) == NULL && strstr(text, gauge) == NULL)
            fail_msg("%s %lld is not in %s", name, number, text);
        count++;
    }
    assert_true(count > 20);
    char up[200];
    (void)snprintf(up, sizeof up, "primrose_edge_parent_up{parent=\"%s\",kind=\"upstream\"} 1\n",
                   origin_url(world->origin) + strlen("http://"));
    assert_non_null(strstr((const char *)metrics.body, up));
    answer_free(&shown);
    answer_free(&metrics);
}

static void each_line_is_of_the_text_format(void **state)
{
    struct world *world = *state;
    struct answer metrics = talk(world->stand, "GET", "/.primrose/metrics", fields);
    struct slice rest = {metrics.body, metrics.len}, line, word;
    size_t samples = 0;
    assert_int_equal(metrics.body[metrics.len - 1], '\n');
    while (slice_cut(&rest, '\n', &line) && line.len > 0) {
        if (slice_starts(line, "# HELP primrose_edge_") ||
            slice_starts(line, "# TYPE primrose_edge_"))
            continue;
        assert_true(slice_starts(line, "primrose_edge_"));
        uint64_t value;
        (void)slice_cut(&line, ' ', &word);
        assert_int_equal(slice_u64(line, UINT64_MAX, &value, NULL), OK);
        samples++;
    }
    assert_true(samples > 20);
    answer_free(&metrics);
}

static void nobody_else_is_told(void **state)
{
    struct world *world = *state;
    struct answer refused = talk(world->stand, "GET", "/.primrose/metrics", "");
    assert_int_equal(refused.status, 401);
    answer_free(&refused);
    refused = talk(world->stand, "POST", "/.primrose/metrics", fields);
    assert_int_equal(refused.status, 404);
    answer_free(&refused);
    assert_int_equal(origin_requests(world->origin), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prometheus_reads_each_number_that_people_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_line_is_of_the_text_format, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_else_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

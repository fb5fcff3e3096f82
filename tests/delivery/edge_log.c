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

enum { LOG_BYTES_MAX = 1 << 20 };

static char folder[] = "/tmp/primrose-log-XXXXXX";

// Line `index` of the file; NULL when there is none.
static json_t *line_of(const char *path, size_t index)
{
    autobuffer text = buffer_init(LOG_BYTES_MAX);
    assert_int_equal(file_read(path, &text, NULL), OK);
    struct slice rest = buffer_slice(&text), line;
    for (size_t i = 0; slice_cut(&rest, '\n', &line); i++) {
        json_t *json = NULL;
        if (i != index || line.len == 0) continue;
        assert_int_equal(json_parse(line, "a line", &json, NULL), OK);
        return json;
    }
    return NULL;
}

static void expect(const char *path, size_t index, const char *name, const char *value)
{
    autojson *line = line_of(path, index);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, name)), value);
}

static void get(struct stand *stand, const char *path, const char *fields)
{
    struct answer answer = talk(stand, "GET", path, fields);
    answer_free(&answer);
}

static void each_answer_has_a_line_with_what_the_player_said(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    char path[100], moved[100];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/access.log", folder);
    (void)snprintf(moved, sizeof moved, "%s/access.log.1", folder);
    const struct edge_options options = {
        .upstreams = &url, .upstream_count = 1, .log = path, .memory_bytes = 8 << 20};
    struct stand *stand = stand_open_as(&options);
    get(stand, "/n/1000", "");
    get(stand, "/n/1000?CMCD=bs%2Csid%3D%22a%22", "");
    get(stand, "/n/1000", "CMCD-Status: bs\r\nCMCD-Object: br=3200\r\n");
    get(stand, "/private", "");
    edge_flush(stand_edge(stand));
    expect(path, 0, "path", "/n/1000");
    expect(path, 0, "client", "127.0.0.1");
    expect(path, 0, "cache", "fwd=uri-miss; stored");
    expect(path, 1, "cache", "hit");
    expect(path, 3, "path", "/private");
    autojson *second = line_of(path, 1), *third = line_of(path, 2);
    assert_int_equal(json_integer_value(json_object_get(second, "bytes")), 1000);
    assert_int_equal(json_integer_value(json_object_get(second, "status")), 200);
    assert_string_equal(json_string_value(json_array_get(json_object_get(second, "cmcd"), 0)),
                        "bs,sid=\"a\"");
    assert_string_equal(json_string_value(json_array_get(json_object_get(third, "cmcd"), 1)),
                        "br=3200");
    assert_null(line_of(path, 4));

    assert_int_equal(rename(path, moved), 0); // whoever keeps old logs
    edge_flush(stand_edge(stand));
    get(stand, "/fail", "");
    stand_close(stand); // writes what is pending
    expect(path, 0, "path", "/fail");
    assert_null(line_of(moved, 4));
    origin_close(origin);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

static void a_log_that_cannot_be_written_is_said_at_the_start(void **state)
{
    (void)state;
    static const char *const url = "http://127.0.0.1:1";
    const struct edge_options options = {
        .upstreams = &url, .upstream_count = 1, .log = "/none/access.log", .memory_bytes = 8 << 20};
    struct edge *edge = NULL;
    struct why why = {""};
    assert_int_equal(edge_open(&options, &edge, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "/none/access.log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_a_line_with_what_the_player_said),
        cmocka_unit_test(a_log_that_cannot_be_written_is_said_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

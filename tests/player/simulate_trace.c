// SPDX-License-Identifier: Apache-2.0
#include "simulate_case.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

static outcome parse(const char *text, struct trace *out, struct why *why)
{
    static struct arena arena;
    arena_release(&arena);
    arena = arena_init(1 << 20);
    return trace_parse(slice_of(text), "t.csv", &arena, out, why);
}

static void steps_are_read_with_or_without_a_heading(void **state)
{
    (void)state;
    static const char *const texts[] = {"duration_ms,kbps\n1000,2500\n500,0\n",
                                        "1000,2500\r\n500,0\r\n", "1000.0, 2500\n\n500 ,0"};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct trace trace;
        assert_int_equal(parse(texts[i], &trace, NULL), OK);
        assert_int_equal(trace.step_count, 2);
        assert_near(trace.seconds, 1.5);
        assert_near(trace.bits, 2.5e6);
        assert_near(trace.steps[0].bps, 2.5e6);
        assert_near(trace.steps[1].seconds, 0.5);
        assert_near(trace.latency_s, 0.02);
    }
}

static void a_bad_line_is_named_by_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"duration_ms,kbps\n1000,1\n1000\n", "t.csv line 3"},
        {"1000,1,2\n", "line 1"},
        {"1000,-5\n", "\"1000,-5\""},
        {"1000,1e9\n", "line 1"},
        {"0,500\n", "longer than 0"},
        {"1000,99999999999\n", "line 1"},
        {"999999999999999999999999,1\n", "line 1"},
        {"nan,1\n", "line 1"},
        {"", "no line"},
        {"duration_ms,kbps\n", "no line"},
        {"1000,0\n2000,0\n", "carries no data"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct trace trace = {.step_count = 77};
        struct why why = {""};
        assert_int_equal(parse(cases[i].text, &trace, &why), INVALID);
        if (strstr(why.text, cases[i].says) == NULL) print_error("%s\n", why.text);
        assert_non_null(strstr(why.text, cases[i].says));
        assert_int_equal(trace.step_count, 77);
    }
}

static void too_many_lines_are_refused(void **state)
{
    (void)state;
    autobuffer text = buffer_init(TRACE_FILE_BYTES_MAX);
    for (size_t i = 0; i < (size_t)TRACE_STEPS_MAX + 3; i++)
        assert_int_equal(buffer_put_text(&text, "1,1\n", NULL), OK);
    autoarena arena = arena_init(SIZE_MAX);
    struct trace trace;
    struct why why = {""};
    assert_int_equal(trace_parse(buffer_slice(&text), "t.csv", &arena, &trace, &why), TOO_LARGE);
    assert_non_null(strstr(why.text, "1000000"));
}

static char folder[] = "/tmp/primrose-traces-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, slice_of(text), 0600, NULL), OK);
}

static int folder_make_two(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    char below[64];
    (void)snprintf(below, sizeof below, "%s/b/c", folder);
    if (folder_make(below, NULL) != OK) return -1;
    put("z.csv", "1000,100\n");
    put("b/c/a.csv", "1000,200\n");
    put("b/notes.txt", "no trace\n");
    put("index.csv", "source,file,latency_ms\nx,z.csv,150\nx,gone.csv,3\n");
    return 0;
}

static int folder_remove_two(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

static void folders_are_walked_in_order_and_the_index_gives_latencies(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    const struct trace *traces = NULL;
    size_t count = 0;
    assert_int_equal(traces_load(folder, &arena, &traces, &count, NULL), OK);
    assert_int_equal(count, 2);
    assert_string_equal(traces[0].name, "b/c/a.csv");
    assert_near(traces[0].latency_s, 0.02);
    assert_string_equal(traces[1].name, "z.csv");
    assert_near(traces[1].latency_s, 0.15);
}

static void what_is_wrong_with_a_folder_is_said(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    const struct trace *traces = NULL;
    size_t count = 0;
    struct why why = {""};
    assert_int_equal(traces_load("/nonexistent", &arena, &traces, &count, &why), NOT_FOUND);
    put("index.csv", "file,latency_ms\nz.csv,soon\n");
    assert_int_equal(traces_load(folder, &arena, &traces, &count, &why), INVALID);
    assert_non_null(strstr(why.text, "line 2"));
    put("index.csv", "name\n");
    assert_int_equal(traces_load(folder, &arena, &traces, &count, &why), INVALID);
    put("z.csv", "1000;100\n");
    assert_int_equal(traces_load(folder, &arena, &traces, &count, &why), INVALID);
    assert_non_null(strstr(why.text, "z.csv line 1"));
    char empty[64];
    (void)snprintf(empty, sizeof empty, "%s/empty", folder);
    assert_int_equal(folder_make(empty, NULL), OK);
    assert_int_equal(traces_load(empty, &arena, &traces, &count, &why), NOT_FOUND);
    assert_null(traces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_read_with_or_without_a_heading),
        cmocka_unit_test(a_bad_line_is_named_by_its_number),
        cmocka_unit_test(too_many_lines_are_refused),
        cmocka_unit_test(folders_are_walked_in_order_and_the_index_gives_latencies),
        cmocka_unit_test(what_is_wrong_with_a_folder_is_said),
    };
    return cmocka_run_group_tests(tests, folder_make_two, folder_remove_two);
}

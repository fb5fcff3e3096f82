// SPDX-License-Identifier: Apache-2.0
#include "delivery/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TIERS                                                                                      \
    "\"tiers\":{\"isp\":{\"from\":\"22:30\",\"until\":\"06:00\",\"mbps\":8,\"tail\":\"pass\"},"    \
    "\"edge\":{\"from\":\"00:00\",\"until\":\"24:00\",\"mbps\":1000}}"

static const char document[] = "{" TIERS ",\"files\":["
                               "{\"path\":\"/media/a/1/v.mp4\",\"bytes\":500},"
                               "{\"path\":\"/media/b/1/v.mp4\",\"bytes\":200},"
                               "{\"path\":\"/media/b/1/a.mp4\",\"bytes\":100},"
                               "{\"path\":\"/media/c/1/v.mp4\",\"bytes\":30}]}";

static struct placement *read_for(const char *tier, uint64_t cache_bytes)
{
    struct placement *placement = NULL;
    struct why why = {""};
    const outcome result =
        placement_parse(slice_of(document), "it", tier, cache_bytes, &placement, &why);
    if (result != OK) fail_msg("%s", why.text);
    return placement;
}

static void a_tier_places_the_first_files_that_fit_beside_what_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        uint64_t cache_bytes;
        size_t placed;
        uint64_t bytes;
    } cases[] = {{0, 0, 0},      {600, 0, 0},    {700, 1, 500},
                 {1000, 2, 700}, {1100, 3, 800}, {9000, 4, 830}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autoplacement *placement = read_for("edge", cases[i].cache_bytes);
        assert_int_equal(placement->count, 4);
        assert_int_equal(placement->placed, cases[i].placed);
        assert_int_equal(placement->placed_bytes, cases[i].bytes);
    }
}

static void files_are_placed_common_or_tail_by_path_and_folder(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum worth isp, edge;
    } cases[] = {{"/media/a/1/v.mp4", WORTH_PLACED, WORTH_PLACED},
                 {"/media/b/1/v.mp4?x=1", WORTH_PLACED, WORTH_PLACED},
                 {"/media/b/1/a.mp4", WORTH_COMMON, WORTH_COMMON},
                 {"/media/c/1/other.m3u8", WORTH_COMMON, WORTH_COMMON},
                 {"/media/c/2/v.mp4", WORTH_TAIL, WORTH_COMMON},
                 {"/media/d/1/v.mp4", WORTH_TAIL, WORTH_COMMON},
                 {"/", WORTH_TAIL, WORTH_COMMON}};
    autoplacement *isp = read_for("isp", 1000), *edge = read_for("edge", 1000);
    assert_int_equal(isp->rate_bytes_s, 1000000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(placement_worth(isp, slice_of(cases[i].key)), cases[i].isp);
        assert_int_equal(placement_worth(edge, slice_of(cases[i].key)), cases[i].edge);
    }
}

static void a_window_may_lie_over_midnight(void **state)
{
    (void)state;
    autoplacement *isp = read_for("isp", 0), *edge = read_for("edge", 0);
    static const struct {
        int64_t minute;
        bool is_open;
    } cases[] = {{22 * 60 + 29, false}, {22 * 60 + 30, true}, {23 * 60 + 59, true}, {0, true},
                 {359, true},           {360, false}};
    const int64_t day_s = 20778ll * 86400;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int64_t at_s = day_s + cases[i].minute * 60 + 59;
        assert_int_equal(window_is_open(&isp->window, at_s), cases[i].is_open);
        assert_true(window_is_open(&edge->window, at_s));
    }
}

static void what_is_no_placement_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[]", "tiers"},
        {"{", "line 1"},
        {"{\"files\":[]}", "says nothing for the tier \"edge\""},
        {"{" TIERS "}", "files"},
        {"{" TIERS ",\"files\":[{\"path\":\"v.mp4\",\"bytes\":1}]}", "file 0 has no path"},
        {"{" TIERS ",\"files\":[{\"path\":\"/v x\",\"bytes\":1}]}", "file 0 has no path"},
        {"{" TIERS ",\"files\":[{\"path\":\"/v\\r\\nX: y\",\"bytes\":1}]}", "file 0 has no path"},
        {"{" TIERS ",\"files\":[{\"path\":\"/v?q\",\"bytes\":1}]}", "without a query"},
        {"{" TIERS ",\"files\":[{\"path\":\"/v\",\"bytes\":-1}]}", "bytes"},
        {"{\"tiers\":{\"edge\":{\"from\":\"2:00\",\"until\":\"06:00\",\"mbps\":1}},\"files\":[]}",
         "HH:MM"},
        {"{\"tiers\":{\"edge\":{\"from\":\"02:60\",\"until\":\"06:00\",\"mbps\":1}},\"files\":[]}",
         "HH:MM"},
        {"{\"tiers\":{\"edge\":{\"from\":\"24:00\",\"until\":\"06:00\",\"mbps\":1}},\"files\":[]}",
         "HH:MM"},
        {"{\"tiers\":{\"edge\":{\"from\":\"02:00\",\"until\":\"24:01\",\"mbps\":1}},\"files\":[]}",
         "HH:MM"},
        {"{\"tiers\":{\"edge\":{\"from\":\"02:00\",\"until\":\"02:00\",\"mbps\":1}},\"files\":[]}",
         "HH:MM"},
        {"{\"tiers\":{\"edge\":{\"from\":\"02:00\",\"until\":\"06:00\",\"mbps\":0}},\"files\":[]}",
         "mbps"},
        {"{\"tiers\":{\"edge\":{\"from\":\"02:00\",\"until\":\"06:00\",\"mbps\":1,\"tail\":\"no\"}}"
         ",\"files\":[]}",
         "keep or pass"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct placement *placement = NULL;
        struct why why = {""};
        assert_int_not_equal(
            placement_parse(slice_of(cases[i].text), "it", "edge", 1000, &placement, &why), OK);
        assert_null(placement);
        if (strstr(why.text, cases[i].says) == NULL)
            fail_msg("%s: said \"%s\"", cases[i].text, why.text);
    }
    struct placement *placement = NULL;
    assert_int_equal(placement_load("/nowhere/it", "edge", 0, &placement, NULL), NOT_FOUND);
}

static void a_forecast_becomes_a_placement_that_an_edge_reads(void **state)
{
    (void)state;
    const struct forecast_file files[] = {{"/soon", 9000, 0, 10}, {"/short", 100, 5000, 0}};
    static const char tiers[] =
        "{\"isp\":{\"from\":\"02:00\",\"until\":\"06:00\",\"mbps\":100,\"tail\":\"pass\"}}";
    autobuffer text = buffer_init(10000);
    struct why why = {""};
    assert_int_equal(
        placement_format(files, 2, slice_of(tiers), "tiers", 1795296000000, &text, &why), OK);
    autoplacement *placement = NULL;
    assert_int_equal(placement_parse(buffer_slice(&text), "it", "isp", 100000, &placement, &why),
                     OK);
    assert_int_equal(placement->placed, 2);
    assert_string_equal(placement->files[0].path, "/soon");
    assert_non_null(strstr(buffer_text(&text), "\"reason\":\"premiere\""));
    assert_int_equal(placement_format(files, 2, slice_of("{"), "tiers", 1795296000000, &text, &why),
                     INVALID);
    assert_non_null(strstr(why.text, "tiers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tier_places_the_first_files_that_fit_beside_what_is_asked_for),
        cmocka_unit_test(files_are_placed_common_or_tail_by_path_and_folder),
        cmocka_unit_test(a_window_may_lie_over_midnight),
        cmocka_unit_test(a_forecast_becomes_a_placement_that_an_edge_reads),
        cmocka_unit_test(what_is_no_placement_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

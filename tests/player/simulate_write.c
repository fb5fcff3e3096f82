// SPDX-License-Identifier: Apache-2.0
//
// The reports of one small run, in all their forms.
#include "player/simulate_page.h"

#include "simulate_case.h"

#include "base/json.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>

static struct arena arena;
static struct simulation_run run;
static struct ladder ladder;

static int play(void **state)
{
    (void)state;
    static const struct trace_step good[] = {{30.0, 2e7}},
                                   poor[] = {{10.0, 1.5e6}, {30.0, 0.0}, {30.0, 3e6}};
    static struct trace traces[2];
    traces[0] = link_of(good, LENGTH(good), 0.0);
    traces[1] = link_of(poor, LENGTH(poor), 0.0);
    traces[1].name = "<poor> & \"quoted\""; // a file may be called so
    static const struct rule *const rules[] = {&rule_lowest, &rule_plain, &rule_primrose};
    arena = arena_init(1 << 20);
    if (ladder_load("mission", &ladder, NULL) != OK) return -1;
    const struct simulation simulation = {
        .ladder = &ladder, .segment_s = 2.0, .capacity_s = 30.0, .seed = 9};
    return simulation_run(&simulation, traces, 2, rules, 3, &arena, &run, NULL) == OK ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void json_has_the_agreed_shape(void **state)
{
    (void)state;
    autobuffer text = buffer_init(1 << 20);
    assert_int_equal(simulation_format_json(&run, &text, NULL), OK);
    json_t *parsed = NULL;
    assert_int_equal(json_parse(buffer_slice(&text), "report", &parsed, NULL), OK);
    autojson *json = parsed;
    static const char *const sets[] = {"rules", "floor_clean_rules", "constrained_rules"};
    static const char *const figures[] = {"rebuffer_pct",     "events_per_h", "kbps",
                                          "switches_per_min", "low_pct",      "startup_ms_p50",
                                          "startup_ms_p95",   "excess_pct"};
    for (size_t s = 0; s < LENGTH(sets); s++) {
        const json_t *rules = json_object_get(json, sets[s]);
        assert_int_equal(json_array_size(rules), 3);
        const json_t *plain = json_array_get(rules, 1);
        assert_string_equal(json_string_value(json_object_get(plain, "name")), "plain");
        assert_int_equal(json_integer_value(json_object_get(plain, "sessions")), s == 0 ? 2 : 1);
        for (size_t f = 0; f < LENGTH(figures); f++)
            assert_true(json_is_number(json_object_get(plain, figures[f])));
        assert_int_equal(json_array_size(json_object_get(plain, "rebuffer_ci")), 2);
    }
    const json_t *settings = json_object_get(json, "settings");
    assert_int_equal(json_array_size(json_object_get(settings, "ladder_kbps")), 10);
    assert_int_equal(json_integer_value(json_object_get(settings, "seed")), 9);
}

static void csv_has_a_line_per_set_and_rule(void **state)
{
    (void)state;
    autobuffer text = buffer_init(1 << 20);
    assert_int_equal(simulation_format_csv(&run, &text, NULL), OK);
    struct slice rest = buffer_slice(&text), line = {0}, cell = {0};
    size_t lines = 0, columns = 0;
    while (slice_cut(&rest, '\n', &line) && line.len > 0) {
        size_t cells = 0;
        while (slice_cut(&line, ',', &cell))
            cells++;
        if (lines++ == 0) columns = cells;
        assert_int_equal(cells, columns);
    }
    assert_int_equal(lines, 1 + 3 * 3);
}

static void text_names_every_rule_in_every_set(void **state)
{
    (void)state;
    autobuffer text = buffer_init(1 << 20);
    assert_int_equal(simulation_format_text(&run, &text, NULL), OK);
    const char *at = buffer_text(&text);
    for (int i = 0; i < 3; i++) {
        at = strstr(at, "\nprimrose ");
        assert_non_null(at);
        at++;
    }
}

static size_t count_of(xmlXPathContextPtr context, const char *path)
{
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, context);
    assert_non_null(found);
    const size_t count = found->nodesetval == NULL ? 0 : (size_t)found->nodesetval->nodeNr;
    xmlXPathFreeObject(found);
    return count;
}

static void the_page_is_well_formed_and_draws_everything(void **state)
{
    (void)state;
    autobuffer text = buffer_init(1 << 22);
    assert_int_equal(simulation_format_html(&run, &text, NULL), OK);
    assert_true(slice_starts(buffer_slice(&text), "<!DOCTYPE html>\n<html lang=\"en\">"));
    xmlDocPtr page =
        xmlReadMemory((const char *)text.at, (int)text.len, NULL, "UTF-8", XML_PARSE_NONET);
    assert_non_null(page);
    xmlXPathContextPtr context = xmlXPathNewContext(page);
    assert_int_equal(count_of(context, "//table"), 3);
    assert_int_equal(count_of(context, "//table/tr"), 3 * (1 + 3));
    // three scatters, three distributions, bitrate and buffer of two rules
    assert_int_equal(count_of(context, "//*[local-name()='svg']"), 3 + 3 + 4);
    assert_int_equal(count_of(context, "//*[local-name()='circle']"), 3 * 3);
    assert_int_equal(count_of(context, "//*[local-name()='polyline']"), 3 * 3 + 4);
    assert_int_equal(count_of(context, "//h2[contains(., '<poor> & \"quoted\"')]"), 1);
    assert_int_equal(count_of(context, "//script"), 0);
    xmlXPathFreeContext(context);
    xmlFreeDoc(page);
}

static void a_report_over_its_cap_is_refused(void **state)
{
    (void)state;
    outcome (*const formats[])(const struct simulation_run *, struct buffer *,
                               struct why *) = {simulation_format_json, simulation_format_csv,
                                                simulation_format_text, simulation_format_html};
    for (size_t i = 0; i < LENGTH(formats); i++) {
        autobuffer text = buffer_init(100);
        assert_int_equal(formats[i](&run, &text, NULL), TOO_LARGE);
    }
}

static void plots_map_values_into_their_area(void **state)
{
    (void)state;
    xmlBufferPtr text = xmlBufferCreate();
    struct page page = {.writer = xmlNewTextWriterMemory(text, 0)};
    struct plot plot =
        plot_open(&page, (struct range){0.0, 10.0}, (struct range){5.0, 5.0}, "x", "y");
    const double x[] = {0.0, 10.0}, y[] = {5.0, 6.0};
    plot_line(&plot, x, y, 2, LINE_STEPS, 0);
    plot_close(&plot);
    assert_false(page.is_broken);
    xmlFreeTextWriter(page.writer);
    // from the lower left corner along the bottom, then up to the upper right; a range of no width
    // is one wide
    assert_non_null(
        strstr((const char *)xmlBufferContent(text), "70.0,315.0 710.0,315.0 710.0,15.0 "));
    xmlBufferFree(text);
    assert_string_not_equal(plot_colour(0), plot_colour(1));
    assert_string_equal(plot_colour(0), plot_colour(12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_agreed_shape),
        cmocka_unit_test(csv_has_a_line_per_set_and_rule),
        cmocka_unit_test(text_names_every_rule_in_every_set),
        cmocka_unit_test(the_page_is_well_formed_and_draws_everything),
        cmocka_unit_test(a_report_over_its_cap_is_refused),
        cmocka_unit_test(plots_map_values_into_their_area),
    };
    return cmocka_run_group_tests(tests, play, forget);
}

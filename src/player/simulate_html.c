// SPDX-License-Identifier: Apache-2.0
//
// A finished run as one page. No script, no other file: it can be mailed and kept.
#include "player/simulate.h"

#include "player/simulate_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_IN_TIMELINE = 2 };

static const char *const set_titles[SET_COUNT] = {
    [SET_ALL] = "All sessions",
    [SET_FLOOR_CLEAN] = "Sessions that the floor plays without a stall",
    [SET_CONSTRAINED] = "Sessions over links below 6 Mb/s on average",
};

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}table{border-collapse:collapse;font-variant-numeric:tabular-"
    "nums}"
    "th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}"
    "th:first-child,td:first-child{text-align:left}svg{width:100%;font:12px system-ui,sans-serif}";

static void write_table(struct page *page, const struct simulation_run *run, enum session_set set)
{
    static const char *const heads[] = {
        "rule", "rebuffering %", "95 %",         "excess %", "stalls/h",
        "kb/s", "95 %",          "switches/min", "low %",    "startup ms, p50 / p95"};
    page_element(page, "h2", "%s (%zu)", set_titles[set], run->reports[set][0].sessions);
    if (run->reports[set][0].sessions == 0) return;
    page_open(page, "table");
    page_open(page, "tr");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        page_element(page, "th", "%s", heads[i]);
    page_close(page);
    for (size_t i = 0; i < run->rule_count; i++) {
        const struct rule_report *r = &run->reports[set][i];
        page_open(page, "tr");
        page_element(page, "td", "%s", r->name);
        page_element(page, "td", "%.4f", r->rebuffer_pct);
        page_element(page, "td", "%.3f\u2013%.3f", r->rebuffer_ci.low, r->rebuffer_ci.high);
        page_element(page, "td", "%.4f", r->excess_pct);
        page_element(page, "td", "%.2f", r->events_per_h);
        page_element(page, "td", "%.0f", r->kbps);
        page_element(page, "td", "%.0f\u2013%.0f", r->kbps_ci.low, r->kbps_ci.high);
        page_element(page, "td", "%.2f", r->switches_per_min);
        page_element(page, "td", "%.2f", r->low_pct);
        page_element(page, "td", "%.0f / %.0f", r->startup_ms_p50, r->startup_ms_p95);
        page_close(page);
    }
    page_close(page);
}

static void write_scatter(struct page *page, const struct simulation_run *run, enum session_set set)
{
    struct range x = {0.0, 0.0}, y = {0.0, 0.0};
    for (size_t i = 0; i < run->rule_count; i++) {
        const struct rule_report *r = &run->reports[set][i];
        x.high = fmax(x.high, r->kbps * 1.05);
        y.high = fmax(y.high, r->rebuffer_ci.high);
    }
    page_element(page, "h3", "Rebuffering against bitrate (up and left is worse)");
    struct plot plot = plot_open(page, x, y, "mean bitrate, kb/s", "rebuffering, %");
    for (size_t i = 0; i < run->rule_count; i++) {
        const struct rule_report *r = &run->reports[set][i];
        plot_point(&plot, r->kbps, r->rebuffer_pct,
                   (struct range){r->rebuffer_ci.low, r->rebuffer_ci.high}, r->name, i);
    }
    plot_close(&plot);
}

static double session_kbps(const struct session *session)
{
    return session->bits / session->played_s / 1000.0;
}

static double session_rebuffer_pct(const struct session *session)
{
    return 100.0 * session->stall_s / (session->stall_s + session->played_s);
}

static double session_switches(const struct session *session)
{
    return 60.0 * session->switches / session->played_s;
}

static int double_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The share of sessions at or below each value, one line per rule, the uppermost 2 % of values cut
// off.
static void write_distribution(struct page *page, const struct simulation_run *run,
                               double (*figure)(const struct session *), const char *caption,
                               double *values, double *shares)
{
    const size_t count = run->trace_count;
    const size_t last = count - 1 - (count - 1) / 50;
    struct range x = {0.0, 0.0};
    for (size_t t = 0; t < count; t++)
        shares[t] = (double)(t + 1) / (double)count;
    for (int pass = 0; pass < 2; pass++) { // first the range, then the lines
        struct plot plot = {0};
        if (pass == 1) plot = plot_open(page, x, (struct range){0.0, 1.0}, caption, "sessions");
        for (size_t r = 0; r < run->rule_count; r++) {
            for (size_t t = 0; t < count; t++)
                values[t] = figure(&run->sessions[r * count + t]);
            qsort(values, count, sizeof *values, double_order);
            x.high = fmax(x.high, values[last]);
            if (pass == 1) plot_line(&plot, values, shares, last + 1, LINE_STEPS, r);
        }
        if (pass == 1) plot_close(&plot);
    }
}

// The session whose stalled time differs most from rule to rule.
static size_t telling_session(const struct simulation_run *run)
{
    size_t best = 0;
    double most = -1.0;
    for (size_t t = 0; t < run->trace_count; t++) {
        double low = HUGE_VAL, high = 0.0;
        for (size_t r = 0; r < run->rule_count; r++) {
            low = fmin(low, run->sessions[r * run->trace_count + t].stall_s);
            high = fmax(high, run->sessions[r * run->trace_count + t].stall_s);
        }
        if (high - low <= most) continue;
        most = high - low;
        best = t;
    }
    return best;
}

// What a session's drawing needs: the arrivals, as columns.
struct timeline {
    struct session_point *points;
    double *time_s, *kbps, *buffer_s;
    size_t count;
};

static void timeline_fill(struct timeline *timeline, const struct simulation_run *run, size_t trace,
                          const struct rule *rule)
{
    (void)session_play(&run->simulation, &run->traces[trace], trace, rule, timeline->points);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct session_point *point = &timeline->points[i];
        timeline->time_s[i] = point->request_s;
        timeline->kbps[i] = run->simulation.ladder->rates_bps[point->rung] / 1000.0;
        timeline->buffer_s[i] = point->buffer_s;
    }
}

static void write_timeline(struct page *page, const struct simulation_run *run, size_t trace,
                           struct timeline *timeline, const struct rule *rule)
{
    timeline_fill(timeline, run, trace, rule);
    const size_t count = timeline->count;
    const struct range x = {0.0, timeline->points[count - 1].arrival_s};
    struct range rate = {0.0, 0.0};
    for (size_t i = 0; i < count; i++)
        rate.high = fmax(rate.high, timeline->kbps[i] * 1.1);
    page_element(page, "h4", "%s: bitrate chosen; stalls shaded", rule_name(rule));
    struct plot plot = plot_open(page, x, rate, "seconds", "kb/s");
    for (size_t i = 0; i < count; i++) {
        const struct session_point *point = &timeline->points[i];
        if (point->stall_s > 0.0)
            plot_band(&plot, point->arrival_s - point->stall_s, point->arrival_s);
    }
    plot_line(&plot, timeline->time_s, timeline->kbps, count, LINE_STEPS, 0);
    plot_close(&plot);
    page_element(page, "h4", "%s: buffer", rule_name(rule));
    plot = plot_open(page, x, (struct range){0.0, run->simulation.capacity_s}, "seconds", "s");
    plot_line(&plot, timeline->time_s, timeline->buffer_s, count, LINE_STRAIGHT, 2);
    plot_close(&plot);
}

static outcome write_timelines(struct page *page, const struct simulation_run *run, struct why *why)
{
    autoarena arena = arena_init((size_t)64 * 1024 * 1024); // four hours of segments, with room
    const size_t trace = telling_session(run);
    struct timeline timeline = {.count = session_segments(&run->simulation, &run->traces[trace])};
    timeline.points = arena_take_array(&arena, timeline.count, sizeof *timeline.points);
    timeline.time_s = arena_take_array(&arena, timeline.count, sizeof(double));
    timeline.kbps = arena_take_array(&arena, timeline.count, sizeof(double));
    timeline.buffer_s = arena_take_array(&arena, timeline.count, sizeof(double));
    if (timeline.points == NULL || timeline.time_s == NULL || timeline.kbps == NULL ||
        timeline.buffer_s == NULL)
        return fail(why, NO_MEMORY, "no memory for the timeline of %zu segments", timeline.count);
    page_element(page, "h2", "The session in which the rules differ most: %s",
                 run->traces[trace].name);
    const size_t shown = run->rule_count < RULES_IN_TIMELINE ? run->rule_count : RULES_IN_TIMELINE;
    for (size_t i = 0; i < shown;
         i++) // the last ones named: the rule under study stands at the end
        write_timeline(page, run, trace, &timeline, run->rules[run->rule_count - shown + i]);
    return OK;
}

static outcome write_page(struct page *page, const struct simulation_run *run, struct why *why)
{
    autoarena arena = arena_init((size_t)TRACES_MAX * 2 * sizeof(double) + 4096);
    double *values = arena_take_array(&arena, run->trace_count, sizeof *values);
    double *shares = arena_take_array(&arena, run->trace_count, sizeof *shares);
    if (values == NULL || shares == NULL) return fail(why, NO_MEMORY, "no memory for the plots");
    const char *names[RULES_PER_RUN_MAX];
    for (size_t i = 0; i < run->rule_count; i++)
        names[i] = rule_name(run->rules[i]);

    page_open(page, "html");
    page_attribute(page, "lang", "en");
    page_open(page, "head");
    page_open(page, "meta");
    page_attribute(page, "charset", "utf-8");
    page_close(page);
    page_element(page, "title", "Streaming sessions, simulated");
    page_element(page, "style", "%s", style);
    page_close(page);
    page_open(page, "body");
    page_element(page, "h1", "Streaming sessions, simulated");
    page_element(
        page, "p",
        "%zu traces, ladder %s of %zu rungs, %g s segments, %g s buffer, seed %llu. "
        "Rebuffering is stalled time over stalled and played time (CTA-2066), startup "
        "apart; intervals are 95 %% bootstrap intervals over sessions; low is the share of "
        "decisions below 10 s of buffer that did not step down.",
        run->trace_count, run->simulation.ladder->name, run->simulation.ladder->rungs,
        run->simulation.segment_s, run->simulation.capacity_s,
        (unsigned long long)run->simulation.seed);
    for (enum session_set set = 0; set < SET_COUNT; set++) {
        write_table(page, run, set);
        if (run->reports[set][0].sessions > 0) write_scatter(page, run, set);
    }
    page_element(page, "h2", "Distributions over all sessions");
    plot_legend(page, names, run->rule_count);
    write_distribution(page, run, session_kbps, "bitrate, kb/s", values, shares);
    write_distribution(page, run, session_rebuffer_pct, "rebuffering, %", values, shares);
    write_distribution(page, run, session_switches, "switches per minute", values, shares);
    TRY(write_timelines(page, run, why));
    page_close(page);
    page_close(page);
    return OK;
}

outcome simulation_format_html(const struct simulation_run *run, struct buffer *out,
                               struct why *why)
{
    xmlBufferPtr text = xmlBufferCreate();
    struct page page = {.writer = text == NULL ? NULL : xmlNewTextWriterMemory(text, 0)};
    outcome result = page.writer == NULL ? fail(why, NO_MEMORY, "no memory for the page") : OK;
    if (result == OK) result = write_page(&page, run, why);
    if (page.writer != NULL) {
        page.is_broken = page.is_broken || xmlTextWriterEndDocument(page.writer) < 0;
        xmlFreeTextWriter(page.writer);
    }
    if (result == OK && page.is_broken) result = fail(why, NO_MEMORY, "no memory for the page");
    if (result == OK) result = buffer_put_text(out, "<!DOCTYPE html>\n", why);
    if (result == OK) result = buffer_put_text(out, (const char *)xmlBufferContent(text), why);
    if (text != NULL) xmlBufferFree(text);
    return result;
}

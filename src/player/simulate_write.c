// SPDX-License-Identifier: Apache-2.0
//
// A finished run as JSON, as CSV and for a terminal.
#include "player/simulate.h"

#include "base/json.h"

// Sets, by the key and the words they go by.
static const struct {
    const char *key;
    const char *title;
} sets[SET_COUNT] = {
    [SET_ALL] = {"rules", "all sessions"},
    [SET_FLOOR_CLEAN] = {"floor_clean_rules", "sessions that the floor plays without a stall"},
    [SET_CONSTRAINED] = {"constrained_rules", "sessions over links below 6 Mb/s on average"},
};

static json_t *interval_json(struct interval interval)
{
    return json_pack("[f, f]", interval.low, interval.high);
}

static json_t *report_json(const struct rule_report *r)
{
    return json_pack(
        "{s:s, s:I, s:f, s:o, s:f, s:f, s:o, s:f, s:o, s:f, s:o, s:f, s:f, s:f, s:f}", "name",
        r->name, "sessions", (json_int_t)r->sessions, "rebuffer_pct", r->rebuffer_pct,
        "rebuffer_ci", interval_json(r->rebuffer_ci), "excess_pct", r->excess_pct, "events_per_h",
        r->events_per_h, "events_ci", interval_json(r->events_ci), "kbps", r->kbps, "kbps_ci",
        interval_json(r->kbps_ci), "switches_per_min", r->switches_per_min, "switches_ci",
        interval_json(r->switches_ci), "low_pct", r->low_pct, "startup_ms_p50", r->startup_ms_p50,
        "startup_ms_p95", r->startup_ms_p95, "wasted_pct", r->wasted_pct);
}

outcome simulation_format_json(const struct simulation_run *run, struct buffer *out,
                               struct why *why)
{
    const struct simulation *simulation = &run->simulation;
    autojson *all = json_object();
    for (enum session_set set = 0; set < SET_COUNT; set++) {
        json_t *list = json_array();
        for (size_t r = 0; r < run->rule_count; r++)
            if (json_array_append_new(list, report_json(&run->reports[set][r])) != 0)
                return json_decref(list), fail(why, NO_MEMORY, "no memory for the report");
        if (json_object_set_new(all, sets[set].key, list) != 0)
            return fail(why, NO_MEMORY, "no memory for the report");
    }
    json_t *rates = json_array();
    for (size_t i = 0; i < simulation->ladder->rungs; i++)
        (void)json_array_append_new(rates, json_real(simulation->ladder->rates_bps[i] / 1000.0));
    if (json_object_set_new(all, "settings",
                            json_pack("{s:s, s:o, s:f, s:f, s:I, s:I}", "ladder",
                                      simulation->ladder->name, "ladder_kbps", rates, "segment_s",
                                      simulation->segment_s, "buffer_s", simulation->capacity_s,
                                      "seed", (json_int_t)simulation->seed, "traces",
                                      (json_int_t)run->trace_count)) != 0)
        return fail(why, NO_MEMORY, "no memory for the report");
    TRY(json_format(all, out, why));
    return buffer_put_text(out, "\n", why);
}

outcome simulation_format_csv(const struct simulation_run *run, struct buffer *out, struct why *why)
{
    TRY(buffer_put_text(out,
                        "set,name,sessions,rebuffer_pct,rebuffer_low,rebuffer_high,excess_pct,"
                        "events_per_h,kbps,kbps_low,kbps_high,switches_per_min,low_pct,"
                        "startup_ms_p50,startup_ms_p95,wasted_pct\n",
                        why));
    for (enum session_set set = 0; set < SET_COUNT; set++)
        for (size_t i = 0; i < run->rule_count; i++) {
            const struct rule_report *r = &run->reports[set][i];
            TRY(buffer_format(out, why,
                              "%s,%s,%zu,%.5f,%.5f,%.5f,%.5f,%.3f,%.1f,%.1f,%.1f,%.3f,%.3f,%.0f,"
                              "%.0f,%.3f\n",
                              sets[set].key, r->name, r->sessions, r->rebuffer_pct,
                              r->rebuffer_ci.low, r->rebuffer_ci.high, r->excess_pct,
                              r->events_per_h, r->kbps, r->kbps_ci.low, r->kbps_ci.high,
                              r->switches_per_min, r->low_pct, r->startup_ms_p50, r->startup_ms_p95,
                              r->wasted_pct));
        }
    return OK;
}

outcome simulation_format_text(const struct simulation_run *run, struct buffer *out,
                               struct why *why)
{
    const struct simulation *simulation = &run->simulation;
    TRY(buffer_format(out, why, "%zu traces, ladder %s, %g s segments, %g s buffer, seed %llu\n",
                      run->trace_count, simulation->ladder->name, simulation->segment_s,
                      simulation->capacity_s, (unsigned long long)simulation->seed));
    for (enum session_set set = 0; set < SET_COUNT; set++) {
        TRY(buffer_format(out, why, "\n%zu %s\n", run->reports[set][0].sessions, sets[set].title));
        if (run->reports[set][0].sessions == 0) continue;
        TRY(buffer_put_text(out,
                            "rule         rebuffer %  [95 %]            excess  events/h   kb/s  "
                            "switches/min  low %  startup ms p50/p95\n",
                            why));
        for (size_t i = 0; i < run->rule_count; i++) {
            const struct rule_report *r = &run->reports[set][i];
            TRY(buffer_format(out, why,
                              "%-11s  %9.4f  [%7.4f - %7.4f]  %7.4f  %8.2f  %5.0f  %12.2f  %5.2f  "
                              "%10.0f/%.0f\n",
                              r->name, r->rebuffer_pct, r->rebuffer_ci.low, r->rebuffer_ci.high,
                              r->excess_pct, r->events_per_h, r->kbps, r->switches_per_min,
                              r->low_pct, r->startup_ms_p50, r->startup_ms_p95));
        }
    }
    return OK;
}

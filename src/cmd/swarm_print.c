// SPDX-License-Identifier: Apache-2.0
#include "cmd/swarm_print.h"

#include "base/json.h"

#include <stdio.h>

static double per(double amount, double of)
{
    return of > 0 ? amount / of : 0;
}

static void print_times(const char *name, const struct swarm_times *times)
{
    if (times->count == 0) return;
    printf("  %-10s %9llu %9.1f %9.1f %9.1f\n", name, (unsigned long long)times->count,
           times->p50_ms, times->p95_ms, times->p99_ms);
}

void swarm_print(const struct swarm_report *report)
{
    const double played_min = report->played_s / 60;
    printf("%zu viewers of %zu title%s in %.1f s: %llu to the end, %llu left, %llu failed; at most "
           "%llu at a time\n",
           report->viewers, report->titles, report->titles == 1 ? "" : "s", report->wall_s,
           (unsigned long long)report->to_the_end, (unsigned long long)report->left,
           (unsigned long long)report->failed, (unsigned long long)report->concurrent_max);
    printf("startup %.0f ms at the median, %.0f ms at the 95th percentile; seeks %llu, %.0f and "
           "%.0f ms\n",
           report->startup.p50_ms, report->startup.p95_ms, (unsigned long long)report->seeks,
           report->seek.p50_ms, report->seek.p95_ms);
    printf("rebuffering %.3f %% (%llu stalls, %.1f an hour), %.0f kb/s, %.2f switches a minute, "
           "%llu transfers given up\n",
           report->rebuffer_pct, (unsigned long long)report->stalls,
           per((double)report->stalls, played_min / 60), report->kbps,
           per((double)report->switches, played_min), (unsigned long long)report->abandoned);
    printf("played %.2f h; %.0f requests/s (%llu in the busiest second), %.1f Mb/s, %llu "
           "connections, %llu requests repeated\n",
           report->played_s / 3600, report->requests_per_s,
           (unsigned long long)report->requests_per_s_max, report->mbps,
           (unsigned long long)report->connections, (unsigned long long)report->retries);
    printf("this process: %.1f s of CPU, %.1f KB a viewer, %zu thread%s\n", report->cpu_s,
           (double)report->viewer_bytes / 1024, report->loops, report->loops == 1 ? "" : "s");
    printf("  answers to    count    p50 ms    p95 ms    p99 ms\n");
    for (int i = 0; i < SWARM_STAGE_COUNT; i++)
        print_times(swarm_stage_word((enum swarm_stage)i), &report->first_byte[i]);
    for (size_t i = 0; i < report->cause_count; i++)
        printf("  failed: %llu at %s: %s\n", (unsigned long long)report->causes[i].count,
               swarm_stage_word(report->causes[i].stage), report->causes[i].says);
}

static json_t *times_json(const struct swarm_times *times)
{
    if (times->count == 0) return json_null();
    return json_pack("{s:I, s:f, s:f, s:f}", "count", (json_int_t)times->count, "p50",
                     times->p50_ms, "p95", times->p95_ms, "p99", times->p99_ms);
}

static json_t *stages_json(const struct swarm_report *report)
{
    json_t *stages = json_object();
    for (int i = 0; i < SWARM_STAGE_COUNT; i++)
        if (report->requests[i] > 0)
            (void)json_object_set_new(stages, swarm_stage_word((enum swarm_stage)i),
                                      json_pack("{s:I, s:o}", "requests",
                                                (json_int_t)report->requests[i], "first_byte_ms",
                                                times_json(&report->first_byte[i])));
    return stages;
}

static json_t *causes_json(const struct swarm_report *report)
{
    json_t *causes = json_array();
    for (size_t i = 0; i < report->cause_count; i++) {
        const struct swarm_cause *cause = &report->causes[i];
        (void)json_array_append_new(
            causes, json_pack("{s:s, s:i, s:s, s:s, s:I}", "stage", swarm_stage_word(cause->stage),
                              "status", cause->status, "reason", outcome_code(cause->reason),
                              "says", cause->says, "count", (json_int_t)cause->count));
    }
    return causes;
}

// What viewers met.
static json_t *quality_json(const struct swarm_report *report)
{
    const double played_min = report->played_s / 60;
    return json_pack("{s:o, s:o, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "startup_ms",
                     times_json(&report->startup), "seek_ms", times_json(&report->seek),
                     "rebuffer_pct", report->rebuffer_pct, "stalls", (json_int_t)report->stalls,
                     "events_per_h", per((double)report->stalls, played_min / 60), "kbps",
                     report->kbps, "switches_per_min", per((double)report->switches, played_min),
                     "played_s", report->played_s, "stalled_s", report->stalled_s, "seeks",
                     (json_int_t)report->seeks, "abandoned", (json_int_t)report->abandoned);
}

static json_t *load_json(const struct swarm_report *report)
{
    return json_pack("{s:f, s:I, s:f, s:I, s:I, s:I, s:o}", "requests_per_s",
                     report->requests_per_s, "requests_per_s_max",
                     (json_int_t)report->requests_per_s_max, "mbps", report->mbps, "bytes",
                     (json_int_t)report->bytes, "connections", (json_int_t)report->connections,
                     "retries", (json_int_t)report->retries, "stages", stages_json(report));
}

outcome swarm_print_json(const struct swarm_report *report, struct why *why)
{
    autojson *all = json_pack(
        "{s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:f}", "viewers",
        (json_int_t)report->viewers, "titles", (json_int_t)report->titles, "wall_s", report->wall_s,
        "to_the_end", (json_int_t)report->to_the_end, "left", (json_int_t)report->left, "failed",
        (json_int_t)report->failed, "concurrent_max", (json_int_t)report->concurrent_max, "quality",
        quality_json(report), "load", load_json(report), "failures", causes_json(report),
        "viewer_bytes", (json_int_t)report->viewer_bytes, "cpu_s", report->cpu_s);
    if (all == NULL || json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0)
        return fail(why, NO_MEMORY, "the report could not be printed");
    putchar('\n');
    return OK;
}

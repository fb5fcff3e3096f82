// SPDX-License-Identifier: Apache-2.0
//
// Counting for many viewers: histograms with buckets of 5 %, from 0.1 ms on, and sums.
#include "player/swarm_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double FIRST_US = 100, GROWTH = 1.05; // 640 of them reach past a million hours

#define STAGE_WORD(name, word) [SWARM_##name] = word,
static const char *const stage_words[] = {SWARM_STAGES(STAGE_WORD)};
#undef STAGE_WORD

const char *swarm_stage_word(enum swarm_stage stage)
{
    return stage_words[stage];
}

void swarm_histogram_add(struct swarm_histogram *histogram, int64_t us)
{
    double bucket = (double)us > FIRST_US ? log((double)us / FIRST_US) / log(GROWTH) : 0;
    if (bucket > SWARM_HISTOGRAM - 1) bucket = SWARM_HISTOGRAM - 1;
    histogram->counts[(size_t)bucket]++;
    histogram->total++;
}

void swarm_histogram_merge(struct swarm_histogram *into, const struct swarm_histogram *from)
{
    for (size_t i = 0; i < SWARM_HISTOGRAM; i++)
        into->counts[i] += from->counts[i];
    into->total += from->total;
}

// The middle of the bucket in which that share of the values ends.
static double quantile_ms(const struct swarm_histogram *histogram, double share)
{
    const double wanted = share * (double)histogram->total;
    double seen = 0;
    if (histogram->total == 0) return -1;
    for (size_t i = 0; i < SWARM_HISTOGRAM; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted && histogram->counts[i] > 0)
            return FIRST_US * pow(GROWTH, (double)i + 0.5) / 1000;
    }
    return -1;
}

struct swarm_times swarm_histogram_times(const struct swarm_histogram *histogram)
{
    return (struct swarm_times){
        .count = histogram->total,
        .p50_ms = quantile_ms(histogram, 0.50),
        .p95_ms = quantile_ms(histogram, 0.95),
        .p99_ms = quantile_ms(histogram, 0.99),
    };
}

outcome swarm_totals_open(struct swarm_totals *out, struct why *why)
{
    *out = (struct swarm_totals){
        .second_requests = calloc(SWARM_SECONDS_MAX, sizeof *out->second_requests),
        .second_viewers = calloc(SWARM_SECONDS_MAX, sizeof *out->second_viewers),
    };
    if (out->second_requests != NULL && out->second_viewers != NULL) return OK;
    swarm_totals_close(out);
    return fail(why, NO_MEMORY, "no memory to count in");
}

void swarm_totals_close(struct swarm_totals *totals)
{
    free(totals->second_requests);
    free(totals->second_viewers);
    totals->second_requests = NULL;
    totals->second_viewers = NULL;
}

static void add_cause(struct swarm_totals *totals, const struct swarm_cause *cause)
{
    struct swarm_report *sums = &totals->sums;
    for (size_t i = 0; i < sums->cause_count; i++) {
        struct swarm_cause *known = &sums->causes[i];
        if (known->stage != cause->stage || known->status != cause->status ||
            known->reason != cause->reason)
            continue;
        known->count += cause->count;
        return;
    }
    if (sums->cause_count < SWARM_CAUSES_MAX) sums->causes[sums->cause_count++] = *cause;
}

void swarm_totals_fail(struct swarm_totals *totals, enum swarm_stage stage, int status,
                       outcome reason, const char *says)
{
    struct swarm_cause cause = {.stage = stage, .status = status, .reason = reason, .count = 1};
    (void)snprintf(cause.says, sizeof cause.says, "%s", says);
    add_cause(totals, &cause);
}

void swarm_totals_merge(struct swarm_totals *into, const struct swarm_totals *from)
{
    struct swarm_report *sums = &into->sums;
    const struct swarm_report *more = &from->sums;
    swarm_histogram_merge(&into->startup, &from->startup);
    swarm_histogram_merge(&into->seek, &from->seek);
    for (size_t i = 0; i < SWARM_STAGE_COUNT; i++) {
        swarm_histogram_merge(&into->first_byte[i], &from->first_byte[i]);
        sums->requests[i] += more->requests[i];
    }
    sums->to_the_end += more->to_the_end;
    sums->left += more->left;
    sums->failed += more->failed;
    sums->retries += more->retries;
    sums->abandoned += more->abandoned;
    sums->seeks += more->seeks;
    sums->switches += more->switches;
    sums->segments += more->segments;
    sums->stalls += more->stalls;
    sums->played_s += more->played_s;
    sums->stalled_s += more->stalled_s;
    sums->bytes += more->bytes;
    sums->connections += more->connections;
    for (size_t i = 0; i < more->cause_count; i++)
        add_cause(into, &more->causes[i]);
    into->weighted_bits += from->weighted_bits;
    into->fetched_s += from->fetched_s;
    for (size_t i = 0; i < SWARM_SECONDS_MAX; i++) {
        into->second_requests[i] += from->second_requests[i];
        into->second_viewers[i] += from->second_viewers[i];
    }
}

static int by_count(const void *left, const void *right)
{
    const struct swarm_cause *a = left, *b = right;
    return (a->count < b->count) - (a->count > b->count);
}

void swarm_totals_finish(const struct swarm_totals *totals, double wall_s, struct swarm_report *out)
{
    struct swarm_report report = totals->sums;
    uint64_t requests = 0;
    int64_t viewers = 0;
    report.startup = swarm_histogram_times(&totals->startup);
    report.seek = swarm_histogram_times(&totals->seek);
    for (size_t i = 0; i < SWARM_STAGE_COUNT; i++) {
        report.first_byte[i] = swarm_histogram_times(&totals->first_byte[i]);
        requests += report.requests[i];
    }
    const double shown_s = report.played_s + report.stalled_s;
    report.rebuffer_pct = shown_s > 0 ? 100 * report.stalled_s / shown_s : 0;
    report.kbps = totals->fetched_s > 0 ? totals->weighted_bits / totals->fetched_s / 1000 : 0;
    report.wall_s = wall_s;
    report.requests_per_s = wall_s > 0 ? (double)requests / wall_s : 0;
    report.mbps = wall_s > 0 ? (double)report.bytes * 8 / wall_s / 1e6 : 0;
    for (size_t i = 0; i < SWARM_SECONDS_MAX; i++) {
        viewers += totals->second_viewers[i];
        if (viewers > (int64_t)report.concurrent_max) report.concurrent_max = (uint64_t)viewers;
        if (totals->second_requests[i] > report.requests_per_s_max)
            report.requests_per_s_max = totals->second_requests[i];
    }
    qsort(report.causes, report.cause_count, sizeof report.causes[0], by_count);
    *out = report;
}

// SPDX-License-Identifier: Apache-2.0
//
// primrose simulate: adaptive-bitrate rules against recorded links.
#include "player/simulate.h"
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>

enum {
    REPORT_BYTES_MAX = 256 * 1024 * 1024, // a page's plots have a line per session and rule
    ARENA_BYTES_MAX = 2000 * 1024 * 1024, // TRACES_MAX sessions of every rule and their traces
};

struct simulate_options {
    const char *traces;
    const char *ladder;
    const char *rules;
    int64_t buffer_s;
    int64_t segment_ms;
    int64_t seed;
    bool is_json, is_csv, is_html;
};

// One option a block reads better than columns of long strings.
// clang-format off
#define FIELD(name) .offset = offsetof(struct simulate_options, name)
static const struct option options[] = {
    {.name = "traces", .kind = OPTION_TEXT, .value = "DIR", FIELD(traces),
     .doc = "Folder of recorded links: .csv files of lines `duration_ms,kbps`, subfolders too; its "
            "index.csv may give latencies, else 20 ms."},
    {.name = "ladder", .kind = OPTION_TEXT, .value = "FILE", .initial = "mission", FIELD(ladder),
     .doc = "Average rates in kb/s, one a line or as a JSON list; `mission` is 400 kb/s to 15 Mb/s "
            "in ten rungs."},
    {.name = "rules", .kind = OPTION_TEXT, .value = "A,B,...", .initial = "all", FIELD(rules),
     .doc = "Rules to compare: lowest, plain, throughput, bola, dynamic, dashjs, hlsjs, shaka, "
            "robustmpc, primrose; or all."},
    {.name = "buffer", .kind = OPTION_INTEGER, .value = "S", .initial = "30", FIELD(buffer_s),
     .min = 4, .max = 600, .doc = "Seconds of media that the player may buffer."},
    {.name = "segment", .kind = OPTION_DURATION, .value = "TIME", .initial = "2s",
     FIELD(segment_ms), .min = 500, .max = 20000, .doc = "Duration of a segment."},
    {.name = "seed", .kind = OPTION_INTEGER, .value = "N", .initial = "1", FIELD(seed), .min = 0,
     .max = INT64_MAX, .doc = "Seed of the segment sizes and of the bootstrap."},
    {.name = "json", .kind = OPTION_FLAG, FIELD(is_json), .doc = "Print a JSON object."},
    {.name = "csv", .kind = OPTION_FLAG, FIELD(is_csv), .doc = "Print comma-separated lines."},
    {.name = "html", .kind = OPTION_FLAG, FIELD(is_html), .doc = "Print a page with plots."},
};
#undef FIELD
// clang-format on

// The rules named, in that order.
struct chosen {
    const struct rule *items[RULES_PER_RUN_MAX];
    size_t count;
};

static outcome rule_choose(struct slice name, struct chosen *out, struct why *why)
{
    const struct rule *rule = rule_find(name);
    if (rule == NULL) {
        char typed[64];
        (void)snprintf(typed, sizeof typed, "%.*s", (int)(name.len < 60 ? name.len : 60),
                       (const char *)name.at);
        const char *near = rule_nearest(typed);
        if (near == NULL) return fail(why, INVALID, "there is no rule \"%s\"", typed);
        return fail(why, INVALID, "there is no rule \"%s\"; did you mean \"%s\"?", typed, near);
    }
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i] == rule)
            return fail(why, INVALID, "the rule %s is named twice", rule_name(rule));
    if (out->count == RULES_PER_RUN_MAX)
        return fail(why, INVALID, "at most %d rules fit into a run", RULES_PER_RUN_MAX);
    out->items[out->count++] = rule;
    return OK;
}

static outcome rules_choose(const char *list, struct chosen *out, struct why *why)
{
    if (strcmp(list, "all") == 0) {
        const struct rule *const *all = rules_all(&out->count);
        memcpy(out->items, all, out->count * sizeof *all);
        return OK;
    }
    struct slice rest = slice_of(list), name = {0};
    while (slice_cut(&rest, ',', &name))
        TRY(rule_choose(slice_trim(name), out, why));
    return OK;
}

static outcome format(const struct simulate_options *chosen, const struct simulation_run *run,
                      struct buffer *out, struct why *why)
{
    if (chosen->is_json) return simulation_format_json(run, out, why);
    if (chosen->is_csv) return simulation_format_csv(run, out, why);
    if (chosen->is_html) return simulation_format_html(run, out, why);
    return simulation_format_text(run, out, why);
}

static outcome simulate(const struct simulate_options *chosen, const struct ladder *ladder,
                        const struct chosen *rules, struct why *why)
{
    autoarena arena = arena_init(ARENA_BYTES_MAX);
    const struct trace *traces = NULL;
    size_t count = 0;
    TRY(traces_load(chosen->traces, &arena, &traces, &count, why));
    const struct simulation simulation = {
        .ladder = ladder,
        .segment_s = (double)chosen->segment_ms / 1000.0,
        .capacity_s = (double)chosen->buffer_s,
        .seed = (uint64_t)chosen->seed,
    };
    static struct simulation_run result;
    TRY(simulation_run(&simulation, traces, count, rules->items, rules->count, &arena, &result,
                       why));
    autobuffer text = buffer_init(REPORT_BYTES_MAX);
    TRY(format(chosen, &result, &text, why));
    if (fwrite(text.at, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        return fail(why, UNAVAILABLE, "the report could not be written out");
    return OK;
}

static int run(const struct invocation *call)
{
    const struct simulate_options *chosen = call->options;
    struct why why = {""};
    if (chosen->traces == NULL) {
        (void)!fail(&why, INVALID, "--traces DIR is missing: the folder of recorded links");
        return verb_misuse(call, &why);
    }
    if (chosen->is_json + chosen->is_csv + chosen->is_html > 1) {
        (void)!fail(&why, INVALID, "--json, --csv and --html exclude each other");
        return verb_misuse(call, &why);
    }
    if (chosen->segment_ms * 2 > chosen->buffer_s * 1000) {
        (void)!fail(&why, INVALID, "--buffer %lld holds less than two segments of %lld ms",
                    (long long)chosen->buffer_s, (long long)chosen->segment_ms);
        return verb_misuse(call, &why);
    }
    struct chosen rules = {.count = 0};
    if (rules_choose(chosen->rules, &rules, &why) != OK) return verb_misuse(call, &why);
    struct ladder ladder;
    const outcome loaded = ladder_load(chosen->ladder, &ladder, &why);
    if (loaded != OK) return verb_end(call, loaded, &why);
    return verb_end(call, simulate(chosen, &ladder, &rules, &why), &why);
}

static const struct example examples[] = {
    {"simulate --traces traces --rules plain,dynamic,primrose", "compare three rules"},
    {"simulate --traces traces --buffer 60 --html > report.html",
     "every rule, as a page with plots"},
};

const struct verb verb_simulate = {
    .name = "simulate",
    .stage = STAGE_PLAYER,
    .operands = "",
    .summary = "play recorded links with several adaptive rules and compare",
    .story =
        "Plays one session per trace and rule, with the same title, the same buffer and the "
        "same seed, and reports rebuffering (CTA-2066), bitrate, switches and startup with "
        "95 % bootstrap intervals, beside the floor: the rule `lowest`, which no rule can beat "
        "in smoothness.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct simulate_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

// SPDX-License-Identifier: Apache-2.0
//
// primrose swarm: many viewers at once, and what they met.
#include "base/file.h"
#include "cmd/swarm_print.h"
#include "cmd/verb.h"

#include <string.h>

enum {
    ARENA_BYTES_MAX = 1024 * 1024 * 1024, // links, as for primrose simulate
    MEMBERS_BYTES_MAX = 16 * 1024 * 1024,
};

struct swarm_verb_options {
    int64_t viewers, loops, over_ms, for_ms, buffer_ms, zipf_pct, leave_pct, seeks_per_h, seed;
    const char *profile, *members;
    bool is_asking_licences, is_sending_positions, is_json;
};

// clang-format off
#define FIELD(field) .offset = offsetof(struct swarm_verb_options, field)
static const struct option options[] = {
    {.name = "viewers", .letter = 'n', .kind = OPTION_INTEGER, .value = "N", .initial = "100",
     FIELD(viewers), .min = 1, .max = SWARM_VIEWERS_MAX, .doc = "How many."},
    {.name = "profile", .kind = OPTION_TEXT, .value = "DIR", FIELD(profile),
     .doc = "Folder of recorded links, as for `simulate --traces`; each viewer gets one, from a "
            "random moment on. Without it, bytes are read as they come."},
    {.name = "over", .kind = OPTION_DURATION, .value = "TIME", .initial = "30s", FIELD(over_ms),
     .min = 0, .max = 86400000, .doc = "Viewers arrive at random within it."},
    {.name = "for", .kind = OPTION_DURATION, .value = "TIME", FIELD(for_ms),
     .doc = "Most that a viewer watches; without it, to the end."},
    {.name = "buffer", .kind = OPTION_DURATION, .value = "TIME", .initial = "60s",
     FIELD(buffer_ms), .min = 4000, .max = 600000, .doc = "Most media that is fetched ahead."},
    {.name = "zipf", .kind = OPTION_INTEGER, .value = "PERCENT", .initial = "100", FIELD(zipf_pct),
     .min = 0, .max = 400,
     .doc = "How uneven the choice of titles is: the k-th of the catalogue by 1/k to the power of "
            "PERCENT/100."},
    {.name = "leave", .kind = OPTION_INTEGER, .value = "PERCENT", .initial = "0",
     FIELD(leave_pct), .min = 0, .max = 100, .doc = "Viewers who leave at a random moment."},
    {.name = "seeks", .kind = OPTION_INTEGER, .value = "N", .initial = "0", FIELD(seeks_per_h),
     .min = 0, .max = 3600, .doc = "Seeks to a random place, of each viewer in an hour."},
    {.name = "members", .kind = OPTION_TEXT, .value = "FILE", FIELD(members),
     .doc = "Lines `login password`: viewers sign in as these, in turn. Without it, nobody does."},
    {.name = "licences", .kind = OPTION_FLAG, FIELD(is_asking_licences),
     .doc = "Ask for the licence (ClearKey) of each encrypted play; no picture before it is here."},
    {.name = "positions", .kind = OPTION_FLAG, FIELD(is_sending_positions),
     .doc = "Write positions as often as the house asks for."},
    {.name = "loops", .kind = OPTION_INTEGER, .value = "N", .initial = "0", FIELD(loops), .min = 0,
     .max = SWARM_LOOPS_MAX, .doc = "Threads; 0 is one for each processor, four at most."},
    {.name = "seed", .kind = OPTION_INTEGER, .value = "N", .initial = "1", FIELD(seed), .min = 0,
     .max = INT64_MAX, .doc = "Seed of arrivals, choices and links."},
    {.name = "json", .kind = OPTION_FLAG, FIELD(is_json), .doc = "Print one JSON object."},
};
#undef FIELD
// clang-format on

// "login password" a line; blank lines and those with '#' first are skipped.
static outcome read_members(const char *path, struct arena *arena, struct swarm_options *swarm,
                            struct why *why)
{
    autobuffer text = buffer_init(MEMBERS_BYTES_MAX);
    TRY(file_read(path, &text, why));
    struct swarm_member *members =
        arena_take_array(arena, SWARM_MEMBERS_MAX, sizeof(struct swarm_member));
    if (members == NULL) return fail(why, NO_MEMORY, "no memory for members");
    struct slice rest = buffer_slice(&text), line, login;
    size_t count = 0;
    for (size_t number = 1; slice_cut(&rest, '\n', &line); number++) {
        struct slice password = slice_trim(line);
        if (password.len == 0 || password.at[0] == '#') continue;
        const bool is_pair = slice_cut(&password, ' ', &login) && password.len > 0;
        if (!is_pair)
            return fail(why, INVALID, "%.200s:%zu is no line \"login password\"", path, number);
        if (count == SWARM_MEMBERS_MAX)
            return fail(why, TOO_LARGE, "%.200s has more than %d members", path, SWARM_MEMBERS_MAX);
        members[count].login = arena_copy(arena, login);
        members[count].password = arena_copy(arena, slice_trim(password));
        if (members[count].login == NULL || members[count].password == NULL)
            return fail(why, NO_MEMORY, "no memory for members");
        count++;
    }
    if (count == 0) return fail(why, INVALID, "%.200s names no member", path);
    swarm->members = members;
    swarm->member_count = count;
    return OK;
}

static outcome swarm(const struct swarm_verb_options *chosen, const char *url, struct why *why)
{
    autoarena arena = arena_init(ARENA_BYTES_MAX);
    struct swarm_options swarm = {
        .url = url,
        .viewers = (size_t)chosen->viewers,
        .loops = (size_t)chosen->loops,
        .over_us = chosen->over_ms * 1000,
        .watch_us = chosen->for_ms * 1000,
        .capacity_us = chosen->buffer_ms * 1000,
        .zipf = (double)chosen->zipf_pct / 100,
        .leave_share = (double)chosen->leave_pct / 100,
        .seeks_per_h = (double)chosen->seeks_per_h,
        .is_asking_licences = chosen->is_asking_licences,
        .is_sending_positions = chosen->is_sending_positions,
        .seed = (uint64_t)chosen->seed,
    };
    if (chosen->profile != NULL)
        TRY(traces_load(chosen->profile, &arena, &swarm.traces, &swarm.trace_count, why));
    if (chosen->members != NULL) TRY(read_members(chosen->members, &arena, &swarm, why));
    struct swarm_report report;
    TRY(swarm_run(&swarm, &report, why));
    if (chosen->is_json) return swarm_print_json(&report, why);
    swarm_print(&report);
    return OK;
}

static int run(const struct invocation *call)
{
    struct why why = {""};
    return verb_end(call, swarm(call->options, call->operands->items[0], &why), &why);
}

static const struct example examples[] = {
    {"swarm http://127.0.0.1:8080 --viewers 500 --profile traces",
     "five hundred viewers of a house, each over a recorded link"},
    {"swarm http://127.0.0.1:8080 -n 2000 --over 2m --licences --positions --seeks 6 --json",
     "two thousand who also seek, with licences and positions, for a script"},
    {"swarm http://127.0.0.1:8080/media/my-film/v1/manifest.mpd -n 100 --for 1m",
     "the media alone, without the house's interface"},
};

const struct verb verb_swarm = {
    .name = "swarm",
    .stage = STAGE_PLAYER,
    .operands = "URL",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "send many viewers to a house at once and report what they met",
    .story =
        "Makes the requests that so many real players would make, in real time: signing in, the "
        "play call, licences, manifests, indexes, segments, positions. Every viewer has its own "
        "connections, buffer, rule and recorded link; nothing is decoded. URL is a house (its "
        "catalogue is played) or a manifest. Reports start-up, rebuffering (CTA-2066), bitrate, "
        "switches, failures by cause, and what the server had to do.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct swarm_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

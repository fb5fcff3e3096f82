// SPDX-License-Identifier: Apache-2.0
//
// primrose placement: what caches are to hold tomorrow, from what was asked for and what is
// announced.
#include "delivery/placement.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"
#include "delivery/forecast_titles.h"
#include "delivery/popularity.h"
#include "store/stores.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    TIERS_BYTES_MAX = 1 << 20,
};

struct placement_options {
    const char *data, *tiers, *state, *output;
    struct option_texts logs;
    int64_t half_life_ms, horizon_ms, plays;
};

// clang-format off: one option a block reads better than a table of long strings
#define FIELD(name) .offset = offsetof(struct placement_options, name)
static const struct option options[] = {
    {.name = "tiers",
     .letter = 't',
     .kind = OPTION_TEXT,
     .value = "FILE",
     FIELD(tiers),
     .doc = "The tiers' windows (UTC), rates and what becomes of their long tail: "
            "{\"isp\": {\"from\": \"02:00\", \"until\": \"06:00\", \"mbps\": 1200, \"tail\": "
            "\"pass\"}}."},
    {.name = "log",
     .letter = 'l',
     .kind = OPTION_TEXTS,
     .value = "FILE",
     FIELD(logs),
     .doc = "An access log of an edge, each line of it once: what was moved away since the last "
            "run. May be given again."},
    {.name = "state",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .initial = "",
     FIELD(state),
     .doc = "What was asked for until now is read from here and written back with the logs' lines. "
            "Empty: the logs alone count."},
    {.name = "half-life",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .initial = "48h",
     .min = 60000,
     .max = 365ll * DAY_MS,
     FIELD(half_life_ms),
     .doc = "After so long a request counts half."},
    {.name = "horizon",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .initial = "48h",
     .max = 90ll * DAY_MS,
     FIELD(horizon_ms),
     .doc = "Titles whose window opens within it are premieres; so are those of the last day."},
    {.name = "plays",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "1",
     .max = 1000000,
     FIELD(plays),
     .doc = "Files that are watched whole less often within a half-life are not listed: the long "
            "tail."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .value = "FILE",
     .initial = "",
     FIELD(output),
     .doc = "Write the document here, all or nothing. Empty: to standard output."},
    {.name = "data",
     .letter = 'd',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     FIELD(data),
     .doc = "Folder of titles, tables and queues."},
};
#undef FIELD
// clang-format on

static const struct example examples[] = {
    {"placement --tiers tiers.json --state popularity.json --log access.log.1 -o placement.json",
     "what the day's requests and tomorrow's premieres ask of the caches"},
};

static outcome take_log(const char *path, struct popularity *popularity, struct why *why)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) return fail_errno(why, errno, "the log %s cannot be read", path);
    char *line = NULL;
    size_t room = 0, taken = 0, count = 0;
    for (ssize_t len; (len = getline(&line, &room, file)) > 0; count++)
        taken += popularity_take(popularity, (struct slice){(const uint8_t *)line, (size_t)len});
    const bool is_read = ferror(file) == 0;
    free(line);
    (void)fclose(file);
    if (!is_read) return fail(why, UNAVAILABLE, "the log %s cannot be read to its end", path);
    if (count > 0 && taken == 0)
        return fail(why, INVALID,
                    "%s has no line of an answer: give what an edge's --access-log wrote", path);
    return OK;
}

static outcome open_popularity(const struct placement_options *chosen, int64_t now_ms,
                               struct popularity **out, struct why *why)
{
    autobuffer text = buffer_init(POPULARITY_BYTES_MAX);
    if (chosen->state[0] != '\0' && path_exists(chosen->state))
        TRY(file_read(chosen->state, &text, why));
    TRY(popularity_open(buffer_slice(&text), chosen->state, chosen->half_life_ms / 1000, now_ms,
                        out, why));
    for (size_t i = 0; i < chosen->logs.count; i++)
        TRY(take_log(chosen->logs.items[i], *out, why));
    return OK;
}

// An edge would refuse it: each of its tiers is read as an edge of that tier will.
static outcome check_tiers(struct slice document, struct slice tiers, const char *what,
                           struct why *why)
{
    autojson *root = NULL;
    const char *name;
    json_t *tier;
    TRY(json_parse(tiers, what, &root, why));
    if (json_object_size(root) == 0)
        return fail(why, INVALID, "%s names no tier: write {\"edge\": {...}}", what);
    json_object_foreach(root, name, tier)
    {
        autoplacement *placement = NULL;
        TRY(placement_parse(document, what, name, 0, &placement, why));
    }
    return OK;
}

static outcome make(const struct invocation *call, struct forecast *all, struct buffer *out,
                    struct why *why)
{
    const struct placement_options *chosen = call->options;
    const int64_t now_ms = clock_wall_ms(clock_system());
    autobuffer tiers = buffer_init(TIERS_BYTES_MAX);
    autobuffer state = buffer_init(POPULARITY_BYTES_MAX);
    autopopularity *popularity = NULL;
    TRY(file_read(chosen->tiers, &tiers, why));
    TRY(open_popularity(chosen, now_ms, &popularity, why));
    const struct store_places places = store_places_of(call->config, chosen->data);
    autostores stores = {0};
    TRY(stores_open_present(&stores, &places, why));
    TRY(forecast_gather(stores.tables, popularity, now_ms, chosen->horizon_ms, all, why));
    forecast_sort(all->files, all->count);
    const size_t count = forecast_count(all->files, all->count, (double)chosen->plays);
    TRY(placement_format(all->files, count, buffer_slice(&tiers), chosen->tiers, now_ms, out, why));
    TRY(buffer_put_text(out, "\n", why));
    TRY(check_tiers(buffer_slice(out), buffer_slice(&tiers), chosen->tiers, why));
    if (chosen->output[0] != '\0')
        TRY(file_write_atomic(chosen->output, buffer_slice(out), 0644, why));
    if (chosen->state[0] == '\0') return OK;
    TRY(popularity_format(popularity, &state, why));
    return file_write_atomic(chosen->state, buffer_slice(&state), 0644, why);
}

static int run(const struct invocation *call)
{
    const struct placement_options *chosen = call->options;
    struct why why = {"give the tiers' windows and rates with --tiers FILE"};
    if (chosen->tiers == NULL) return verb_misuse(call, &why);
    struct forecast all = {.count = 0};
    autobuffer document = buffer_init(PLACEMENT_BYTES_MAX);
    outcome result = make(call, &all, &document, &why);
    if (result == OK && chosen->output[0] == '\0' &&
        fwrite(document.at, 1, document.len, stdout) != document.len)
        result = fail(&why, UNAVAILABLE, "the document could not be printed");
    forecast_release(&all);
    return verb_end(call, result, &why);
}

const struct verb verb_placement = {
    .name = "placement",
    .stage = STAGE_HOUSE,
    .operands = "",
    .summary = "forecast what caches are to hold, and when they fetch it",
    .story =
        "Ranks the files of all titles: announced premieres first, then by what was asked for, "
        "older requests counting less. The document tells each tier of edges (serve --roles "
        "edge --placement FILE --tier NAME) when it may fill, how fast, and what to do with "
        "what is not listed. Run it once a day, and bring the document to the edges.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct placement_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

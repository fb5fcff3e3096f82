// SPDX-License-Identifier: Apache-2.0
#include "player/simulate.h"

#include "base/file.h"
#include "base/json.h"

#include <string.h>

enum {
    LADDER_FILE_BYTES_MAX = 65536, // 32 numbers and generous comments around them
    RATE_KBPS_MAX = 1000000,       // 1 Gb/s: above every camera's master
};

// name, rates in kb/s
static const struct {
    const char *name;
    size_t rungs;
    unsigned kbps[LADDER_RUNGS_MAX];
} built_in[] = {
    {"mission", 10, {400, 600, 900, 1350, 2000, 3000, 4500, 6800, 10000, 15000}},
};

static outcome rung_add(struct ladder *ladder, uint64_t kbps, const char *name, struct why *why)
{
    if (kbps < 1 || kbps > RATE_KBPS_MAX)
        return fail(why, INVALID, "%s: rates are 1 to %d kb/s", name, RATE_KBPS_MAX);
    const double bps = (double)kbps * 1000.0;
    if (ladder->rungs == LADDER_RUNGS_MAX)
        return fail(why, INVALID, "%s has more than %d rungs", name, LADDER_RUNGS_MAX);
    if (ladder->rungs > 0 && bps <= ladder->rates_bps[ladder->rungs - 1])
        return fail(why, INVALID, "%s: %llu kb/s does not rise above the rung before it", name,
                    (unsigned long long)kbps);
    ladder->rates_bps[ladder->rungs++] = bps;
    return OK;
}

static outcome json_rungs(struct slice text, const char *name, struct ladder *ladder,
                          struct why *why)
{
    json_t *parsed = NULL;
    TRY(json_parse(text, name, &parsed, why));
    autojson *list = parsed;
    if (!json_is_array(list))
        return fail(why, INVALID, "%s: want a list of kb/s, like [400, 900, 2000]", name);
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!json_is_integer(item) || json_integer_value(item) < 0)
            return fail(why, INVALID, "%s: entry %zu is not a whole number of kb/s", name, i + 1);
        TRY(rung_add(ladder, (uint64_t)json_integer_value(item), name, why));
    }
    return OK;
}

static outcome text_rungs(struct slice text, const char *name, struct ladder *ladder,
                          struct why *why)
{
    struct slice rest = text, line = {0};
    for (size_t number = 1; slice_cut(&rest, '\n', &line); number++) {
        struct slice value = {0};
        if (slice_cut(&line, '#', &value)) line = slice_trim(value);
        if (line.len == 0) continue;
        uint64_t kbps = 0;
        if (slice_u64(line, RATE_KBPS_MAX, &kbps, NULL) != OK)
            return fail(why, INVALID, "%s line %zu, \"%.*s\": want one rate in kb/s, 1 to %d", name,
                        number, (int)(line.len < 40 ? line.len : 40), (const char *)line.at,
                        RATE_KBPS_MAX);
        TRY(rung_add(ladder, kbps, name, why));
    }
    return OK;
}

outcome ladder_parse(struct slice text, const char *name, struct ladder *out, struct why *why)
{
    struct ladder ladder = {.name = name};
    if (slice_starts(slice_trim(text), "["))
        TRY(json_rungs(text, name, &ladder, why));
    else
        TRY(text_rungs(text, name, &ladder, why));
    if (ladder.rungs == 0) return fail(why, INVALID, "%s has no rate in it", name);
    *out = ladder;
    return OK;
}

outcome ladder_load(const char *name_or_path, struct ladder *out, struct why *why)
{
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++) {
        if (strcmp(built_in[i].name, name_or_path) != 0) continue;
        struct ladder ladder = {.name = built_in[i].name};
        for (size_t r = 0; r < built_in[i].rungs; r++)
            TRY(rung_add(&ladder, built_in[i].kbps[r], built_in[i].name, why));
        *out = ladder;
        return OK;
    }
    if (!path_exists(name_or_path))
        return fail(why, NOT_FOUND,
                    "there is neither a ladder nor a file called %s: want `mission` or a file with "
                    "one rate in kb/s a line",
                    name_or_path);
    autobuffer text = buffer_init(LADDER_FILE_BYTES_MAX);
    TRY(file_read(name_or_path, &text, why));
    return ladder_parse(buffer_slice(&text), name_or_path, out, why);
}

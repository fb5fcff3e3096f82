// SPDX-License-Identifier: Apache-2.0
#include "playback/position.h"

#include "base/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char position_table[] = "position";

#define POSITION_DAY_MS 86400000LL
#define POSITION_MS_MAX 864000000LL // ten days: longer is a mistake of units

static const struct record_member position_members[] = {
    RECORD_I64(struct position, position_ms),
    RECORD_I64(struct position, duration_ms),
    RECORD_I64(struct position, at_ms),
};
static const struct record position_record = RECORD("a position", position_members);

static outcome format_value(const struct position *position, char *out, struct why *why)
{
    autojson *json = json_object();
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for a position");
    TRY(record_format(&position_record, position, json, why));
    const size_t len = json_dumpb(json, out, POSITION_VALUE_BYTES - 1, JSON_COMPACT);
    if (len == 0 || len >= POSITION_VALUE_BYTES)
        return fail(why, NO_MEMORY, "no memory for a position");
    out[len] = '\0';
    return OK;
}

static outcome position_check(const struct position *position, struct why *why)
{
    if (!id_is_valid(position->title)) return fail(why, INVALID, "title_id is no id of a title");
    if (!id_is_valid(position->device)) return fail(why, INVALID, "device_id is no id of a device");
    if (position->position_ms < 0 || position->position_ms > POSITION_MS_MAX)
        return fail(why, INVALID, "position_ms is %lld, allowed are 0 to %lld",
                    (long long)position->position_ms, POSITION_MS_MAX);
    if (position->duration_ms < 0 || position->duration_ms > POSITION_MS_MAX)
        return fail(why, INVALID, "duration_ms is %lld, allowed are 0 to %lld",
                    (long long)position->duration_ms, POSITION_MS_MAX);
    return position->at_ms >= 0 ? OK : fail(why, INVALID, "at_ms lies before 1970");
}

outcome position_prepare(const struct clock *clock, const char *profile,
                         const struct position *position, struct position_write *out,
                         struct why *why)
{
    struct position taken = *position;
    const int64_t now_ms = clock_wall_ms(clock);
    const int64_t today_ms = now_ms - now_ms % POSITION_DAY_MS; // so that the index stays as it is
    TRY(position_check(position, why));
    if (taken.at_ms == 0 || taken.at_ms > now_ms + POSITION_SKEW_MS) taken.at_ms = now_ms;
    (void)snprintf(out->profile, sizeof out->profile, "%s", profile);
    (void)snprintf(out->sort, sizeof out->sort, "%s#%s", taken.title, taken.device);
    TRY(format_value(&taken, out->value, why));
    out->pending = (struct table_pending){
        .kind = TABLE_PUT,
        .table = position_table,
        .write = {.item = {.partition = out->profile,
                           .sort = out->sort,
                           .value = slice_of(out->value),
                           .expires_ms = today_ms + POSITION_LIFE_MS},
                  .condition = TABLE_NEWER_RANK,
                  .rank = taken.at_ms},
    };
    return OK;
}

outcome position_put(struct table_store *tables, const struct clock *clock, const char *profile,
                     const struct position *position, bool *out_is_kept, struct why *why)
{
    struct position_write write;
    TRY(position_prepare(clock, profile, position, &write, why));
    const outcome put = tables->ops->put(tables, position_table, &write.pending.write, NULL, why);
    if (put != OK && put != CONFLICT) return put;
    *out_is_kept = put == OK;
    return OK;
}

bool position_is_watched(const struct position *position)
{
    return position->duration_ms > 0 &&
           position->position_ms >= position->duration_ms / 100 * POSITION_WATCHED_PERCENT;
}

// "<title>#<device>" and its value.
static outcome read_position(const struct table_item *item, struct position *out, struct why *why)
{
    struct position position = {.at_ms = 0};
    autojson *json = NULL;
    struct slice rest = slice_of(item->sort), title, device;
    if (!slice_cut(&rest, '#', &title) || !slice_cut(&rest, '#', &device) ||
        title.len >= sizeof position.title || device.len >= sizeof position.device)
        return fail(why, CORRUPT, "%s is no key of a position", item->sort);
    memcpy(position.title, title.at, title.len);
    memcpy(position.device, device.at, device.len);
    TRY(json_parse(item->value, "a position", &json, why));
    TRY(record_parse(&position_record, json, &position, why));
    *out = position;
    return OK;
}

static outcome read_all(struct table_store *tables, const char *profile, const char *prefix,
                        struct arena *arena, struct position_page *out, struct why *why)
{
    struct table_item *items;
    size_t count;
    TRY(tables->ops->query(tables, position_table, profile, prefix, NULL, POSITIONS_MAX, arena,
                           &items, &count, why));
    struct position *positions = arena_take_array(arena, count, sizeof *positions);
    if (positions == NULL) return fail(why, NO_MEMORY, "no memory for %zu positions", count);
    for (size_t i = 0; i < count; i++)
        TRY(read_position(&items[i], &positions[i], why));
    *out = (struct position_page){positions, count};
    return OK;
}

// The positions of a title lie side by side: the newest of each run stays.
static size_t keep_newest(struct position *positions, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct position *last = kept > 0 ? &positions[kept - 1] : NULL;
        if (last == NULL || strcmp(last->title, positions[i].title) != 0)
            positions[kept++] = positions[i];
        else if (positions[i].at_ms > last->at_ms)
            *last = positions[i];
    }
    return kept;
}

static int by_time(const void *a, const void *b)
{
    const struct position *left = a, *right = b;
    const int order = (left->at_ms < right->at_ms) - (left->at_ms > right->at_ms);
    return order != 0 ? order : strcmp(left->title, right->title);
}

outcome position_resume(struct table_store *tables, const char *profile, const char *title,
                        struct position *out, struct why *why)
{
    autoarena arena = arena_init(1 << 20);
    char prefix[70];
    struct position_page page;
    (void)snprintf(prefix, sizeof prefix, "%s#", title);
    TRY(read_all(tables, profile, prefix, &arena, &page, why));
    if (keep_newest(page.positions, page.count) == 0)
        return fail(why, NOT_FOUND, "nobody has begun %s", title);
    *out = page.positions[0];
    return OK;
}

outcome position_list(struct table_store *tables, const char *profile, struct arena *arena,
                      struct position_page *out, struct why *why)
{
    struct position_page page;
    TRY(read_all(tables, profile, "", arena, &page, why));
    page.count = keep_newest(page.positions, page.count);
    if (page.count > 0) qsort(page.positions, page.count, sizeof *page.positions, by_time);
    *out = page;
    return OK;
}

outcome position_forget(struct table_store *tables, const char *profile, const char *title,
                        struct why *why)
{
    autoarena arena = arena_init(1 << 20);
    char prefix[70];
    struct table_item *items;
    size_t count;
    (void)snprintf(prefix, sizeof prefix, "%s#", title);
    TRY(tables->ops->query(tables, position_table, profile, prefix, NULL, POSITIONS_MAX, &arena,
                           &items, &count, why));
    for (size_t i = 0; i < count; i++)
        TRY(tables->ops->drop(tables, position_table, profile, items[i].sort, 0, why));
    return OK;
}

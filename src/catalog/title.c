// SPDX-License-Identifier: Apache-2.0
#include "catalog/title.h"

#include "catalog/changes.h"
#include "catalog/place.h"
#include "catalog/title_shapes.h"

#include <stdio.h>
#include <string.h>

static const char record_table[] = "title";
static const char record_sort[] = "record";
static const char list_table[] = "title-list";
static const char list_partition[] = CHANGES_PARTITION;

static outcome format_record(const struct title *title, struct buffer *out, struct why *why)
{
    autojson *json = NULL;
    TRY(shape_write(&title_shape, title, &json, why));
    const outcome formatted = json_format(json, out, why);
    if (formatted != TOO_LARGE) return formatted;
    return fail(why, TOO_LARGE,
                "the record of %s exceeds %d bytes: it has %zu scenes, %zu people, %zu tracks",
                title->id, TABLE_VALUE_BYTES, title->scene_count, title->cast_count,
                title->track_count);
}

static outcome write_title(struct table_store *tables, const struct title *title,
                           enum table_condition condition, uint64_t *version, struct why *why)
{
    autobuffer text = buffer_init(TABLE_VALUE_BYTES);
    TRY(format_record(title, &text, why));
    const struct table_write entry = {
        .item = {.partition = list_partition, .sort = title->id, .value = slice_of("")}};
    TRY(tables->ops->put(tables, list_table, &entry, NULL, why));
    TRY(place_put(tables, title, why));
    const struct table_write record = {.item = {.partition = title->id,
                                                .sort = record_sort,
                                                .value = buffer_slice(&text),
                                                .version = title->row_version},
                                       .condition = condition};
    TRY(tables->ops->put(tables, record_table, &record, version, why));
    return changes_note(tables, list_table, title->id, why);
}

outcome title_publish(struct table_store *tables, const struct title *title, struct why *why)
{
    return write_title(tables, title, TABLE_ALWAYS, NULL, why);
}

outcome title_save(struct table_store *tables, struct title *title, struct why *why)
{
    uint64_t version;
    const enum table_condition condition = title->row_version == 0 ? TABLE_ABSENT : TABLE_VERSION;
    const outcome wrote = write_title(tables, title, condition, &version, why);
    if (wrote == CONFLICT)
        return fail(why, CONFLICT, "%s was changed since it was read: read it again", title->id);
    TRY(wrote);
    title->row_version = version;
    return OK;
}

void title_take_entry(struct title *to, const struct title *from)
{
    to->title = from->title;
    to->synopsis = from->synopsis;
    to->original_language = from->original_language;
    to->year = from->year;
    to->rating = from->rating;
    to->genres = from->genres;
    to->genre_count = from->genre_count;
    to->territories = from->territories;
    to->territory_count = from->territory_count;
    to->cast = from->cast;
    to->cast_count = from->cast_count;
    to->scenes = from->scenes;
    to->scene_count = from->scene_count;
    to->is_downloadable = from->is_downloadable;
    to->entry = from->entry;
}

outcome title_read(struct table_store *tables, const char *id, struct arena *arena,
                   struct table_item *out, struct why *why)
{
    TRY(shape_check_id(id, "the title's id", why));
    const outcome got = tables->ops->get(tables, record_table, id, record_sort, arena, out, why);
    return got == NOT_FOUND ? fail(why, NOT_FOUND, "there is no title %s", id) : got;
}

outcome title_parse(const char *id, const struct table_item *item, struct arena *arena,
                    struct title *out, struct why *why)
{
    char what[100];
    (void)snprintf(what, sizeof what, "record of %s", id);
    autojson *json = NULL;
    outcome read = json_parse(item->value, what, &json, why);
    if (read == OK)
        read = shape_read(&title_shape, json, what, SHAPE_PASS_STRANGERS, arena, out, why);
    if (read == OK) out->row_version = item->version;
    // the bytes were checked when they were written
    return read == INVALID ? CORRUPT : read;
}

outcome title_load(struct table_store *tables, const char *id, struct arena *arena,
                   struct title *out, struct why *why)
{
    struct table_item item;
    TRY(title_read(tables, id, arena, &item, why));
    return title_parse(id, &item, arena, out, why);
}

outcome title_withdraw(struct table_store *tables, const char *id, struct why *why)
{
    TRY(tables->ops->drop(tables, record_table, id, record_sort, 0, why));
    return changes_note(tables, list_table, id, why); // the entry stays, for copies to see
}

// A cursor is the last id in hex behind a version, so that nobody is tempted to make one up.
static void cursor_format(const char *id, char *out)
{
    (void)snprintf(out, TITLE_CURSOR_BYTES, "1-");
    hex_format((const uint8_t *)id, strlen(id), out + 2);
}

static outcome cursor_parse(const char *cursor, char *out_id, struct why *why)
{
    const struct slice hex = slice_part(slice_of(cursor), 2, TITLE_CURSOR_BYTES);
    uint8_t id[65] = {0};
    const bool is_hex = strncmp(cursor, "1-", 2) == 0 && hex.len < 2 * sizeof id &&
                        slice_hex(hex, id, hex.len / 2, NULL) == OK;
    if (!is_hex || strlen((const char *)id) != hex.len / 2 ||
        shape_check_id((const char *)id, "", NULL) != OK)
        return fail(why, INVALID,
                    "\"%.80s\" is no cursor: take \"next_cursor\" of the page before, or none",
                    cursor);
    memcpy(out_id, id, sizeof id);
    return OK;
}

outcome title_source_load(const struct title_source *source, const char *id, struct arena *arena,
                          struct title *out, struct why *why)
{
    if (source->load != NULL) return source->load(source->context, id, out, why);
    return title_load(source->tables, id, arena, out, why);
}

static outcome load_listed(const struct title_source *source, const struct table_item *ids,
                           size_t count, struct arena *arena, struct title_page *page,
                           struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        const outcome loaded =
            title_source_load(source, ids[i].sort, arena, &page->titles[page->count], why);
        if (loaded == NOT_FOUND) continue; // not published yet, or being withdrawn
        TRY(loaded);
        page->count++;
    }
    return OK;
}

outcome title_list(const struct title_source *source, const char *cursor, size_t limit,
                   struct arena *arena, struct title_page *out, struct why *why)
{
    if (limit < 1 || limit > TITLE_PAGE_MAX)
        return fail(why, INVALID, "a page has 1 to %d titles, not %zu", TITLE_PAGE_MAX, limit);
    char after[65] = "";
    if (cursor != NULL && cursor[0] != '\0') TRY(cursor_parse(cursor, after, why));
    // One more than asked for tells whether there is another page.
    const size_t enough = limit + 1;
    struct title_page page = {.titles = arena_take_array(arena, enough, sizeof(struct title))};
    if (page.titles == NULL) return fail(why, NO_MEMORY, "no memory for %zu titles", limit);
    // Ids whose records are missing leave gaps: read on until the page is full.
    while (page.count < enough) {
        struct table_item *ids;
        size_t count;
        const size_t wanted = enough - page.count;
        TRY(source->tables->ops->query(source->tables, list_table, list_partition, "",
                                       after[0] == '\0' ? NULL : after, wanted, arena, &ids, &count,
                                       why));
        TRY(load_listed(source, ids, count, arena, &page, why));
        if (count > 0) (void)snprintf(after, sizeof after, "%s", ids[count - 1].sort);
        if (count < wanted) break;
    }
    if (page.count == enough) {
        page.count = limit;
        cursor_format(page.titles[limit - 1].id, page.next);
    }
    *out = page;
    return OK;
}

// SPDX-License-Identifier: Apache-2.0
#include "delivery/forecast_titles.h"

#include "catalog/title.h"
#include "delivery/placement.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    PAGE_BYTES_MAX = 256 << 20,
    PAGE_TITLES = 20,
    PATH_BYTES_MAX = 2048,
};

static outcome add_file(struct forecast *all, const struct title *title,
                        const struct title_track *track, const struct popularity *popularity,
                        int64_t premiere_ms, struct why *why)
{
    if (all->count == PLACEMENT_FILES_MAX)
        return fail(why, TOO_LARGE, "there are more than %d files", PLACEMENT_FILES_MAX);
    if (all->count == all->room) {
        const size_t room = all->room == 0 ? 1024 : all->room * 2;
        struct forecast_file *files = reallocarray(all->files, room, sizeof *files);
        if (files == NULL) return fail(why, NO_MEMORY, "no memory for %zu files", room);
        all->files = files;
        all->room = room;
    }
    const char *path =
        arena_format(&all->arena, "/media/%s/%s/%s", title->id, title->version, track->file);
    if (path == NULL) return fail(why, NO_MEMORY, "no memory for paths");
    all->files[all->count++] =
        (struct forecast_file){.path = path,
                               .bytes = (uint64_t)track->size_bytes,
                               .asked_bytes = popularity_bytes(popularity, path),
                               .premiere_ms = premiere_ms};
    return OK;
}

static int64_t premiere_of(const struct title *title, int64_t now_ms, int64_t horizon_ms)
{
    int64_t first_ms = 0;
    for (size_t i = 0; i < title->entry.avail_count; i++) {
        const int64_t from_ms = title->entry.avails[i].from_ms;
        if (from_ms <= now_ms - DAY_MS || from_ms > now_ms + horizon_ms) continue;
        if (first_ms == 0 || from_ms < first_ms) first_ms = from_ms;
    }
    return first_ms;
}

outcome forecast_gather(struct table_store *tables, const struct popularity *popularity,
                        int64_t now_ms, int64_t horizon_ms, struct forecast *out, struct why *why)
{
    const struct title_source source = {.tables = tables};
    char cursor[TITLE_CURSOR_BYTES] = "";
    if (out->count == 0) out->arena = arena_init((size_t)PLACEMENT_FILES_MAX * PATH_BYTES_MAX);
    do {
        autoarena arena = arena_init(PAGE_BYTES_MAX);
        struct title_page page = {0};
        TRY(title_list(&source, cursor, PAGE_TITLES, &arena, &page, why));
        for (size_t i = 0; i < page.count; i++) {
            const struct title *title = &page.titles[i];
            const int64_t premiere_ms = premiere_of(title, now_ms, horizon_ms);
            for (size_t k = 0; k < title->track_count; k++)
                TRY(add_file(out, title, &title->tracks[k], popularity, premiere_ms, why));
        }
        memcpy(cursor, page.next, sizeof cursor);
    } while (cursor[0] != '\0');
    return OK;
}

void forecast_release(struct forecast *forecast)
{
    free(forecast->files);
    arena_release(&forecast->arena);
    *forecast = (struct forecast){.count = 0};
}

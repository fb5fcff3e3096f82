// SPDX-License-Identifier: Apache-2.0
//
// What the catalogue tests share: tables in a folder of their own, and memory for what is read.
#ifndef TESTS_CATALOG_ROOM_H
#define TESTS_CATALOG_ROOM_H

#include "base/file.h"
#include "catalog/title.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct room {
    char folder[64];
    struct table_store *tables;
    struct title_source titles;
    struct arena arena;
};

static inline int room_open(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    char path[100];
    assert_non_null(room);
    (void)snprintf(room->folder, sizeof room->folder, "/tmp/primrose-catalog-XXXXXX");
    assert_non_null(mkdtemp(room->folder));
    (void)snprintf(path, sizeof path, "%s/primrose.db", room->folder);
    assert_int_equal(table_sqlite_open(path, clock_system(), &room->tables, NULL), OK);
    room->titles = (struct title_source){.tables = room->tables};
    room->arena = arena_init(64 << 20);
    *state = room;
    return 0;
}

static inline int room_close(void **state)
{
    struct room *room = *state;
    table_store_close(&room->tables);
    arena_release(&room->arena);
    assert_int_equal(folder_remove(room->folder, NULL), OK);
    free(room);
    return 0;
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

// An episode of the series "harbour".
static inline void room_publish_episode(struct room *room, const char *id, int64_t season,
                                        int64_t episode)
{
    const struct title title = {.id = id,
                                .version = "1",
                                .title = id,
                                .entry.place = {.series = "harbour",
                                                .series_title = "The Harbour",
                                                .season = season,
                                                .episode = episode}};
    assert_int_equal(title_publish(room->tables, &title, NULL), OK);
}

#endif

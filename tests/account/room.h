// SPDX-License-Identifier: Apache-2.0
//
// What the account tests share: stores in a folder of their own, a clock that moves when told, and
// the least that hashing may cost.
#ifndef TESTS_ACCOUNT_ROOM_H
#define TESTS_ACCOUNT_ROOM_H

#include "../shared_place.h"
#include "account/member.h"
#include "store/cache_memory.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000LL

struct room {
    char folder[64];
    struct clock_manual clock;
    struct accounts accounts;
    struct arena arena;
};

static inline int room_open(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    char path[100];
    assert_non_null(room);
    (void)snprintf(room->folder, sizeof room->folder, "/tmp/primrose-account-XXXXXX");
    assert_non_null(mkdtemp(room->folder));
    (void)snprintf(path, sizeof path, "%s/t.db", room->folder);
    room->clock = clock_manual_init(1000000, 1795000000000);
    room->accounts.clock = &room->clock.clock;
    room->accounts.cost = password_cost_least();
    room->arena = arena_init(8 << 20);
    assert_ok(table_sqlite_open(path, &room->clock.clock, &room->accounts.tables, &why_));
    assert_ok(cache_memory_open(1 << 20, &room->clock.clock, &room->accounts.cache, &why_));
    *state = room;
    return 0;
}

static inline int room_close(void **state)
{
    struct room *room = *state;
    table_store_close(&room->accounts.tables);
    cache_store_close(&room->accounts.cache);
    arena_release(&room->arena);
    assert_ok(folder_remove(room->folder, &why_));
    free(room);
    return 0;
}

static inline void room_wait(struct room *room, int64_t ms)
{
    room->clock.now_us += ms * 1000;
}

static const struct deed deed_of_test = {"tester", "because"};

static inline struct member room_member(struct room *room, const char *login, enum member_role role)
{
    struct member member;
    const struct member_draft draft = {
        .login = login, .password = "correct horse", .name = "Ada", .role = role};
    assert_ok(member_add(&room->accounts, deed_of_test, &draft, &member, &why_));
    return member;
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)
#define ROOM_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif

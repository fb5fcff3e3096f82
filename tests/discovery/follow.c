// SPDX-License-Identifier: Apache-2.0
#include "discovery/follow.h"

#include "base/file.h"
#include "catalog/rating.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct viewer adult = {RATING_AGE_ANY, "DE", 5000};

struct fixture {
    char folder[32], path[64], table_path[64];
    struct table_store *tables;
    struct index *index;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.folder = "/tmp/follow-XXXXXX", .arena = arena_init(64 << 20)};
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/i.db", fixture.folder);
    (void)snprintf(fixture.table_path, sizeof fixture.table_path, "%s/t.db", fixture.folder);
    assert_int_equal(table_sqlite_open(fixture.table_path, clock_system(), &fixture.tables, NULL),
                     OK);
    assert_int_equal(index_open(fixture.path, &fixture.index, NULL), OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    index_close(&fixture->index);
    table_store_close(&fixture->tables);
    arena_release(&fixture->arena);
    assert_int_equal(folder_remove(fixture->folder, NULL), OK);
    return 0;
}

static void publish(struct table_store *tables, const char *id, const char *name)
{
    const struct title title = {.id = id, .version = "1", .title = name};
    assert_int_equal(title_publish(tables, &title, NULL), OK);
}

static struct follow_report follow(struct fixture *fixture, enum follow_look look)
{
    static _Atomic bool never;
    struct follow_report report;
    struct why why = {""};
    if (index_follow(fixture->index, fixture->tables, look, &never, &report, &why) != OK)
        fail_msg("%s", why.text);
    return report;
}

static size_t found(struct fixture *fixture, const char *text)
{
    struct index_hits hits;
    arena_reset(&fixture->arena);
    assert_int_equal(index_search(fixture->index, text, &adult, 100, &fixture->arena, &hits, NULL),
                     OK);
    return hits.count;
}

static void only_what_changed_is_taken_again(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture->tables, "a", "Alpha");
    publish(fixture->tables, "b", "Bravo");
    assert_int_equal(follow(fixture, FOLLOW_ALL).put, 2);
    assert_int_equal(follow(fixture, FOLLOW_ALL).put, 0);
    assert_int_equal(follow(fixture, FOLLOW_COUNT).put, 0);
    publish(fixture->tables, "b", "Beta");
    assert_int_equal(follow(fixture, FOLLOW_COUNT).put, 1);
    assert_int_equal(found(fixture, "bravo"), 0);
    assert_int_equal(found(fixture, "beta"), 1);
    assert_int_equal(title_withdraw(fixture->tables, "b", NULL), OK);
    assert_int_equal(follow(fixture, FOLLOW_COUNT).dropped, 1);
    assert_int_equal(found(fixture, "beta"), 0);
    publish(fixture->tables, "b", "Beta");
    assert_int_equal(follow(fixture, FOLLOW_COUNT).put, 1);
    assert_int_equal(found(fixture, "beta"), 1);
}

static void an_index_that_is_lost_is_made_of_the_table(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture->tables, "a", "Alpha");
    (void)follow(fixture, FOLLOW_ALL);
    index_close(&fixture->index);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(index_open(fixture->path, &fixture->index, NULL), OK);
    assert_int_equal(found(fixture, "alpha"), 0);
    assert_int_equal(follow(fixture, FOLLOW_COUNT).put, 1);
    assert_int_equal(found(fixture, "alpha"), 1);
    assert_int_equal(found(fixture, "alhpa"), 1); // its words are known, too
}

// A writer that was killed before it moved the count: the next start sees the entry.
static void a_change_without_its_count_is_seen_at_the_next_start(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture->tables, "a", "Alpha");
    (void)follow(fixture, FOLLOW_ALL);
    publish(fixture->tables, "b", "Bravo");
    uint64_t held;
    assert_int_equal(index_count(fixture->index, &held, NULL), OK);
    assert_int_equal(index_settle(fixture->index, held + 1, NULL), OK);
    assert_int_equal(follow(fixture, FOLLOW_COUNT).put, 0);
    assert_int_equal(follow(fixture, FOLLOW_ALL).put, 1);
    assert_int_equal(found(fixture, "bravo"), 1);
}

static void a_record_that_is_damaged_keeps_no_other_out(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture->tables, "a", "Alpha");
    publish(fixture->tables, "b", "Bravo");
    const struct table_write damaged = {
        .item = {.partition = "a", .sort = "record", .value = slice_of("{")}};
    assert_int_equal(fixture->tables->ops->put(fixture->tables, "title", &damaged, NULL, NULL), OK);
    const struct follow_report report = follow(fixture, FOLLOW_ALL);
    assert_int_equal(report.unreadable, 1);
    assert_int_equal(report.put, 1);
    assert_int_equal(found(fixture, "bravo"), 1);
}

enum { MANY = 1200 }; // more than two pages of entries

// A record and its entry, handed in with all the others: one sync for many.
struct handed {
    struct table_pending pending[2];
    char id[20], record[80];
};

static atomic_size_t handed_done;

static void one_done(struct table_pending *pending)
{
    atomic_fetch_add(&handed_done, pending->result == OK ? 1 : MANY * 100);
}

static void hand_in_many(struct table_store *tables)
{
    struct handed *handed = calloc(MANY, sizeof *handed);
    assert_non_null(handed);
    for (size_t i = 0; i < MANY; i++) {
        struct handed *one = &handed[i];
        (void)snprintf(one->id, sizeof one->id, "t%04zu", i);
        (void)snprintf(one->record, sizeof one->record,
                       "{\"id\":\"%s\",\"version\":\"1\",\"title\":\"Common\"}", one->id);
        one->pending[0] = (struct table_pending){
            .kind = TABLE_PUT,
            .table = "title",
            .write.item = {.partition = one->id, .sort = "record", .value = slice_of(one->record)},
            .done = one_done};
        one->pending[1] = (struct table_pending){
            .kind = TABLE_PUT,
            .table = "title-list",
            .write.item = {.partition = "all", .sort = one->id, .value = slice_of("")},
            .done = one_done};
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(tables->ops->submit(tables, &one->pending[j], NULL), OK);
    }
    table_store_close(&tables); // lets what was handed in finish
    assert_int_equal(atomic_load(&handed_done), 2 * MANY);
    free(handed);
}

// Killed while it takes a large catalogue, again and again: what was taken stays, the next one goes
// on, and all are there in the end.
static void nothing_is_lost_when_it_is_killed(void **state)
{
    struct fixture *fixture = *state;
    hand_in_many(fixture->tables);
    index_close(&fixture->index);
    for (unsigned round = 0; round < 4; round++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            static _Atomic bool never;
            struct follow_report report;
            struct table_store *tables;
            struct index *index;
            if (table_sqlite_open(fixture->table_path, clock_system(), &tables, NULL) != OK ||
                index_open(fixture->path, &index, NULL) != OK)
                _exit(2);
            _exit(index_follow(index, tables, FOLLOW_ALL, &never, &report, NULL) == OK ? 0 : 1);
        }
        (void)usleep(7000 * (round + 1)); // wherever that is
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    assert_int_equal(table_sqlite_open(fixture->table_path, clock_system(), &fixture->tables, NULL),
                     OK);
    assert_int_equal(index_open(fixture->path, &fixture->index, NULL), OK);
    (void)follow(fixture, FOLLOW_ALL);
    size_t count = 0;
    struct index_hits hits = {.next = ""};
    do {
        char after[64];
        memcpy(after, hits.next, sizeof after);
        arena_reset(&fixture->arena);
        assert_int_equal(
            index_browse(fixture->index, "", after, &adult, 100, &fixture->arena, &hits, NULL), OK);
        count += hits.count;
    } while (hits.next[0] != '\0');
    assert_int_equal(count, MANY);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(only_what_changed_is_taken_again),
        CASE(an_index_that_is_lost_is_made_of_the_table),
        CASE(a_change_without_its_count_is_seen_at_the_next_start),
        CASE(a_record_that_is_damaged_keeps_no_other_out),
        CASE(nothing_is_lost_when_it_is_killed),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}

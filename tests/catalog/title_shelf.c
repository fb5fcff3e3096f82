// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_shelf.h"

#include "room.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 300, FILMS = 12 };

static void publish(struct room *room, const char *id, const char *name)
{
    const struct title title = {.id = id, .version = "v1", .title = name};
    assert_int_equal(title_publish(room->tables, &title, NULL), OK);
}

static struct title_shelf *shelf_of(struct room *room, size_t bytes_max)
{
    struct title_shelf *shelf = NULL;
    assert_int_equal(title_shelf_open(room->tables, bytes_max, &shelf, NULL), OK);
    return shelf;
}

static const struct title *taken(struct title_shelf *shelf, const char *id)
{
    const struct title *title = NULL;
    assert_int_equal(title_shelf_take(shelf, id, &title, NULL), OK);
    return title;
}

static struct title_shelf_counts counts_of(struct title_shelf *shelf)
{
    struct title_shelf_counts counts;
    title_shelf_count(shelf, &counts);
    return counts;
}

static void a_title_is_parsed_once_and_again_when_it_was_edited(void **state)
{
    struct room *room = *state;
    struct title_shelf *shelf = shelf_of(room, 1 << 20);
    publish(room, "film", "First");
    const struct title *first = taken(shelf, "film"), *again = taken(shelf, "film");
    assert_ptr_equal(first, again);
    assert_int_equal(counts_of(shelf).parsed, 1);
    publish(room, "film", "Second");
    const struct title *second = taken(shelf, "film");
    assert_string_equal(second->title, "Second");
    assert_string_equal(first->title, "First"); // as long as it is held
    assert_int_equal(counts_of(shelf).kept, 1);
    title_shelf_give(shelf, first);
    title_shelf_give(shelf, again);
    title_shelf_give(shelf, second);
    title_shelf_close(&shelf);
}

static void a_title_that_was_withdrawn_and_published_anew_is_the_new_one(void **state)
{
    struct room *room = *state;
    struct title_shelf *shelf = shelf_of(room, 1 << 20);
    publish(room, "film", "First");
    const struct title *title = taken(shelf, "film");
    assert_int_equal(title->row_version, 1);
    title_shelf_give(shelf, title);
    assert_int_equal(title_withdraw(room->tables, "film", NULL), OK);
    assert_int_equal(title_shelf_take(shelf, "film", &title, NULL), NOT_FOUND);
    publish(room, "film", "Other");
    title = taken(shelf, "film");
    assert_int_equal(title->row_version, 1);
    assert_string_equal(title->title, "Other");
    title_shelf_give(shelf, title);
    assert_int_equal(title_shelf_take(shelf, "no id", &title, NULL), INVALID);
    title_shelf_close(&shelf);
}

static void over_the_cap_those_leave_that_were_not_asked_for_for_longest(void **state)
{
    struct room *room = *state;
    publish(room, "a", "A");
    publish(room, "b", "B");
    publish(room, "c", "C");
    struct title_shelf *shelf = shelf_of(room, 1 << 20);
    title_shelf_give(shelf, taken(shelf, "a"));
    const size_t one = counts_of(shelf).bytes;
    title_shelf_close(&shelf);
    shelf = shelf_of(room, 2 * one + one / 2);
    title_shelf_give(shelf, taken(shelf, "a"));
    title_shelf_give(shelf, taken(shelf, "b"));
    title_shelf_give(shelf, taken(shelf, "a"));
    title_shelf_give(shelf, taken(shelf, "c")); // b leaves
    assert_int_equal(counts_of(shelf).kept, 2);
    title_shelf_give(shelf, taken(shelf, "a"));
    assert_int_equal(counts_of(shelf).parsed, 3);
    title_shelf_give(shelf, taken(shelf, "b"));
    assert_int_equal(counts_of(shelf).parsed, 4);
    title_shelf_close(&shelf);
    shelf = shelf_of(room, 1); // room for none: everyone has his own
    const struct title *title = taken(shelf, "a");
    assert_int_equal(counts_of(shelf).kept, 0);
    assert_string_equal(title->title, "A");
    title_shelf_give(shelf, title);
    title_shelf_close(&shelf);
}

struct reader {
    struct title_shelf *shelf;
    unsigned number;
    _Atomic unsigned *wrong;
};

static void *read_many(void *context)
{
    const struct reader *reader = context;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char id[16];
        const struct title *title;
        (void)snprintf(id, sizeof id, "film-%u", (i * 7 + reader->number) % FILMS);
        if (title_shelf_take(reader->shelf, id, &title, NULL) != OK) {
            ++*reader->wrong;
            continue;
        }
        if (strcmp(title->title, id) != 0) ++*reader->wrong;
        title_shelf_give(reader->shelf, title);
    }
    return NULL;
}

static void threads_share_a_shelf_that_is_too_small_for_all(void **state)
{
    struct room *room = *state;
    struct title_shelf *shelf = shelf_of(room, 16 * 1024);
    pthread_t threads[THREADS];
    struct reader readers[THREADS];
    _Atomic unsigned wrong = 0;
    for (unsigned i = 0; i < FILMS; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "film-%u", i);
        publish(room, id, id);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){shelf, i, &wrong};
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &readers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(wrong, 0);
    title_shelf_close(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_title_is_parsed_once_and_again_when_it_was_edited),
        ROOM_TEST(a_title_that_was_withdrawn_and_published_anew_is_the_new_one),
        ROOM_TEST(over_the_cap_those_leave_that_were_not_asked_for_for_longest),
        ROOM_TEST(threads_share_a_shelf_that_is_too_small_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

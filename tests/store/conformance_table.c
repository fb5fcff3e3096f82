// SPDX-License-Identifier: Apache-2.0
#include "conformance_table.h"

#include "place.h"

#include <pthread.h>
#include <time.h>

static const struct table_place *backend;

struct fixture {
    void *place;
    struct clock_manual *clock;
    struct table_store *store;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->place = backend->make();
    fixture->clock = clock_shared();
    fixture->arena = arena_init(64 << 20);
    assert_ok(backend->open(fixture->place, &fixture->clock->clock, &fixture->store, &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    table_store_close(&fixture->store);
    backend->remove(fixture->place);
    arena_release(&fixture->arena);
    (void)munmap(fixture->clock, sizeof *fixture->clock);
    free(fixture);
    return 0;
}

static struct table_write write_of(const char *partition, const char *sort, const char *value)
{
    return (struct table_write){
        .item = {.partition = partition, .sort = sort, .value = slice_of(value)}};
}

static outcome put(struct table_store *store, const char *table, struct table_write write,
                   uint64_t *out_version)
{
    return store->ops->put(store, table, &write, out_version, NULL);
}

// What stands under the keys, or NULL.
static const struct table_item *look(struct fixture *fixture, const char *table,
                                     const char *partition, const char *sort)
{
    struct table_item *item = ARENA_NEW(&fixture->arena, struct table_item);
    assert_non_null(item);
    const outcome result = fixture->store->ops->get(fixture->store, table, partition, sort,
                                                    &fixture->arena, item, NULL);
    assert_true(result == OK || result == NOT_FOUND);
    return result == OK ? item : NULL;
}

// A write that nobody waits for, told by a pipe.
struct told {
    struct table_pending pending;
    int end;
};

static void tell(struct table_pending *pending)
{
    const char byte = 1;
    const ssize_t sent = write(((struct told *)pending)->end, &byte, 1);
    assert_int_equal(sent, 1);
}

static void a_write_that_is_handed_in_is_told_of_when_it_stands(void **state)
{
    struct fixture *fixture = *state;
    struct table_store *store = fixture->store;
    int ends[2];
    char bytes[3];
    assert_int_equal(pipe(ends), 0);
    struct told told[3];
    for (int i = 0; i < 3; i++) {
        told[i] = (struct told){.pending = {.kind = i == 2 ? TABLE_DROP : TABLE_PUT,
                                            .table = "t",
                                            .write = write_of("p", "s", "v"),
                                            .done = tell},
                                .end = ends[1]};
        if (i == 1) told[i].pending.write.condition = TABLE_ABSENT;
        assert_int_equal(store->ops->submit(store, &told[i].pending, NULL), OK);
    }
    for (size_t got = 0; got < 3;) {
        const ssize_t more = read(ends[0], bytes, 3 - got);
        assert_true(more > 0);
        got += (size_t)more;
    }
    assert_int_equal(told[0].pending.result, OK);
    assert_int_equal(told[0].pending.version, 1);
    assert_int_equal(told[1].pending.result, CONFLICT);
    assert_int_equal(told[2].pending.result, OK);
    assert_null(look(fixture, "t", "p", "s"));
    told[0].pending.table = "No Table";
    assert_int_equal(store->ops->submit(store, &told[0].pending, NULL), INVALID);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void an_item_is_what_was_put_and_its_version_counts(void **state)
{
    struct fixture *fixture = *state;
    struct table_store *store = fixture->store;
    for (uint64_t i = 1; i <= 3; i++) {
        uint64_t version = 0;
        char value[8];
        (void)snprintf(value, sizeof value, "v%d", (int)i);
        assert_int_equal(put(store, "title", write_of("film-1", "record", value), &version), OK);
        assert_int_equal(version, i);
        const struct table_item *item = look(fixture, "title", "film-1", "record");
        assert_non_null(item);
        assert_string_equal(item->partition, "film-1");
        assert_string_equal(item->sort, "record");
        assert_true(slice_is(item->value, value));
        assert_int_equal(item->version, i);
        assert_int_equal(item->expires_ms, 0);
    }
    assert_null(look(fixture, "title", "film-1", "recor"));
    assert_null(look(fixture, "title", "film-2", "record"));
    assert_null(look(fixture, "titles", "film-1", "record"));
    assert_int_equal(put(store, "title", write_of("film-1", "bytes", ""), NULL), OK);
    assert_int_equal(look(fixture, "title", "film-1", "bytes")->value.len, 0);

    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    struct table_write bytes = write_of("film-1", "bytes", "");
    bytes.item.value = (struct slice){all, sizeof all};
    assert_int_equal(put(store, "title", bytes, NULL), OK);
    assert_true(slice_equal(look(fixture, "title", "film-1", "bytes")->value, bytes.item.value));
}

static void conditions_hold_or_conflict(void **state)
{
    struct fixture *fixture = *state;
    struct table_write write = write_of("p", "s", "x");
    static const struct {
        enum table_condition condition;
        uint64_t version;
        int64_t rank;
        outcome result;
        uint64_t version_after;
    } steps[] = {
        {TABLE_VERSION, 1, 0, CONFLICT, 0},    // nothing there
        {TABLE_VERSION, 0, 0, CONFLICT, 0},    // version 0 is no item's
        {TABLE_ABSENT, 0, 5, OK, 1},           // first
        {TABLE_ABSENT, 0, 5, CONFLICT, 0},     // second
        {TABLE_VERSION, 1, 5, OK, 2},          // as expected
        {TABLE_VERSION, 1, 5, CONFLICT, 0},    // stale
        {TABLE_VERSION, 3, 5, CONFLICT, 0},    // from the future
        {TABLE_NEWER_RANK, 0, 5, CONFLICT, 0}, // equal is not newer
        {TABLE_NEWER_RANK, 0, 4, CONFLICT, 0}, // late
        {TABLE_NEWER_RANK, 0, 6, OK, 3},       // newer
        {TABLE_ALWAYS, 0, -9, OK, 4},          // sets the rank back
        {TABLE_NEWER_RANK, 0, -8, OK, 5},      // negative ranks compare too
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        write.condition = steps[i].condition;
        write.item.version = steps[i].version;
        write.rank = steps[i].rank;
        uint64_t version = 99;
        struct why why = {""};
        assert_int_equal(fixture->store->ops->put(fixture->store, "t", &write, &version, &why),
                         steps[i].result);
        assert_int_equal(version, steps[i].result == OK ? steps[i].version_after : 99);
        assert_int_equal(why.text[0] == '\0', steps[i].result == OK);
    }
}

static void dropping_respects_the_version(void **state)
{
    struct fixture *fixture = *state;
    struct table_store *store = fixture->store;
    assert_int_equal(store->ops->drop(store, "t", "p", "s", 0, NULL), OK);
    assert_int_equal(store->ops->drop(store, "t", "p", "s", 1, NULL), CONFLICT);
    assert_int_equal(put(store, "t", write_of("p", "s", "x"), NULL), OK);
    assert_int_equal(put(store, "t", write_of("p", "s2", "y"), NULL), OK);
    assert_int_equal(store->ops->drop(store, "t", "p", "s", 2, NULL), CONFLICT);
    assert_non_null(look(fixture, "t", "p", "s"));
    assert_int_equal(store->ops->drop(store, "t", "p", "s", 1, NULL), OK);
    assert_null(look(fixture, "t", "p", "s"));
    assert_non_null(look(fixture, "t", "p", "s2"));
    assert_int_equal(store->ops->drop(store, "t", "p", "s2", 0, NULL), OK);
    assert_null(look(fixture, "t", "p", "s2"));
}

static void queries_are_in_byte_order_by_prefix_and_by_page(void **state)
{
    struct fixture *fixture = *state;
    struct table_store *store = fixture->store;
    static const char *const sorted[] = {"A",  "a",   "a#1", "a#10", "a#2", "a$",
                                         "aa", "a~~", "b",   "b!",   "~"};
    enum { TOTAL = sizeof sorted / sizeof sorted[0] };
    for (size_t i = 0; i < TOTAL; i++)
        assert_int_equal(put(store, "t", write_of("p", sorted[i * 7 % TOTAL], "x"), NULL), OK);
    assert_int_equal(put(store, "t", write_of("p2", "a#3", "x"), NULL), OK);
    assert_int_equal(put(store, "t", write_of("o", "a#3", "x"), NULL), OK);
    assert_int_equal(put(store, "u", write_of("p", "a#3", "x"), NULL), OK);
    static const struct {
        const char *prefix, *after;
        size_t limit, first, end;
    } cases[] = {
        {"", NULL, 1000, 0, TOTAL}, {"", NULL, 3, 0, 3},    {"", "a", 3, 2, 5},
        {"", "a#1", 100, 3, TOTAL}, {"a", NULL, 100, 1, 8}, {"a#", NULL, 100, 2, 5},
        {"a#", "a#1", 1, 3, 4},     {"a#", "a#2", 5, 0, 0}, {"a#", "A", 5, 2, 5},
        {"c", NULL, 5, 0, 0},       {"a~", NULL, 5, 7, 8},  {"", "~", 5, 0, 0},
        {"b!", NULL, 1, 9, 10},     {"", "a#11", 1, 4, 5}, // a position that is no item
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct table_item *items = NULL;
        size_t count = 77;
        assert_ok(store->ops->query(store, "t", "p", cases[i].prefix, cases[i].after,
                                    cases[i].limit, &fixture->arena, &items, &count, &why_));
        assert_int_equal(count, cases[i].end - cases[i].first);
        for (size_t j = 0; j < count; j++) {
            assert_string_equal(items[j].sort, sorted[cases[i].first + j]);
            assert_string_equal(items[j].partition, "p");
            assert_true(slice_is(items[j].value, "x"));
            assert_int_equal(items[j].version, 1);
        }
    }
}

static void what_has_expired_is_gone_to_reads_conditions_and_queries(void **state)
{
    struct fixture *fixture = *state;
    struct table_store *store = fixture->store;
    const int64_t now_ms = clock_wall_ms(&fixture->clock->clock);
    struct table_write write = write_of("p", "s", "x");
    write.item.expires_ms = now_ms + 1000;
    write.rank = 100;
    assert_int_equal(put(store, "t", write, NULL), OK);
    assert_int_equal(put(store, "t", write, NULL), OK);
    assert_int_equal(look(fixture, "t", "p", "s")->expires_ms, now_ms + 1000);
    fixture->clock->now_us += 999000;
    assert_non_null(look(fixture, "t", "p", "s"));
    fixture->clock->now_us += 1000; // "no longer from then on"
    assert_null(look(fixture, "t", "p", "s"));
    struct table_item *items;
    size_t count = 77;
    assert_ok(
        store->ops->query(store, "t", "p", "", NULL, 10, &fixture->arena, &items, &count, &why_));
    assert_int_equal(count, 0);
    write.condition = TABLE_VERSION;
    write.item.version = 2;
    assert_int_equal(put(store, "t", write, NULL), CONFLICT);
    write.condition = TABLE_NEWER_RANK;
    write.rank = 1; // lower than the expired one's
    write.item.expires_ms = 0;
    uint64_t version;
    assert_int_equal(put(store, "t", write, &version), OK);
    assert_int_equal(version, 1);
    assert_int_equal(look(fixture, "t", "p", "s")->expires_ms, 0);
    // many expired ones, removed as the writer passes, never take a live one along
    for (int i = 0; i < 600; i++) {
        char sort[16];
        (void)snprintf(sort, sizeof sort, "gone-%d", i);
        struct table_write brief = write_of("p", sort, "x");
        brief.item.expires_ms = clock_wall_ms(&fixture->clock->clock) + 5;
        assert_int_equal(put(store, "t", brief, NULL), OK);
    }
    for (int i = 0; i < 5; i++) {
        fixture->clock->now_us += 5000000;
        assert_int_equal(put(store, "t", write_of("p", "tick", "x"), NULL), OK);
    }
    assert_ok(
        store->ops->query(store, "t", "p", "", NULL, 10, &fixture->arena, &items, &count, &why_));
    assert_int_equal(count, 2);
}

static void caps_and_bad_names_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct table_store *store = fixture->store;
    char key[TABLE_KEY_BYTES + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    char name[TABLE_NAME_BYTES + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    static const char *const odd[] = {"", "a\nb", "caf\xc3\xa9", "\x7f"};
    struct arena *arena = &fixture->arena;
    struct table_item item, *items;
    size_t count;
    for (size_t i = 0; i <= 4; i++) {
        const char *bad = i < 4 ? odd[i] : key;
        assert_int_equal(put(store, "t", write_of(bad, "s", "x"), NULL), INVALID);
        assert_int_equal(put(store, "t", write_of("p", bad, "x"), NULL), INVALID);
        assert_int_equal(store->ops->get(store, "t", bad, "s", arena, &item, NULL), INVALID);
        assert_int_equal(store->ops->get(store, "t", "p", bad, arena, &item, NULL), INVALID);
        assert_int_equal(store->ops->drop(store, "t", "p", bad, 0, NULL), INVALID);
        assert_int_equal(
            store->ops->query(store, "t", bad, "", NULL, 1, arena, &items, &count, NULL), INVALID);
    }
    const char *const names[] = {"", "Title", "a b", "a/b", "a\"b", name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(put(store, names[i], write_of("p", "s", "x"), NULL), INVALID);
        assert_int_equal(store->ops->get(store, names[i], "p", "s", arena, &item, NULL), INVALID);
    }
    assert_int_equal(store->ops->query(store, "t", "p", "", NULL, 0, arena, &items, &count, NULL),
                     INVALID);
    assert_int_equal(store->ops->query(store, "t", "p", "", NULL, TABLE_PAGE_MAX + 1, arena, &items,
                                       &count, NULL),
                     INVALID);
    key[TABLE_KEY_BYTES] = '\0';
    name[TABLE_NAME_BYTES] = '\0';
    struct table_write large = write_of(key, key, "");
    uint8_t *value = calloc(1, TABLE_VALUE_BYTES + 1);
    assert_non_null(value);
    large.item.value = (struct slice){value, TABLE_VALUE_BYTES + 1};
    struct why why = {""};
    assert_int_equal(store->ops->put(store, name, &large, NULL, &why), TOO_LARGE);
    assert_true(why.text[0] != '\0');
    large.item.value.len--;
    assert_int_equal(put(store, name, large, NULL), OK);
    assert_int_equal(look(fixture, name, key, key)->value.len, TABLE_VALUE_BYTES);
    free(value);
}

static void an_arena_that_is_too_small_is_an_outcome(void **state)
{
    struct fixture *fixture = *state;
    uint8_t value[10000] = {0};
    struct table_write large = write_of("p", "s", "");
    large.item.value = (struct slice){value, sizeof value};
    assert_int_equal(put(fixture->store, "t", large, NULL), OK);
    struct arena small = arena_init(5000);
    struct table_item item = {.version = 77};
    assert_int_equal(fixture->store->ops->get(fixture->store, "t", "p", "s", &small, &item, NULL),
                     NO_MEMORY);
    assert_int_equal(item.version, 77);
    arena_release(&small);
    assert_non_null(look(fixture, "t", "p", "s"));
}

// --- side by side -----------------------------------------------------------------------

enum { CONTENDERS = 8, INCREMENTS = 50 };

// Adds one to a number, again and again, by reading and writing on condition: no increment may get
// lost.
static bool increment(struct table_store *store, int times)
{
    struct arena arena = arena_init(1 << 20);
    for (int i = 0; i < times;) {
        struct table_item item = {.version = 0};
        const outcome got = store->ops->get(store, "t", "p", "number", &arena, &item, NULL);
        if (got != OK && got != NOT_FOUND) return false;
        char text[24];
        (void)snprintf(text, sizeof text, "%ld",
                       got == OK ? strtol((const char *)item.value.at, NULL, 10) + 1 : 1);
        struct table_write write = write_of("p", "number", text);
        write.condition = got == OK ? TABLE_VERSION : TABLE_ABSENT;
        write.item.version = item.version;
        const outcome written = put(store, "t", write, NULL);
        if (written != OK && written != CONFLICT) return false;
        i += written == OK;
        arena_reset(&arena);
    }
    arena_release(&arena);
    return true;
}

struct contender {
    struct fixture *fixture;
    bool is_fine;
};

static void *increment_thread(void *argument)
{
    struct contender *contender = argument;
    contender->is_fine = increment(contender->fixture->store, INCREMENTS);
    return NULL;
}

// The store's own threads may hold any lock at a fork, and a child would wait for that lock forever
// (seen with ASan's, while such a thread was starting): there are none when a child begins.
static pid_t child_of_one_thread(struct fixture *fixture, bool (*body)(void *argument),
                                 void *argument)
{
    table_store_close(&fixture->store);
    const pid_t child = child_start(body, argument);
    assert_ok(backend->open(fixture->place, &fixture->clock->clock, &fixture->store, &why_));
    return child;
}

static bool increment_process(void *argument)
{
    struct fixture *fixture = argument;
    struct table_store *store;
    if (backend->open(fixture->place, &fixture->clock->clock, &store, NULL) != OK) return false;
    const bool is_fine = increment(store, INCREMENTS);
    table_store_close(&store);
    return is_fine;
}

static void no_increment_is_lost_between_threads_and_processes(void **state)
{
    struct fixture *fixture = *state;
    struct contender contenders[CONTENDERS];
    pthread_t threads[CONTENDERS];
    pid_t children[3];
    for (int i = 0; i < 3; i++)
        children[i] = child_of_one_thread(fixture, increment_process, fixture);
    for (int i = 0; i < CONTENDERS; i++) {
        contenders[i] = (struct contender){fixture, false};
        assert_int_equal(pthread_create(&threads[i], NULL, increment_thread, &contenders[i]), 0);
    }
    for (int i = 0; i < CONTENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(contenders[i].is_fine);
    }
    for (int i = 0; i < 3; i++)
        child_must_succeed(children[i]);
    const struct table_item *item = look(fixture, "t", "p", "number");
    assert_int_equal(item->version, (CONTENDERS + 3) * INCREMENTS);
    assert_int_equal(strtol((const char *)item->value.at, NULL, 10), (CONTENDERS + 3) * INCREMENTS);
}

struct victim {
    struct fixture *fixture;
    int told; // gets a byte for each write that returned OK
};

static bool write_until_killed(void *argument)
{
    const struct victim *victim = argument;
    struct table_store *store;
    if (backend->open(victim->fixture->place, &victim->fixture->clock->clock, &store, NULL) != OK)
        return false;
    for (int i = 0;; i++) {
        char sort[16];
        (void)snprintf(sort, sizeof sort, "%06d", i);
        if (put(store, "crash", write_of("p", sort, sort), NULL) != OK) return false;
        pipe_tell(victim->told);
    }
}

static void what_was_promised_survives_a_kill(void **state)
{
    struct fixture *fixture = *state;
    struct prng prng = prng_init(3);
    for (int round = 0; round < 8; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        struct victim victim = {fixture, ends[1]};
        const pid_t child = child_of_one_thread(fixture, write_until_killed, &victim);
        (void)close(ends[1]);
        const uint64_t enough = 1 + prng_below(&prng, 60);
        uint64_t promised = 0;
        while (promised < enough && pipe_wait(ends[0]))
            promised++;
        child_kill(child);
        assert_int_equal(promised, enough);
        while (pipe_wait(ends[0]))
            promised++;
        (void)close(ends[0]);
        for (uint64_t i = 0; i < promised; i++) {
            char sort[16];
            (void)snprintf(sort, sizeof sort, "%06d", (int)i);
            const struct table_item *item = look(fixture, "crash", "p", sort);
            assert_non_null(item);
            assert_true(slice_is(item->value, sort));
        }
    }
}

int run_table_conformance(const struct table_place *place, const struct CMUnitTest *own,
                          size_t own_count)
{
    backend = place;
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_write_that_is_handed_in_is_told_of_when_it_stands),
        CASE(an_item_is_what_was_put_and_its_version_counts),
        CASE(conditions_hold_or_conflict),
        CASE(dropping_respects_the_version),
        CASE(queries_are_in_byte_order_by_prefix_and_by_page),
        CASE(what_has_expired_is_gone_to_reads_conditions_and_queries),
        CASE(caps_and_bad_names_are_refused),
        CASE(an_arena_that_is_too_small_is_an_outcome),
        CASE(no_increment_is_lost_between_threads_and_processes),
        CASE(what_was_promised_survives_a_kill),
    };
#undef CASE
    return run_with_own(place->name, tests, sizeof tests / sizeof tests[0], own, own_count);
}

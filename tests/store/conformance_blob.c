// SPDX-License-Identifier: Apache-2.0
#include "conformance_blob.h"

#include "place.h"

#include <pthread.h>
#include <time.h>

static const struct blob_place *backend;

struct fixture {
    void *place;
    struct blob_store *store;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->place = backend->make();
    assert_ok(backend->open(fixture->place, &fixture->store, &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    blob_store_close(&fixture->store);
    backend->remove(fixture->place);
    free(fixture);
    return 0;
}

static struct blob_store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static void assert_object(struct blob_store *store, const char *key, const char *text)
{
    autobuffer bytes = buffer_init(1 << 20);
    assert_ok(blob_get(store, key, &bytes, &why_));
    assert_true(slice_is(buffer_slice(&bytes), text));
}

static void an_object_is_what_was_put(void **state)
{
    struct blob_store *store = store_of(state);
    assert_ok(blob_put(store, "titles/film-1/v1/main.m3u8", slice_of("#EXTM3U\n"), &why_));
    assert_object(store, "titles/film-1/v1/main.m3u8", "#EXTM3U\n");
    assert_ok(blob_put(store, "empty", slice_of(""), &why_));
    assert_object(store, "empty", "");

    struct blob_facts facts;
    assert_ok(store->ops->stat(store, "titles/film-1/v1/main.m3u8", &facts, &why_));
    assert_int_equal(facts.size, 8);
    assert_true(facts.etag[0] != '\0' && strlen(facts.etag) < BLOB_ETAG_BYTES);
    assert_null(strpbrk(facts.etag, "\" \r\n"));
    const int64_t now_ms = clock_wall_ms(clock_system());
    assert_true(facts.modified_ms > now_ms - 60000 && facts.modified_ms < now_ms + 60000);
}

static void ranges_are_exact_and_stay_inside(void **state)
{
    struct blob_store *store = store_of(state);
    assert_ok(blob_put(store, "k", slice_of("0123456789"), &why_));
    static const struct {
        uint64_t offset;
        size_t size;
        const char *bytes; // NULL: INVALID
    } cases[] = {
        {0, 10, "0123456789"}, {3, 4, "3456"},        {9, 1, "9"},   {10, 0, ""},
        {10, 1, NULL},         {11, 0, NULL},         {0, 11, NULL}, {5, SIZE_MAX, NULL},
        {UINT64_MAX, 1, NULL}, {UINT64_MAX, 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer out = buffer_init(100);
        assert_ok(buffer_put_text(&out, "kept|", &why_));
        struct why why = {""};
        const outcome result =
            store->ops->read(store, "k", cases[i].offset, cases[i].size, &out, &why);
        assert_int_equal(result, cases[i].bytes == NULL ? INVALID : OK);
        assert_true(slice_starts(buffer_slice(&out), "kept|"));
        assert_true(slice_is(slice_part(buffer_slice(&out), 5, 100),
                             cases[i].bytes == NULL ? "" : cases[i].bytes));
        assert_int_equal(why.text[0] == '\0', result == OK);
    }
}

static void what_is_not_there_is_not_found(void **state)
{
    struct blob_store *store = store_of(state);
    assert_ok(blob_put(store, "a/b", slice_of("x"), &why_));
    static const char *const keys[] = {"nothing", "a", "a/c", "a/b/c", "a/b.x"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct blob_facts facts = {.size = 77};
        autobuffer out = buffer_init(100);
        int fd = -7;
        assert_int_equal(store->ops->stat(store, keys[i], &facts, NULL), NOT_FOUND);
        assert_int_equal(store->ops->read(store, keys[i], 0, 0, &out, NULL), NOT_FOUND);
        assert_int_equal(store->ops->open(store, keys[i], &fd, NULL), NOT_FOUND);
        assert_int_equal(facts.size, 77);
        assert_int_equal(fd, -7);
        assert_ok(store->ops->drop(store, keys[i], &why_)); // dropping nothing is no fault
    }
    assert_object(store, "a/b", "x");
}

static void bad_keys_are_refused_everywhere(void **state)
{
    struct blob_store *store = store_of(state);
    char long_key[BLOB_KEY_BYTES + 2];
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    const char *const keys[] = {"",     "/a",          "a/",    "a//b",    ".",   "..",
                                "a/..", "../a",        "a/./b", "a/.../b", "a b", "a\nb",
                                "a\\b", "caf\xc3\xa9", "a?b",   "a%2fb",   "a+b", long_key};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct why why = {""};
        struct blob_facts facts;
        struct blob_writer *writer;
        autobuffer out = buffer_init(10);
        int fd;
        assert_int_equal(store->ops->create(store, keys[i], &writer, &why), INVALID);
        assert_true(why.text[0] != '\0');
        assert_int_equal(store->ops->stat(store, keys[i], &facts, NULL), INVALID);
        assert_int_equal(store->ops->read(store, keys[i], 0, 0, &out, NULL), INVALID);
        assert_int_equal(store->ops->open(store, keys[i], &fd, NULL), INVALID);
        assert_int_equal(store->ops->drop(store, keys[i], NULL), INVALID);
    }
    long_key[BLOB_KEY_BYTES] =
        '\0'; // the longest that is allowed, in parts that a file system takes
    for (size_t i = 100; i < BLOB_KEY_BYTES - 1; i += 101)
        long_key[i] = '/';
    assert_ok(blob_put(store, long_key, slice_of("deep"), &why_));
    assert_object(store, long_key, "deep");
    assert_ok(blob_put(store, ".a/b..c/..d", slice_of("dots"), &why_));
    assert_object(store, ".a/b..c/..d", "dots");
}

static void an_object_shows_only_when_committed(void **state)
{
    struct blob_store *store = store_of(state);
    struct blob_writer *writer;
    struct blob_facts facts;
    assert_ok(store->ops->create(store, "x/y", &writer, &why_));
    assert_ok(writer->ops->write(writer, slice_of("half"), &why_));
    assert_int_equal(store->ops->stat(store, "x/y", &facts, NULL), NOT_FOUND);
    assert_ok(writer->ops->write(writer, slice_of(" and half"), &why_));
    assert_ok(writer->ops->commit(writer, &why_));
    assert_object(store, "x/y", "half and half");

    assert_ok(store->ops->create(store, "x/y", &writer, &why_));
    assert_ok(writer->ops->write(writer, slice_of("never"), &why_));
    writer->ops->abandon(writer);
    assert_object(store, "x/y", "half and half");
}

static void replacing_changes_the_etag_and_open_readers_keep_the_old(void **state)
{
    struct blob_store *store = store_of(state);
    assert_ok(blob_put(store, "k", slice_of("old"), &why_));
    autofd fd = -1;
    assert_ok(store->ops->open(store, "k", &fd, &why_));
    char etags[50][BLOB_ETAG_BYTES];
    for (size_t i = 0; i < 50; i++) { // same size, and as fast as can be
        char text[4];
        (void)snprintf(text, sizeof text, "n%02zu", i);
        assert_ok(blob_put(store, "k", slice_of(text), &why_));
        struct blob_facts facts, again;
        assert_ok(store->ops->stat(store, "k", &facts, &why_));
        assert_ok(store->ops->stat(store, "k", &again, &why_));
        assert_string_equal(facts.etag, again.etag);
        memcpy(etags[i], facts.etag, sizeof etags[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(etags[i], etags[j]);
    }
    uint8_t bytes[3];
    assert_ok(fd_read_at(fd, bytes, 3, 0, &why_));
    assert_memory_equal(bytes, "old", 3);
    assert_object(store, "k", "n49");
}

struct collected {
    char keys[64][32];
    size_t count, stop_at;
};

static outcome collect(void *context, const char *key, struct why *why)
{
    struct collected *collected = context;
    assert_true(collected->count < 64 && strlen(key) < 32);
    (void)snprintf(collected->keys[collected->count++], 32, "%s", key);
    return collected->count == collected->stop_at ? fail(why, EXHAUSTED, "enough") : OK;
}

static void listing_is_in_byte_order_and_by_prefix(void **state)
{
    struct blob_store *store = store_of(state);
    static const char *const sorted[] = {"A",      "a-b", "a.c", "a/b/c", "a/b/d", "a/b0",
                                         "a/bb/x", "a/c", "a0",  "aa",    "b/1"};
    const size_t total = sizeof sorted / sizeof sorted[0];
    for (size_t i = 0; i < total; i++) // put in another order
        assert_ok(blob_put(store, sorted[(i * 7 + 3) % total], slice_of("x"), &why_));
    static const struct {
        const char *prefix;
        size_t first, end;
    } cases[] = {
        {"", 0, 11},     {"a", 1, 10},     {"a/", 3, 8},  {"a/b", 3, 7}, {"a/b/", 3, 5},
        {"a/b/c", 3, 4}, {"a/b/cc", 0, 0}, {"z", 0, 0},   {"a0", 8, 9},  {"a0/", 0, 0},
        {"../", 0, 0},   {"/", 0, 0},      {"a//", 0, 0}, {"./a", 0, 0}, {"A/../", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct collected collected = {.count = 0};
        assert_ok(store->ops->list(store, cases[i].prefix, collect, &collected, &why_));
        assert_int_equal(collected.count, cases[i].end - cases[i].first);
        for (size_t j = 0; j < collected.count; j++)
            assert_string_equal(collected.keys[j], sorted[cases[i].first + j]);
    }
    struct collected two = {.stop_at = 2};
    struct why why = {""};
    assert_int_equal(store->ops->list(store, "a", collect, &two, &why), EXHAUSTED);
    assert_string_equal(why.text, "enough");
    assert_int_equal(two.count, 2);
}

static void a_prefix_can_be_dropped_and_used_again(void **state)
{
    struct blob_store *store = store_of(state);
    for (int i = 0; i < 30; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "work/t/p/v-%d/c-%d.mp4", i % 3, i);
        assert_ok(blob_put(store, key, slice_of("x"), &why_));
    }
    assert_ok(blob_put(store, "work/t2/keep", slice_of("x"), &why_));
    assert_ok(blob_drop_prefix(store, "work/t/", &why_));
    struct collected collected = {.count = 0};
    assert_ok(store->ops->list(store, "", collect, &collected, &why_));
    assert_int_equal(collected.count, 1);
    assert_string_equal(collected.keys[0], "work/t2/keep");
    assert_ok(blob_put(store, "work/t", slice_of("an object where folders were"), &why_));
    assert_object(store, "work/t", "an object where folders were");
}

static void a_file_can_be_put_whole_and_in_part(void **state)
{
    struct blob_store *store = store_of(state);
    char path[] = "/tmp/primrose-file-XXXXXX";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    enum { SIZE = 3 * 1024 * 1024 + 17 };
    uint8_t *bytes = malloc(SIZE);
    assert_non_null(bytes);
    struct prng prng = prng_init(7);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)prng_next(&prng);
    assert_ok(fd_write(fd, (struct slice){bytes, SIZE}, &why_));

    assert_ok(blob_put_file(store, "whole", fd, &why_)); // its position is at the end: no matter
    autobuffer got = buffer_init(SIZE);
    assert_ok(blob_get(store, "whole", &got, &why_));
    assert_int_equal(got.len, SIZE);
    assert_memory_equal(got.at, bytes, SIZE);
    autobuffer small = buffer_init(SIZE - 1);
    assert_int_equal(blob_get(store, "whole", &small, NULL), TOO_LARGE);

    struct blob_writer *writer;
    assert_ok(store->ops->create(store, "part", &writer, &why_));
    assert_ok(writer->ops->write(writer, slice_of("<"), &why_));
    assert_ok(writer->ops->write_file(writer, fd, 1000, 2000000, &why_));
    assert_ok(writer->ops->write(writer, slice_of(">"), &why_));
    assert_ok(writer->ops->commit(writer, &why_));
    got.len = 0;
    assert_ok(blob_get(store, "part", &got, &why_));
    assert_int_equal(got.len, 2000002);
    assert_memory_equal(got.at + 1, bytes + 1000, 2000000);
    assert_true(got.at[0] == '<' && got.at[2000001] == '>');

    assert_ok(store->ops->create(store, "short", &writer, &why_));
    assert_int_equal(writer->ops->write_file(writer, fd, 10, SIZE, NULL), CORRUPT);
    writer->ops->abandon(writer);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(blob_put_file(store, "pipe", ends[0], NULL), INVALID);
    (void)close(ends[0]);
    (void)close(ends[1]);
    free(bytes);
}

static void an_object_can_be_filled_as_a_file_in_any_order(void **state)
{
    struct blob_store *store = store_of(state);
    struct blob_writer *writer;
    int fd;
    assert_ok(store->ops->create(store, "filled", &writer, &why_));
    assert_ok(writer->ops->file(writer, &fd, &why_));
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    assert_int_equal(pwrite(fd, "world", 5, 6), 5);
    assert_int_equal(pwrite(fd, "hello ", 6, 0), 6);
    char back[6];
    assert_int_equal(pread(fd, back, 5, 6), 5);
    assert_memory_equal(back, "world", 5);
    struct blob_facts facts;
    assert_int_equal(store->ops->stat(store, "filled", &facts, NULL), NOT_FOUND);
    assert_ok(writer->ops->commit(writer, &why_));
    assert_object(store, "filled", "hello world");
}

// --- side by side -----------------------------------------------------------------------

enum { WRITERS = 4, ROUNDS = 40, PATTERN_BYTES = 70001 };

// An object that tells by itself whether it is whole: every byte is the writer's letter.
static outcome put_pattern(struct blob_store *store, const char *key, char letter, struct why *why)
{
    struct blob_writer *writer;
    TRY(store->ops->create(store, key, &writer, why));
    char piece[1000];
    memset(piece, letter, sizeof piece);
    outcome result = OK;
    for (size_t done = 0; done < PATTERN_BYTES && result == OK; done += sizeof piece) {
        const size_t left = PATTERN_BYTES - done;
        const size_t len = left < sizeof piece ? left : sizeof piece;
        result = writer->ops->write(writer, (struct slice){(uint8_t *)piece, len}, why);
    }
    if (result == OK) return writer->ops->commit(writer, why);
    writer->ops->abandon(writer);
    return result;
}

// NOT_FOUND, or OK for a whole object; CORRUPT for a mixture.
static outcome check_pattern(struct blob_store *store, const char *key)
{
    autobuffer bytes = buffer_init(2 * PATTERN_BYTES);
    TRY(blob_get(store, key, &bytes, NULL));
    bool is_whole = bytes.len == PATTERN_BYTES;
    for (size_t i = 1; i < bytes.len; i++)
        is_whole = is_whole && bytes.at[i] == bytes.at[0];
    return is_whole ? OK : fail(NULL, CORRUPT, "half an object");
}

struct contender {
    struct blob_store *store;
    void *place;
    char letter;
    bool is_fine;
};

static bool contend(struct blob_store *store, char letter)
{
    for (int i = 0; i < ROUNDS; i++) {
        char own[32];
        (void)snprintf(own, sizeof own, "race/%c/%d", letter, i);
        if (put_pattern(store, "race/shared", letter, NULL) != OK) return false;
        if (put_pattern(store, own, letter, NULL) != OK) return false;
        const outcome shared = check_pattern(store, "race/shared");
        if (shared != OK && shared != NOT_FOUND) return false;
        if (check_pattern(store, own) != OK) return false;
        // empties its folder each time, under the feet of nobody but also of everybody else's
        // parent
        if (store->ops->drop(store, own, NULL) != OK) return false;
        if (i % 5 == 0 && store->ops->drop(store, "race/shared", NULL) != OK) return false;
    }
    return true;
}

static void *contend_thread(void *argument)
{
    struct contender *contender = argument;
    contender->is_fine = contend(contender->store, contender->letter);
    return NULL;
}

static bool contend_process(void *argument)
{
    struct contender *contender = argument;
    struct blob_store *store;
    if (backend->open(contender->place, &store, NULL) != OK) return false;
    const bool is_fine = contend(store, contender->letter);
    blob_store_close(&store);
    return is_fine;
}

static void threads_write_side_by_side(void **state)
{
    struct fixture *fixture = *state;
    struct contender contenders[WRITERS];
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        contenders[i] = (struct contender){fixture->store, NULL, (char)('a' + i), false};
        assert_int_equal(pthread_create(&threads[i], NULL, contend_thread, &contenders[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(contenders[i].is_fine);
    }
}

static void processes_write_side_by_side(void **state)
{
    struct fixture *fixture = *state;
    struct contender contenders[WRITERS];
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        contenders[i] = (struct contender){NULL, fixture->place, (char)('a' + i), false};
        children[i] = child_start(contend_process, &contenders[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        child_must_succeed(children[i]);
}

struct victim {
    void *place;
    int ready; // told once the first object stands
};

static bool write_until_killed(void *argument)
{
    const struct victim *victim = argument;
    struct blob_store *store;
    if (backend->open(victim->place, &store, NULL) != OK) return false;
    for (unsigned i = 0;; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "crash/%u", i % 7);
        if (put_pattern(store, key, (char)('a' + i % 26), NULL) != OK) return false;
        if (i == 0) pipe_tell(victim->ready);
    }
}

static outcome check_listed(void *context, const char *key, struct why *why)
{
    return check_pattern(context, key);
}

static void a_killed_writer_leaves_only_whole_objects(void **state)
{
    struct fixture *fixture = *state;
    struct prng prng = prng_init(11);
    for (int round = 0; round < 12; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        struct victim victim = {fixture->place, ends[1]};
        const pid_t child = child_start(write_until_killed, &victim);
        (void)close(ends[1]);
        assert_true(pipe_wait(ends[0]));
        (void)close(ends[0]);
        // not a wait for something: spreads the moments of death
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)prng_below(&prng, 5000000)}, NULL);
        child_kill(child);
        struct blob_store *store;
        assert_ok(backend->open(fixture->place, &store, &why_));
        assert_ok(check_pattern(store, "crash/0"));
        assert_ok(store->ops->list(store, "", check_listed, store, &why_));
        blob_store_close(&store);
    }
}

int run_blob_conformance(const struct blob_place *place, const struct CMUnitTest *own,
                         size_t own_count)
{
    backend = place;
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_object_is_what_was_put),
        CASE(ranges_are_exact_and_stay_inside),
        CASE(what_is_not_there_is_not_found),
        CASE(bad_keys_are_refused_everywhere),
        CASE(an_object_shows_only_when_committed),
        CASE(replacing_changes_the_etag_and_open_readers_keep_the_old),
        CASE(listing_is_in_byte_order_and_by_prefix),
        CASE(a_prefix_can_be_dropped_and_used_again),
        CASE(a_file_can_be_put_whole_and_in_part),
        CASE(an_object_can_be_filled_as_a_file_in_any_order),
        CASE(threads_write_side_by_side),
        CASE(processes_write_side_by_side),
        CASE(a_killed_writer_leaves_only_whole_objects),
    };
#undef CASE
    return run_with_own(place->name, tests, sizeof tests / sizeof tests[0], own, own_count);
}

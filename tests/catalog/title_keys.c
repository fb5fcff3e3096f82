// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_keys.h"

#include "base/file.h"
#include "store/table_sqlite.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 6 };
static const int64_t now_ms = 1763700000000;

struct fixture {
    char folder[64], ring_path[100];
    struct table_store *tables;
    struct key_ring *ring;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/primrose-keys-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    char path[100];
    (void)snprintf(path, sizeof path, "%s/primrose.db", fixture->folder);
    (void)snprintf(fixture->ring_path, sizeof fixture->ring_path, "%s/ring", fixture->folder);
    assert_int_equal(table_sqlite_open(path, clock_system(), &fixture->tables, NULL), OK);
    assert_int_equal(key_ring_have(fixture->ring_path, now_ms, &fixture->ring, NULL), OK);
    fixture->arena = arena_init(8 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    key_ring_close(&fixture->ring);
    table_store_close(&fixture->tables);
    arena_release(&fixture->arena);
    assert_int_equal(folder_remove(fixture->folder, NULL), OK);
    free(fixture);
    return 0;
}

static struct title_key_order order_for(const char *title, enum key_class class)
{
    return (struct title_key_order){.title = title, .class = class, .wall_ms = now_ms};
}

static struct title_key make(struct fixture *fixture, struct title_key_order order)
{
    struct title_key key;
    struct why why = {""};
    if (title_keys_make(fixture->tables, fixture->ring, &order, &key, &why) != OK)
        fail_msg("%s", why.text);
    return key;
}

static struct content_key secret_of(struct fixture *fixture, const struct title_key *key)
{
    struct content_key content;
    struct why why = {""};
    if (title_key_open(fixture->ring, key, &content, &why) != OK) fail_msg("%s", why.text);
    return content;
}

static void a_key_is_made_once_per_title_class_and_period(void **state)
{
    struct fixture *fixture = *state;
    struct title_key_order order = order_for("film-1", KEY_FOR_HD);
    const struct title_key hd = make(fixture, order), again = make(fixture, order);
    assert_memory_equal(&hd.id, &again.id, sizeof hd.id);
    assert_memory_equal(&hd.wrapped, &again.wrapped, sizeof hd.wrapped);
    assert_string_equal(hd.title, "film-1");
    assert_int_equal(hd.made_ms, now_ms);
    const struct title_key uhd = make(fixture, order_for("film-1", KEY_FOR_UHD));
    const struct title_key other = make(fixture, order_for("film-2", KEY_FOR_HD));
    order.period = 1;
    const struct title_key later = make(fixture, order);
    const struct title_key *const different[] = {&uhd, &other, &later};
    for (size_t i = 0; i < 3; i++) {
        assert_false(key_id_equal(&hd.id, &different[i]->id));
        const struct content_key a = secret_of(fixture, &hd), b = secret_of(fixture, different[i]);
        assert_memory_not_equal(a.secret, b.secret, sizeof a.secret);
    }
}

static void a_key_is_found_by_its_id_and_by_its_title(void **state)
{
    struct fixture *fixture = *state;
    struct title_key found, *listed;
    size_t count = 0;
    struct why why = {""};
    const struct title_key hd = make(fixture, order_for("film-1", KEY_FOR_HD));
    const struct title_key audio = make(fixture, order_for("film-1", KEY_FOR_AUDIO));
    (void)make(fixture, order_for("film-10", KEY_FOR_AUDIO));
    assert_int_equal(title_keys_find(fixture->tables, &hd.id, &found, &why), OK);
    assert_int_equal(found.class, KEY_FOR_HD);
    const struct content_key content = secret_of(fixture, &hd), same = secret_of(fixture, &found);
    assert_memory_equal(&content, &same, sizeof content);
    assert_int_equal(
        title_keys_list(fixture->tables, "film-1", &fixture->arena, &listed, &count, &why), OK);
    assert_int_equal(count, 2);
    assert_true(key_id_equal(&listed[0].id, &audio.id));
    assert_true(key_id_equal(&listed[1].id, &hd.id));
    assert_int_equal(
        title_keys_list(fixture->tables, "film-3", &fixture->arena, &listed, &count, &why), OK);
    assert_int_equal(count, 0);
    found.id.bytes[0] ^= 1;
    assert_int_equal(title_keys_find(fixture->tables, &found.id, &found, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "there is no key"));
}

static void a_record_that_was_altered_does_not_open(void **state)
{
    struct fixture *fixture = *state;
    struct content_key content;
    struct why why = {""};
    const struct title_key sd = make(fixture, order_for("film-1", KEY_FOR_SD));
    const struct title_key uhd = make(fixture, order_for("film-1", KEY_FOR_UHD));
    struct title_key upgraded = uhd; // so that an SD licence would open UHD
    upgraded.class = KEY_FOR_SD;
    struct title_key moved = uhd;
    (void)snprintf(moved.title, sizeof moved.title, "film-2");
    struct title_key renamed = uhd;
    renamed.id = sd.id;
    struct title_key later = uhd;
    later.period = 1;
    const struct title_key *const altered[] = {&upgraded, &moved, &renamed, &later};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(title_key_open(fixture->ring, altered[i], &content, &why), CORRUPT);
    assert_int_equal(title_key_open(fixture->ring, &uhd, &content, &why), OK);
}

static void the_store_never_has_a_content_key(void **state)
{
    struct fixture *fixture = *state;
    static const char *const endings[] = {"primrose.db", "primrose.db-wal"};
    const struct title_key key = make(fixture, order_for("film-1", KEY_FOR_HD));
    const struct content_key content = secret_of(fixture, &key);
    char hex[2 * CONTENT_KEY_BYTES + 1], id[2 * KEY_ID_BYTES + 1];
    hex_format(content.secret, CONTENT_KEY_BYTES, hex);
    hex_format(content.id.bytes, KEY_ID_BYTES, id);
    size_t ids = 0;
    for (size_t i = 0; i < 2; i++) {
        char path[100];
        autobuffer bytes = buffer_init(8 << 20);
        (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, endings[i]);
        assert_int_equal(file_read(path, &bytes, NULL), OK);
        assert_null(memmem(bytes.at, bytes.len, hex, strlen(hex)));
        assert_null(memmem(bytes.at, bytes.len, content.secret, CONTENT_KEY_BYTES));
        ids += memmem(bytes.at, bytes.len, id, strlen(id)) != NULL;
    }
    assert_true(ids > 0); // the search would have found it
}

static void an_imported_key_is_kept_and_never_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    struct content_key content = {.id = {{1, 2, 3}}, .secret = {4, 5, 6}};
    struct title_key_order order = order_for("film-1", KEY_FOR_ALL);
    struct title_key found;
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &content, &why), OK);
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &content, &why), OK);
    assert_int_equal(title_keys_find(fixture->tables, &content.id, &found, &why), OK);
    const struct content_key kept = secret_of(fixture, &found);
    assert_memory_equal(&kept, &content, sizeof kept);
    struct content_key other = content;
    other.secret[0] = 9;
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &other, &why),
                     CONFLICT);
    other.id.bytes[0] = 9;
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &other, &why),
                     CONFLICT);
    order.title = "film-2"; // two titles under one key would share an IV
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &content, &why),
                     CONFLICT);
    assert_non_null(strstr(why.text, "film-1"));
    order.title = "../film";
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &content, &why),
                     INVALID);
}

static void a_packager_gets_a_key_per_class_or_the_one_for_all(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    autokeys keys = {.count = 0}, again = {.count = 0}, single = {.count = 0};
    const uint32_t classes = 1u << KEY_FOR_AUDIO | 1u << KEY_FOR_HD;
    const struct content_key *found;
    assert_int_equal(
        title_keys_load(fixture->tables, fixture->ring, "film-1", classes, now_ms, &keys, &why),
        OK);
    assert_int_equal(keys.count, 2);
    assert_int_equal(key_set_find(&keys, KEY_FOR_HD, &found, &why), OK);
    assert_int_equal(key_set_find(&keys, KEY_FOR_UHD, &found, &why), NOT_FOUND);
    assert_int_equal(title_keys_load(fixture->tables, fixture->ring, "film-1", classes, now_ms + 5,
                                     &again, &why),
                     OK);
    assert_memory_equal(&keys, &again, sizeof keys);
    struct content_key content = {.id = {{1}}, .secret = {2}};
    const struct title_key_order order = order_for("film-2", KEY_FOR_ALL);
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &order, &content, &why), OK);
    assert_int_equal(
        title_keys_load(fixture->tables, fixture->ring, "film-2", classes, now_ms, &single, &why),
        OK);
    assert_int_equal(single.count, 1);
    assert_int_equal(key_set_find(&single, KEY_FOR_UHD, &found, &why), OK);
    assert_memory_equal(found, &content, sizeof content);
    key_set_release(&single); // a class's own key stands beside the one for all
    struct content_key audio = {.id = {{3}}, .secret = {4}};
    const struct title_key_order audio_order = order_for("film-2", KEY_FOR_AUDIO);
    assert_int_equal(title_keys_import(fixture->tables, fixture->ring, &audio_order, &audio, &why),
                     OK);
    assert_int_equal(
        title_keys_load(fixture->tables, fixture->ring, "film-2", classes, now_ms, &single, &why),
        OK);
    assert_int_equal(single.count, 2);
    assert_int_equal(key_set_find(&single, KEY_FOR_AUDIO, &found, &why), OK);
    assert_memory_equal(found, &audio, sizeof audio);
}

static void rewrapping_changes_every_record_and_no_key(void **state)
{
    struct fixture *fixture = *state;
    enum { FILMS = 5 };
    struct title_key keys[FILMS], found;
    struct content_key contents[FILMS];
    struct rewrap_report report;
    struct wrapping_key rings[WRAPPING_KEYS_MAX];
    char id[WRAPPING_ID_BYTES];
    size_t count;
    struct why why = {""};
    for (size_t i = 0; i < FILMS; i++) {
        char title[8];
        (void)snprintf(title, sizeof title, "f%zu", i);
        keys[i] = make(fixture, order_for(title, KEY_FOR_HD));
        contents[i] = secret_of(fixture, &keys[i]);
    }
    assert_int_equal(key_ring_rotate(fixture->ring, now_ms + 1, id, &why), OK);
    assert_int_equal(title_keys_rewrap(fixture->tables, fixture->ring, &report, &why), OK);
    assert_int_equal(report.keys, FILMS);
    assert_int_equal(report.rewrapped, FILMS);
    assert_int_equal(title_keys_rewrap(fixture->tables, fixture->ring, &report, &why), OK);
    assert_int_equal(report.rewrapped, 0);
    assert_int_equal(key_ring_list(fixture->ring, rings, &count, &why), OK);
    assert_int_equal(key_ring_forget(fixture->ring, rings[0].id, &why), OK);
    for (size_t i = 0; i < FILMS; i++) {
        assert_int_equal(title_keys_find(fixture->tables, &keys[i].id, &found, &why), OK);
        assert_string_equal(found.wrapped.wrapping_id, id);
        const struct content_key content = secret_of(fixture, &found);
        assert_memory_equal(&content, &contents[i], sizeof content);
    }
}

static void a_record_that_does_not_unwrap_stops_the_rewrapping_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct rewrap_report report;
    struct why why = {""};
    char name[KEY_ID_TEXT_BYTES], path[100];
    const struct title_key key = make(fixture, order_for("film-1", KEY_FOR_HD));
    key_ring_close(&fixture->ring);
    (void)snprintf(path, sizeof path, "%s/other", fixture->folder);
    assert_int_equal(key_ring_have(path, now_ms, &fixture->ring, &why), OK);
    assert_int_equal(title_keys_rewrap(fixture->tables, fixture->ring, &report, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, key_id_format(&key.id, name)));
}

struct race {
    struct fixture *fixture;
    struct title_key key;
    outcome result;
};

static void *race_make(void *context)
{
    struct race *race = context;
    const struct title_key_order order = order_for("film-1", KEY_FOR_HD);
    race->result =
        title_keys_make(race->fixture->tables, race->fixture->ring, &order, &race->key, NULL);
    return NULL;
}

static outcome count_one(void *context, const struct title_key *key, struct why *why)
{
    (void)key;
    (void)why;
    ++*(size_t *)context;
    return OK;
}

static void callers_at_once_get_the_same_key_and_leave_no_other(void **state)
{
    pthread_t threads[THREADS];
    struct race races[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        races[i].fixture = *state;
        assert_int_equal(pthread_create(&threads[i], NULL, race_make, &races[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(races[i].result, OK);
        assert_true(key_id_equal(&races[i].key.id, &races[0].key.id));
    }
    size_t count = 0;
    assert_int_equal(title_keys_each(races[0].fixture->tables, count_one, &count, NULL), OK);
    assert_int_equal(count, 1);
}

static void a_record_that_cannot_be_read_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {"", "{}", "[]", "{\"title\":\"film-1\"}"};
    const struct title_key key = make(fixture, order_for("film-1", KEY_FOR_HD));
    char id[2 * KEY_ID_BYTES + 1];
    hex_format(key.id.bytes, KEY_ID_BYTES, id);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct table_write write = {
            .item = {.partition = id, .sort = "record", .value = slice_of(texts[i])}};
        struct title_key found;
        assert_int_equal(fixture->tables->ops->put(fixture->tables, "key", &write, NULL, NULL), OK);
        assert_int_equal(title_keys_find(fixture->tables, &key.id, &found, NULL), CORRUPT);
    }
}

#define KEYS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        KEYS_TEST(a_key_is_made_once_per_title_class_and_period),
        KEYS_TEST(a_key_is_found_by_its_id_and_by_its_title),
        KEYS_TEST(a_record_that_was_altered_does_not_open),
        KEYS_TEST(the_store_never_has_a_content_key),
        KEYS_TEST(an_imported_key_is_kept_and_never_replaced),
        KEYS_TEST(a_packager_gets_a_key_per_class_or_the_one_for_all),
        KEYS_TEST(rewrapping_changes_every_record_and_no_key),
        KEYS_TEST(a_record_that_does_not_unwrap_stops_the_rewrapping_by_name),
        KEYS_TEST(callers_at_once_get_the_same_key_and_leave_no_other),
        KEYS_TEST(a_record_that_cannot_be_read_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

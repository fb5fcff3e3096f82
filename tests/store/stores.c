// SPDX-License-Identifier: Apache-2.0
#include "store/stores.h"

#include "service.h"

static void all_four_open_under_one_folder_and_keep_what_they_hold(void **state)
{
    (void)state;
    char folder[128], data[200], path[256];
    folder_new(folder);
    (void)snprintf(data, sizeof data, "%s/not/there/yet", folder);
    const struct queue_job job = {.id = "job", .group = ""};
    const struct table_write write = {
        .item = {.partition = "p", .sort = "s", .value = slice_of("x")}};
    for (int round = 1; round <= 2; round++) { // a second opening finds it all
        autostores stores = {0};
        assert_ok(stores_open(&stores, data, clock_system(), &why_));
        uint64_t version = 0;
        struct queue_counts counts;
        assert_ok(blob_put(stores.blobs, "a/b", slice_of("x"), &why_));
        assert_ok(stores.tables->ops->put(stores.tables, "t", &write, &version, &why_));
        assert_int_equal(version, round);
        assert_ok(stores.queue->ops->push(stores.queue, "q", &job, 1, &why_));
        assert_ok(stores.queue->ops->count(stores.queue, "q", &counts, &why_));
        assert_int_equal(counts.ready, 1);
        assert_ok(stores.cache->ops->put(stores.cache, "k", slice_of("v"), 1000, &why_));
    }
    static const char *const files[] = {"blobs/a/b", "primrose.db", "queue.db"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", data, files[i]);
        assert_true(path_exists(path));
    }
    assert_ok(folder_remove(folder, &why_));
}

static void a_folder_that_cannot_be_is_refused_and_nothing_stays_open(void **state)
{
    (void)state;
    struct stores stores = {0};
    struct why why = {""};
    assert_int_not_equal(stores_open(&stores, "/dev/null/data", clock_system(), &why), OK);
    assert_non_null(strstr(why.text, "/dev/null"));
    assert_null(stores.blobs);
    assert_null(stores.tables);
    stores_close(&stores);
}

static void urls_choose_backends_and_name_those_there_are(void **state)
{
    (void)state;
    char folder[128];
    folder_new(folder);
    credentials_set();
    static const struct {
        const char *blobs, *tables, *queue, *cache;
        outcome result;
        const char *says;
    } cases[] = {
        {"s3://films?endpoint=http://127.0.0.1:9&copies_gib=2", "", "redis://127.0.0.1:9/1",
         "redis://127.0.0.1:9", OK, ""},
        {"s3://films?region=eu-west-1", NULL, NULL, NULL, OK, ""},
        {"films", "", "", "", INVALID, "s3://bucket"},
        {"redis://127.0.0.1:9", "", "", "", INVALID, "s3://bucket"},
        {"s3://films/folder", "", "", "", INVALID, "s3://bucket"},
        {"s3://films?copies_gib=many", "", "", "", INVALID, ""},
        {"s3://films?endpoint=films", "", "", "", INVALID, "endpoint"},
        {"", "redis://127.0.0.1:9", "", "", INVALID, "dynamodb://table"},
        {"", "", "s3://films", "", INVALID, "redis://host:port"},
        {"", "", "", "/a/file", INVALID, "redis://host:port"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autostores stores = {0};
        struct why why = {""};
        const struct store_places places = {.data = folder,
                                            .blobs = cases[i].blobs,
                                            .tables = cases[i].tables,
                                            .queue = cases[i].queue,
                                            .cache = cases[i].cache};
        assert_int_equal(stores_open_at(&stores, &places, clock_system(), &why), cases[i].result);
        assert_non_null(strstr(why.text, cases[i].says));
        assert_int_equal(stores.blobs != NULL, cases[i].result == OK);
    }
    assert_ok(folder_remove(folder, &why_));
}

static void folders_of_ones_own_are_taken(void **state)
{
    (void)state;
    char folder[128], blobs[200], path[260];
    folder_new(folder);
    (void)snprintf(blobs, sizeof blobs, "%s/elsewhere", folder);
    const struct store_places places = {.data = folder, .blobs = blobs};
    autostores stores = {0};
    assert_ok(stores_open_at(&stores, &places, clock_system(), &why_));
    assert_ok(blob_put(stores.blobs, "a", slice_of("x"), &why_));
    (void)snprintf(path, sizeof path, "%s/a", blobs);
    assert_true(path_exists(path));
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_four_open_under_one_folder_and_keep_what_they_hold),
        cmocka_unit_test(urls_choose_backends_and_name_those_there_are),
        cmocka_unit_test(folders_of_ones_own_are_taken),
        cmocka_unit_test(a_folder_that_cannot_be_is_refused_and_nothing_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

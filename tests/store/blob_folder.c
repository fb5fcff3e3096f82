// SPDX-License-Identifier: Apache-2.0
#include "store/blob_folder.h"

#include "conformance_blob.h"
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static void *make_folder(void)
{
    char *path = malloc(128);
    assert_non_null(path);
    folder_new(path);
    return path;
}

static void remove_folder(void *place)
{
    assert_ok(folder_remove(place, &why_));
    free(place);
}

static outcome open_folder(void *place, struct blob_store **out, struct why *why)
{
    return blob_folder_open(place, clock_system(), out, why);
}

static size_t count_parts(const char *root)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/+parts", root);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    size_t count = 0;
    autofd fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    DIR *folder = fdopendir(fd_take(&fd));
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count;
}

struct half_writer {
    const char *root;
    int ready;
};

static bool write_half_and_wait(void *argument)
{
    const struct half_writer *half = argument;
    struct blob_store *store;
    struct blob_writer *writer;
    if (blob_folder_open(half->root, clock_system(), &store, NULL) != OK) return false;
    if (store->ops->create(store, "a/b", &writer, NULL) != OK) return false;
    if (writer->ops->write(writer, slice_of("half"), NULL) != OK) return false;
    pipe_tell(half->ready);
    for (;;)
        (void)pause();
}

static void parts_of_the_dead_are_swept_and_those_of_the_living_kept(void **state)
{
    (void)state;
    char root[128];
    folder_new(root);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct half_writer half = {root, ends[1]};
    const pid_t child = child_start(write_half_and_wait, &half);
    assert_true(pipe_wait(ends[0]));
    struct blob_store *store;
    assert_ok(blob_folder_open(root, clock_system(), &store, &why_));
    assert_int_equal(count_parts(root), 1);
    blob_store_close(&store);
    child_kill(child);
    assert_int_equal(count_parts(root), 1);
    assert_ok(blob_folder_open(root, clock_system(), &store, &why_));
    assert_int_equal(count_parts(root), 0);
    blob_store_close(&store);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_ok(folder_remove(root, &why_));
}

static void a_key_and_a_folder_of_the_same_name_conflict(void **state)
{
    (void)state;
    char root[128];
    folder_new(root);
    struct blob_store *store;
    assert_ok(blob_folder_open(root, clock_system(), &store, &why_));
    assert_ok(blob_put(store, "a/b", slice_of("x"), &why_));
    assert_int_equal(blob_put(store, "a", slice_of("x"), NULL), CONFLICT);
    assert_int_equal(blob_put(store, "a/b/c", slice_of("x"), NULL), CONFLICT);
    assert_int_equal(count_parts(root), 0);
    blob_store_close(&store);
    assert_ok(folder_remove(root, &why_));
}

static void the_date_is_the_given_clocks(void **state)
{
    (void)state;
    char root[128];
    folder_new(root);
    struct clock_manual clock = clock_manual_init(5000, 1795000000123);
    struct blob_store *store;
    struct blob_facts facts;
    assert_ok(blob_folder_open(root, &clock.clock, &store, &why_));
    assert_ok(blob_put(store, "a", slice_of("x"), &why_));
    assert_ok(store->ops->stat(store, "a", &facts, &why_));
    assert_int_equal(facts.modified_ms, 1795000000128);
    blob_store_close(&store);
    assert_ok(folder_remove(root, &why_));
}

static void a_place_that_is_no_folder_is_refused_with_its_name(void **state)
{
    (void)state;
    struct blob_store *store = NULL;
    struct why why = {""};
    assert_int_not_equal(blob_folder_open("/dev/null/x", clock_system(), &store, &why), OK);
    assert_non_null(strstr(why.text, "/dev/null"));
    assert_null(store);
}

int main(void)
{
    const struct blob_place place = {"blob conformance: folder", make_folder, remove_folder,
                                     open_folder};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_the_dead_are_swept_and_those_of_the_living_kept),
        cmocka_unit_test(a_key_and_a_folder_of_the_same_name_conflict),
        cmocka_unit_test(the_date_is_the_given_clocks),
        cmocka_unit_test(a_place_that_is_no_folder_is_refused_with_its_name),
    };
    return run_blob_conformance(&place, tests, sizeof tests / sizeof tests[0]);
}

// SPDX-License-Identifier: Apache-2.0
#include "net/file_cache.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int make_file(size_t size)
{
    char path[] = "/tmp/primrose-files-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static struct served_file *make(size_t size)
{
    const struct file_facts facts = {.size = size,
                                     .etag = "\"e\"",
                                     .modified_s = -1,
                                     .content_type = "video/mp4",
                                     .cache_control = "no-cache"};
    struct served_file *file = NULL;
    assert_int_equal(served_file_make(make_file(size), &facts, &file, NULL), OK);
    return file;
}

static void keeps_the_most_recently_used(void **state)
{
    (void)state;
    struct file_cache *cache;
    assert_int_equal(file_cache_open(3, 1000, &cache, NULL), OK);
    static const char *const keys[] = {"a", "b", "c", "d"};
    struct served_file *files[4];
    for (size_t i = 0; i < 4; i++) {
        files[i] = make(100000);
        if (i == 3) assert_ptr_equal(file_cache_find(cache, slice_of("a"), 0), files[0]);
        file_cache_add(cache, slice_of(keys[i]), files[i], 0);
        served_file_drop(files[i]);
    }
    assert_null(file_cache_find(cache, slice_of("b"), 0));
    assert_ptr_equal(file_cache_find(cache, slice_of("a"), 0), files[0]);
    assert_ptr_equal(file_cache_find(cache, slice_of("d"), 0), files[3]);
    file_cache_close(&cache);
}

static void believes_an_entry_for_its_time_only(void **state)
{
    (void)state;
    struct file_cache *cache;
    assert_int_equal(file_cache_open(3, 1000, &cache, NULL), OK);
    struct served_file *file = make(10);
    file_cache_add(cache, slice_of("a"), file, 500000);
    assert_ptr_equal(file_cache_find(cache, slice_of("a"), 1499999), file);
    assert_null(file_cache_find(cache, slice_of("a"), 1500000));
    file_cache_add(cache, slice_of("a"), file, 0);
    struct served_file *newer = make(20);
    file_cache_add(cache, slice_of("a"), newer, 0);
    assert_ptr_equal(file_cache_find(cache, slice_of("a"), 0), newer);
    served_file_drop(file);
    served_file_drop(newer);
    file_cache_close(&cache);
}

static void many_keys_are_found_again(void **state)
{
    (void)state;
    struct file_cache *cache;
    assert_int_equal(file_cache_open(FILE_CACHE_ENTRIES_MAX, 1000, &cache, NULL), OK);
    struct served_file *file = make(10);
    char key[32];
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(key, sizeof key, "/media/t/%d", i);
        file_cache_add(cache, slice_of(key), file, 0);
    }
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(key, sizeof key, "/media/t/%d", i);
        assert_ptr_equal(file_cache_find(cache, slice_of(key), 0),
                         i < 3000 - FILE_CACHE_ENTRIES_MAX ? NULL : file);
    }
    served_file_drop(file);
    file_cache_close(&cache);
}

static void a_file_shorter_than_its_facts_is_refused(void **state)
{
    (void)state;
    const struct file_facts facts = {.size = 100,
                                     .etag = "\"e\"",
                                     .modified_s = -1,
                                     .content_type = "text/plain",
                                     .cache_control = "no-cache"};
    struct served_file *file = NULL;
    int fd = make_file(99);
    assert_int_equal(served_file_make(fd, &facts, &file, NULL), CORRUPT);
    assert_null(file);
    fd_close(&fd); // still ours
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_most_recently_used),
        cmocka_unit_test(believes_an_entry_for_its_time_only),
        cmocka_unit_test(many_keys_are_found_again),
        cmocka_unit_test(a_file_shorter_than_its_facts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

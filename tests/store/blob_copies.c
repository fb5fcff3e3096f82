// SPDX-License-Identifier: Apache-2.0
#include "store/blob_copies.h"

#include "place.h"

#include <fcntl.h>
#include <sys/stat.h>

struct fetching {
    size_t size;
    char letter;
    int count; // times asked for
    outcome result;
};

static outcome fetch(void *context, int fd, struct why *why)
{
    struct fetching *fetching = context;
    char bytes[1000];
    memset(bytes, fetching->letter, sizeof bytes);
    fetching->count++;
    TRY(fd_write_at(fd, (struct slice){(const uint8_t *)bytes, fetching->size}, 0, why));
    return fetching->result == OK ? OK : fail(why, fetching->result, "the line was cut");
}

static outcome take(struct blob_copies *copies, const char *version, struct fetching *fetching,
                    int *out_fd)
{
    return blob_copies_take(copies, "masters/a", version, fetching->size, fetch, fetching, out_fd,
                            NULL);
}

static void assert_copy(struct blob_copies *copies, const char *version, char letter,
                        int count_after)
{
    struct fetching fetching = {.size = 400, .letter = letter};
    autofd fd = -1;
    char first = 0;
    assert_int_equal(take(copies, version, &fetching, &fd), OK);
    assert_int_equal(pread(fd, &first, 1, 399), 1);
    assert_int_equal(first, letter);
    assert_int_equal(fetching.count, count_after);
}

static void a_version_is_fetched_once_and_the_least_used_one_goes(void **state)
{
    (void)state;
    char folder[128];
    folder_new(folder);
    struct blob_copies *copies = NULL;
    assert_ok(blob_copies_open(folder, 1000, &copies, &why_));
    assert_copy(copies, "1", 'a', 1);
    assert_copy(copies, "1", 'a', 0);
    assert_copy(copies, "2", 'b', 1);
    assert_copy(copies, "1", 'a', 0); // used again: "2" is the oldest now
    assert_copy(copies, "3", 'c', 1);
    assert_copy(copies, "1", 'a', 0);
    assert_copy(copies, "2", 'b', 1);
    struct fetching huge = {.size = 1001};
    int fd = -7;
    assert_int_equal(take(copies, "huge", &huge, &fd), EXHAUSTED);
    assert_int_equal(fd, -7);
    assert_int_equal(huge.count, 0);
    blob_copies_close(&copies);
    assert_ok(folder_remove(folder, &why_));
}

static void a_fetch_that_failed_leaves_nothing(void **state)
{
    (void)state;
    char folder[128];
    folder_new(folder);
    struct blob_copies *copies = NULL;
    assert_ok(blob_copies_open(folder, 1000, &copies, &why_));
    struct fetching cut = {.size = 100, .letter = 'x', .result = UNAVAILABLE};
    int fd = -7;
    assert_int_equal(take(copies, "1", &cut, &fd), UNAVAILABLE);
    assert_copy(copies, "1", 'a', 1);
    blob_copies_close(&copies);
    assert_int_equal(rmdir(folder), -1); // the one copy
    assert_ok(folder_remove(folder, &why_));
}

struct rival {
    const char *folder;
    int told; // a byte for each fetch
};

static outcome fetch_and_tell(void *context, int fd, struct why *why)
{
    const struct rival *rival = context;
    pipe_tell(rival->told);
    return fd_write_at(fd, slice_of("bytes"), 0, why);
}

static bool take_as_rival(void *argument)
{
    struct rival *rival = argument;
    struct blob_copies *copies = NULL;
    int fd = -1;
    char bytes[5];
    return blob_copies_open(rival->folder, 1000, &copies, NULL) == OK &&
           blob_copies_take(copies, "k", "v", 5, fetch_and_tell, rival, &fd, NULL) == OK &&
           pread(fd, bytes, 5, 0) == 5 && memcmp(bytes, "bytes", 5) == 0;
}

static void processes_that_want_the_same_fetch_it_once(void **state)
{
    (void)state;
    char folder[128];
    folder_new(folder);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct rival rival = {folder, ends[1]};
    pid_t children[6];
    for (int i = 0; i < 6; i++)
        children[i] = child_start(take_as_rival, &rival);
    for (int i = 0; i < 6; i++)
        child_must_succeed(children[i]);
    (void)close(ends[1]);
    assert_true(pipe_wait(ends[0]));
    assert_false(pipe_wait(ends[0]));
    (void)close(ends[0]);
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_fetched_once_and_the_least_used_one_goes),
        cmocka_unit_test(a_fetch_that_failed_leaves_nothing),
        cmocka_unit_test(processes_that_want_the_same_fetch_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

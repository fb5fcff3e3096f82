// SPDX-License-Identifier: Apache-2.0
//
// Edges that are ended, killed and started again on the same folder.
#include "edge_fixture.h"

#include "base/file.h"
#include "delivery/cache_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>

enum { FILES = 24, FILE_BYTES = 2500000, WAIT_ROUNDS = 20000 };

struct ground {
    struct origin *origin;
    char folder[40];
};

static int set_up(void **state)
{
    struct ground *ground = calloc(1, sizeof *ground);
    assert_non_null(ground);
    ground->origin = origin_open();
    (void)snprintf(ground->folder, sizeof ground->folder, "/tmp/primrose-disk-XXXXXX");
    assert_non_null(mkdtemp(ground->folder));
    *state = ground;
    return 0;
}

static int tear_down(void **state)
{
    struct ground *ground = *state;
    origin_close(ground->origin);
    assert_int_equal(folder_remove(ground->folder, NULL), OK);
    free(ground);
    return 0;
}

static struct stand *open_stand(const struct ground *ground)
{
    const char *url = origin_url(ground->origin);
    return stand_open(&url, 1, ground->folder, 16, 128);
}

static uint64_t length_of(int file)
{
    return FILE_BYTES + (uint64_t)file * 100;
}

static void ask(struct stand *stand, int file)
{
    char path[60];
    (void)snprintf(path, sizeof path, "/n/%llu", (unsigned long long)length_of(file));
    struct answer answer = talk(stand, "GET", path, "");
    assert_int_equal(answer.status, 200);
    assert_true(answer_is(&answer, 0, length_of(file)));
    answer_free(&answer);
}

// Twice each, so that they are worth a place on disk; until the disk has them.
static void fill_disk(struct stand *stand, int files)
{
    for (int file = 0; file < files; file++) {
        ask(stand, file);
        ask(stand, file);
    }
    struct cache *cache = edge_cache(stand_edge(stand));
    for (int i = 0; i < WAIT_ROUNDS && cache_counters(cache).disk_writes < (uint64_t)files; i++)
        (void)usleep(500);
    assert_true(cache_counters(cache).disk_writes >= (uint64_t)files);
}

static void what_was_asked_for_twice_is_there_after_a_restart(void **state)
{
    struct ground *ground = *state;
    struct stand *stand = open_stand(ground);
    fill_disk(stand, FILES);
    const unsigned before = origin_requests(ground->origin);
    stand_close(stand);
    stand = open_stand(ground);
    assert_true(cache_counters(edge_cache(stand_edge(stand))).slices > FILES);
    for (int file = 0; file < FILES; file++)
        ask(stand, file);
    const uint64_t hits = edge_counters(stand_edge(stand)).hits;
    assert_true(hits >= FILES / 2);
    assert_in_range(origin_requests(ground->origin) - before, 0, 2 * FILES);
    assert_int_equal(cache_counters(edge_cache(stand_edge(stand))).bad_slices, 0);
    stand_close(stand);
}

// A child works on the folder and dies by SIGKILL in the middle of it, again and again.
static void a_killed_edge_leaves_nothing_torn(void **state)
{
    struct ground *ground = *state;
    for (int round = 0; round < 4; round++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        const pid_t child = fork();
        if (child == 0) {
            struct stand *stand = open_stand(ground);
            for (int file = round * 3;; file++) {
                ask(stand, file % FILES);
                ask(stand, file % FILES);
                if (file == round * 3 + 4 && write(ready[1], "x", 1) != 1) _exit(1);
            }
        }
        char byte;
        assert_int_equal(read(ready[0], &byte, 1), 1);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        (void)close(ready[0]);
        (void)close(ready[1]);
        struct stand *stand = open_stand(ground);
        for (int file = 0; file < FILES; file++)
            ask(stand, file);
        assert_int_equal(cache_counters(edge_cache(stand_edge(stand))).bad_slices, 0);
        stand_close(stand);
    }
}

static void bytes_that_rot_are_never_served(void **state)
{
    struct ground *ground = *state;
    struct stand *stand = open_stand(ground);
    fill_disk(stand, FILES);
    stand_close(stand);
    char path[80];
    (void)snprintf(path, sizeof path, "%s/slices", ground->folder);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    for (off_t at = 100; at < 128 << 20; at += 1 << 20)
        assert_int_equal(pwrite(fd, "rot", 3, at), 3);
    (void)close(fd);
    stand = open_stand(ground);
    for (int file = 0; file < FILES; file++)
        ask(stand, file);
    assert_true(cache_counters(edge_cache(stand_edge(stand))).bad_slices > 0);
    stand_close(stand);
}

static void what_was_purged_stays_away_after_a_restart(void **state)
{
    struct ground *ground = *state;
    struct stand *stand = open_stand(ground);
    fill_disk(stand, 4);
    struct answer answer = talk(stand, "POST", "/n/2500000", "Content-Length: 0\r\n"); // unsafe
    answer_free(&answer);
    stand_close(stand);
    stand = open_stand(ground);
    const unsigned before = origin_requests(ground->origin);
    ask(stand, 0);
    assert_int_equal(origin_requests(ground->origin), before + 1);
    stand_close(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_asked_for_twice_is_there_after_a_restart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_killed_edge_leaves_nothing_torn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_that_rot_are_never_served, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_purged_stays_away_after_a_restart, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

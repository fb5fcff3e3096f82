// SPDX-License-Identifier: Apache-2.0
//
// The built program, started as the client starts it.
#include "base/channel.h"
#include "base/file.h"
#include "studio/transcode/wire.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t start(const char *threads, const char *memory, int socket)
{
    char program[PATH_MAX], name[] = "primrose-transcode", first[32], second[32];
    const char *build = getenv("PRIMROSE_BUILD");
    (void)snprintf(program, sizeof program, "%s/%s", build == NULL ? "build" : build, name);
    (void)snprintf(first, sizeof first, "%s", threads);
    (void)snprintf(second, sizeof second, "%s", memory);
    char *words[] = {name, first, second, NULL};
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, socket, 3), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0), 0);
    pid_t pid = 0;
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, words, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static int status_of(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void words_that_make_no_sense_are_a_usage_error(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        {"0", "1000000000"}, {"two", "1000000000"}, {"1", "lots"}, {"1000", "1000000000"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(status_of(start(words[i][0], words[i][1], STDERR_FILENO)), 2);
}

static void it_ends_when_its_client_is_gone_and_when_it_hears_nonsense(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        const pid_t pid = start("1", "4000000000", pair[1]);
        fd_close(&pair[1]);
        if (i == 1)
            assert_int_equal(channel_send(pair[0], slice_of("open sesame"), NULL, 0, 1000, NULL),
                             OK);
        if (i == 0) fd_close(&pair[0]);
        assert_int_equal(status_of(pid), i);
        fd_close(&pair[0]);
    }
}

static void the_wall_stands_before_the_first_request(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const pid_t pid = start("1", "4000000000", pair[1]);
    // An answer to a request proves that it serves; then the kernel says how.
    autofd nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(
        channel_send(pair[0], slice_of("{\"request\":\"probe\"}"), &(int){nothing}, 1, 1000, NULL),
        OK);
    autobuffer message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    size_t count = 0;
    assert_int_equal(channel_receive(pair[0], &message, NULL, 0, &count, 30000, NULL), OK);
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    autobuffer text = buffer_init(1 << 16);
    assert_int_equal(file_read(path, &text, NULL), OK);
    const char *facts = buffer_text(&text);
    assert_non_null(strstr(facts, "NoNewPrivs:\t1\n"));
    assert_non_null(strstr(facts, "Seccomp:\t2\n"));
    fd_close(&pair[0]);
    fd_close(&pair[1]);
    assert_int_equal(status_of(pid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_make_no_sense_are_a_usage_error),
        cmocka_unit_test(it_ends_when_its_client_is_gone_and_when_it_hears_nonsense),
        cmocka_unit_test(the_wall_stands_before_the_first_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

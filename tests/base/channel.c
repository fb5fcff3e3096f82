// SPDX-License-Identifier: Apache-2.0
#include "base/channel.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    int a, b;
};

static struct pair open_pair(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return (struct pair){fds[0], fds[1]};
}

static void close_pair(struct pair *pair)
{
    fd_close(&pair->a);
    fd_close(&pair->b);
}

static void messages_keep_their_bounds_and_order(void **state)
{
    (void)state;
    struct pair pair = open_pair();
    static const char *const texts[] = {"one", "", "three is longer"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(channel_send(pair.a, slice_of(texts[i]), NULL, 0, 1000, NULL), OK);
    autobuffer message = buffer_init(100);
    for (size_t i = 0; i < 3; i++) {
        size_t count = 9;
        assert_int_equal(channel_receive(pair.b, &message, NULL, 0, &count, 1000, NULL), OK);
        assert_true(slice_is(buffer_slice(&message), texts[i]));
        assert_int_equal(count, 0);
    }
    close_pair(&pair);
}

static void descriptors_travel_with_their_message(void **state)
{
    (void)state;
    struct pair pair = open_pair();
    int pipe_fds[2], got[2];
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(channel_send(pair.a, slice_of("take these"), pipe_fds, 2, 1000, NULL), OK);
    autobuffer message = buffer_init(100);
    size_t count = 0;
    assert_int_equal(channel_receive(pair.b, &message, got, 2, &count, 1000, NULL), OK);
    assert_int_equal(count, 2);
    assert_true((fcntl(got[0], F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(write(got[1], "x", 1), 1);
    char byte = 0;
    assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    for (int i = 0; i < 2; i++) {
        fd_close(&got[i]);
        fd_close(&pipe_fds[i]);
    }
    close_pair(&pair);
}

static void too_many_descriptors_are_closed_and_refused(void **state)
{
    (void)state;
    struct pair pair = open_pair();
    int pipe_fds[2], got[1] = {-1};
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(channel_send(pair.a, slice_of("too many"), pipe_fds, 2, 1000, NULL), OK);
    autobuffer message = buffer_init(100);
    size_t count = 0;
    struct why why = {""};
    assert_int_equal(channel_receive(pair.b, &message, got, 1, &count, 1000, &why), INVALID);
    assert_int_equal(count, 0);
    // With all copies closed, the reader sees the end once the writer here is gone too.
    fd_close(&pipe_fds[1]);
    char byte;
    assert_int_equal(read(pipe_fds[0], &byte, 1), 0);
    fd_close(&pipe_fds[0]);
    close_pair(&pair);
}

static void a_closed_or_silent_peer_is_told_apart(void **state)
{
    (void)state;
    struct pair pair = open_pair();
    autobuffer message = buffer_init(100);
    size_t count = 0;
    assert_int_equal(channel_receive(pair.b, &message, NULL, 0, &count, 10, NULL), TIMED_OUT);
    assert_int_equal(write(pair.a, "\0\0", 2), 2); // half a length
    assert_int_equal(channel_receive(pair.b, &message, NULL, 0, &count, 10, NULL), TIMED_OUT);
    fd_close(&pair.a);
    assert_int_equal(channel_receive(pair.b, &message, NULL, 0, &count, 1000, NULL), UNAVAILABLE);
    assert_int_equal(channel_send(pair.b, slice_of("hello?"), NULL, 0, 1000, NULL), UNAVAILABLE);
    close_pair(&pair);
}

static void lengths_past_the_limit_are_refused_before_memory_is_taken(void **state)
{
    (void)state;
    struct pair pair = open_pair();
    assert_int_equal(write(pair.a, "\xff\xff\xff\xff", 4), 4);
    autobuffer message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    size_t count = 0;
    assert_int_equal(channel_receive(pair.b, &message, NULL, 0, &count, 1000, NULL), TOO_LARGE);
    assert_int_equal(message.room, 0);
    close_pair(&pair);
}

static void a_peer_that_does_not_read_is_given_up(void **state)
{
    (void)state;
    struct pair pair = open_pair();
    static char large[CHANNEL_MESSAGE_BYTES_MAX];
    const struct slice message = {(const uint8_t *)large, sizeof large};
    assert_int_equal(channel_send(pair.a, message, NULL, 0, 20, NULL), TIMED_OUT);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_keep_their_bounds_and_order),
        cmocka_unit_test(descriptors_travel_with_their_message),
        cmocka_unit_test(too_many_descriptors_are_closed_and_refused),
        cmocka_unit_test(a_closed_or_silent_peer_is_told_apart),
        cmocka_unit_test(lengths_past_the_limit_are_refused_before_memory_is_taken),
        cmocka_unit_test(a_peer_that_does_not_read_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

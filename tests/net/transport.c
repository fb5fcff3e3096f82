// SPDX-License-Identifier: Apache-2.0
#include "net/transport.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void two_runs_go_out_as_one(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    struct transport a = {.fd = ends[0]}, b = {.fd = ends[1]};
    assert_int_equal(transport_send(&a, slice_of("head"), slice_of("body"), TRANSPORT_LAST), 8);
    uint8_t got[16];
    assert_int_equal(transport_read(&b, got, sizeof got), 8);
    assert_memory_equal(got, "headbody", 8);
    assert_int_equal(transport_read(&b, got, sizeof got), TRANSPORT_AGAIN);
    (void)close(ends[0]);
    assert_int_equal(transport_read(&b, got, sizeof got), 0);
    assert_int_equal(transport_send(&b, slice_of("x"), (struct slice){NULL, 0}, TRANSPORT_LAST),
                     TRANSPORT_BROKEN);
    (void)close(ends[1]);
}

static void a_full_socket_says_again(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    struct transport a = {.fd = ends[0]};
    static uint8_t bytes[65536];
    const struct slice run = {bytes, sizeof bytes};
    ssize_t put;
    do
        put = transport_send(&a, run, (struct slice){NULL, 0}, TRANSPORT_LAST);
    while (put > 0);
    assert_int_equal(put, TRANSPORT_AGAIN);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_file_that_ends_early_breaks_the_connection(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    struct transport a = {.fd = ends[0]};
    char path[] = "/tmp/primrose-transport-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(fd_write(fd, slice_of("0123456789"), NULL), OK);
    assert_int_equal(transport_send_file(&a, fd, 4, 6), 6);
    assert_int_equal(transport_send_file(&a, fd, 10, 6), TRANSPORT_BROKEN);
    uint8_t got[16];
    struct transport b = {.fd = ends[1]};
    assert_int_equal(transport_read(&b, got, sizeof got), 6);
    assert_memory_equal(got, "456789", 6);
    (void)close(fd);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

// The hazard that it is for: sendfile would have left the file's own page in the socket.
static void a_copy_stays_what_it_was_when_the_file_is_overwritten(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    struct transport a = {.fd = ends[0]}, b = {.fd = ends[1]};
    char path[] = "/tmp/primrose-transport-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(fd_write(fd, slice_of("0123456789"), NULL), OK);
    assert_int_equal(transport_send_copy(&a, fd, 4, 6), 6);
    assert_int_equal(fd_write_at(fd, slice_of("xxxxxxxxxx"), 0, NULL), OK);
    assert_int_equal(transport_send_copy(&a, fd, 8, 6), TRANSPORT_BROKEN);
    uint8_t got[16];
    assert_int_equal(transport_read(&b, got, sizeof got), 6);
    assert_memory_equal(got, "456789", 6);
    (void)close(fd);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_runs_go_out_as_one),
        cmocka_unit_test(a_full_socket_says_again),
        cmocka_unit_test(a_file_that_ends_early_breaks_the_connection),
        cmocka_unit_test(a_copy_stays_what_it_was_when_the_file_is_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

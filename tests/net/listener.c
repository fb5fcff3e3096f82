// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void several_sockets_share_a_free_port(void **state)
{
    (void)state;
    int fds[3];
    char address[LISTEN_TEXT_BYTES];
    assert_int_equal(listeners_open("127.0.0.1:0", 3, fds, address, NULL), OK);
    assert_true(strncmp(address, "127.0.0.1:", 10) == 0);
    assert_string_not_equal(address, "127.0.0.1:0");
    int more[1];
    char other[LISTEN_TEXT_BYTES];
    struct why why = {""};
    assert_int_equal(listeners_open(address, 1, more, other, &why), CONFLICT);
    assert_non_null(strstr(why.text, "in use"));
    assert_non_null(strstr(why.text, "--listen"));
    for (int i = 0; i < 3; i++)
        fd_close(&fds[i]);
    assert_int_equal(listeners_open(address, 1, more, other, NULL), OK);
    fd_close(&more[0]);
}

static void all_addresses_are_reached_by_the_loopback_one(void **state)
{
    (void)state;
    int fds[1];
    char address[LISTEN_TEXT_BYTES];
    assert_int_equal(listeners_open("0.0.0.0:0", 1, fds, address, NULL), OK);
    assert_true(strncmp(address, "127.0.0.1:", 10) == 0);
    fd_close(&fds[0]);
    assert_int_equal(listeners_open("localhost:0", 1, fds, address, NULL), OK);
    fd_close(&fds[0]);
}

static void what_is_no_address_is_refused_with_an_example(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "no such host:80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int fds[1] = {-7};
        char address[LISTEN_TEXT_BYTES];
        struct why why = {""};
        assert_int_equal(listeners_open(bad[i], 1, fds, address, &why), INVALID);
        assert_non_null(strstr(why.text, "no address"));
        assert_int_equal(fds[0], -7);
    }
    int fds[1];
    char address[LISTEN_TEXT_BYTES];
    struct why why = {""};
    assert_int_equal(listeners_open("192.0.2.1:0", 1, fds, address, &why), INVALID);
    assert_non_null(strstr(why.text, "this machine"));
}

static void what_is_accepted_has_the_pace_of_its_listener(void **state)
{
    (void)state;
    int fds[1];
    char address[LISTEN_TEXT_BYTES];
    assert_int_equal(listeners_open("127.0.0.1:0", 1, fds, address, NULL), OK);
    listener_pace(fds[0], 1250000);
    struct sockaddr_in where = {.sin_family = AF_INET};
    socklen_t len = sizeof where;
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&where, &len), 0);
    autofd client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&where, sizeof where), 0);
    autofd served = accept(fds[0], NULL, NULL);
    assert_true(served >= 0);
    uint64_t pace = 0;
    len = sizeof pace;
    assert_int_equal(getsockopt(served, SOL_SOCKET, SO_MAX_PACING_RATE, &pace, &len), 0);
    assert_int_equal(pace, 1250000);
    fd_close(&fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_sockets_share_a_free_port),
        cmocka_unit_test(all_addresses_are_reached_by_the_loopback_one),
        cmocka_unit_test(what_is_accepted_has_the_pace_of_its_listener),
        cmocka_unit_test(what_is_no_address_is_refused_with_an_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

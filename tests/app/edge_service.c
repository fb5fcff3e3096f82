// SPDX-License-Identifier: Apache-2.0
#include "app/edge_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void it_listens_and_ends(void **state)
{
    (void)state;
    static const char *const upstreams[] = {"http://127.0.0.1:1"};
    const struct edge_service_options options = {.listen = "127.0.0.1:0",
                                                 .loops = 2,
                                                 .edge = {.upstreams = upstreams,
                                                          .upstream_count = 1,
                                                          .memory_bytes = 8 << 20,
                                                          .clock = clock_system()}};
    struct edge_service *service = NULL;
    struct why why = {""};
    assert_int_equal(edge_service_open(&options, &service, &why), OK);
    assert_true(strncmp(edge_service_address(service), "127.0.0.1:", 10) == 0);
    assert_int_equal(edge_counters(edge_service_edge(service)).hits, 0);
    assert_true(edge_service_renew(service, &why));
    edge_service_close(&service);
    assert_null(service);
}

static void what_cannot_be_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const upstreams[] = {"ftp://127.0.0.1/"};
    struct edge_service_options options = {.listen = "127.0.0.1:0",
                                           .loops = 1,
                                           .edge = {.upstreams = upstreams,
                                                    .upstream_count = 1,
                                                    .memory_bytes = 8 << 20,
                                                    .clock = clock_system()}};
    struct edge_service *service = NULL;
    struct why why = {""};
    assert_int_equal(edge_service_open(&options, &service, &why), INVALID);
    assert_non_null(strstr(why.text, "upstream"));
    options.edge.upstreams = (const char *const[]){"http://127.0.0.1:1"};
    options.edge.memory_bytes = 1;
    assert_int_equal(edge_service_open(&options, &service, &why), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_listens_and_ends),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "net/mmdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void path_of(const char *name, char path[1024])
{
    const char *source = getenv("PRIMROSE_SOURCE");
    (void)snprintf(path, 1024, "%s/tests/net/%s", source == NULL ? "." : source, name);
}

static struct address parsed(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(slice_of(text), &address, NULL), OK);
    return address;
}

static void an_address_has_an_entry_or_none(void **state)
{
    (void)state;
    char path[1024];
    MMDB_s mmdb;
    MMDB_entry_s entry;
    struct why why = {""};
    path_of("network.mmdb", path);
    assert_int_equal(mmdb_open(path, "networks", &mmdb, &why), OK);
    const struct address known = parsed("192.0.2.1"), six = parsed("2001:db8:5:6::1");
    const struct address unknown = parsed("127.0.0.1"), none = {.len = 0};
    assert_true(mmdb_find(&mmdb, &known, &entry));
    assert_true(mmdb_find(&mmdb, &six, &entry));
    assert_false(mmdb_find(&mmdb, &unknown, &entry));
    assert_false(mmdb_find(&mmdb, &none, &entry));
    MMDB_close(&mmdb);
}

static void what_is_no_map_is_refused_by_name(void **state)
{
    (void)state;
    char path[1024];
    MMDB_s mmdb;
    struct why why = {""};
    path_of("mmdb.c", path);
    assert_int_equal(mmdb_open(path, "networks", &mmdb, &why), INVALID);
    assert_non_null(strstr(why.text, "is no map of networks (MMDB)"));
    path_of("absent.mmdb", path);
    assert_int_not_equal(mmdb_open(path, "networks", &mmdb, &why), OK);
    assert_non_null(strstr(why.text, "absent.mmdb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_an_entry_or_none),
        cmocka_unit_test(what_is_no_map_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

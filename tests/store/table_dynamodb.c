// SPDX-License-Identifier: Apache-2.0
#include "store/table_dynamodb.h"

#include "conformance_table.h"
#include "service.h"

static struct service dynamodb;
static char script[500];

static void *make_table(void)
{
    static unsigned number;
    char *name = malloc(32);
    assert_non_null(name);
    (void)snprintf(name, 32, "house-%u", number++);
    return name;
}

static void remove_table(void *place)
{
    free(place);
}

static outcome open_table(void *place, const struct clock *clock, struct table_store **out,
                          struct why *why)
{
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", dynamodb.port);
    const struct table_dynamodb_options options = {place, endpoint, "", clock};
    return table_dynamodb_open(&options, out, why);
}

static outcome open_named(const char *name, const char *endpoint, struct table_store **out,
                          struct why *why)
{
    const struct table_dynamodb_options options = {name, endpoint, "", clock_system()};
    return table_dynamodb_open(&options, out, why);
}

static void a_name_that_is_none_is_refused(void **state)
{
    (void)state;
    char endpoint[64], name[260];
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", dynamodb.port);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct table_store *store = NULL;
    assert_int_equal(open_named("ab", endpoint, &store, NULL), INVALID);
    assert_int_equal(open_named(name, endpoint, &store, NULL), INVALID);
    struct why why = {""};
    assert_int_not_equal(open_named("a name", endpoint, &store, &why), OK); // DynamoDB's own rule
    assert_non_null(strstr(why.text, "DynamoDB"));
    assert_null(store);
}

int main(void)
{
    if (!service_script("dynamodb.mjs", script, sizeof script))
        return service_is_missing("dynalite", "tools/setup test");
    credentials_set();
    const char *const command[] = {"node", script, NULL};
    dynamodb = service_start(command);
    const struct table_place place = {"table conformance: DynamoDB", make_table, remove_table,
                                      open_table};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_is_none_is_refused),
    };
    const int failed = run_table_conformance(&place, tests, sizeof tests / sizeof tests[0]);
    service_stop(&dynamodb);
    return failed;
}

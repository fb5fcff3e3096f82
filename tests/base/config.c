// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/primrose-config-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    autofd fd = mkstemp(path);
    return fd < 0;
}

static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

static outcome load(const char *text, struct config *config, struct why *why)
{
    assert_int_equal(file_write_atomic(path, slice_of(text), 0600, NULL), OK);
    return config_load(config, path, why);
}

static const struct config_entry *entry(const struct config *config, const char *key)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        if (strcmp(config->entries[i].key, key) == 0) return &config->entries[i];
    return NULL;
}

static void the_environment_wins_over_the_file_and_the_file_over_the_default(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(setenv("PRIMROSE_STUDIO_WORKERS", "7", 1), 0);
    assert_int_equal(
        load("; a comment\n[serve]\nlisten = 127.0.0.1:99\n[studio]\nworkers = 3\n", &config, NULL),
        OK);
    assert_int_equal(unsetenv("PRIMROSE_STUDIO_WORKERS"), 0);
    assert_string_equal(config_value(&config, "serve.listen"), "127.0.0.1:99");
    assert_non_null(strstr(entry(&config, "serve.listen")->origin, ":3"));
    assert_string_equal(config_value(&config, "studio.workers"), "7");
    assert_string_equal(entry(&config, "studio.workers")->origin, "PRIMROSE_STUDIO_WORKERS");
    assert_string_equal(config_value(&config, "serve.roles"), "all");
    assert_string_equal(entry(&config, "serve.roles")->origin, "default");
}

static void data_goes_where_xdg_says(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(setenv("XDG_DATA_HOME", "/tmp/xdg", 1), 0);
    assert_int_equal(load("", &config, NULL), OK);
    assert_int_equal(unsetenv("XDG_DATA_HOME"), 0);
    assert_string_equal(config_value(&config, "store.data"), "/tmp/xdg/primrose");
}

static void faults_name_file_line_and_remedy(void **state)
{
    (void)state;
    struct config config;
    struct why why = {""};
    assert_int_equal(load("[serve]\n\nlisen = x\n", &config, &why), INVALID);
    assert_non_null(strstr(why.text, ":3"));
    assert_non_null(strstr(why.text, "did you mean serve.listen"));
    assert_int_equal(load("[serve]\nthis is not a setting\n", &config, &why), INVALID);
    assert_non_null(strstr(why.text, ":2"));
    assert_int_equal(config_load(&config, "/nonexistent/primrose.ini", &why), NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_wins_over_the_file_and_the_file_over_the_default),
        cmocka_unit_test(data_goes_where_xdg_says),
        cmocka_unit_test(faults_name_file_line_and_remedy),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}

// SPDX-License-Identifier: Apache-2.0
#include "base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct fields {
    bool is_json;
    const char *out;
    const char *format;
    struct option_texts audio;
    int64_t jobs;
    int64_t deadline_ms;
};

static const struct option table[] = {
    {.name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct fields, is_json)},
    {.name = "out",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     .offset = offsetof(struct fields, out)},
    {.name = "format",
     .kind = OPTION_CHOICE,
     .value = "hls|dash",
     .initial = "hls",
     .offset = offsetof(struct fields, format)},
    {.name = "audio",
     .kind = OPTION_TEXTS,
     .value = "FILE",
     .offset = offsetof(struct fields, audio)},
    {.name = "jobs",
     .letter = 'j',
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "2",
     .min = 1,
     .max = 64,
     .offset = offsetof(struct fields, jobs)},
    {.name = "for",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .offset = offsetof(struct fields, deadline_ms)},
};

static const char *configured(const void *context, const char *key)
{
    return strcmp(key, "store.data") == 0 ? context : NULL;
}

static outcome parse(int argc, const char **argv, struct fields *fields,
                     struct option_texts *operands, struct why *why)
{
    *fields = (struct fields){.is_json = false};
    return options_parse(table, sizeof table / sizeof table[0], argc, (char **)(uintptr_t)argv,
                         configured, "/from/config", fields, operands, why);
}

static void reads_every_form(void **state)
{
    (void)state;
    struct fields fields;
    struct option_texts operands;
    const char *argv[] = {"a",   "--json", "--out=/x", "--audio",       "1.mp4", "b",
                          "-j4", "--for",  "500ms",    "--audio=2.mp4", "--",    "--not-an-option"};
    assert_int_equal(parse(12, argv, &fields, &operands, NULL), OK);
    assert_true(fields.is_json);
    assert_string_equal(fields.out, "/x");
    assert_string_equal(fields.format, "hls");
    assert_int_equal(fields.jobs, 4);
    assert_int_equal(fields.deadline_ms, 500);
    assert_int_equal(fields.audio.count, 2);
    assert_string_equal(fields.audio.items[1], "2.mp4");
    assert_int_equal(operands.count, 3);
    assert_string_equal(operands.items[2], "--not-an-option");
}

static void defaults_come_from_the_table_and_the_settings(void **state)
{
    (void)state;
    struct fields fields;
    struct option_texts operands;
    assert_int_equal(parse(0, NULL, &fields, &operands, NULL), OK);
    assert_string_equal(fields.out, "/from/config");
    assert_int_equal(fields.jobs, 2);
    assert_false(fields.is_json);
}

static void mistakes_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *argv[3];
        int argc;
        const char *says;
    } cases[] = {
        {{"--jsn"}, 1, "did you mean --json"},
        {{"--json=yes"}, 1, "takes no value"},
        {{"--out"}, 1, "--out DIR"},
        {{"--jobs", "0"}, 2, "outside 1 to 64"},
        {{"--jobs", "many"}, 2, "whole number"},
        {{"--for", "3 days"}, 2, "no duration"},
        {{"--format", "mss"}, 2, "hls|dash"},
        {{"-o", "a", "-ob"}, 3, "given twice"},
        {{"-z"}, 1, "no option -z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fields fields;
        struct option_texts operands;
        struct why why = {""};
        const char *argv[3];
        memcpy(argv, cases[i].argv, sizeof argv);
        assert_int_equal(parse(cases[i].argc, argv, &fields, &operands, &why), INVALID);
        assert_non_null(strstr(why.text, cases[i].says));
    }
}

static void durations_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"30", 30000}, {"2m", 120000}, {"1h", 3600000}, {"0ms", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;
        assert_int_equal(duration_parse(cases[i].text, &ms, NULL), OK);
        assert_int_equal(ms, cases[i].ms);
    }
    int64_t ms = 7;
    assert_int_equal(duration_parse("99999999999999999999h", &ms, NULL), INVALID);
    assert_int_equal(duration_parse("", &ms, NULL), INVALID);
    assert_int_equal(ms, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(defaults_come_from_the_table_and_the_settings),
        cmocka_unit_test(mistakes_get_a_sentence),
        cmocka_unit_test(durations_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

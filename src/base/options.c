// SPDX-License-Identifier: Apache-2.0
#include "base/options.h"

#include "base/slice.h"
#include "base/suggest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

outcome duration_parse(const char *text, int64_t *out_ms, struct why *why)
{
    static const struct {
        const char *suffix;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};

    const size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].suffix) != 0) continue;
        uint64_t number = 0;
        if (slice_u64((struct slice){(const uint8_t *)text, digits}, INT64_MAX / units[i].ms,
                      &number, NULL) != OK)
            break;
        *out_ms = (int64_t)(number * units[i].ms);
        return OK;
    }
    return fail(why, INVALID, "\"%.40s\" is no duration: write 500ms, 30s, 2m or 1h", text);
}

static bool is_choice(const char *words, const char *text)
{
    struct slice rest = slice_of(words), word;
    while (slice_cut(&rest, '|', &word))
        if (slice_is(word, text)) return true;
    return false;
}

static outcome check_range(const struct option *option, int64_t value, const char *text,
                           struct why *why)
{
    if (value >= option->min && (option->max == 0 || value <= option->max)) return OK;
    const char *unit = option->kind == OPTION_DURATION ? " ms" : "";
    if (option->max == 0)
        return fail(why, INVALID, "--%s %.40s is below the least allowed, %lld%s", option->name,
                    text, (long long)option->min, unit);
    return fail(why, INVALID, "--%s %.40s is outside %lld to %lld%s", option->name, text,
                (long long)option->min, (long long)option->max, unit);
}

static outcome set_value(const struct option *option, const char *text, void *fields,
                         struct why *why)
{
    char *field = (char *)fields + option->offset;
    switch (option->kind) {
    case OPTION_FLAG: {
        const bool value = true;
        memcpy(field, &value, sizeof value);
        return OK;
    }
    case OPTION_CHOICE:
        if (!is_choice(option->value, text))
            return fail(why, INVALID, "--%s is one of %s, not \"%.40s\"", option->name,
                        option->value, text);
        memcpy(field, &text, sizeof text);
        return OK;
    case OPTION_TEXT: memcpy(field, &text, sizeof text); return OK;
    case OPTION_TEXTS: {
        struct option_texts *texts = (struct option_texts *)(void *)field;
        if (texts->count == OPTION_TEXTS_MAX)
            return fail(why, TOO_LARGE, "--%s may be given %d times at most", option->name,
                        OPTION_TEXTS_MAX);
        texts->items[texts->count++] = text;
        return OK;
    }
    case OPTION_INTEGER: {
        uint64_t number = 0;
        if (slice_u64(slice_of(text), INT64_MAX, &number, NULL) != OK)
            return fail(why, INVALID, "--%s needs a whole number, not \"%.40s\"", option->name,
                        text);
        const int64_t value = (int64_t)number;
        TRY(check_range(option, value, text, why));
        memcpy(field, &value, sizeof value);
        return OK;
    }
    case OPTION_DURATION: {
        int64_t ms = 0;
        TRY(duration_parse(text, &ms, why));
        TRY(check_range(option, ms, text, why));
        memcpy(field, &ms, sizeof ms);
        return OK;
    }
    }
    assert(0 && "an option has one of the kinds above");
    return fail(why, INVALID, "--%s has no kind", option->name);
}

static outcome set_defaults(const struct option *table, size_t count, option_default *lookup,
                            const void *context, void *fields, struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = table[i].initial;
        if (table[i].config != NULL && lookup != NULL) {
            const char *configured = lookup(context, table[i].config);
            if (configured != NULL) text = configured;
        }
        if (text != NULL && table[i].kind != OPTION_FLAG)
            TRY(set_value(&table[i], text, fields, why));
    }
    return OK;
}

static outcome unknown_option(const struct option *table, size_t count, struct slice name,
                              struct why *why)
{
    const char *names[OPTIONS_MAX + 1];
    for (size_t i = 0; i < count; i++)
        names[i] = table[i].name;
    names[count] = "help"; // the caller's, before he parses
    char typed[64];
    (void)snprintf(typed, sizeof typed, "%.*s", SLICE_ARG(slice_part(name, 0, 60)));
    const char *near = suggest(typed, names, count + 1);
    if (near == NULL) return fail(why, INVALID, "there is no option --%s", typed);
    return fail(why, INVALID, "there is no option --%s; did you mean --%s?", typed, near);
}

// Finds the option that `word` names and the value behind '=' or stuck to a letter, NULL when it
// has none.
static outcome find_option(const struct option *table, size_t count, const char *word,
                           size_t *out_index, const char **out_value, struct why *why)
{
    if (word[1] != '-') {
        for (size_t i = 0; i < count; i++) {
            if (table[i].letter != word[1]) continue;
            *out_index = i;
            *out_value = word[2] == '\0' ? NULL : word + 2;
            return OK;
        }
        return fail(why, INVALID, "there is no option -%c", word[1]);
    }
    const char *equals = strchr(word, '=');
    const struct slice name = {(const uint8_t *)word + 2,
                               equals == NULL ? strlen(word + 2) : (size_t)(equals - word) - 2};
    for (size_t i = 0; i < count; i++) {
        if (!slice_is(name, table[i].name)) continue;
        *out_index = i;
        *out_value = equals == NULL ? NULL : equals + 1;
        return OK;
    }
    return unknown_option(table, count, name, why);
}

static outcome take_option(const struct option *table, size_t count, char **argv, int argc, int *at,
                           bool *is_given, void *fields, struct why *why)
{
    size_t index = 0;
    const char *value = NULL;
    TRY(find_option(table, count, argv[*at], &index, &value, why));
    const struct option *option = &table[index];
    if (option->kind == OPTION_FLAG && value != NULL)
        return fail(why, INVALID, "--%s takes no value", option->name);
    if (option->kind != OPTION_FLAG && value == NULL) {
        if (*at + 1 >= argc)
            return fail(why, INVALID, "--%s needs a value: --%s %s", option->name, option->name,
                        option->value);
        value = argv[++*at];
    }
    if (option->kind == OPTION_TEXTS && !is_given[index]) { // given values replace the default's
        struct option_texts *texts =
            (struct option_texts *)(void *)((char *)fields + option->offset);
        texts->count = 0;
    } else if (option->kind != OPTION_TEXTS && is_given[index]) {
        return fail(why, INVALID, "--%s is given twice", option->name);
    }
    is_given[index] = true;
    return set_value(option, value, fields, why);
}

outcome options_parse(const struct option *table, size_t count, int argc, char **argv,
                      option_default *lookup, const void *context, void *fields,
                      struct option_texts *operands, struct why *why)
{
    assert(count <= OPTIONS_MAX);
    bool is_given[OPTIONS_MAX] = {false};
    bool are_options_over = false;
    *operands = (struct option_texts){.count = 0};
    TRY(set_defaults(table, count, lookup, context, fields, why));
    for (int at = 0; at < argc; at++) {
        const char *word = argv[at];
        if (!are_options_over && strcmp(word, "--") == 0) {
            are_options_over = true;
        } else if (!are_options_over && word[0] == '-' && word[1] != '\0') {
            TRY(take_option(table, count, argv, argc, &at, is_given, fields, why));
        } else {
            if (operands->count == OPTION_TEXTS_MAX)
                return fail(why, TOO_LARGE, "more than %d operands", OPTION_TEXTS_MAX);
            operands->items[operands->count++] = word;
        }
    }
    return OK;
}

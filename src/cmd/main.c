// SPDX-License-Identifier: Apache-2.0
//
// The program's door: finds the verb, fills its options, runs it.
#include "base/suggest.h"
#include "cmd/help.h"
#include "cmd/verb.h"

#include <assert.h>
#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, VERBS_MAX = 64, VERB_ACTIONS_MAX = 16 };

static const char *const own_options[] = {"--help", "--version"};

int verb_end(const struct invocation *call, outcome result, const struct why *why)
{
    if (result != OK)
        fprintf(stderr, "primrose %s: %s [%s]\n", call->verb->name, why->text,
                outcome_code(result));
    return outcome_exit(result);
}

int verb_misuse(const struct invocation *call, const struct why *why)
{
    fprintf(stderr, "primrose %s: %s\nTry: primrose %s --help\n", call->verb->name, why->text,
            call->verb->name);
    return EXIT_USAGE;
}

outcome verb_no_action(const char *typed, const void *actions, size_t count, size_t bytes,
                       struct why *why)
{
    const char *words[VERB_ACTIONS_MAX], *comma = "";
    char list[300] = "";
    size_t known = 0, len = 0;
    assert(count <= VERB_ACTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *word = *(const char *const *)((const char *)actions + i * bytes);
        if (word[0] == '\0') continue;
        words[known++] = word;
        const int more = snprintf(list + len, sizeof list - len, "%s%s", comma, word);
        assert(more > 0 && len + (size_t)more < sizeof list); // of the table
        len += (size_t)more;
        comma = ", ";
    }
    const char *near = suggest(typed, words, known);
    if (near == NULL) return fail(why, INVALID, "\"%.40s\" is no action: %s", typed, list);
    return fail(why, INVALID, "\"%.40s\" is no action: %s; did you mean \"%s\"?", typed, list,
                near);
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < verb_count; i++)
        if (strcmp(verbs[i]->name, name) == 0) return verbs[i];
    return NULL;
}

static int unknown_verb(const char *typed)
{
    const char *names[VERBS_MAX];
    const bool is_option = typed[0] == '-';
    assert(verb_count <= VERBS_MAX);
    for (size_t i = 0; i < verb_count; i++)
        names[i] = verbs[i]->name;
    const char *near = is_option ? suggest(typed, own_options, TABLE_COUNT(own_options))
                                 : suggest(typed, names, verb_count);
    fprintf(stderr, "primrose: there is no %s \"%.60s\"", is_option ? "option" : "verb", typed);
    if (near != NULL) fprintf(stderr, "; did you mean \"%s\"?", near);
    fprintf(stderr, "\nTry: primrose --help\n");
    return EXIT_USAGE;
}

static const char *configured(const void *config, const char *key)
{
    return config_value(config, key);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0) continue;
        help_verb(stdout, verb);
        return 0;
    }

    alignas(max_align_t) uint8_t options[VERB_OPTIONS_BYTES] = {0};
    static struct config config;
    struct option_texts operands;
    struct why why = {""};
    struct invocation call = {verb, &config, options, &operands};

    assert(verb->options_bytes <= sizeof options);
    const outcome loaded = config_load(&config, getenv("PRIMROSE_CONFIG"), &why);
    if (loaded != OK) return verb_end(&call, loaded, &why);
    if (options_parse(verb->options, verb->option_count, argc, argv, configured, &config, options,
                      &operands, &why) != OK)
        return verb_misuse(&call, &why);
    if (operands.count < verb->operands_min || operands.count > verb->operands_max) {
        if (operands.count < verb->operands_min)
            fprintf(stderr, "primrose %s: an operand is missing\n", verb->name);
        else
            fprintf(stderr, "primrose %s: \"%.100s\" is an operand too many\n", verb->name,
                    operands.items[verb->operands_max]);
        help_usage(stderr, verb);
        fprintf(stderr, "Try: primrose %s --help\n", verb->name);
        return EXIT_USAGE;
    }
    return verb->run(&call);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN); // a reader that went away is a write error, not a death
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        const bool is_of_verb = argc > 2 && argv[2][0] != '-';
        const struct verb *verb = is_of_verb ? find_verb(argv[2]) : NULL;
        if (is_of_verb && verb == NULL) return unknown_verb(argv[2]);
        if (verb != NULL)
            help_verb(stdout, verb);
        else
            help_overview(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("primrose %s\n", PRIMROSE_VERSION);
        return 0;
    }
    const struct verb *verb = find_verb(argv[1]);
    return verb == NULL ? unknown_verb(argv[1]) : run_verb(verb, argc - 2, argv + 2);
}

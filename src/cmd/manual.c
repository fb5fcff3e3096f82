// SPDX-License-Identifier: Apache-2.0
//
// primrose manual: the man page of a verb as scdoc source, from the same tables as its help.
#include "cmd/help.h"
#include "cmd/verb.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// scdoc reads '_', '*' and '\' as markup.
static void print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("_*\\`", *text) != NULL) putchar('\\');
        putchar(*text);
    }
}

static void print_options(const struct verb *verb)
{
    printf("# OPTIONS\n\n");
    for (size_t i = 0; i < verb->option_count; i++) {
        char name[80];
        help_option_name(&verb->options[i], name, sizeof name);
        printf("*");
        print_escaped(name);
        printf("*\n\t");
        print_escaped(verb->options[i].doc);
        if (verb->options[i].config != NULL) {
            printf(" Its default is the setting *");
            print_escaped(verb->options[i].config);
            printf("*.");
        } else if (verb->options[i].initial != NULL) {
            printf(" The default is ");
            print_escaped(verb->options[i].initial);
            printf(".");
        }
        printf("\n\n");
    }
    printf("*--help*\n\tShow a summary.\n\n");
}

static void print_verb(const struct verb *verb)
{
    printf("primrose-%s(1)\n\n# NAME\n\nprimrose-%s - ", verb->name, verb->name);
    print_escaped(verb->summary);
    printf("\n\n# SYNOPSIS\n\n*primrose %s* [OPTION...] ", verb->name);
    print_escaped(verb->operands);
    printf("\n\n# DESCRIPTION\n\n");
    print_escaped(verb->story);
    printf("\n\n");
    print_options(verb);
    if (verb->example_count > 0) printf("# EXAMPLES\n\n");
    for (size_t i = 0; i < verb->example_count; i++) {
        printf("*primrose ");
        print_escaped(verb->examples[i].command);
        printf("*\n\t");
        print_escaped(verb->examples[i].says);
        printf("\n\n");
    }
    printf("# EXIT STATUS\n\n0 when it is done, 1 when it failed, 2 when it was called wrongly.\n");
}

static void print_program(void)
{
    printf("primrose(1)\n\n# NAME\n\nprimrose - a studio master in, a film on every screen\n\n"
           "# SYNOPSIS\n\n*primrose* VERB [OPTION...] [OPERAND...]\n\n# VERBS\n\n");
    for (size_t i = 0; i < verb_count; i++) {
        printf("*primrose-%s*(1)\n\t", verbs[i]->name);
        print_escaped(verbs[i]->summary);
        printf("\n\n");
    }
    printf("# SETTINGS\n\n");
#define PRINT_SETTING(key, value, unit, doc)                                                       \
    printf("*" key "* (" unit ")\n\t");                                                            \
    print_escaped(doc);                                                                            \
    printf("\n\n");
    CONFIG_KEYS(PRINT_SETTING)
#undef PRINT_SETTING
}

static int run(const struct invocation *call)
{
    if (call->operands->count == 0) {
        print_program();
        return 0;
    }
    const char *name = call->operands->items[0];
    for (size_t i = 0; i < verb_count; i++) {
        if (strcmp(verbs[i]->name, name) != 0) continue;
        print_verb(verbs[i]);
        return 0;
    }
    struct why why;
    (void)!fail(&why, INVALID, "there is no verb \"%.40s\"", name);
    return verb_misuse(call, &why);
}

static const struct example examples[] = {
    {"manual ingest | scdoc | man -l -", "read the man page of a verb"},
};

const struct verb verb_manual = {
    .name = "manual",
    .stage = STAGE_HOUSE,
    .operands = "[VERB]",
    .operands_max = 1,
    .summary = "print a man page as scdoc source",
    .story = "Prints the man page of a verb, or of the program, in scdoc's format. The build turns "
             "each into roff.",
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

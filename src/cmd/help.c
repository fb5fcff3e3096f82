// SPDX-License-Identifier: Apache-2.0
#include "cmd/help.h"

#include <string.h>

static const char *const stage_titles[STAGE_COUNT] = {
    [STAGE_START] = "Start here",
    [STAGE_STUDIO] = "A title: from the master to the store",
    [STAGE_SCREEN] = "A play: from the store to the screen",
    [STAGE_PLAYER] = "The player's rule",
    [STAGE_HOUSE] = "The house",
};

void help_overview(FILE *to)
{
    fprintf(to, "primrose: a studio master in, a film on every screen\n\n"
                "Usage: primrose VERB [OPTION...] [OPERAND...]\n");
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        bool is_titled = false;
        for (size_t i = 0; i < verb_count; i++) {
            if ((int)verbs[i]->stage != stage) continue;
            if (!is_titled) fprintf(to, "\n%s\n", stage_titles[stage]);
            is_titled = true;
            fprintf(to, "  %-11s %s\n", verbs[i]->name, verbs[i]->summary);
        }
    }
    fprintf(to,
            "\nExamples\n"
            "  primrose demo                          make, ingest and serve the demo film\n"
            "  primrose ingest film.mov --id my-film  bring in a master of your own\n"
            "\n`primrose VERB --help` explains a verb. `primrose config` shows the settings.\n");
}

void help_usage(FILE *to, const struct verb *verb)
{
    fprintf(to, "Usage: primrose %s%s%s%s\n", verb->name,
            verb->option_count > 0 ? " [OPTION...]" : "", verb->operands[0] == '\0' ? "" : " ",
            verb->operands);
}

void help_option_name(const struct option *option, char *out, size_t out_bytes)
{
    char letter[8] = "";
    if (option->letter != 0) (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    (void)snprintf(out, out_bytes, "%s--%s%s%s", letter, option->name,
                   option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value);
}

// Prints `text` in lines of at most 78 columns, each behind `indent` spaces; the first starts where
// the cursor is.
static void print_wrapped(FILE *to, const char *text, int indent)
{
    enum { COLUMNS = 78 };
    int column = indent;
    while (*text != '\0') {
        const int word = (int)strcspn(text, " \n");
        if (column > indent && column + 1 + word > COLUMNS) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        }
        column += fprintf(to, "%s%.*s", column > indent ? " " : "", word, text);
        text += word;
        text += strspn(text, " \n");
    }
    fputc('\n', to);
}

static void print_options(FILE *to, const struct verb *verb)
{
    fprintf(to, "\nOptions\n");
    for (size_t i = 0; i < verb->option_count; i++) {
        const struct option *option = &verb->options[i];
        char name[80];
        help_option_name(option, name, sizeof name);
        if (strlen(name) > 20)
            fprintf(to, "  %s\n%24s", name, "");
        else
            fprintf(to, "  %-20s  ", name);
        char doc[600];
        if (option->config != NULL)
            (void)snprintf(doc, sizeof doc, "%s [setting %s]", option->doc, option->config);
        else if (option->initial != NULL)
            (void)snprintf(doc, sizeof doc, "%s [%s]", option->doc, option->initial);
        else
            (void)snprintf(doc, sizeof doc, "%s", option->doc);
        print_wrapped(to, doc, 24);
    }
    fprintf(to, "  --help                Show this text.\n");
}

void help_verb(FILE *to, const struct verb *verb)
{
    fprintf(to, "primrose %s: %s\n\n", verb->name, verb->summary);
    help_usage(to, verb);
    fputc('\n', to);
    print_wrapped(to, verb->story, 0);
    if (verb->example_count > 0) fprintf(to, "\nExamples\n");
    for (size_t i = 0; i < verb->example_count; i++)
        fprintf(to, "  primrose %s\n      %s\n", verb->examples[i].command, verb->examples[i].says);
    print_options(to, verb);
}

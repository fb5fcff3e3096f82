// SPDX-License-Identifier: Apache-2.0
//
// primrose completion: shell completions, from the verb and option tables.
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>

static void print_words(const char *between, const char *dashes, const struct verb *verb)
{
    for (size_t i = 0; i < verb->option_count; i++)
        printf("%s%s%s", i == 0 ? "" : between, dashes, verb->options[i].name);
}

static void print_bash(void)
{
    printf("# bash completion for primrose; load it with: source <(primrose completion bash)\n"
           "_primrose() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} words\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"");
    for (size_t i = 0; i < verb_count; i++)
        printf("%s%s", i == 0 ? "" : " ", verbs[i]->name);
    printf("\"\n    else case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < verb_count; i++) {
        printf("        %s) words=\"", verbs[i]->name);
        print_words(" ", "--", verbs[i]);
        printf(" --help\" ;;\n");
    }
    printf("    esac; fi\n"
           "    case $word in\n"
           "        -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
           "        *) [ \"$COMP_CWORD\" -eq 1 ] && COMPREPLY=($(compgen -W \"$words\" -- "
           "\"$word\")) ;;\n"
           "    esac\n"
           "}\n"
           "complete -o default -F _primrose primrose\n");
}

// Single quotes of a summary would end the shell's quoting: zsh and fish get them as typographic
// ones.
static void print_quoted(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            printf("\u2019");
        else
            putchar(*text);
}

static void print_zsh(void)
{
    printf("#compdef primrose\n_primrose() {\n    if (( CURRENT == 2 )); then\n        local -a "
           "verbs=(\n");
    for (size_t i = 0; i < verb_count; i++) {
        printf("            '%s:", verbs[i]->name);
        print_quoted(verbs[i]->summary);
        printf("'\n");
    }
    printf(
        "        )\n        _describe verb verbs\n        return\n    fi\n    case $words[2] in\n");
    for (size_t i = 0; i < verb_count; i++) {
        printf("        %s) _arguments '*:file:_files' --help ", verbs[i]->name);
        print_words(" ", "--", verbs[i]);
        printf(" ;;\n");
    }
    printf("    esac\n}\ncompdef _primrose primrose\n");
}

static void print_fish(void)
{
    for (size_t i = 0; i < verb_count; i++) {
        printf("complete -c primrose -n __fish_use_subcommand -a %s -d '", verbs[i]->name);
        print_quoted(verbs[i]->summary);
        printf("'\n");
        for (size_t k = 0; k < verbs[i]->option_count; k++) {
            printf("complete -c primrose -n '__fish_seen_subcommand_from %s' -l %s -d '",
                   verbs[i]->name, verbs[i]->options[k].name);
            print_quoted(verbs[i]->options[k].doc);
            printf("'\n");
        }
    }
}

static int run(const struct invocation *call)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

    for (size_t i = 0; i < TABLE_COUNT(shells); i++) {
        if (strcmp(call->operands->items[0], shells[i].shell) != 0) continue;
        shells[i].print();
        return 0;
    }
    struct why why;
    (void)!fail(&why, INVALID, "there are completions for bash, zsh and fish, not for \"%.40s\"",
                call->operands->items[0]);
    return verb_misuse(call, &why);
}

static const struct example examples[] = {
    {"completion bash > ~/.local/share/bash-completion/completions/primrose", "install for bash"},
};

const struct verb verb_completion = {
    .name = "completion",
    .stage = STAGE_HOUSE,
    .operands = "bash|zsh|fish",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "print completions for a shell",
    .story = "Prints a script that completes verbs and options in the shell named.",
    .options_bytes = 0,
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

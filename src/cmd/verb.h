// SPDX-License-Identifier: Apache-2.0
//
// A verb of the program: `primrose ingest film.mov`. One file per verb in this folder, one line in
// verbs.c.
//
//     stage      a film's journey, which groups the verbs in the overview
//     options    the table that parser, --help, man page and completions are made of
//     run        returns the exit status: 0 done, 1 failed, 2 wrong usage
#ifndef CMD_VERB_H
#define CMD_VERB_H

#include "base/config.h"
#include "base/options.h"

enum verb_stage { STAGE_START, STAGE_STUDIO, STAGE_SCREEN, STAGE_PLAYER, STAGE_HOUSE, STAGE_COUNT };

struct example {
    const char *command; // without "primrose "
    const char *says;    // what it does
};

struct invocation {
    const struct verb *verb;
    const struct config *config;
    const void *options; // the verb's own struct, filled from the table
    const struct option_texts *operands;
};

struct verb {
    const char *name;
    enum verb_stage stage;
    const char *operands; // as the usage line shows them: "MASTER", "" for none
    size_t operands_min, operands_max;
    const char *summary; // one line, lower case, no full stop
    const char *story;   // a paragraph for --help and the man page
    const struct option *options;
    size_t option_count;
    size_t options_bytes; // of the verb's own struct; at most VERB_OPTIONS_BYTES
    const struct example *examples;
    size_t example_count;
    int (*run)(const struct invocation *call);
};

enum { VERB_OPTIONS_BYTES = 8192 };

extern const struct verb *const verbs[];
extern const size_t verb_count;

// Prints "primrose VERB: sentence" on stderr and returns the outcome's exit status (0 for OK,
// printing nothing).
must_check int verb_end(const struct invocation *call, outcome result, const struct why *why);

// The same for a wrong value that only the verb could notice, with a line that points to --help.
// Returns 2.
must_check int verb_misuse(const struct invocation *call, const struct why *why);

// The sentence for a first operand that is none of the verb's actions: INVALID, with those there
// are and the nearest. `actions` is an array of structures of `bytes` whose first member is the
// word; one that is "" is passed over.
outcome verb_no_action(const char *typed, const void *actions, size_t count, size_t bytes,
                       struct why *why);

// Number of items of an option or example table.
#define TABLE_COUNT(table) (sizeof(table) / sizeof(table)[0])

#endif

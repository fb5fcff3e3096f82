// SPDX-License-Identifier: Apache-2.0
//
// A verb's options as one table, from which the parser, the help, the man page and the shell
// completions are made.
//
//     static const struct option table[] = {
//         {.name = "listen", .kind = OPTION_TEXT, .value = "ADDR", .config = "serve.listen",
//          .offset = offsetof(struct serve_options, listen), .doc = "Address and port to listen
//          on."},
//     };
//
// Accepted forms: --name value, --name=value, -x value, -xvalue, flags alone, "--" before operands
// that start with '-'. Options and operands may be mixed. A flag or value given twice is INVALID,
// except OPTION_TEXTS.
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

enum { OPTION_TEXTS_MAX = 64 }; // a title with more inputs than that is a folder with a title.json

struct option_texts {
    const char *items[OPTION_TEXTS_MAX];
    size_t count;
};

enum option_kind {
    OPTION_FLAG,     // bool
    OPTION_TEXT,     // const char *, borrowed from argv or the defaults
    OPTION_TEXTS,    // struct option_texts: may be repeated
    OPTION_INTEGER,  // int64_t within min..max
    OPTION_DURATION, // int64_t milliseconds within min..max: "500ms", "30s", "2m", "1h"; a bare
                     // number is seconds
    OPTION_CHOICE,   // const char *: one of the words of `value`, "hls|dash"
};

struct option {
    const char *name; // long name, without dashes
    char letter;      // short name, or 0
    enum option_kind kind;
    const char *value; // what stands for the value in the help: "DIR"; the words of a choice; NULL
                       // for a flag
    const char *initial; // default as text, or NULL: the field stays zero
    const char
        *config;      // key whose effective value is the default instead ("serve.listen"), or NULL
    const char *doc;  // one sentence
    size_t offset;    // of the field in the verb's own struct
    int64_t min, max; // for numbers and durations (ms); both 0: any value >= 0
};

// Looks up the effective value of a config key as text; NULL when it has none. See base/config.h.
typedef const char *option_default(const void *context, const char *config_key);

// Parses `argv` (without the program's and the verb's name) into `fields`, which the caller has
// zeroed, and the operands. Pointers are borrowed from argv. INVALID with a sentence, and "did you
// mean" for an unknown name; `--help` is the caller's, who looks for it first, and is among those.
must_check outcome options_parse(const struct option *table, size_t count, int argc, char **argv,
                                 option_default *lookup, const void *context, void *fields,
                                 struct option_texts *operands, struct why *why);

// "500ms", "30s", "2m", "1h", "30": to milliseconds. INVALID otherwise.
must_check outcome duration_parse(const char *text, int64_t *out_ms, struct why *why);

#endif

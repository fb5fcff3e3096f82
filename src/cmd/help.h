// SPDX-License-Identifier: Apache-2.0
//
// What the program says about itself, made from the verb and option tables.
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "cmd/verb.h"

#include <stdio.h>

void help_overview(FILE *to);                       // bare `primrose`
void help_verb(FILE *to, const struct verb *verb);  // `primrose VERB --help`
void help_usage(FILE *to, const struct verb *verb); // its first line alone
void help_option_name(const struct option *option, char *out, size_t out_bytes); // "-j, --jobs N"

#endif

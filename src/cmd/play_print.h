// SPDX-License-Identifier: Apache-2.0
//
// A play's report on standard output, as lines for a person or as JSON.
#ifndef CMD_PLAY_PRINT_H
#define CMD_PLAY_PRINT_H

#include "player/play.h"

void play_print(const struct play_report *report);
must_check outcome play_print_json(const struct play_report *report, const char *url,
                                   struct why *why);

#endif

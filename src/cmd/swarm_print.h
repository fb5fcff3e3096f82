// SPDX-License-Identifier: Apache-2.0
//
// The report of `primrose swarm` for people and for scripts.
#ifndef CMD_SWARM_PRINT_H
#define CMD_SWARM_PRINT_H

#include "player/swarm.h"

void swarm_print(const struct swarm_report *report);
must_check outcome swarm_print_json(const struct swarm_report *report, struct why *why);

#endif

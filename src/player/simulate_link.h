// SPDX-License-Identifier: Apache-2.0
//
// A recorded link that time passes over: the one place that knows that a trace starts over at its
// end.
#ifndef PLAYER_SIMULATE_LINK_H
#define PLAYER_SIMULATE_LINK_H

#include "player/simulate.h"

// Where we are in the trace. Zeroed apart from `trace`: at its beginning.
struct link {
    const struct trace *trace;
    size_t step;
    double into_s;   // of that step
    double silent_s; // of the last link_carry: before its first byte flowed
};

// Time passes and nothing is transferred.
void link_pass(struct link *link, double seconds);

// Carries bytes until *done reaches `bytes` or `seconds` (may be infinite) have passed; returns the
// time it took.
double link_carry(struct link *link, double bytes, double seconds, double *done);

// Fills run->reports from run->sessions (simulate_report.c).
must_check outcome simulation_report(struct simulation_run *run, struct arena *arena,
                                     struct why *why);

#endif

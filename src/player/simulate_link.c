// SPDX-License-Identifier: Apache-2.0
#include "player/simulate_link.h"

#include <math.h>

static void step_on(struct link *link)
{
    link->step = link->step + 1 == link->trace->step_count ? 0 : link->step + 1;
    link->into_s = 0.0;
}

void link_pass(struct link *link, double seconds)
{
    const double passes = floor(seconds / link->trace->seconds);
    seconds -= passes * link->trace->seconds;
    for (;;) {
        const double left = link->trace->steps[link->step].seconds - link->into_s;
        if (seconds < left) break;
        seconds -= left;
        step_on(link);
    }
    link->into_s += seconds;
}

double link_carry(struct link *link, double bytes, double seconds, double *done)
{
    const struct trace *trace = link->trace;
    double bits = (bytes - *done) * 8.0;
    double spent = 0.0;
    link->silent_s = 0.0;
    // Whole passes at once, so that a link that hardly carries anything ends in time. Never where a
    // look is due sooner.
    if (isinf(seconds) && bits > trace->bits) {
        const double passes = floor(bits / trace->bits) - 1.0;
        if (passes > 0.0) {
            bits -= passes * trace->bits;
            spent += passes * trace->seconds;
        }
    }
    bool flowed = spent > 0.0;
    while (bits > 0.0 && spent < seconds) {
        const struct trace_step *step = &trace->steps[link->step];
        double part = step->seconds - link->into_s;
        bool ends_step = true;
        if (part > seconds - spent) {
            part = seconds - spent;
            ends_step = false;
        }
        if (step->bps * part >= bits) {
            const double needed = bits / step->bps;
            ends_step = ends_step && needed >= part;
            part = needed < part ? needed : part;
            *done = bytes;
            bits = 0.0;
        } else {
            bits -= step->bps * part;
        }
        if (!flowed) {
            if (step->bps > 0.0)
                flowed = true;
            else
                link->silent_s += part;
        }
        spent += part;
        if (ends_step)
            step_on(link);
        else
            link->into_s += part;
    }
    if (bits > 0.0) *done = bytes - bits / 8.0;
    return spent;
}

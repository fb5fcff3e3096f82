// SPDX-License-Identifier: Apache-2.0
#include "drm/licence_clock.h"

static bool is_over(int64_t since_ms, int64_t within_ms, int64_t now_ms)
{
    int64_t end_ms;
    return within_ms > 0 && !__builtin_add_overflow(since_ms, within_ms, &end_ms) &&
           now_ms >= end_ms;
}

outcome licence_clock_check(const struct licence_terms *terms, int64_t now_ms,
                            struct licence_clock *clock, struct why *why)
{
    if (now_ms < clock->latest_ms - LICENCE_SKEW_MS || now_ms < terms->issued_ms - LICENCE_SKEW_MS)
        return fail(why, DENIED,
                    "this device's clock was set back: set it right to play protected titles");
    const int64_t latest_ms = now_ms > clock->latest_ms ? now_ms : clock->latest_ms;
    if (latest_ms >= terms->expires_ms)
        return fail(why, DENIED, "the licence has expired: ask for a new one");
    if (clock->began_ms == 0 && is_over(terms->issued_ms, terms->begin_within_ms, latest_ms))
        return fail(why, DENIED, "the time to begin this download is over: download it again");
    if (clock->began_ms != 0 && is_over(clock->began_ms, terms->finish_within_ms, latest_ms))
        return fail(why, DENIED, "the time to finish this title is over");
    clock->latest_ms = latest_ms;
    if (clock->began_ms == 0) clock->began_ms = latest_ms;
    return OK;
}

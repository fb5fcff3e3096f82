// SPDX-License-Identifier: Apache-2.0
#include "player/playout.h"

#include <assert.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Media time up to which every track is here, never past the end of the play.
static int64_t level(const struct playout *playout)
{
    int64_t lowest = playout->rules.end_us;
    for (int i = 0; i < playout->rules.track_count; i++)
        lowest = least(lowest, playout->level_us[i]);
    return lowest;
}

struct playout playout_init(struct playout_rules rules, int64_t position_us, int64_t now_us)
{
    assert(rules.track_count >= 1 && rules.track_count <= PLAYOUT_TRACKS_MAX);
    assert(position_us <= rules.end_us);
    struct playout playout = {
        .rules = rules,
        .now_us = now_us,
        .begin_us = now_us,
        .position_us = position_us,
        .startup_us = -1,
    };
    for (int i = 0; i < PLAYOUT_TRACKS_MAX; i++)
        playout.level_us[i] = position_us;
    return playout;
}

int64_t playout_buffer_us(const struct playout *playout)
{
    const int64_t buffer = level(playout) - playout->position_us;
    return buffer > 0 ? buffer : 0;
}

int64_t playout_next_us(const struct playout *playout)
{
    if (playout->state != PLAYOUT_PLAYING) return INT64_MAX;
    return playout->now_us + playout_buffer_us(playout);
}

void playout_advance(struct playout *playout, int64_t now_us)
{
    assert(now_us >= playout->now_us);
    int64_t passed_us = now_us - playout->now_us;
    playout->now_us = now_us;
    if (playout->state == PLAYOUT_PLAYING) {
        const int64_t shown_us = least(passed_us, playout_buffer_us(playout));
        playout->position_us += shown_us;
        passed_us -= shown_us;
        if (playout->position_us >= playout->rules.end_us) {
            playout->state = PLAYOUT_ENDED;
        } else if (playout_buffer_us(playout) == 0) {
            playout->state = PLAYOUT_STALLED;
            playout->stall_count++;
        }
    }
    if (playout->state == PLAYOUT_STALLED) playout->stalled_us += passed_us;
}

void playout_arrived(struct playout *playout, int track, int64_t until_us)
{
    assert(track >= 0 && track < playout->rules.track_count);
    if (until_us > playout->level_us[track]) playout->level_us[track] = until_us;

    const bool is_all_here = level(playout) >= playout->rules.end_us;
    const int64_t buffer_us = playout_buffer_us(playout);
    if (playout->state == PLAYOUT_WAITING && buffer_us > 0 &&
        (buffer_us >= playout->rules.start_us || is_all_here)) {
        playout->state = PLAYOUT_PLAYING;
        playout->startup_us = playout->now_us - playout->begin_us;
    }
    if (playout->state == PLAYOUT_STALLED && buffer_us > 0 &&
        (buffer_us >= playout->rules.resume_us || is_all_here))
        playout->state = PLAYOUT_PLAYING;
}

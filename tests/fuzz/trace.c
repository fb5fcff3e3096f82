// SPDX-License-Identifier: Apache-2.0
//
// Recorded links and ladders as they come from other people's folders.
#include "player/simulate.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autoarena arena = arena_init((size_t)64 * 1024 * 1024);
    struct why why;
    struct trace trace;
    if (trace_parse((struct slice){data, size}, "input", &arena, &trace, &why) == OK) {
        assert(trace.step_count >= 1 && trace.step_count <= TRACE_STEPS_MAX);
        assert(isfinite(trace.seconds) && trace.seconds > 0.0);
        assert(isfinite(trace.bits) && trace.bits > 0.0);
    }
    struct ladder ladder;
    if (ladder_parse((struct slice){data, size}, "input", &ladder, &why) == OK) {
        assert(ladder.rungs >= 1 && ladder.rungs <= LADDER_RUNGS_MAX);
        for (size_t i = 1; i < ladder.rungs; i++)
            assert(ladder.rates_bps[i] > ladder.rates_bps[i - 1]);
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "studio/straggler.h"

// Of the mean, in tenths.
static const int64_t late_tenths[] = {[STRAGGLER_BUSY] = 20, [STRAGGLER_IDLE] = 5};

void stragglers_learn(struct stragglers *stragglers, size_t kind, int64_t took_us)
{
    struct straggler_kind *known = &stragglers->kinds[kind % STRAGGLER_KINDS_MAX];
    known->total_us += took_us;
    known->count++;
}

bool stragglers_is_late(const struct stragglers *stragglers, size_t kind, int64_t age_us,
                        enum straggler_rule rule)
{
    const struct straggler_kind *known = &stragglers->kinds[kind % STRAGGLER_KINDS_MAX];
    return known->count >= STRAGGLER_SAMPLES_MIN && age_us >= STRAGGLER_AGE_US_MIN &&
           age_us > known->total_us / known->count * late_tenths[rule] / 10;
}

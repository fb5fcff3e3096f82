// SPDX-License-Identifier: Apache-2.0
#include "studio/straggler.h"

enum {
    TENTHS = 10,
    PACE_TENTHS_MAX = 1000,
    LATE_TENTHS = 20,      // of what is usual: late in any case
    LATE_IDLE_TENTHS = 15, // when workers have nothing else to do
    GAIN_TENTHS = 12,      // a try has to be found, leased and begun
};

uint16_t straggler_worker(const char *name)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return (uint16_t)((hash ^ hash >> 16) % STRAGGLER_WORKERS);
}

// What jobs of this kind take; 0 while too few are done.
static int64_t usual_us(const struct stragglers *stragglers, const struct straggler_job *job)
{
    const struct straggler_kind *known = &stragglers->kinds[job->kind % STRAGGLER_KINDS_MAX];
    return known->count < STRAGGLER_SAMPLES_MIN ? 0 : known->total_us / known->count;
}

static uint16_t pace_of(const struct straggler_job *job, int64_t usual)
{
    const int64_t tenths =
        job->age_us > INT64_MAX / TENTHS ? PACE_TENTHS_MAX : job->age_us * TENTHS / usual;
    return (uint16_t)(tenths > PACE_TENTHS_MAX ? PACE_TENTHS_MAX : tenths < 1 ? 1 : tenths);
}

void stragglers_learn(struct stragglers *stragglers, const struct straggler_job *job)
{
    struct straggler_kind *known = &stragglers->kinds[job->kind % STRAGGLER_KINDS_MAX];
    uint16_t *pace = &stragglers->pace_tenths[job->worker % STRAGGLER_WORKERS];
    known->total_us += job->age_us;
    known->count++;
    const int64_t usual = usual_us(stragglers, job);
    if (usual == 0) return;
    const uint16_t last = pace_of(job, usual);
    *pace = *pace == 0 ? last : (uint16_t)((*pace + last) / 2);
}

void stragglers_learn_late(struct stragglers *stragglers, const struct straggler_job *job)
{
    const int64_t usual = usual_us(stragglers, job);
    uint16_t *pace = &stragglers->pace_tenths[job->worker % STRAGGLER_WORKERS];
    if (usual > 0 && pace_of(job, usual) > *pace) *pace = pace_of(job, usual);
}

bool stragglers_is_late(const struct stragglers *stragglers, const struct straggler_job *job,
                        int64_t rest_us)
{
    const int64_t usual = usual_us(stragglers, job);
    if (usual == 0 || job->age_us < STRAGGLER_AGE_US_MIN) return false;
    const int64_t late = usual * (rest_us == 0 ? LATE_IDLE_TENTHS : LATE_TENTHS) / TENTHS;
    if (job->age_us > late) return true;
    const int64_t pace = stragglers->pace_tenths[job->worker % STRAGGLER_WORKERS];
    const int64_t left = usual * pace / TENTHS - job->age_us;
    return left > usual * GAIN_TENTHS / TENTHS && left > rest_us;
}

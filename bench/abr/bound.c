// SPDX-License-Identifier: Apache-2.0
//
// How much bitrate there is to be had: a player that knows the whole recording and the whole title
// beforehand, found by dynamic programming on the very sessions that the rules play.
//
//     segment i     begins when the buffer has room, arrives before it is due
//     due_i         startup + i segments + what the floor stalled in this session, anywhere
//     state         segment, time ahead of due_i in steps, rung before; the best is kept exact
//
// It stalls no longer than the floor, so its excess rebuffering is 0. Of two states in one step the
// one with more bits is kept: what is printed has been reached, a little more may be possible. A
// price on switches (in kilobits) trades bitrate for steadiness.
//
//     abr-bound TRACES BUFFER_S MODULO REMAINDER [PRICE_KBIT ...]
//
// MODULO 2 and REMAINDER 0 or 1 take one half of the recordings by a hash of their names, windows
// of one recording (NAME-3.csv) together; MODULO 1 takes all. Links under 6 Mb/s alone.
#include "player/simulate.h"
#include "player/simulate_rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 512, RUNGS = LADDER_RUNGS_MAX };
static const double STEP_S = 0.5, CONSTRAINED_BPS = 6e6;

struct cell {
    double value; // bits less the price of switches; negative: nobody was here
    double ahead_s;
    double bits, switches;
};

struct recording {
    const struct trace *trace;
    double *until_s, *until_bits; // sums, step by step
};

static struct cell grid[2][STEPS_MAX][RUNGS];

static struct recording open_recording(const struct trace *trace, struct arena *arena)
{
    struct recording recording = {trace, NULL, NULL};
    recording.until_s = arena_take_array(arena, trace->step_count, sizeof(double));
    recording.until_bits = arena_take_array(arena, trace->step_count, sizeof(double));
    if (recording.until_s == NULL || recording.until_bits == NULL) abort();
    double s = 0, bits = 0;
    for (size_t i = 0; i < trace->step_count; i++) {
        s += trace->steps[i].seconds;
        bits += trace->steps[i].seconds * trace->steps[i].bps;
        recording.until_s[i] = s;
        recording.until_bits[i] = bits;
    }
    return recording;
}

// The first step whose sum is more than `value`.
static size_t step_at(const double *sums, size_t count, double value)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sums[middle] > value)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// When `bytes` asked for at `now_s` have arrived.
static double arrival_s(const struct recording *recording, double now_s, double bytes)
{
    const struct trace *trace = recording->trace;
    const double start_s = now_s + trace->latency_s;
    const double passes = floor(start_s / trace->seconds);
    const double into_s = start_s - passes * trace->seconds;
    const size_t at = step_at(recording->until_s, trace->step_count, into_s);
    double bits = recording->until_bits[at] -
                  (recording->until_s[at] - into_s) * trace->steps[at].bps + bytes * 8;
    const double laps = floor(bits / trace->bits);
    bits -= laps * trace->bits;
    const size_t end = step_at(recording->until_bits, trace->step_count, bits);
    const double rate = trace->steps[end].bps;
    const double behind_s = rate > 0 ? (recording->until_bits[end] - bits) / rate : 0;
    return (passes + laps) * trace->seconds + recording->until_s[end] - behind_s;
}

static void keep(struct cell *cell, const struct cell *candidate)
{
    if (candidate->value > cell->value ||
        (candidate->value == cell->value && candidate->ahead_s > cell->ahead_s))
        *cell = *candidate;
}

static size_t step_of(double ahead_s)
{
    const double step = ahead_s / STEP_S;
    return step >= STEPS_MAX - 1 ? STEPS_MAX - 1 : (size_t)step;
}

static void clear(struct cell (*cells)[RUNGS])
{
    for (size_t i = 0; i < STEPS_MAX; i++)
        for (size_t r = 0; r < RUNGS; r++)
            cells[i][r].value = -1;
}

// Every way on from one state.
static void spread(const struct simulation *simulation, const struct recording *recording,
                   const struct cell *from, size_t rung, const double *sizes, double due_s,
                   double grace_s, double price, struct cell (*next)[RUNGS])
{
    const double segment_s = simulation->segment_s;
    // Asked for once the segment before is here and this one fits into the buffer.
    double now_s = due_s - segment_s - from->ahead_s;
    const double room_s = due_s - grace_s - simulation->capacity_s;
    if (now_s < room_s) now_s = room_s;
    for (size_t r = 0; r < simulation->ladder->rungs; r++) {
        const double ahead_s = due_s - arrival_s(recording, now_s, sizes[r]);
        if (ahead_s < 0) break; // nor does a larger one arrive in time
        const struct cell candidate = {
            .value = from->value + sizes[r] * 8 - (r != rung ? price : 0),
            .ahead_s = ahead_s,
            .bits = from->bits + sizes[r] * 8,
            .switches = from->switches + (r != rung),
        };
        keep(&next[step_of(ahead_s)][r], &candidate);
    }
}

// The best session; value -1 when there is none that keeps to the floor's stalls.
static struct cell play(const struct simulation *simulation, const struct recording *recording,
                        uint64_t index, double price)
{
    const size_t segments = session_segments(simulation, recording->trace);
    const size_t rungs = simulation->ladder->rungs;
    const struct session lowest =
        session_play(simulation, recording->trace, index, &rule_lowest, NULL);
    const double *sizes = session_sizes(simulation, recording->trace, index);
    size_t now = 0;
    clear(grid[now]);
    // The first segment is the floor's. A hair more, for its stalls were summed in another order.
    const double grace_s = lowest.stall_s + 1e-6;
    grid[now][step_of(grace_s)][0] = (struct cell){sizes[0] * 8, grace_s, sizes[0] * 8, 0};
    for (size_t i = 1; i < segments; i++) {
        const double due_s = lowest.startup_s + (double)i * simulation->segment_s + grace_s;
        clear(grid[1 - now]);
        for (size_t step = 0; step < STEPS_MAX; step++)
            for (size_t r = 0; r < rungs; r++)
                if (grid[now][step][r].value >= 0)
                    spread(simulation, recording, &grid[now][step][r], r, sizes + i * rungs, due_s,
                           grace_s, price, grid[1 - now]);
        now = 1 - now;
    }
    struct cell best = {.value = -1};
    for (size_t step = 0; step < STEPS_MAX; step++)
        for (size_t r = 0; r < rungs; r++)
            keep(&best, &grid[now][step][r]);
    return best;
}

// FNV-1a of the recording's name without the number of its window.
static unsigned long half_of(const char *name, unsigned long modulo)
{
    const char *dash = strrchr(name, '-');
    const size_t len = dash == NULL ? strlen(name) : (size_t)(dash - name);
    unsigned long hash = 2166136261U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619U & 0xffffffffU;
    return hash % modulo;
}

static void report(const struct simulation *simulation, const struct trace *traces, size_t count,
                   unsigned long modulo, unsigned long remainder, double price)
{
    double bits = 0, media_s = 0, switches = 0, missed = 0, plain_bits = 0, dynamic_switches = 0;
    size_t sessions = 0;
    for (size_t i = 0; i < count; i++) {
        if (traces[i].bits / traces[i].seconds >= CONSTRAINED_BPS) continue;
        if (half_of(traces[i].name, modulo) != remainder) continue;
        autoarena arena = arena_init(256U << 20);
        const struct recording recording = open_recording(&traces[i], &arena);
        const struct cell best = play(simulation, &recording, i, price);
        sessions++;
        if (best.value < 0) {
            missed++;
            continue;
        }
        bits += best.bits;
        switches += best.switches;
        const struct session plain = session_play(simulation, &traces[i], i, &rule_plain, NULL);
        const struct session dynamic = session_play(simulation, &traces[i], i, &rule_dynamic, NULL);
        media_s += plain.played_s;
        plain_bits += plain.bits;
        dynamic_switches += dynamic.switches;
    }
    printf("%5.0f s %6zu %6.0f %12.0f %8.0f %8.3f %12.2f %8.2f\n", simulation->capacity_s, sessions,
           missed, price / 1000, bits / media_s / 1000, bits / plain_bits, switches / media_s * 60,
           switches / dynamic_switches);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct why why = {""};
    autoarena arena = arena_init(1U << 30);
    const struct trace *traces = NULL;
    struct ladder ladder;
    size_t count = 0;
    if (argc < 5) {
        (void)fprintf(stderr,
                      "usage: abr-bound TRACES BUFFER_S MODULO REMAINDER [PRICE_KBIT ...]\n");
        return 2;
    }
    if (traces_load(argv[1], &arena, &traces, &count, &why) != OK ||
        ladder_load("mission", &ladder, &why) != OK) {
        (void)fprintf(stderr, "abr-bound: %s\n", why.text);
        return 1;
    }
    const struct simulation simulation = {
        .ladder = &ladder, .segment_s = 2, .capacity_s = strtod(argv[2], NULL), .seed = 1};
    const unsigned long modulo = strtoul(argv[3], NULL, 10);
    const unsigned long remainder = strtoul(argv[4], NULL, 10);
    if (modulo == 0) return 2;
    printf("buffer sessions missed  price kbit     kb/s of plain switches/min of Dynamic\n");
    for (int i = 5; i < argc || i == 5; i++)
        report(&simulation, traces, count, modulo, remainder,
               i < argc ? strtod(argv[i], NULL) * 1000 : 0);
    return 0;
}

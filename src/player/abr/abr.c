// SPDX-License-Identifier: Apache-2.0
//
// How it decides, in the order of the code below (docs/abr.md has the reasons and the
// measurements):
//
//  1. Throughput: three averages over fast, middle and long memory, fed while transfers run, mixed
//     by how well each has lately foretold the next seconds.
//  2. Target: the brim, less the safer the link is from costing a player at the lowest rung half
//     its buffer (spent buffer cannot be had back in time on a link that sinks towards that rung),
//     and a share of what is left to play: at the end of a title a full buffer is of no use.
//  3. Plan: time-based control in the manner of SODA (Chen et al., SIGCOMM 2024): over five
//     intervals of one segment's duration, the least of distortion, distance from the target and
//     switching, among monotone sequences of rungs.
//  4. Bounds: never above the smallest rate that covers what link and buffer carry together; never
//     a segment that a pessimistic link would not deliver in time; always down while the buffer is
//     low.
//
// Nothing here may differ between machines: double arithmetic without contraction, no libm, no
// table of the platform's.
#include "player/abr/abr.h"

#include <stddef.h>

// Found on one half of the recorded sessions, with time-shifted and scaled copies, and kept where
// the other half agreed.
struct tuning {
    double half_fast, half_mid, half_long; // s of transfer in which an average forgets half
    double chunk_s;                        // the forecasts are judged over this much transfer time
    double half_error;                     // s, memory of their errors
    double trust;                          // how sharply the better forecast is preferred
    double discount, discount_calm;        // of the estimate; more of it on a calm link
    double half_scar, half_trough;         // s, memory of the floor's dips and of the worst rate
    double calm_from, calm_to; // safety below which a link is restless, above which calm
    double near_s, ease_s;     // targets: the brim less this; of a calm link
    double rest, rest_calm;    // target, share of what is left to play; so much less on a calm link
    double rest_near;          // that share shrinks towards the end: from capacity / this on
    double rest_least_s;       // what is kept to the end
    double afford;             // how far above the estimate the buffer may be spent
    double beta; // buffer cost below the target, of 30 s; in proportion to the capacity
    double over; // and above it, of that below
    double last; // weight of the last interval's buffer cost
    double gamma, gamma_restless;         // price of a switch of a calm link; log2 of a restless
    double fall_plan, fall_plan_restless; // how much of a fall the plan believes
    double pessimism, reserve_s, reserve; // what one segment may take: all but this at that rate
    double abandon_buffer, abandon_s, abandon_gain;
};

static const struct tuning tuning = {
    .half_fast = 2.0,
    .half_mid = 5.755,
    .half_long = 32.85,
    .chunk_s = 2.5,
    .half_error = 71.67,
    .trust = 7.927,
    .discount = 0.6033,
    .discount_calm = 0.4667,
    .half_scar = 31.95,
    .half_trough = 150.7,
    .calm_from = 0.658,
    .calm_to = 3.7,
    .near_s = 1.5,
    .ease_s = 16.13,
    .rest = 1.249,
    .rest_calm = 0.869,
    .rest_near = 0.485,
    .rest_least_s = 12.75,
    .afford = 3.0,
    .beta = 164.0,
    .over = 0.0035,
    .last = 2.179,
    .gamma = 5.2,
    .gamma_restless = 1.0,
    .fall_plan = 3.653,
    .fall_plan_restless = 1.283,
    .pessimism = 0.7145,
    .reserve_s = 6.168,
    .reserve = 0.4437,
    .abandon_buffer = 0.7588,
    .abandon_s = 8.141,
    .abandon_gain = 0.8136,
};

enum {
    RUNGS_MAX = PRIMROSE_ABR_RUNGS_MAX,
    HORIZON = 5,       // intervals: forecasts carry no further than ten seconds
    STEPS_MAX = 2,     // rungs from one interval of a plan to the next, after the first
    SAVED_VERSION = 1, // first of the saved numbers
};

#define LOW_BUFFER_S     10.0 // below it quality sinks with every segment
#define LOW_BUFFER_SHARE 0.5  // of the capacity, where that is smaller;
#define LOW_LIVE_SHARE   0.4  // of a live one, which has no more to swing in
#define CAPACITY_S       30.0 // for which the costs were found
#define START_S          0.4  // of loading, that the first segment may take after a saved estimate
#define SAVED_WEIGHT_S   0.25 // of transfer, that a remembered link counts for
#define ABANDON_AFTER_S  0.5
#define SIGMA_UNKNOWN    0.3 // until the link has shown its own, worth SIGMA_WEIGHT_S
#define SIGMA_WEIGHT_S   4.0
#define ERROR_WEIGHT_MAX 4.0  // a stall of a minute is one event, not twenty
#define DIP_AFTER        15.0 // transfers, before the floor's dips are remembered: it starts empty
#define SINKINGS_SURE    3.0  // after so many a list that sinks is taken to be the whole rest
#define FLOW_LEAST_S     1e-6 // shorter flows say nothing
#define NUMBER_MAX       1e15 // times, sizes and rates above it are nonsense
#define LOG2_E           1.4426950408889634
#define LN_2             0.6931471805599453

struct average {
    double rate_sum; // of weighted rates, bit/s
    double weight;
};

enum { FAST, MIDDLE, LONG, AVERAGES };

// What lies in the caller's block.
struct memory {
    struct average averages[AVERAGES];
    struct average before[AVERAGES]; // as they were when the running chunk began
    double error[AVERAGES];          // sums of |log(rate / forecast)|, decaying
    double error_weight_s;
    double chunk_bits, chunk_s;
    double seen_bytes, seen_s; // of the running transfer, fed into the averages already
    double latency_s;
    double transfers;
    double end_s;           // of the last transfer
    double is_live;         // 0 or 1
    double capacity_s;      // the most it has been
    double left_s;          // to play of the title; 0: unknown
    double ahead;           // segments that the last decision was given
    double sinkings;        // decisions in a row that were given one segment less
    double lowest_bps;      // rate of the lowest rung, 0 before the first decision
    double floor_s;         // the buffer of a player that always takes the lowest rung
    double floor_dip;       // the deepest it has lately been below the brim, share of capacity
    double trough;          // log of the worst fast average over the lowest rate, fading
    double was_comfortable; // 1: the buffer has once been above the low mark
};

_Static_assert(sizeof(struct memory) <= PRIMROSE_ABR_STATE_BYTES,
               "the block of abr.h is large enough");
_Static_assert(_Alignof(struct memory) <= 8, "the block of abr.h is aligned enough");

// --- numbers

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double most(double a, double b)
{
    return a > b ? a : b;
}

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

// A time, size or rate of the caller's; 0 where it makes no sense.
static double sane(double x)
{
    return x > 0.0 && x < NUMBER_MAX ? x : 0.0;
}

union bits {
    double number;
    uint64_t word;
};

// 2^x for -1000 <= x <= 1000, beyond that the end of the range; 1e-12 exact.
static double power_of_2(double x)
{
    x = within(x, -1000.0, 1000.0);
    int whole = (int)x;
    if ((double)whole > x) whole--;
    const double f = (x - (double)whole) * LN_2;
    double term = 1.0, sum = 1.0;
    for (int i = 1; i <= 14; i++) {
        term = term * f / (double)i;
        sum += term;
    }
    const union bits scale = {.word = (uint64_t)(whole + 1023) << 52};
    return sum * scale.number;
}

// ln(x) for normal x > 0; 1e-12 exact.
static double natural_log(double x)
{
    union bits bits = {.number = most(x, 1e-300)};
    int exponent = (int)(bits.word >> 52 & 0x7ff) - 1023;
    bits.word = (bits.word & 0x000fffffffffffffU) | 0x3ff0000000000000U;
    double m = bits.number;
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    const double t = (m - 1.0) / (m + 1.0);
    double power = t, sum = 0.0;
    for (int i = 1; i <= 17; i += 2) {
        sum += power / (double)i;
        power *= t * t;
    }
    return (double)exponent * LN_2 + 2.0 * sum;
}

// How far apart two rates are, as |log|; a silent link counts as one at a fiftieth of the forecast.
static double log_distance(double rate, double forecast)
{
    const double log = natural_log(most(rate, 0.02 * forecast) / forecast);
    return log < 0.0 ? -log : log;
}

// --- 1. throughput

static const double *const half_s[AVERAGES] = {&tuning.half_fast, &tuning.half_mid,
                                               &tuning.half_long};

static double rate_of(const struct average *average)
{
    return average->weight > 0.0 ? average->rate_sum / average->weight : 0.0;
}

static void average_add(struct average *average, double memory_s, double bps, double seconds)
{
    const double keep = power_of_2(-seconds / memory_s);
    average->rate_sum = average->rate_sum * keep + bps * (1.0 - keep);
    average->weight = average->weight * keep + (1.0 - keep);
}

static double error_of(const struct memory *s, int average)
{
    return (s->error[average] + SIGMA_UNKNOWN * SIGMA_WEIGHT_S) /
           (s->error_weight_s + SIGMA_WEIGHT_S);
}

// The averages, mixed by how small their errors have been.
static double estimate_of(const struct memory *s)
{
    double sum = 0.0, weight = 0.0;
    for (int i = 0; i < AVERAGES; i++) {
        const double trust = power_of_2(-tuning.trust * natural_log(1.0 + 10.0 * error_of(s, i)));
        sum += trust * rate_of(&s->averages[i]);
        weight += trust;
    }
    return sum / weight;
}

// What the averages foretold, against what came.
static void chunk_end(struct memory *s)
{
    const double rate = s->chunk_bits / s->chunk_s;
    if (s->before[MIDDLE].weight > 0.0 && rate_of(&s->before[MIDDLE]) > 0.0) {
        const double weight_s = least(s->chunk_s, ERROR_WEIGHT_MAX);
        const double keep = power_of_2(-s->chunk_s / tuning.half_error);
        for (int i = 0; i < AVERAGES; i++)
            s->error[i] = s->error[i] * keep +
                          weight_s * log_distance(rate, most(rate_of(&s->before[i]), 1.0));
        s->error_weight_s = s->error_weight_s * keep + weight_s;
    }
    for (int i = 0; i < AVERAGES; i++)
        s->before[i] = s->averages[i];
    s->chunk_bits = 0.0;
    s->chunk_s = 0.0;
}

// Bits that came in some seconds of a transfer.
static void flow_add(struct memory *s, double bits, double seconds)
{
    if (!(seconds > FLOW_LEAST_S)) return;
    for (int i = 0; i < AVERAGES; i++)
        average_add(&s->averages[i], *half_s[i], bits / seconds, seconds);
    s->chunk_bits += bits;
    s->chunk_s += seconds;
    if (s->chunk_s >= tuning.chunk_s) chunk_end(s);
}

// log(rate / lowest rung's rate): how many times over the link could carry the lowest rung.
static double level_of(const struct memory *s, int average)
{
    return natural_log(most(rate_of(&s->averages[average]), 0.005 * s->lowest_bps) / s->lowest_bps);
}

// The buffer that a player at the lowest rung would have, and how deep it has dipped: the scars of
// outages.
static void floor_pass(struct memory *s, double bits, double start_s, double end_s)
{
    if (!(s->lowest_bps > 0.0) || !(s->capacity_s > 0.0)) return;
    const double passed_s = most(end_s - (s->transfers > 0.0 ? s->end_s : start_s), 0.0);
    s->floor_s = within(s->floor_s + bits / s->lowest_bps - passed_s, 0.0, s->capacity_s);
    s->floor_dip *= power_of_2(-passed_s / tuning.half_scar);
    const double dip = 1.0 - s->floor_s / s->capacity_s;
    if (s->transfers > DIP_AFTER) s->floor_dip = most(s->floor_dip, dip);
    const double level = level_of(s, FAST);
    const double kept = power_of_2(-passed_s / tuning.half_trough);
    s->trough = s->transfers > 0.0 ? least(level, level + (s->trough - level) * kept) : level;
}

// --- the public calls about throughput

uint32_t primrose_abr_version(void)
{
    return PRIMROSE_ABR_VERSION;
}

uint32_t primrose_abr_state_bytes(void)
{
    return PRIMROSE_ABR_STATE_BYTES;
}

int32_t primrose_abr_init(void *state, uint32_t state_bytes, int32_t mode, double capacity_s,
                          const double *saved, uint32_t saved_count)
{
    struct memory *s = state;
    if (s == NULL || state_bytes < sizeof *s) return -1;
    unsigned char *bytes = state;
    for (size_t i = 0; i < sizeof *s; i++)
        bytes[i] = 0;
    s->is_live = mode == PRIMROSE_ABR_LIVE ? 1.0 : 0.0;
    s->capacity_s = sane(capacity_s);
    if (saved == NULL || saved_count < PRIMROSE_ABR_SAVED_NUMBERS ||
        !(saved[0] == (double)SAVED_VERSION))
        return 0;
    const double bps = sane(saved[1]);
    for (int i = 0; i < AVERAGES && bps > 0.0; i++)
        average_add(&s->averages[i], *half_s[i], bps, SAVED_WEIGHT_S);
    const double sigma = least(sane(saved[2]), 4.0);
    for (int i = 0; i < AVERAGES; i++)
        s->error[i] = sigma * SIGMA_WEIGHT_S;
    s->error_weight_s = SIGMA_WEIGHT_S;
    s->latency_s = least(sane(saved[3]), 10.0);
    return 0;
}

double primrose_abr_estimate(const void *state)
{
    return state == NULL ? 0.0 : estimate_of(state);
}

void primrose_abr_left(void *state, double left_s)
{
    struct memory *s = state;
    if (s != NULL) s->left_s = sane(left_s);
}

uint32_t primrose_abr_save(const void *state, double *out, uint32_t room)
{
    const struct memory *s = state;
    if (s == NULL || out == NULL || room < PRIMROSE_ABR_SAVED_NUMBERS || !(estimate_of(s) > 0.0))
        return 0;
    out[0] = (double)SAVED_VERSION;
    out[1] = estimate_of(s);
    out[2] = error_of(s, MIDDLE);
    out[3] = s->latency_s;
    return PRIMROSE_ABR_SAVED_NUMBERS;
}

int32_t primrose_abr_observe(void *state, double bytes, double start_s, double first_byte_s,
                             double end_s)
{
    struct memory *s = state;
    if (s == NULL || !(bytes >= 0.0 && bytes < NUMBER_MAX) || !(start_s > -NUMBER_MAX) ||
        !(first_byte_s >= start_s) || !(end_s >= first_byte_s) || !(end_s < NUMBER_MAX))
        return -1;
    const double latency_s = first_byte_s - start_s;
    // A request that never got a byte says as much about the link as one that did.
    const double flow_s = bytes > 0.0 ? end_s - first_byte_s : end_s - start_s;
    if (!(flow_s > FLOW_LEAST_S)) return -1;
    if (s->seen_s > 0.0 && s->seen_bytes <= bytes && s->seen_s <= flow_s)
        flow_add(s, 8.0 * (bytes - s->seen_bytes), flow_s - s->seen_s);
    else
        flow_add(s, 8.0 * bytes, flow_s);
    s->seen_bytes = 0.0;
    s->seen_s = 0.0;
    s->latency_s = s->transfers > 0.0 ? 0.8 * s->latency_s + 0.2 * latency_s : latency_s;
    floor_pass(s, 8.0 * bytes, start_s, end_s);
    s->transfers += 1.0;
    s->end_s = end_s;
    return 0;
}

// --- 2. target, and what the plan needs to know

// What the caller said, cleaned.
struct ask {
    const double *rates_bps;
    const double *sizes_bytes; // NULL: unknown
    int rungs;
    uint32_t ahead;
    double segment_s, buffer_s, capacity_s;
    int previous;
};

struct plan {
    double distortion[RUNGS_MAX]; // log(top rate / rate)
    double media_s[RUNGS_MAX];    // that one interval brings
    int top;                      // highest rung allowed
    double interval_s, capacity_s;
    double target_s;
    double beta, gamma; // costs
    double best;        // of the sequences seen so far
};

// How the link looks at this moment.
struct outlook {
    double calm; // 0: it may sink to the lowest rung within seconds; 1: nothing speaks for that
    double fall; // log(middle / fast), where it falls
    double bps;  // to count on
};

static double rate_at(const struct ask *ask, int rung)
{
    return most(sane(ask->rates_bps[rung]), 1.0);
}

static double segment_bits(const struct ask *ask, const double *sizes_bytes, int rung)
{
    const double bytes = sizes_bytes == NULL ? 0.0 : sane(sizes_bytes[rung]);
    return bytes > 0.0 ? 8.0 * bytes : rate_at(ask, rung) * ask->segment_s;
}

// Bits of a segment on average over the horizon.
static double segment_bits_ahead(const struct ask *ask, int rung)
{
    const uint32_t count = ask->ahead < HORIZON ? ask->ahead : HORIZON;
    if (ask->sizes_bytes == NULL || count == 0) return segment_bits(ask, NULL, rung);
    double bits = 0.0;
    for (uint32_t i = 0; i < count; i++)
        bits += segment_bits(ask, ask->sizes_bytes + (size_t)i * (size_t)ask->rungs, rung);
    return bits / (double)count;
}

static double drop_of(double now_bps, double before_bps)
{
    return now_bps < before_bps ? natural_log(before_bps / most(now_bps, 0.001 * before_bps)) : 0.0;
}

// Minus the log odds, less a constant, that the link will cost a player at the lowest rung half its
// buffer within a minute: a logistic regression on the recorded links.
static double safety_of(const struct memory *s)
{
    return 0.82 * level_of(s, FAST) + 0.62 * level_of(s, MIDDLE) - 1.04 * level_of(s, LONG) +
           0.48 * s->trough - 0.22 * natural_log(error_of(s, MIDDLE)) - 0.68 * s->floor_dip;
}

// A list of sizes that loses one from decision to decision goes to the end of the title; one that
// slides along keeps its length until it gets there.
static void follow_ahead(struct memory *s, double ahead)
{
    s->sinkings = ahead > 0.0 && ahead == s->ahead - 1.0 ? s->sinkings + 1.0 : 0.0;
    s->ahead = ahead;
}

// What is left to play of the title, the buffer included; 0: unknown.
static double left_of(const struct memory *s, const struct ask *ask)
{
    if (s->left_s > 0.0) return s->left_s;
    if (ask->capacity_s < s->capacity_s) return ask->capacity_s;
    return s->sinkings >= SINKINGS_SURE ? ask->buffer_s + s->ahead * ask->segment_s : 0.0;
}

static double target_of(const struct plan *plan, double left_s, double calm)
{
    const double brim_s = plan->capacity_s - tuning.near_s;
    const double ease_s = least(tuning.ease_s, 0.7 * plan->capacity_s);
    const double target_s = most(brim_s - calm * (brim_s - ease_s), ease_s);
    if (!(left_s > 0.0)) return target_s;
    const double near = least(tuning.rest_near * left_s / plan->capacity_s, 1.0);
    const double share = (tuning.rest - tuning.rest_calm * calm) * near;
    return least(target_s, most(share * left_s, tuning.rest_least_s));
}

static struct outlook outlook_of(const struct memory *s, double left_s, struct plan *plan)
{
    const double middle = rate_of(&s->averages[MIDDLE]);
    const double fall = drop_of(rate_of(&s->averages[FAST]), middle);
    const double calm =
        within((safety_of(s) - tuning.calm_from) / (tuning.calm_to - tuning.calm_from), 0.0, 1.0);
    const double larger = most(plan->capacity_s / CAPACITY_S, 0.1);
    plan->target_s = target_of(plan, left_s, calm);
    plan->beta = tuning.beta * larger;
    plan->gamma = tuning.gamma * power_of_2(tuning.gamma_restless * (1.0 - calm) +
                                            0.5 * LOG2_E * natural_log(larger));
    return (struct outlook){
        .calm = calm,
        .fall = fall,
        .bps = estimate_of(s) * least(1.0, tuning.discount + tuning.discount_calm * calm),
    };
}

// --- 3. plan

static double buffer_cost(const struct plan *plan, double buffer_s)
{
    const double below = (plan->target_s - buffer_s) / 10.0;
    return below > 0.0 ? below * below : tuning.over * below * below;
}

// Cost of one interval at `rung`, and the buffer after it.
static double interval_cost(const struct plan *plan, double buffer_s, int rung, int previous,
                            int depth, double *after_s)
{
    const double intervals = plan->media_s[rung] / plan->interval_s;
    const double after = least(buffer_s + plan->media_s[rung] - plan->interval_s, plan->capacity_s);
    const double weight = depth == HORIZON - 1 ? tuning.last : 1.0;
    *after_s = most(after, 0.0);
    double cost =
        plan->distortion[rung] * intervals + plan->beta * weight * buffer_cost(plan, *after_s);
    if (after < 0.0) cost += 100.0 * -after;
    // A rung that the link carries several times over will not have to be left again.
    if (rung != previous) cost += plan->gamma * least(1.0 / intervals, 1.0);
    return cost;
}

// All sequences that go on in one direction (+1 up, -1 down), by at most STEPS_MAX rungs an
// interval, unless they cost more than the best already: at most 3^4 for each first rung, in
// practice a few dozen visits in all.
static void descend(struct plan *plan, double buffer_s, int previous, int depth, int direction,
                    double cost)
{
    if (depth == HORIZON) {
        plan->best = least(plan->best, cost);
        return;
    }
    for (int step = 0; step <= STEPS_MAX; step++) {
        const int rung = previous + step * direction;
        if (rung < 0 || rung > plan->top) break;
        double after_s = 0.0;
        const double sum = cost + interval_cost(plan, buffer_s, rung, previous, depth, &after_s);
        if (sum < plan->best) descend(plan, after_s, rung, depth + 1, direction, sum);
    }
}

static int plan_solve(struct plan *plan, double buffer_s, int previous)
{
    int choice = 0;
    plan->best = NUMBER_MAX;
    const int first = previous < plan->top ? previous : plan->top;
    for (int k = 0; k <= plan->top;
         k++) { // the rung we have comes first: a good answer early cuts most of the rest
        const int rung = (first + k) % (plan->top + 1);
        const double best_before = plan->best;
        double after_s = 0.0;
        const double cost = interval_cost(plan, buffer_s, rung, previous, 0, &after_s);
        if (cost >= plan->best) continue;
        if (rung >= previous) descend(plan, after_s, rung, 1, 1, cost);
        if (rung <= previous) descend(plan, after_s, rung, 1, -1, cost);
        if (plan->best < best_before) choice = rung;
    }
    return choice;
}

// --- 4. bounds, and the decision

static double low_mark_s(const struct memory *s)
{
    const double share = s->is_live > 0.0 ? LOW_LIVE_SHARE : LOW_BUFFER_SHARE;
    return least(LOW_BUFFER_S, share * s->capacity_s);
}

// What link and buffer carry together to the end of the title: all that is not yet here, in the
// time until only the last seconds are left in the buffer. Where the end is far, or unknown, what
// the link carries.
static double affordable_bps(const struct memory *s, const struct ask *ask)
{
    const double bps = estimate_of(s), left_s = left_of(s, ask);
    const double unfetched_s = left_s - ask->buffer_s;
    if (!(unfetched_s > 0.0) || ask->buffer_s <= tuning.rest_least_s) return bps;
    return bps * least((left_s - tuning.rest_least_s) / unfetched_s, tuning.afford);
}

// Down to a rung whose next segment leaves enough of the buffer even over a worse link than
// expected.
static int bound_by_reserve(const struct memory *s, const struct ask *ask, double bps, int rung)
{
    const double slow_bps = bps * tuning.pessimism;
    const double keep_s = least(tuning.reserve_s, tuning.reserve * ask->buffer_s);
    for (; rung > 0; rung--) {
        const double load_s = s->latency_s + segment_bits(ask, ask->sizes_bytes, rung) / slow_bps;
        if (ask->buffer_s - load_s >= keep_s) break;
    }
    return rung;
}

// Without a segment yet: what a remembered link loads in no time, for the first picture's sake.
static int first_rung(const struct memory *s, const struct ask *ask)
{
    const double bps = tuning.discount * estimate_of(s);
    int rung = 0;
    for (int r = 1; r < ask->rungs && bps > 0.0; r++)
        if (rate_at(ask, r) <= bps && segment_bits(ask, ask->sizes_bytes, r) <= START_S * bps)
            rung = r;
    return rung;
}

static int decide(struct memory *s, const struct ask *ask)
{
    s->lowest_bps = rate_at(ask, 0);
    if (ask->capacity_s > s->capacity_s) s->capacity_s = ask->capacity_s;
    if (ask->buffer_s >= low_mark_s(s)) s->was_comfortable = 1.0;
    if (ask->previous < 0) return first_rung(s, ask);
    if (!(estimate_of(s) > 0.0)) return 0;
    struct plan plan = {.interval_s = ask->segment_s, .capacity_s = s->capacity_s};
    const struct outlook outlook = outlook_of(s, left_of(s, ask), &plan);
    const double top_bps = affordable_bps(s, ask);
    const double believed = tuning.fall_plan + tuning.fall_plan_restless * (1.0 - outlook.calm);
    const double plan_bps = most(outlook.bps * power_of_2(-believed * outlook.fall), 1.0);
    for (int r = 0; r < ask->rungs; r++) {
        const double load_s = s->latency_s + segment_bits_ahead(ask, r) / plan_bps;
        plan.media_s[r] = ask->segment_s * ask->segment_s / load_s;
        plan.distortion[r] = natural_log(rate_at(ask, ask->rungs - 1) / rate_at(ask, r));
        if (r > 0 && rate_at(ask, r - 1) < top_bps) plan.top = r;
    }
    int rung = plan_solve(&plan, ask->buffer_s, ask->previous);
    rung = bound_by_reserve(s, ask, outlook.bps, rung);
    if (s->was_comfortable > 0.0 && ask->buffer_s < low_mark_s(s) && rung >= ask->previous)
        rung = ask->previous > 0 ? ask->previous - 1 : 0;
    return rung;
}

static int rungs_within(uint32_t rungs)
{
    return rungs < RUNGS_MAX ? (int)rungs : RUNGS_MAX;
}

int32_t primrose_abr_choose(void *state, const double *rates_bps, uint32_t rungs,
                            const double *sizes_bytes, uint32_t segments_ahead, double segment_s,
                            double buffer_s, double capacity_s, double now_s, int32_t previous,
                            double *wait_s)
{
    struct memory *s = state;
    (void)now_s; // for rules to come: a pause between transfers says nothing yet
    if (wait_s != NULL) *wait_s = 0.0;
    if (s == NULL || rates_bps == NULL || rungs == 0) return -1;
    const int count = rungs_within(rungs);
    const double duration_s = segment_s > 0.01 && segment_s < 3600.0 ? segment_s : 2.0;
    const double room_s = sane(capacity_s) > 0.0 ? capacity_s : s->capacity_s;
    const struct ask ask = {
        .rates_bps = rates_bps,
        .sizes_bytes = rungs <= RUNGS_MAX ? sizes_bytes : NULL, // else its rows are wider than ours
        .rungs = count,
        .ahead = segments_ahead,
        .segment_s = duration_s,
        .buffer_s = sane(buffer_s),
        .capacity_s = within(room_s, 2.0 * duration_s, 3600.0),
        .previous = previous < count ? previous : count - 1,
    };
    follow_ahead(s, (double)segments_ahead);
    return decide(s, &ask);
}

int32_t primrose_abr_abandon(void *state, const double *rates_bps, uint32_t rungs,
                             const double *sizes_bytes, double segment_s, double buffer_s,
                             int32_t rung, double bytes_so_far, double elapsed_s,
                             double first_byte_s)
{
    struct memory *s = state;
    if (s == NULL || rates_bps == NULL || rung < 0 || rung >= rungs_within(rungs)) return -1;
    const struct ask ask = {.rates_bps = rates_bps,
                            .rungs = rungs_within(rungs),
                            .segment_s = segment_s > 0.01 && segment_s < 3600.0 ? segment_s : 2.0};
    const double bytes = sane(bytes_so_far), elapsed = sane(elapsed_s), buffer = sane(buffer_s);
    // A first byte that is long overdue is a silent link.
    const double overdue_s = 2.0 * s->latency_s + 0.3;
    const double first_s = first_byte_s >= 0.0 ? first_byte_s : overdue_s;
    const double flow_s = elapsed - first_s;
    if (flow_s > s->seen_s && bytes >= s->seen_bytes) {
        flow_add(s, 8.0 * (bytes - s->seen_bytes), flow_s - s->seen_s);
        s->seen_bytes = bytes;
        s->seen_s = flow_s;
    }
    if (rung == 0 || elapsed < ABANDON_AFTER_S) return -1;
    const double bps = most(rate_of(&s->averages[FAST]), 1.0);
    const double left_s = (segment_bits(&ask, sizes_bytes, rung) - 8.0 * bytes) / bps;
    const double lowest_s = s->latency_s + segment_bits(&ask, sizes_bytes, 0) / bps;
    if (left_s <= tuning.abandon_buffer * buffer - tuning.abandon_s || left_s <= ask.segment_s ||
        lowest_s >= tuning.abandon_gain * left_s)
        return -1;
    for (int lower = rung - 1; lower > 0; lower--) {
        const double load_s = s->latency_s + segment_bits(&ask, sizes_bytes, lower) / bps;
        if (load_s < 0.25 * buffer && load_s < 0.5 * left_s) return lower;
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "player/abr/abr.h"

struct tuning {
    double half_fast, half_slow, mix, discount;
    double k_sigma;              // low quantile of the link: slow * exp(-k sigma)
    double calm0, calm_head, calm_sigma, calm_fall, calm_shadow;
    double near, span;           // target: capacity - near - span * calm * capacity
    double beta, beta_calm, eps, gamma, gamma_up;
    double pess, reserve, reserve_frac, start_frac;
    double shadow_half;
    double ab_left, ab_gain;
    double top_mul, err_half, fall_w;
};
static const struct tuning tuning = {
    .half_fast = 3, .half_slow = 15, .mix = 0.5, .discount = 1.0, .k_sigma = 2,
    .calm0 = 0.2, .calm_head = 0.4, .calm_sigma = 1, .calm_fall = 1, .calm_shadow = 1,
    .near = 2, .span = 0.6, .beta = 10, .beta_calm = 2, .eps = 0.2, .gamma = 4, .gamma_up = 1,
    .pess = 0.4, .reserve = 10, .reserve_frac = 0.6, .start_frac = 0.5, .shadow_half = 120, .ab_left = 2, .ab_gain = 0.6,
    .top_mul = 1.0, .err_half = 30, .fall_w = 0.5,
};

#define tuning_low 10.0
enum { RUNGS = PRIMROSE_ABR_RUNGS_MAX, HORIZON = 5 };

struct average { double bits, seconds; };
struct state {
    double capacity_s;
    struct average fast, slow;
    double latency_s;
    double err, err_w;     // mean |log error|
    double shadow, scar;  // the floor's buffer, and the memory of its worst dip (share of capacity)
    double rate_min;
    double last_end_s;
    double count;
    double comfortable;
    double held;
};
_Static_assert(sizeof(struct state) <= PRIMROSE_ABR_STATE_BYTES, "");

static double max2(double a, double b) { return a > b ? a : b; }
static double min2(double a, double b) { return a < b ? a : b; }

// 2^x for x <= 0
static double exp2_neg(double x) {
    if (x < -60) return 0;
    int n = (int)x; // toward zero: x in (n-1, n]
    double f = (x - n) * 0.69314718055994531;
    double p = 1 + f * (1 + f * (1.0/2 + f * (1.0/6 + f * (1.0/24 + f * (1.0/120 + f * (1.0/720 + f*(1.0/5040)))))));
    while (n < 0) { p *= 0.5; n++; }
    return p;
}
static double ln(double x) {
    if (!(x > 0)) return -100;
    int n = 0;
    while (x > 1.4142135623730951) { x *= 0.5; n++; if (n > 1100) break; }
    while (x < 0.70710678118654752) { x *= 2; n--; if (n < -1100) break; }
    double t = (x - 1) / (x + 1), t2 = t * t;
    return n * 0.69314718055994531 + 2 * t * (1 + t2 * (1.0/3 + t2 * (1.0/5 + t2 * (1.0/7 + t2 * (1.0/9 + t2*(1.0/11 + t2/13))))));
}

uint32_t primrose_abr_version(void) { return PRIMROSE_ABR_VERSION; }
uint32_t primrose_abr_state_bytes(void) { return PRIMROSE_ABR_STATE_BYTES; }
int32_t primrose_abr_init(void *block, uint32_t n, int32_t mode, double capacity_s, const double *saved, uint32_t sc) {
    struct state *s = block;
    *s = (struct state){0};
    s->capacity_s = capacity_s;
    return 0;
}
static double rate(const struct average *a) { return a->seconds > 0 ? a->bits / a->seconds : 0; }

static double est_raw(const struct state *s) {
    double f = rate(&s->fast), w = rate(&s->slow);
    return tuning.mix * min2(f, w) + (1 - tuning.mix) * w;
}
static double sigma(const struct state *s) { return s->err_w > 0 ? s->err / s->err_w : 0.3; }
double primrose_abr_estimate(const void *block) {
    const struct state *s = block;
    return est_raw(s) * tuning.discount;
}
uint32_t primrose_abr_save(const void *state, double *out, uint32_t room) { return 0; }

int32_t primrose_abr_observe(void *block, double bytes, double start_s, double first, double end_s) {
    struct state *s = block;
    double dt = end_s - first;
    double lat = first - start_s;
    if (bytes <= 0) { dt = end_s - start_s; }
    if (dt <= 0) return -1;
    double w = 8 * bytes / dt;
    double before = rate(&s->slow);
    double kf = exp2_neg(-dt / tuning.half_fast), ks = exp2_neg(-dt / tuning.half_slow);
    if (before > 0) {
        double e = ln(max2(w, before*0.02) / before); if (e < 0) e = -e;
        double ww = min2(dt, 4);
        double k = exp2_neg(-dt / tuning.err_half);
        s->err = s->err * k + e * ww; s->err_w = s->err_w * k + ww;
    }
    s->fast.bits = s->fast.bits * kf + w * (1 - kf); s->fast.seconds = s->fast.seconds * kf + (1 - kf);
    s->slow.bits = s->slow.bits * ks + w * (1 - ks); s->slow.seconds = s->slow.seconds * ks + (1 - ks);
    s->latency_s = s->count == 0 ? lat : 0.8 * s->latency_s + 0.2 * lat;
    double idle = s->count > 0 ? start_s - s->last_end_s : 0;
    (void)idle;
    if (s->rate_min > 0) {
        double all = end_s - (s->count > 0 ? s->last_end_s : start_s);
        s->shadow += (w / s->rate_min) * dt - all;
        if (s->shadow > s->capacity_s) s->shadow = s->capacity_s;
        if (s->shadow < 0) s->shadow = 0;
        s->scar *= exp2_neg(-all / tuning.shadow_half);
        double dip = 1 - s->shadow / s->capacity_s;
        if (s->count > 15 && dip > s->scar) s->scar = dip;
    }
    s->count++;
    s->last_end_s = end_s;
    return 0;
}

struct plan {
    uint32_t rungs; double v[RUNGS], m[RUNGS]; // distortion, media per interval
    double x_max, target, dt;
};
static double beta_now, gdn, gup;
static double buf_cost(const struct plan *p, double x) {
    double d = (p->target - x) / 10;
    return d > 0 ? d * d : tuning.eps * d * d;
}
static double step_cost(const struct plan *p, double x, int r, int prev, double *next) {
    double m = min2(p->m[r], p->x_max - x + p->dt);
    double nx = x + m - p->dt;
    double dv = p->v[r] - p->v[prev];
    *next = max2(nx, 0);
    return p->v[r] * m / p->dt + beta_now * buf_cost(p, *next) + (nx < 0 ? 100 * -nx : 0) + (dv > 0 ? gdn : gup) * dv * dv;
}
static double best_cost(const struct plan *p, double x, int prev, int depth, int dir) {
    if (depth == HORIZON) return 0;
    double best = 1e300;
    for (int r = prev; r >= 0 && r < (int)p->rungs; r += dir) {
        double nx, c = step_cost(p, x, r, prev, &nx);
        if (c >= best) continue;
        c += best_cost(p, nx, r, depth + 1, dir);
        if (c < best) best = c;
    }
    return best;
}
static double clamp01(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

int32_t primrose_abr_choose(void *block, const double *rates, uint32_t rungs, const double *sizes, uint32_t ahead, double seg,
                            double buffer, double cap_s, double now, int32_t prev, double *wait_s) {
    struct state *s = block;
    if (wait_s) *wait_s = 0;
    double w = primrose_abr_estimate(s);
    s->rate_min = rates[0];
    s->capacity_s = cap_s;
    if (buffer >= 10) s->comfortable = 1;
    if (prev < 0 || w <= 0) return 0;
    double fast = rate(&s->fast), slow = rate(&s->slow), sg = sigma(s);
    double fall = fast < slow ? ln(slow / max2(fast, slow * 0.001)) : 0;
    double head = ln(slow / rates[0]) - tuning.k_sigma * sg;
    double calm = clamp01(tuning.calm0 + tuning.calm_head * head - tuning.calm_sigma * sg - tuning.calm_fall * fall - tuning.calm_shadow * s->scar);
    struct plan p = {.rungs = rungs, .x_max = cap_s, .dt = seg};
    p.target = cap_s - tuning.near - tuning.span * calm * cap_s;
    beta_now = tuning.beta * exp2_neg(-tuning.beta_calm * calm);
    gdn = tuning.gamma; gup = tuning.gamma * tuning.gamma_up;
    uint32_t near = ahead < HORIZON ? ahead : HORIZON;
    int top = 0;
    double wplan = w * exp2_neg(-tuning.fall_w * fall);
    for (uint32_t r = 0; r < rungs; r++) {
        double bytes = 0;
        for (uint32_t i = 0; i < near; i++) bytes += sizes[i * rungs + r];
        double t = s->latency_s + (sizes && near ? 8 * bytes / near : rates[r] * seg) / wplan; // s per segment
        p.m[r] = seg * seg / t;
        p.v[r] = ln(rates[rungs - 1] / rates[r]);
        if (r > 0 && rates[r - 1] < w * tuning.top_mul) top = (int)r;
    }
    p.rungs = (uint32_t)top + 1;
    double best = 1e300; int pick = 0;
    for (int r = 0; r <= top; r++) {
        double nx, c = step_cost(&p, buffer, r, prev, &nx);
        int dir = r >= prev ? 1 : -1;
        if (c >= best) continue;
        if (r == prev) c += min2(best_cost(&p, nx, r, 1, 1), best_cost(&p, nx, r, 1, -1));
        else c += best_cost(&p, nx, r, 1, dir);
        if (c < best) { best = c; pick = r; }
    }
    for (; pick > 0; pick--) {
        double t = s->latency_s + (sizes && near ? 8 * sizes[pick] : rates[pick] * seg) / (w * tuning.pess);
        double keep = s->comfortable > 0 ? min2(tuning.reserve, buffer * tuning.reserve_frac) : buffer * tuning.start_frac;
        if (buffer - t >= keep) break;
    }
    if (s->comfortable > 0 && buffer < tuning_low && pick >= prev) pick = prev > 0 ? prev - 1 : 0;
    return pick;
}

int32_t primrose_abr_abandon(void *block, const double *rates, uint32_t rungs, const double *sizes, double seg, double buffer,
                             int32_t rung, double bytes, double elapsed, double first) {
    struct state *s = block;
    if (rung <= 0 || elapsed < 0.5) return -1;
    double total = sizes ? sizes[rung] : rates[rung] * seg / 8;
    double w = (8 * bytes + primrose_abr_estimate(s) * 0.5) / (elapsed - (first > 0 ? first : 0) + 0.5);
    double left = 8 * (total - bytes) / max2(w, 1);
    double low = 8 * (sizes ? sizes[0] : rates[0] * seg / 8) / max2(w, 1) + s->latency_s;
    if (left > buffer - tuning.ab_left && low < tuning.ab_gain * left) {
        int r = rung - 1;
        for (; r > 0; r--) {
            double t = 8 * (sizes ? sizes[r] : rates[r] * seg / 8) / max2(w, 1) + s->latency_s;
            if (t < 0.5 * buffer && t < 0.5 * left) break;
        }
        return r;
    }
    return -1;
}

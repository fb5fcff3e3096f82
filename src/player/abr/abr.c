// SPDX-License-Identifier: Apache-2.0
#include "player/abr/abr.h"

struct tuning {
    double half_fast, half_mid, half_long, mix, discount;
    double k_sigma;
    double calm0, calm_head, calm_sigma, calm_fall, calm_sink, calm_scar;
    double near, ease, ease_cap;           // targets: risky capacity - near; calm: ease + ease_cap * (capacity - 30)
    double beta, beta_calm, eps, gamma, gamma_up, cap_q;
    double pess, reserve, reserve_frac, start_frac, start_pess;
    double scar_half;
    double ab_left, ab_gain;
    double err_half, fall_w;
};
static const struct tuning tuning = {
    .half_fast = 2, .half_mid = 5, .half_long = 30, .mix = 0.56, .discount = 0.85, .k_sigma = 1.2,
    .calm0 = 0, .calm_head = 0.76, .calm_sigma = 1.4, .calm_fall = 2, .calm_sink = 1, .calm_scar = 0.5,
    .near = 0.5, .ease = 17, .ease_cap = 0.1, .beta = 100, .beta_calm = 5.3, .eps = 0.14, .gamma = 1.75, .gamma_up = 0.3, .cap_q = 0.5,
    .pess = 0.76, .reserve = 10, .reserve_frac = 0.57, .start_frac = 0.6, .start_pess = 0.7, .scar_half = 160, .ab_left = 3.8, .ab_gain = 0.65,
    .err_half = 60, .fall_w = 1,
};

#define tuning_low 10.0
enum { RUNGS = PRIMROSE_ABR_RUNGS_MAX, HORIZON = 5 };

struct average { double bits, seconds; };
struct state {
    double capacity_s;
    struct average fast, mid, lng;
    double latency_s;
    double err, err_w;     // mean |log error|
    double chunk_bits, chunk_s; // collected for the error
    double seen_bytes, seen_s; // of the running transfer, already counted
    double shadow, scar;  // the floor's buffer, and the memory of its worst dip (share of capacity)
    double rate_min;
    double last_end_s;
    double count;
    double comfortable;
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
    double f = rate(&s->fast), w = rate(&s->mid);
    return tuning.mix * min2(f, w) + (1 - tuning.mix) * w;
}
static double sigma(const struct state *s) { return (s->err + 0.3 * 4) / (s->err_w + 4); }
double primrose_abr_estimate(const void *block) {
    const struct state *s = block;
    return est_raw(s) * tuning.discount;
}
uint32_t primrose_abr_save(const void *state, double *out, uint32_t room) { return 0; }

static void average_add(struct average *a, double half, double bits, double dt) {
    double keep = exp2_neg(-dt / half), g = (1 - keep);
    a->bits = a->bits * keep + bits / dt * g; a->seconds = a->seconds * keep + g;
}
static void flow(struct state *s, double bits, double dt) {
    if (dt <= 0) return;
    s->chunk_bits += bits; s->chunk_s += dt;
    if (s->chunk_s >= 1) {
        double ref = rate(&s->mid), w = s->chunk_bits / s->chunk_s;
        if (ref > 0) {
            double e = ln(max2(w, ref * 0.02) / ref); if (e < 0) e = -e;
            double ww = min2(s->chunk_s, 4), k = exp2_neg(-s->chunk_s / tuning.err_half);
            s->err = s->err * k + e * ww; s->err_w = s->err_w * k + ww;
        }
        s->chunk_bits = s->chunk_s = 0;
    }
    average_add(&s->fast, tuning.half_fast, bits, dt);
    average_add(&s->mid, tuning.half_mid, bits, dt);
    average_add(&s->lng, tuning.half_long, bits, dt);
}

int32_t primrose_abr_observe(void *block, double bytes, double start_s, double first, double end_s) {
    struct state *s = block;
    double lat = first - start_s;
    double dt = end_s - first;
    if (bytes <= 0) { dt = end_s - start_s; }
    if (dt <= 0) return -1;
    double w = 8 * bytes / dt;
    if (s->seen_s > 0 && s->seen_bytes <= bytes && s->seen_s <= dt + 1e-9) flow(s, 8 * (bytes - s->seen_bytes), dt - s->seen_s);
    else flow(s, 8 * bytes, dt);
    s->seen_bytes = s->seen_s = 0;
    s->latency_s = s->count == 0 ? lat : 0.8 * s->latency_s + 0.2 * lat;
    if (s->rate_min > 0) {
        double all = end_s - (s->count > 0 ? s->last_end_s : start_s);
        s->shadow += (w / s->rate_min) * dt - all;
        if (s->shadow > s->capacity_s) s->shadow = s->capacity_s;
        if (s->shadow < 0) s->shadow = 0;
        s->scar *= exp2_neg(-all / tuning.scar_half);
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
static void descend(const struct plan *p, double x, int prev, int depth, int dir, double cost, double *best) {
    if (depth == HORIZON) { if (cost < *best) *best = cost; return; }
    for (int r = prev; r >= 0 && r < (int)p->rungs; r += dir) {
        double nx, c = cost + step_cost(p, x, r, prev, &nx);
        if (c < *best) descend(p, nx, r, depth + 1, dir, c, best);
    }
}
static int min_i(int a, int b) { return a < b ? a : b; }
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
    double fast = rate(&s->fast), mid = rate(&s->mid), lng = rate(&s->lng), sg = sigma(s);
    double fall = fast < mid ? ln(mid / max2(fast, mid * 0.001)) : 0;
    double sink = mid < lng ? ln(lng / max2(mid, lng * 0.001)) : 0;
    double head = ln(lng / rates[0]) - tuning.k_sigma * sg;
    double calm = clamp01(tuning.calm0 + tuning.calm_head * head - tuning.calm_sigma * sg - tuning.calm_fall * fall - tuning.calm_sink * sink - tuning.calm_scar * s->scar);
    struct plan p = {.rungs = rungs, .x_max = cap_s, .dt = seg};
    double ease = tuning.ease + tuning.ease_cap * (cap_s - 30);
    p.target = ease + (1 - calm) * (cap_s - tuning.near - ease);
    beta_now = tuning.beta * exp2_neg(-tuning.beta_calm * calm) * exp2_neg(-tuning.cap_q * ln(cap_s / 30) * 1.4427);
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
        if (r > 0 && rates[r - 1] < w * 1.0) top = (int)r;
    }
    p.rungs = (uint32_t)top + 1;
    double best = 1e300; int pick = 0;
    for (int k = 0; k <= top; k++) {
        int r = (min_i(prev, top) + k) % (top + 1);
        double nx, c = step_cost(&p, buffer, r, prev, &nx), was = best;
        if (c >= best) continue;
        if (r >= prev) descend(&p, nx, r, 1, 1, c, &best);
        if (r <= prev) descend(&p, nx, r, 1, -1, c, &best);
        if (best < was) pick = r;
    }
    for (; pick > 0; pick--) {
        double t = s->latency_s + (sizes && near ? 8 * sizes[pick] : rates[pick] * seg) / (w * (s->comfortable > 0 ? tuning.pess : tuning.start_pess));
        double keep = s->comfortable > 0 ? min2(tuning.reserve, buffer * tuning.reserve_frac) : buffer * tuning.start_frac;
        if (buffer - t >= keep) break;
    }
    if (s->comfortable > 0 && buffer < tuning_low && pick >= prev) pick = prev > 0 ? prev - 1 : 0;
    return pick;
}

int32_t primrose_abr_abandon(void *block, const double *rates, uint32_t rungs, const double *sizes, double seg, double buffer,
                             int32_t rung, double bytes, double elapsed, double first) {
    struct state *s = block;
    if (first >= 0 && elapsed - first > s->seen_s && bytes >= s->seen_bytes) { flow(s, 8 * (bytes - s->seen_bytes), elapsed - first - s->seen_s); s->seen_bytes = bytes; s->seen_s = elapsed - first; }
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

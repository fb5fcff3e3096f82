// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double profile_mbps[PROFILES] = {0.4, 0.8, 1.2, 1.8, 2.5, 4, 6, 7.5, 10, 15};
static const double profile_share[PROFILES] = {.01, .02, .05, .07, .10, .16, .20, .17, .12, .10};

uint32_t object_of(uint32_t title, uint32_t profile, uint32_t slice)
{
    return (title * PROFILES + profile) * SLICES_MAX + slice;
}

static void make_titles(struct workload *w, struct prng *prng, double exponent)
{
    double sum = 0, so_far = 0;
    for (uint32_t t = 0; t < TITLES; t++) {
        const bool is_film = prng_unit(prng) < 0.35;
        const double minutes = is_film ? 80 + 60 * prng_unit(prng) : 20 + 40 * prng_unit(prng);
        w->titles[t].seconds = (uint32_t)(minutes * 60);
        w->titles[t].slices = (w->titles[t].seconds + SLICE_S - 1) / SLICE_S;
        w->rank[t] = t;
        for (uint32_t p = 0; p < PROFILES; p++)
            for (uint32_t s = 0; s < w->titles[t].slices; s++) {
                const uint32_t left = w->titles[t].seconds - s * SLICE_S;
                const double bytes = profile_mbps[p] * 1e6 / 8 * (left < SLICE_S ? left : SLICE_S);
                w->bytes_kib[object_of(t, p, s)] = (uint32_t)(bytes / 1024) + 1;
                w->catalogue_bytes += 1024.0 * w->bytes_kib[object_of(t, p, s)];
            }
    }
    for (uint32_t r = 0; r < TITLES; r++)
        sum += pow(r + 1, -exponent);
    for (uint32_t r = 0; r < TITLES; r++)
        w->reach[r] = so_far += pow(r + 1, -exponent) / sum;
}

static uint32_t draw(struct prng *prng, const double *reach, uint32_t count)
{
    const double at = prng_unit(prng);
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (reach[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void start_session(struct workload *w, struct prng *prng, struct viewer *viewer)
{
    double at = prng_unit(prng);
    uint32_t profile = 0;
    while (profile < PROFILES - 1 && at >= profile_share[profile])
        at -= profile_share[profile++];
    const uint32_t title = w->rank[draw(prng, w->reach, TITLES)];
    const uint32_t slices = w->titles[title].slices;
    *viewer = (struct viewer){.title = title, .profile = profile, .end = slices};
    if (prng_unit(prng) < 0.25) viewer->slice = (uint32_t)prng_below(prng, slices);
    if (prng_unit(prng) < 0.35) { // gone within six minutes: one slice, or a piece of the second
        const uint32_t end = viewer->slice + (prng_unit(prng) < 5.0 / 6 ? 1 : 2);
        if (end < viewer->end) viewer->end = end;
    }
}

// A title from anywhere jumps to a rank in the top; those between move down by one.
static void premiere(struct workload *w, struct prng *prng, uint32_t round)
{
    const uint32_t to = (uint32_t)prng_below(prng, TOP);
    const uint32_t from = TOP + (uint32_t)prng_below(prng, TITLES - TOP);
    const uint32_t title = w->rank[from];
    memmove(&w->rank[to + 1], &w->rank[to], (from - to) * sizeof w->rank[0]);
    w->rank[to] = title;
    w->premieres[w->premiere_count++] = (struct premiere){round + 1, title};
}

static void make_requests(struct workload *w, struct prng *prng)
{
    for (uint32_t v = 0; v < VIEWERS; v++) {
        start_session(w, prng, &w->viewers[v]);
        w->viewers[v].slice = (uint32_t)prng_below(prng, w->viewers[v].end); // in full swing
    }
    for (uint32_t round = 0, at = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; round % PREMIERE_ROUNDS == PREMIERE_ROUNDS - 1 && i < PREMIERES; i++)
            premiere(w, prng, round);
        for (uint32_t v = 0; v < VIEWERS; v++, at++) {
            struct viewer *viewer = &w->viewers[v];
            if (viewer->slice >= viewer->end) start_session(w, prng, viewer);
            w->request[at] = object_of(viewer->title, viewer->profile, viewer->slice++);
        }
    }
}

uint32_t title_of(uint32_t object)
{
    return object / (PROFILES * SLICES_MAX);
}

static const uint64_t *asked_for; // of order(): qsort has no context in C17

static int order(const void *a, const void *b)
{
    const uint64_t x = asked_for[*(const uint32_t *)a], y = asked_for[*(const uint32_t *)b];
    return (x < y) - (x > y);
}

static void look_ahead(struct workload *w)
{
    static uint32_t last[OBJECTS], by_use[TITLES];
    static uint64_t asked[TITLES];
    memset(last, 0xff, sizeof last);
    for (uint32_t i = REQUESTS; i-- > 0;) {
        w->next[i] = last[w->request[i]];
        last[w->request[i]] = i;
        if (i >= WARM) asked[title_of(w->request[i])]++;
    }
    for (uint32_t t = 0; t < TITLES; t++)
        by_use[t] = t;
    asked_for = asked;
    qsort(by_use, TITLES, sizeof by_use[0], order);
    for (uint32_t i = 0; i < TITLES / 4; i++)
        w->is_top[by_use[i]] = true;
}

struct workload *workload_make(double exponent)
{
    struct workload *w = calloc(1, sizeof *w);
    if (w == NULL) abort();
    struct prng prng = prng_init(20261121);
    make_titles(w, &prng, exponent);
    make_requests(w, &prng);
    look_ahead(w);
    return w;
}

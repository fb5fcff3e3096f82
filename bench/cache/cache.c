// SPDX-License-Identifier: Apache-2.0
//
// What the cache's policy (delivery/cache_policy.h, the very code of the edge) keeps of a service
// of films, beside LRU and Belady. The workload, a tenth of a large service, from a fixed seed:
//
//     4,000 titles      35 % films of 80 to 140 minutes, the rest 20 to 60
//     10 profiles       0.4 to 15 Mb/s; what is watched has 6.3 Mb/s on average
//     popularity        Zipf with the exponent given; every 6 hours 4 titles jump into the top 50
//     5,000 viewers     at any time; 35 % leave within 6 minutes, 25 % begin in the middle
//     slices            300 s of one profile; 5,000,000 requests, that is 83 hours
//
// Hits are counted by bytes after 40 % of the trace, for all titles and for the quarter that is
// asked for most; `writes` are bytes written to disk per byte served. One JSON line a run.
#include "base/random.h"
#include "delivery/cache_policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TITLES = 4000,
    PROFILES = 10,
    VIEWERS = 5000,
    SLICE_S = 300,
    ROUNDS = 1000,
    REQUESTS = VIEWERS * ROUNDS,
    SLICES_MAX = 28, // of the longest film
    OBJECTS = TITLES * PROFILES * SLICES_MAX,
    PREMIERE_ROUNDS = 6 * 3600 / SLICE_S,
    PREMIERES = 4,
    TOP = 50,
    WARM = REQUESTS / 10 * 4,
    SAMPLE = 64, // that Belady looks at to find whom to evict
};

static const double profile_mbps[PROFILES] = {0.4, 0.8, 1.2, 1.8, 2.5, 4, 6, 7.5, 10, 15};
static const double profile_share[PROFILES] = {.01, .02, .05, .07, .10, .16, .20, .17, .12, .10};

struct title {
    uint32_t seconds, slices;
};

struct viewer {
    uint32_t title, profile, slice, end;
};

struct workload {
    struct title titles[TITLES];
    uint32_t rank[TITLES]; // title at each rank
    double reach[TITLES];  // share of the ranks up to this one
    struct viewer viewers[VIEWERS];
    uint32_t request[REQUESTS]; // objects
    uint32_t next[REQUESTS];    // request for the same object, or UINT32_MAX
    uint32_t bytes_kib[OBJECTS];
    bool is_top[TITLES]; // of the quarter asked for most
    double catalogue_bytes;
};

static uint32_t object_of(uint32_t title, uint32_t profile, uint32_t slice)
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
static void premiere(struct workload *w, struct prng *prng)
{
    const uint32_t to = (uint32_t)prng_below(prng, TOP);
    const uint32_t from = TOP + (uint32_t)prng_below(prng, TITLES - TOP);
    const uint32_t title = w->rank[from];
    memmove(&w->rank[to + 1], &w->rank[to], (from - to) * sizeof w->rank[0]);
    w->rank[to] = title;
}

static void make_requests(struct workload *w, struct prng *prng)
{
    for (uint32_t v = 0; v < VIEWERS; v++) {
        start_session(w, prng, &w->viewers[v]);
        w->viewers[v].slice = (uint32_t)prng_below(prng, w->viewers[v].end); // in full swing
    }
    for (uint32_t round = 0, at = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; round % PREMIERE_ROUNDS == PREMIERE_ROUNDS - 1 && i < PREMIERES; i++)
            premiere(w, prng);
        for (uint32_t v = 0; v < VIEWERS; v++, at++) {
            struct viewer *viewer = &w->viewers[v];
            if (viewer->slice >= viewer->end) start_session(w, prng, viewer);
            w->request[at] = object_of(viewer->title, viewer->profile, viewer->slice++);
        }
    }
}

static uint32_t title_of(uint32_t object)
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

struct score {
    double hit, asked, top_hit, top_asked, written;
};

static void count(struct score *score, const struct workload *w, uint32_t i, bool is_hit)
{
    if (i < WARM) return;
    const double bytes = w->bytes_kib[w->request[i]];
    const bool is_top = w->is_top[title_of(w->request[i])];
    score->asked += bytes;
    if (is_hit) score->hit += bytes;
    if (is_top) score->top_asked += bytes;
    if (is_top && is_hit) score->top_hit += bytes;
}

static void wrote(struct score *score, uint32_t i, double kib)
{
    if (i >= WARM) score->written += kib;
}

static void say(const char *policy, double exponent, double share, double small,
                const struct score *score)
{
    printf("{\"policy\": \"%s\", \"zipf\": %.1f, \"disk\": %.3f, \"memory\": %.4f, "
           "\"byte_hit\": %.4f, \"top_byte_hit\": %.4f, \"writes\": %.4f}\n",
           policy, exponent, share, small, score->hit / score->asked,
           score->top_hit / score->top_asked, score->written / score->asked);
    (void)fflush(stdout);
}

static struct policy_item items[OBJECTS]; // policy bytes are KiB here: a slice of a film is large

static struct score run_policy(const struct workload *w, double disk_bytes, double memory_bytes)
{
    struct score score = {0};
    struct cache_policy policy;
    const struct policy_caps caps = {
        .small_bytes_max = (uint64_t)(memory_bytes / 1024),
        .main_bytes_max = (uint64_t)(disk_bytes / 1024),
        .ghosts_max = OBJECTS / 4,
    };
    if (policy_open(&caps, &policy, NULL) != OK) abort();
    memset(items, 0, sizeof items);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        struct policy_item *item = &items[w->request[i]];
        const bool is_hit = item->queue != POLICY_NOWHERE;
        count(&score, w, i, is_hit);
        if (is_hit) {
            policy_use(item);
            continue;
        }
        *item = (struct policy_item){.hash = (w->request[i] + 1) * UINT64_C(0x9e3779b97f4a7c15),
                                     .bytes = w->bytes_kib[w->request[i]]};
        if (policy_add(&policy, item) == POLICY_MAIN) wrote(&score, i, item->bytes);
        enum policy_step step;
        for (struct policy_item *moved; (moved = policy_trim(&policy, &step)) != NULL;)
            if (step == POLICY_PROMOTE) wrote(&score, i, moved->bytes);
    }
    policy_close(&policy);
    return score;
}

struct lru_node {
    uint32_t newer, older;
    bool is_in;
};

static struct lru_node lru[OBJECTS + 1]; // the last one is the ring's head: older of it is newest

static void lru_unlink(uint32_t at)
{
    lru[lru[at].newer].older = lru[at].older;
    lru[lru[at].older].newer = lru[at].newer;
}

static void lru_put(uint32_t at)
{
    lru[at].older = lru[OBJECTS].older;
    lru[at].newer = OBJECTS;
    lru[lru[at].older].newer = at;
    lru[OBJECTS].older = at;
}

static struct score run_lru(const struct workload *w, double disk_bytes)
{
    struct score score = {0};
    double used = 0;
    memset(lru, 0, sizeof lru);
    lru[OBJECTS] = (struct lru_node){OBJECTS, OBJECTS, true};
    for (uint32_t i = 0; i < REQUESTS; i++) {
        const uint32_t at = w->request[i];
        count(&score, w, i, lru[at].is_in);
        if (lru[at].is_in) {
            lru_unlink(at);
        } else {
            used += 1024.0 * w->bytes_kib[at];
            wrote(&score, i, w->bytes_kib[at]);
            lru[at].is_in = true;
        }
        lru_put(at);
        while (used > disk_bytes) {
            const uint32_t oldest = lru[OBJECTS].newer;
            lru_unlink(oldest);
            lru[oldest].is_in = false;
            used -= 1024.0 * w->bytes_kib[oldest];
        }
    }
    return score;
}

enum belady { BELADY, BELADY_SIZE };

// Who is needed last goes: of a sample, by the distance alone, or by distance times size.
static struct score run_belady(const struct workload *w, double disk_bytes, enum belady kind)
{
    static uint32_t held[OBJECTS], place[OBJECTS], next[OBJECTS];
    struct score score = {0};
    struct prng prng = prng_init(7);
    uint32_t count_held = 0;
    double used = 0;
    memset(place, 0xff, sizeof place);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        const uint32_t at = w->request[i];
        const bool is_hit = place[at] != UINT32_MAX;
        count(&score, w, i, is_hit);
        next[at] = w->next[i];
        if (!is_hit) {
            place[at] = count_held;
            held[count_held++] = at;
            used += 1024.0 * w->bytes_kib[at];
            wrote(&score, i, w->bytes_kib[at]);
        }
        while (used > disk_bytes) {
            uint32_t worst = at;
            double worst_key = 0;
            for (uint32_t s = 0; s < SAMPLE; s++) {
                const uint32_t one = s == 0 ? at : held[prng_below(&prng, count_held)];
                const double far = next[one] == UINT32_MAX ? 1e12 : (double)(next[one] - i);
                const double key = kind == BELADY ? far : far * w->bytes_kib[one];
                if (key > worst_key) {
                    worst_key = key;
                    worst = one;
                }
            }
            held[place[worst]] = held[--count_held];
            place[held[place[worst]]] = place[worst];
            place[worst] = UINT32_MAX;
            used -= 1024.0 * w->bytes_kib[worst];
            if (worst == at) wrote(&score, i, -(double)w->bytes_kib[at]); // never taken in
        }
    }
    return score;
}

// The form that libCacheSim reads: 24 bytes a request.
static void write_trace(const struct workload *w, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) abort();
    for (uint32_t i = 0; i < REQUESTS; i++) {
        const uint32_t second = i / VIEWERS * SLICE_S, bytes = w->bytes_kib[w->request[i]];
        const uint64_t object = w->request[i];
        const int64_t next = w->next[i] == UINT32_MAX ? -1 : (int64_t)w->next[i];
        if (fwrite(&second, 4, 1, file) + fwrite(&object, 8, 1, file) + fwrite(&bytes, 4, 1, file) +
                fwrite(&next, 8, 1, file) !=
            4)
            abort();
    }
    if (fclose(file) != 0) abort();
}

int main(int argc, char **argv)
{
    static const double disks[] = {0.10, 0.20, 0.21, 0.30, 0.40};
    static const double memories[] = {0.0005, 0.002, 0.021}; // of the catalogue
    if (argc < 2) return 2;
    const double exponent = strtod(argv[1], NULL);
    struct workload *w = calloc(1, sizeof *w);
    if (w == NULL) return 1;
    struct prng prng = prng_init(20261121);
    make_titles(w, &prng, exponent);
    make_requests(w, &prng);
    look_ahead(w);
    if (argc > 2) write_trace(w, argv[2]);
    printf("{\"catalogue_tb\": %.1f, \"requests\": %d}\n", w->catalogue_bytes / 1e12, REQUESTS);
    for (size_t d = 0; d < sizeof disks / sizeof disks[0]; d++) {
        const double disk = disks[d] * w->catalogue_bytes;
        struct score score;
        for (size_t m = 0; m < sizeof memories / sizeof memories[0]; m++) {
            score = run_policy(w, disk, memories[m] * w->catalogue_bytes);
            say("ours", exponent, disks[d], memories[m], &score);
        }
        score = run_lru(w, disk);
        say("lru", exponent, disks[d], 0, &score);
        score = run_belady(w, disk, BELADY_SIZE);
        say("belady-size", exponent, disks[d], 0, &score);
        score = run_belady(w, disk, BELADY);
        say("belady", exponent, disks[d], 0, &score);
    }
    free(w);
    return 0;
}

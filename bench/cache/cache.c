// SPDX-License-Identifier: Apache-2.0
//
// What the cache's policy (delivery/cache_policy.h, the very code of the edge) keeps of a service
// of films (workload.h), beside LRU and Belady.
//
// Hits are counted by bytes after 40 % of the trace, for all titles and for the quarter that is
// asked for most; `writes` are bytes written to disk per byte served. One JSON line a run.
#include "base/random.h"
#include "delivery/cache_policy.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 64 }; // that Belady looks at to find whom to evict

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
    struct workload *w = workload_make(exponent);
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

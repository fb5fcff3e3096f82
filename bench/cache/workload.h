// SPDX-License-Identifier: Apache-2.0
//
// What viewers of a service of films ask for, a tenth of a large service, from a fixed seed:
//
//     4,000 titles      35 % films of 80 to 140 minutes, the rest 20 to 60
//     10 profiles       0.4 to 15 Mb/s; what is watched has 6.3 Mb/s on average
//     popularity        Zipf with the exponent given; every 6 hours 4 titles jump into the top 50
//     5,000 viewers     at any time; 35 % leave within 6 minutes, 25 % begin in the middle
//     slices            300 s of one profile; 5,000,000 requests, that is 83 hours
#ifndef BENCH_CACHE_WORKLOAD_H
#define BENCH_CACHE_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

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
    PREMIERES_MAX = ROUNDS / PREMIERE_ROUNDS * PREMIERES,
};

struct title {
    uint32_t seconds, slices;
};

struct viewer {
    uint32_t title, profile, slice, end;
};

struct premiere {
    uint32_t round, title;
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
    struct premiere premieres[PREMIERES_MAX];
    uint32_t premiere_count;
    double catalogue_bytes;
};

uint32_t object_of(uint32_t title, uint32_t profile, uint32_t slice);
uint32_t title_of(uint32_t object);

// All of it, for a popularity of this exponent. Ends the program without memory.
struct workload *workload_make(double exponent);

#endif

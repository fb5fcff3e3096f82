// SPDX-License-Identifier: Apache-2.0
//
// What will be asked for, guessed from what was asked for and what is announced.
//
//     access logs of edges --> popularity (delivery/popularity.h): bytes a file, older ones
//                                                 |                counting less
//     catalogue: files and sizes, premieres ----> forecast_sort: premieres, soonest first,
//                                                 then by bytes asked for per byte stored
//                                                 |
//                                                 placement (delivery/placement.h)
//
// That quotient is plays of the whole file within about a half-life: who fills a disk from the top
// keeps the most bytes of what will be asked for, were tomorrow as today. Premieres are what it
// would never guess. Pure.
#ifndef DELIVERY_FORECAST_H
#define DELIVERY_FORECAST_H

#include <stddef.h>
#include <stdint.h>

struct forecast_file {
    const char *path; // borrowed
    uint64_t bytes;
    double asked_bytes;
    int64_t premiere_ms; // wall clock; 0: none is announced
};

// What bytes asked for so long ago are worth, of 1.
double forecast_worth(double age_s, double half_life_s);

// Worth most first.
void forecast_sort(struct forecast_file *files, size_t count);

// How many of the sorted files are no long tail: premieres, and those that are asked for whole
// `plays_min` times within a half-life.
size_t forecast_count(const struct forecast_file *files, size_t count, double plays_min);

#endif

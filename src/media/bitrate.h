// SPDX-License-Identifier: Apache-2.0
//
// How many bits a second a track asks of a network, as the two standards define it.
//
//     segments      | 900 kB | 700 kB | 1.2 MB | 40 kB |     2 s each, the last one 0.2 s
//     HLS peak               the dearest run of segments that lasts 0.5 to 1.5 target durations
//                            (RFC 8216bis, "peak segment bit rate"): the short last one alone is
//                            none
//     DASH @bandwidth        a rate at which a client that holds minBufferTime never runs dry
//                            (ISO/IEC 23009-1 clause 5.3.5.2)
#ifndef MEDIA_BITRATE_H
#define MEDIA_BITRATE_H

#include <stddef.h>
#include <stdint.h>

struct sized_segment {
    uint64_t bytes;
    uint64_t duration_us;
};

// Bits per second, rounded up; 0 without segments. `target_us` is the target duration.
uint64_t bitrate_peak_bps(const struct sized_segment *segments, size_t count, uint64_t target_us);

// All bytes over all time, rounded to nearest.
uint64_t bitrate_average_bps(const struct sized_segment *segments, size_t count);

// The least rate at which every segment is whole before it ends, for a client that begins at any
// segment and waits until it holds `buffer_us` at that rate.
uint64_t bitrate_buffered_bps(const struct sized_segment *segments, size_t count,
                              uint64_t buffer_us);

#endif

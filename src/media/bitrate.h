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

#include "media/presentation.h"

// Bits per second, rounded up; 0 without segments. Of the entries sizes and durations count, in
// ticks of `timescale`; `target_ticks` is the target duration.
uint64_t bitrate_peak_bps(const struct segment_entry *segments, size_t count, uint32_t timescale,
                          uint64_t target_ticks);

// All bytes over all time, rounded up.
uint64_t bitrate_average_bps(const struct segment_entry *segments, size_t count,
                             uint32_t timescale);

// The least rate at which every segment is whole before it ends, for a client that begins at any
// segment and waits until it holds `buffer_ticks` at that rate.
uint64_t bitrate_buffered_bps(const struct segment_entry *segments, size_t count,
                              uint32_t timescale, uint64_t buffer_ticks);

// The longest segment in whole seconds, rounded to nearest, at least one: what HLS would give as
// target duration. In ticks.
uint64_t bitrate_target_ticks(const struct segment_entry *segments, size_t count,
                              uint32_t timescale);

#endif

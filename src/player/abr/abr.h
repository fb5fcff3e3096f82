// SPDX-License-Identifier: Apache-2.0
//
// The adaptive-bitrate rule: which rendition of the next segment to fetch. One C file without libc,
// allocation or clock, built four ways from the same source: into the program, into
// libprimrose-abr.so, into abr.wasm for browsers, and into the simulator. All of them decide alike,
// to the last bit.
//
//     init ─> left, choose ─> [transfer: abandon, abandon, ...] ─> observe ─> left, choose ─> save
//               ^                           |                         |
//               |                           └ a lower rung: give up the transfer, observe it,
//               └ next segment                fetch the same segment at that rung
//
// This header is a stable binary interface: plain numbers and arrays of double, so that ctypes,
// dlopen or a page's JavaScript can call it. Rungs count from 0, the lowest rate. Rates are bit/s,
// sizes bytes, all times seconds on one steady clock of the caller's (only differences matter).
// Values that make no sense (NaN, negative, infinite) are taken as 0 or as absent; no call reads
// outside the arrays it is given, none loops without a bound, none keeps a pointer.
//
// A state belongs to one session; calls on one state must not overlap. Different states are
// independent.
#ifndef PLAYER_ABR_ABR_H
#define PLAYER_ABR_ABR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    PRIMROSE_ABR_VERSION = 1, // of this interface; new functions may appear without a new version
    PRIMROSE_ABR_STATE_BYTES = 1024, // of the caller's block, aligned as a double (8)
    PRIMROSE_ABR_SAVED_NUMBERS = 4,  // what save writes and init reads
    PRIMROSE_ABR_RUNGS_MAX = 32,     // rungs above these are never chosen
    PRIMROSE_ABR_VOD = 0,            // for `mode`: quality sinks below 10 s or half the capacity
    PRIMROSE_ABR_LIVE = 1,           // below 10 s or 0.4 of it
};

// PRIMROSE_ABR_VERSION of the library, and the size of the block that it needs.
uint32_t primrose_abr_version(void);
uint32_t primrose_abr_state_bytes(void);

// Begins a session in the caller's block. `capacity_s` is the most the player buffers: 60 for VOD,
// 10 to 20 for live. `saved` may hold what primrose_abr_save() wrote in an earlier session on the
// same network, else NULL and 0: without it the first segment is of the lowest rung. Returns 0, or
// -1 when the block is NULL or too small.
int32_t primrose_abr_init(void *state, uint32_t state_bytes, int32_t mode, double capacity_s,
                          const double *saved, uint32_t saved_count);

// How much of the title is left to play, the buffer included; to be said before each choose() by
// whoever knows. A buffer that outlasts the title is of no use: towards its end the rule spends on
// quality what it has saved. 0, or never said: unknown, as in a live stream.
void primrose_abr_left(void *state, double left_s);

// The rung for the next segment, 0 .. rungs - 1.
//   rates_bps      average rates, rising; `rungs` of them
//   sizes_bytes    sizes of the segments ahead, next one first, `rungs` sizes for each of
//   `segments_ahead` segments; or
//                  NULL, when segments are taken to be of their average rate
//   segments_ahead how many segments those are; 0: unknown. One that sinks with each decision is
//                  taken as all that is left, where primrose_abr_left() was not called
//   segment_s      duration of a segment
//   buffer_s       media that is buffered and not yet played
//   capacity_s     as for init, or what is left to play where that is less: a buffer need not hold
//                  more, and the rule spends on quality what it need not save
//   now_s          the clock
//   previous       rung of the last segment that arrived, -1 before the first
//   wait_s         if not NULL: seconds to wait before the request; 0 in this version
// Returns -1 when state or rates are NULL, or rungs is 0.
int32_t primrose_abr_choose(void *state, const double *rates_bps, uint32_t rungs,
                            const double *sizes_bytes, uint32_t segments_ahead, double segment_s,
                            double buffer_s, double capacity_s, double now_s, int32_t previous,
                            double *wait_s);

// A media transfer that ended, whole or given up: body bytes received, when the request left, when
// the first byte came
// (`end_s` when none did), when the last came. Init segments, manifests and responses out of a
// local cache are not for here. Returns 0, or -1 when the numbers make no sense and were ignored.
int32_t primrose_abr_observe(void *state, double bytes, double start_s, double first_byte_s,
                             double end_s);

// To be asked every 100 to 250 ms during a transfer. Returns -1 to go on, or the lower rung at
// which to fetch the same segment instead. `sizes_bytes` are the sizes of this segment (`rungs` of
// them) or NULL; `elapsed_s` counts from the request; `first_byte_s` is how long after the request
// the first byte came, negative while it has not; `buffer_s` is the buffer at this moment.
int32_t primrose_abr_abandon(void *state, const double *rates_bps, uint32_t rungs,
                             const double *sizes_bytes, double segment_s, double buffer_s,
                             int32_t rung, double bytes_so_far, double elapsed_s,
                             double first_byte_s);

// Throughput that the rule counts on at this moment, in bit/s; 0 before the first transfer without
// a saved one.
double primrose_abr_estimate(const void *state);

// Writes what the next session on this network may begin with, at most `room` numbers, and returns
// how many: 0 when nothing is known yet, else PRIMROSE_ABR_SAVED_NUMBERS. The numbers are finite
// and may be kept as JSON.
uint32_t primrose_abr_save(const void *state, double *out, uint32_t room);

#ifdef __cplusplus
}
#endif

#endif

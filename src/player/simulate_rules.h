// SPDX-License-Identifier: Apache-2.0
//
// What an adaptive-bitrate rule is to the simulator, and the rules that ship with it.
#ifndef PLAYER_SIMULATE_RULES_H
#define PLAYER_SIMULATE_RULES_H

#include "player/abr/abr.h"
#include "player/simulate.h"

#include <stdbool.h>

// What a rule sees when it is asked for the next segment, or during its transfer.
struct rule_view {
    const double *rates_bps;
    size_t rungs;
    const double *sizes_bytes; // next segment first; `rungs` sizes for each of `ahead` segments
    size_t ahead;              // segments that are left, the next one included
    size_t segment;            // number of the next one
    double segment_s;
    double capacity_s;
    double buffer_s;
    double now_s;
    int previous; // rung of the last segment that arrived, -1 before the first
};

// A transfer that ended, whole or given up.
struct rule_transfer {
    int rung;
    int abandoned_to; // -1: it arrived whole
    double bytes;
    double start_s;
    double first_byte_s; // = end_s when no byte came
    double end_s;
    double buffer_s; // at the end, before the segment counts
};

// A transfer that runs.
struct rule_progress {
    int rung;
    double bytes;
    double total_bytes;
    double elapsed_s;
    double first_byte_s; // after the request; negative while no byte has come
    double buffer_s;
};

// Throughput and latency as dash.js and sabre keep them: two exponential averages of the samples,
// weighted by the transfer time, the smaller of which counts.
struct link_average {
    double throughput_bps[2];
    double latency_s[2];
    double weight_s;
    double samples;
};

struct throughput_state {
    struct link_average average;
    double safety; // of the low-buffer guard, sinking from 0.9 to 0.5
};

struct bola_state {
    double utility[LADDER_RUNGS_MAX];
    double control; // V, in seconds
    double gp;
    double placeholder_s;
    int last;
    int started;
};

struct dynamic_state {
    struct throughput_state throughput;
    struct bola_state bola;
    int buffer_rules; // BOLA decides, not the throughput
    double idle_from_s;
};

struct ewma_state { // Shaka and hls.js: two half-lives in seconds of transfer, the smaller estimate
                    // counts
    double average[2];
    double weight_s;
    double bytes;
    double chosen_s; // time of the last switch
    int current;
};

enum { MPC_MEMORY = 5 };

struct mpc_state {
    double samples_bps[MPC_MEMORY];
    double errors[MPC_MEMORY];
    double predicted_bps;
    size_t sample_count;
    size_t error_count;
};

struct primrose_state {
    double block[PRIMROSE_ABR_STATE_BYTES / sizeof(double)];
};

union rule_state {
    struct throughput_state throughput;
    struct bola_state bola;
    struct dynamic_state dynamic;
    struct ewma_state ewma;
    struct mpc_state mpc;
    struct primrose_state primrose;
};

struct rule {
    const char *name;
    const char *summary;
    void (*start)(union rule_state *state, const struct rule_view *view); // state is zeroed
    // A rung; may set *wait_s to let the buffer sink before the request.
    int (*choose)(union rule_state *state, const struct rule_view *view, double *wait_s);
    void (*observe)(union rule_state *state, const struct rule_view *view,
                    const struct rule_transfer *transfer);
    // A lower rung to fetch the segment at instead, or -1 to go on. NULL: this rule never gives up.
    int (*abandon)(union rule_state *state, const struct rule_view *view,
                   const struct rule_progress *progress);
};

extern const struct rule rule_lowest, rule_plain, rule_throughput, rule_bola, rule_dynamic,
    rule_dashjs, rule_hlsjs, rule_shaka, rule_robustmpc, rule_primrose;

// Shared by the rules that follow dash.js.
void link_average_add(struct link_average *average, const struct rule_view *view,
                      const struct rule_transfer *transfer);
double link_average_bps(const struct link_average *average); // 0 before the first sample
double link_average_latency_s(const struct link_average *average);
// The highest rung that loads in its own duration, latency included.
int rung_for_throughput(const struct rule_view *view, double bps, double latency_s);

void throughput_start(struct throughput_state *state);
int throughput_choose(struct throughput_state *state, const struct rule_view *view);
int throughput_abandon(const struct throughput_state *state, const struct rule_view *view,
                       const struct rule_progress *progress);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A viewer before he arrives, and at that moment.
#include "player/swarm_inside.h"

static void arrive(struct swarm_viewer *viewer)
{
    // A viewer has a connection for its film and one for what goes on beside it.
    const struct http_call_limits limits = {
        .connect_ms = 10000,
        .head_ms = 30000,
        .stall_ms = 30000,
        .stall_bytes = 1,
        .idle_ms = 60000,
        .fresh_ms = 30000, // as browsers do; the house waits for 75 s
        .idle_max = 2,
        .connections_max = 4,
    };
    struct swarm_loop *home = viewer->home;
    struct why why = {""};
    const outcome opened = http_calls_open(home->loop, &limits, &viewer->calls, &why);
    if (opened != OK) {
        swarm_totals_fail(&home->totals, SWARM_PLAY, 0, opened, why.text);
        home->totals.sums.failed++;
        if (--home->left == 0) loop_stop(home->loop);
        return;
    }
    const int64_t now_us = swarm_now(viewer);
    const int64_t second = (now_us - home->begin_us) / 1000000;
    home->totals.second_viewers[second < SWARM_SECONDS_MAX ? second : SWARM_SECONDS_MAX - 1]++;
    viewer->link_us = now_us;
    swarm_journey_begin(viewer);
}

static const struct swarm_title *choose_title(const struct swarm_cast *cast, struct prng *prng)
{
    const double at = prng_unit(prng) * cast->weights[cast->title_count - 1];
    size_t chosen = 0;
    while (chosen + 1 < cast->title_count && cast->weights[chosen] <= at)
        chosen++;
    return &cast->titles[chosen];
}

void swarm_viewer_init(struct swarm_viewer *viewer, struct swarm_loop *home, size_t number,
                       int64_t arrives_us)
{
    const struct swarm_options *options = home->options;
    *viewer = (struct swarm_viewer){
        .home = home,
        .prng = prng_init(options->seed * 1000003 + number),
        .timer = {.due = swarm_viewer_timer_due},
        .life = {.due = swarm_viewer_life_due},
        .main = {.viewer = viewer, .is_paced = true},
        .side = {.viewer = viewer},
        .leave_us = INT64_MAX,
        .seek_us = INT64_MAX,
        .beat_us = INT64_MAX,
    };
    struct swarm_ask *const asks[] = {&viewer->main, &viewer->side};
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        asks[i]->head = buffer_init(SWARM_HEAD_BYTES_MAX);
        asks[i]->body = buffer_init(SWARM_ANSWER_BYTES_MAX);
        asks[i]->answer = buffer_init(SWARM_ANSWER_BYTES_MAX);
    }
    viewer->title = choose_title(home->cast, &viewer->prng);
    if (options->member_count > 0)
        viewer->member = &options->members[number % options->member_count];
    if (options->trace_count > 0) {
        const size_t link = (size_t)prng_below(&viewer->prng, options->trace_count);
        viewer->link.trace = &options->traces[link];
        link_pass(&viewer->link, prng_unit(&viewer->prng) * options->traces[link].seconds);
    }
    swarm_viewer_at(viewer, arrives_us, arrive);
}

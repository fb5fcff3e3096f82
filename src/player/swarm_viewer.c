// SPDX-License-Identifier: Apache-2.0
#include "player/swarm_inside.h"

#include "base/url.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESUME_US = 2 * 1000000, // after a stall, as player/play.c has it
    WAIT_US_MIN = 10000,
    JOINED_GAP_BYTES_MAX = 256 * 1024,
    SIZES_AHEAD_MAX = 16,
    TRIES_MAX = 4,
    RETRY_US_FIRST = 200 * 1000,
};

static void step(struct swarm_viewer *viewer);

void swarm_viewer_timer_due(struct timer *timer)
{
    struct swarm_viewer *viewer = CONTAINER_OF(timer, struct swarm_viewer, timer);
    viewer->due(viewer);
}

void swarm_viewer_at(struct swarm_viewer *viewer, int64_t at_us,
                     void (*due)(struct swarm_viewer *viewer))
{
    viewer->due = due;
    timer_drop(&viewer->timer); // the wheel may have it later than this
    timer_set(loop_wheel(viewer->home->loop), &viewer->timer, at_us);
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

// --- the end

void swarm_viewer_bury(struct swarm_viewer *viewer)
{
    struct swarm_loop *home = viewer->home;
    home->totals.sums.connections += http_calls_counters(viewer->calls).connects;
    http_calls_close(&viewer->calls);
    buffer_release(&viewer->main.head);
    buffer_release(&viewer->main.body);
    buffer_release(&viewer->main.answer);
    buffer_release(&viewer->side.head);
    buffer_release(&viewer->side.body);
    buffer_release(&viewer->side.answer);
    free(viewer->token);
    free(viewer->session);
    free(viewer->licence_path);
    free(viewer->licence_token);
    free(viewer->folder);
    if (--home->left == 0) loop_stop(home->loop);
}

// What the playout says is added up: at the end, and before a seek makes a new one.
static void count_playout(struct swarm_viewer *viewer)
{
    struct swarm_report *sums = &viewer->home->totals.sums;
    const struct playout *playout = &viewer->playout;
    sums->played_s += seconds(playout->position_us - viewer->from_us);
    sums->stalled_s += seconds(playout->stalled_us);
    sums->stalls += playout->stall_count;
}

void swarm_viewer_end(struct swarm_viewer *viewer, enum swarm_end how)
{
    struct swarm_totals *totals = &viewer->home->totals;
    if (viewer->is_over) return;
    viewer->is_over = true;
    if (viewer->playout.rules.track_count > 0) {
        playout_advance(&viewer->playout, swarm_now(viewer));
        count_playout(viewer);
    }
    totals->sums.to_the_end += how == SWARM_ENDED;
    totals->sums.left += how == SWARM_LEFT;
    totals->sums.failed += how == SWARM_FAILED;
    const int64_t second = (swarm_now(viewer) - viewer->home->begin_us) / 1000000;
    totals->second_viewers[second < SWARM_SECONDS_MAX ? second : SWARM_SECONDS_MAX - 1]--;
    swarm_ask_cancel(&viewer->main);
    swarm_ask_cancel(&viewer->side);
    timer_drop(&viewer->life);
    if (viewer->member != NULL && viewer->session != NULL && how != SWARM_FAILED)
        swarm_journey_release(viewer);
    else
        swarm_viewer_at(viewer, 0, swarm_viewer_bury);
}

void swarm_viewer_fail(struct swarm_viewer *viewer, const struct swarm_ask *ask, outcome result,
                       const char *says)
{
    if (viewer->is_over) return;
    swarm_totals_fail(&viewer->home->totals, ask->stage, ask->status, result, says);
    swarm_viewer_end(viewer, SWARM_FAILED);
}

// --- what happens beside fetching: heartbeats, seeks, leaving

static void begin_lanes(struct swarm_viewer *viewer, int64_t at_us, int64_t since_us)
{
    const struct swarm_title *title = viewer->title;
    const int64_t watch_us = viewer->home->options->watch_us;
    const struct playout_rules rules = {
        .start_us = 1,
        .resume_us = RESUME_US,
        .end_us = watch_us > 0 && watch_us < title->end_us ? watch_us : title->end_us,
        .track_count = title->stream.audio == NULL ? 1 : SWARM_TRACKS,
    };
    viewer->from_us = at_us < rules.end_us ? at_us : rules.end_us - 1;
    viewer->playout = playout_init(rules, viewer->from_us, since_us);
    playout_advance(&viewer->playout, swarm_now(viewer));
    for (int i = 0; i < SWARM_TRACKS; i++)
        viewer->lanes[i].next_us = viewer->from_us;
}

static void seek(struct swarm_viewer *viewer, int64_t now_us)
{
    const int64_t end_us = viewer->playout.rules.end_us;
    swarm_ask_cancel(&viewer->main);
    playout_advance(&viewer->playout, now_us);
    count_playout(viewer);
    begin_lanes(viewer, (int64_t)prng_below(&viewer->prng, (uint64_t)end_us), now_us);
    viewer->is_seeking = true;
    viewer->home->totals.sums.seeks++;
    viewer->tries = 0;
    step(viewer);
}

static int64_t next_seek_us(struct swarm_viewer *viewer, int64_t now_us)
{
    const double per_h = viewer->home->options->seeks_per_h;
    if (per_h <= 0) return INT64_MAX;
    return now_us + (int64_t)(-log(1.0 - prng_unit(&viewer->prng)) * 3600e6 / per_h);
}

static void set_life(struct swarm_viewer *viewer)
{
    int64_t due_us = viewer->leave_us;
    if (viewer->seek_us < due_us) due_us = viewer->seek_us;
    if (viewer->beat_us < due_us) due_us = viewer->beat_us;
    if (due_us < INT64_MAX) timer_set(loop_wheel(viewer->home->loop), &viewer->life, due_us);
}

void swarm_viewer_life_due(struct timer *timer)
{
    struct swarm_viewer *viewer = CONTAINER_OF(timer, struct swarm_viewer, life);
    const int64_t now_us = swarm_now(viewer);
    if (now_us >= viewer->leave_us) {
        swarm_viewer_end(viewer, SWARM_LEFT);
        return;
    }
    if (now_us >= viewer->beat_us) {
        viewer->beat_us = now_us + viewer->heartbeat_us;
        swarm_journey_position(viewer);
    }
    if (now_us >= viewer->seek_us) {
        viewer->seek_us = next_seek_us(viewer, now_us);
        seek(viewer, now_us);
    }
    if (!viewer->is_over) set_life(viewer);
}

// The first picture is there.
static void begin_life(struct swarm_viewer *viewer)
{
    const struct swarm_options *options = viewer->home->options;
    const int64_t now_us = swarm_now(viewer);
    const double watch_us = (double)(viewer->playout.rules.end_us - viewer->from_us);
    const bool leaves = prng_unit(&viewer->prng) < options->leave_share;
    viewer->leave_us = leaves ? now_us + (int64_t)(prng_unit(&viewer->prng) * watch_us) : INT64_MAX;
    viewer->seek_us = next_seek_us(viewer, now_us);
    viewer->beat_us = options->is_sending_positions ? now_us : INT64_MAX;
    set_life(viewer);
}

// Tells the playout what is here, once there are keys to show it with.
static void show(struct swarm_viewer *viewer)
{
    struct swarm_totals *totals = &viewer->home->totals;
    struct playout *playout = &viewer->playout;
    if (!viewer->has_keys || playout->rules.track_count == 0) return;
    playout_advance(playout, swarm_now(viewer));
    for (int i = 0; i < playout->rules.track_count; i++)
        playout_arrived(playout, i, viewer->lanes[i].next_us);
    if (playout->startup_us < 0) return;
    if (!viewer->has_started) {
        viewer->has_started = true;
        swarm_histogram_add(&totals->startup, playout->startup_us);
        begin_life(viewer);
    } else if (viewer->is_seeking) {
        swarm_histogram_add(&totals->seek, playout->startup_us);
    }
    viewer->is_seeking = false;
}

void swarm_viewer_unlocked(struct swarm_viewer *viewer)
{
    viewer->has_keys = true;
    show(viewer);
}

// --- fetching

static const struct rendition *rendition_of(const struct swarm_viewer *viewer)
{
    const struct stream *stream = &viewer->title->stream;
    return viewer->track == SWARM_AUDIO ? stream->audio : stream->rungs[viewer->rung];
}

static size_t head_of(const struct swarm_viewer *viewer)
{
    return viewer->track == SWARM_AUDIO ? STREAM_RUNGS_MAX : (size_t)viewer->rung;
}

// The address of a part; INVALID with what segment_url() says.
static outcome part_url(const struct swarm_viewer *viewer, enum swarm_part_kind kind,
                        struct buffer *out, struct why *why)
{
    const struct rendition *rendition = rendition_of(viewer);
    const struct media_segment *segment = &rendition->segments[viewer->index];
    if (kind == PART_MEDIA) return segment_url(rendition, viewer->index, out, why);
    return buffer_put_text(out,
                           kind == PART_INIT ? rendition->inits[segment->init].url
                                             : viewer->title->heads[head_of(viewer)].url,
                           why);
}

static bool is_same_file(const struct swarm_viewer *viewer, enum swarm_part_kind kind,
                         enum swarm_part_kind other)
{
    autobuffer a = buffer_init(URL_BYTES_MAX), b = buffer_init(URL_BYTES_MAX);
    return part_url(viewer, kind, &a, NULL) == OK && part_url(viewer, other, &b, NULL) == OK &&
           slice_equal(buffer_slice(&a), buffer_slice(&b));
}

// Adds a part, joined to the one before where one range of one file holds both.
static void add_part(struct swarm_viewer *viewer, enum swarm_part_kind kind,
                     struct byte_range range)
{
    if (viewer->part_count > 0) {
        struct swarm_part *last = &viewer->parts[viewer->part_count - 1];
        const uint64_t end = last->range.offset + last->range.size;
        const uint64_t begin =
            range.offset < last->range.offset ? range.offset : last->range.offset;
        const uint64_t stop = range.offset + range.size > end ? range.offset + range.size : end;
        const bool is_near = range.offset <= end + JOINED_GAP_BYTES_MAX &&
                             last->range.offset <= range.offset + range.size + JOINED_GAP_BYTES_MAX;
        if (last->range.size > 0 && range.size > 0 && is_near &&
            is_same_file(viewer, last->kind, kind)) {
            last->range = (struct byte_range){begin, stop - begin};
            last->kind = kind;
            return;
        }
    }
    viewer->parts[viewer->part_count].kind = kind;
    viewer->parts[viewer->part_count++].range = range;
}

static void plan_parts(struct swarm_viewer *viewer)
{
    const struct rendition *rendition = rendition_of(viewer);
    const struct swarm_lane *lane = &viewer->lanes[viewer->track];
    const struct media_segment *segment = &rendition->segments[viewer->index];
    const struct resource *head = &viewer->title->heads[head_of(viewer)];
    const uint64_t bit = 1ull << head_of(viewer);
    const bool is_new_run =
        lane->rendition != rendition || segment->is_discontinuous || lane->init != segment->init;
    viewer->part_count = viewer->part = 0;
    if (head->url != NULL && (viewer->heads_known & bit) == 0)
        add_part(viewer, PART_HEAD, head->range);
    if (is_new_run && rendition->init_count > 0)
        add_part(viewer, PART_INIT, rendition->inits[segment->init].range);
    add_part(viewer, PART_MEDIA, segment->range);
}

static int32_t choose_rung(struct swarm_viewer *viewer)
{
    const struct stream *stream = &viewer->title->stream;
    double sizes[SIZES_AHEAD_MAX * STREAM_RUNGS_MAX];
    const size_t first = viewer->index, rungs = stream->rung_count;
    const struct rendition *grid = stream->rungs[0];
    size_t ahead = 0;
    bool is_known = true;
    for (; ahead < SIZES_AHEAD_MAX && first + ahead < grid->segment_count && is_known; ahead++)
        for (size_t i = 0; i < rungs && is_known; i++) {
            const struct rendition *rung = stream->rungs[i];
            is_known = (viewer->heads_known >> i & 1) != 0 && first + ahead < rung->segment_count;
            if (is_known)
                sizes[ahead * rungs + i] = (double)rung->segments[first + ahead].range.size;
        }
    const int64_t capacity_us = viewer->home->options->capacity_us;
    const int64_t left_us = viewer->playout.rules.end_us - viewer->playout.position_us;
    const int64_t segment_us =
        stream_segment_end_us(grid, first) - stream_segment_start_us(grid, first);
    primrose_abr_left(viewer->abr, seconds(left_us));
    return primrose_abr_choose(viewer->abr, stream->rates_bps, (uint32_t)rungs,
                               is_known && ahead > 0 ? sizes : NULL, (uint32_t)ahead,
                               seconds(segment_us), seconds(playout_buffer_us(&viewer->playout)),
                               seconds(left_us < capacity_us ? left_us : capacity_us),
                               seconds(swarm_now(viewer)), viewer->last_rung, NULL);
}

static void fetch_part(struct swarm_viewer *viewer);

// All of the segment is here.
static void book(struct swarm_viewer *viewer)
{
    struct swarm_totals *totals = &viewer->home->totals;
    struct swarm_lane *lane = &viewer->lanes[viewer->track];
    const struct rendition *rendition = rendition_of(viewer);
    const struct swarm_ask *ask = &viewer->main;
    (void)primrose_abr_observe(viewer->abr, (double)ask->received, seconds(ask->start_us),
                               seconds(ask->first_us), seconds(swarm_now(viewer)));
    const int64_t end_us = stream_segment_end_us(rendition, viewer->index);
    const double media_s = seconds(end_us - stream_segment_start_us(rendition, viewer->index));
    lane->rendition = rendition;
    lane->init = rendition->segments[viewer->index].init;
    lane->next_us = end_us;
    if (viewer->track == SWARM_VIDEO) {
        totals->sums.segments++;
        totals->sums.switches += viewer->last_rung >= 0 && viewer->last_rung != viewer->rung;
        totals->weighted_bits += viewer->title->stream.rates_bps[viewer->rung] * media_s;
        totals->fetched_s += media_s;
        viewer->last_rung = viewer->rung;
    }
    show(viewer);
    if (!viewer->is_over) step(viewer);
}

static void part_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    struct swarm_viewer *viewer = ask->viewer;
    const struct swarm_part *part = &viewer->parts[viewer->part];
    if (result == OK && part->range.size > 0 && ask->received != part->range.size) {
        swarm_viewer_fail(viewer, ask, CORRUPT, "a range came with another length");
        return;
    }
    if (result == UNAVAILABLE || result == TIMED_OUT) {
        if (++viewer->tries < TRIES_MAX) {
            viewer->home->totals.sums.retries++;
            swarm_viewer_at(viewer, swarm_now(viewer) + (RETRY_US_FIRST << (viewer->tries - 1)),
                            fetch_part);
            return;
        }
    }
    if (result != OK) {
        swarm_viewer_fail(viewer, ask, result, why->text);
        return;
    }
    viewer->tries = 0;
    viewer->heads_known |= 1ull << head_of(viewer);
    if (++viewer->part < viewer->part_count)
        fetch_part(viewer);
    else
        book(viewer);
}

static void fetch_part(struct swarm_viewer *viewer)
{
    const struct swarm_part *part = &viewer->parts[viewer->part];
    struct swarm_ask *ask = &viewer->main;
    autobuffer url = buffer_init(URL_BYTES_MAX), path = buffer_init(SWARM_PATH_BYTES);
    struct why why = {""};
    ask->stage = part->kind == PART_MEDIA ? SWARM_MEDIA : SWARM_HEAD;
    ask->done = part_here;
    ask->is_kept = false;
    outcome result = part_url(viewer, part->kind, &url, &why);
    if (result == OK)
        result = buffer_format(&path, &why, "%s%.*s", viewer->folder,
                               (int)(url.len - viewer->title->folder_len),
                               (const char *)url.at + viewer->title->folder_len);
    const char *text = result == OK ? buffer_text(&path) : NULL;
    if (text == NULL)
        swarm_viewer_fail(viewer, ask, result == OK ? NO_MEMORY : result, why.text);
    else
        swarm_ask_send(ask, METHOD_GET, text, viewer->token, &part->range);
}

bool swarm_viewer_gives_up(struct swarm_viewer *viewer)
{
    const struct stream *stream = &viewer->title->stream;
    const struct swarm_ask *ask = &viewer->main;
    const int64_t now_us = swarm_now(viewer);
    if (viewer->track != SWARM_VIDEO || viewer->rung == 0) return false;
    playout_advance(&viewer->playout, now_us);
    const int64_t segment_us = stream_segment_end_us(stream->rungs[0], viewer->index) -
                               stream_segment_start_us(stream->rungs[0], viewer->index);
    const double elapsed_s = seconds(now_us - ask->start_us);
    const double first_s = ask->first_us > 0 ? seconds(ask->first_us - ask->start_us) : -1;
    const int32_t lower =
        primrose_abr_abandon(viewer->abr, stream->rates_bps, (uint32_t)stream->rung_count, NULL,
                             seconds(segment_us), seconds(playout_buffer_us(&viewer->playout)),
                             viewer->rung, (double)ask->received, elapsed_s, first_s);
    if (lower < 0 || lower >= viewer->rung) return false;
    swarm_ask_cancel(&viewer->main);
    (void)primrose_abr_observe(viewer->abr, (double)ask->received, seconds(ask->start_us),
                               seconds(ask->first_us > 0 ? ask->first_us : now_us),
                               seconds(now_us));
    viewer->home->totals.sums.abandoned++;
    viewer->rung = lower;
    plan_parts(viewer);
    fetch_part(viewer);
    return true;
}

// Fetches what the shorter track lacks, or waits while the buffer is full.
static void step(struct swarm_viewer *viewer)
{
    struct playout *playout = &viewer->playout;
    const struct stream *stream = &viewer->title->stream;
    const int64_t now_us = swarm_now(viewer), end_us = playout->rules.end_us;
    playout_advance(playout, now_us);
    if (playout->state == PLAYOUT_ENDED) {
        swarm_viewer_end(viewer, SWARM_ENDED);
        return;
    }
    const struct swarm_lane *lanes = viewer->lanes;
    viewer->track = stream->audio != NULL && lanes[SWARM_AUDIO].next_us < lanes[SWARM_VIDEO].next_us
                        ? SWARM_AUDIO
                        : SWARM_VIDEO;
    const int64_t next_us = lanes[viewer->track].next_us;
    const int64_t ahead_us = next_us - playout->position_us;
    const int64_t capacity_us = viewer->home->options->capacity_us;
    if (next_us >= end_us || ahead_us >= capacity_us) {
        const int64_t room_us = next_us >= end_us ? INT64_MAX : ahead_us - capacity_us;
        const int64_t dry_us =
            playout_next_us(playout) == INT64_MAX ? RESUME_US : playout_next_us(playout) - now_us;
        const int64_t wait_us = room_us < dry_us ? room_us : dry_us;
        swarm_viewer_at(viewer, now_us + (wait_us > WAIT_US_MIN ? wait_us : WAIT_US_MIN), step);
        return;
    }
    const struct rendition *grid = viewer->track == SWARM_AUDIO ? stream->audio : stream->rungs[0];
    viewer->index = stream_segment_at(grid, next_us);
    if (viewer->index >= grid->segment_count) { // sound may end a little before the picture
        viewer->lanes[viewer->track].next_us = end_us;
        show(viewer);
        if (!viewer->is_over) swarm_viewer_at(viewer, now_us, step);
        return;
    }
    if (viewer->track == SWARM_VIDEO) viewer->rung = choose_rung(viewer);
    plan_parts(viewer);
    fetch_part(viewer);
}

void swarm_viewer_play(struct swarm_viewer *viewer)
{
    const double capacity_s = seconds(viewer->home->options->capacity_us);
    const int32_t begun =
        primrose_abr_init(viewer->abr, sizeof viewer->abr, PRIMROSE_ABR_VOD, capacity_s, NULL, 0);
    assert(begun == 0);
    viewer->last_rung = -1;
    begin_lanes(viewer, 0, viewer->intent_us);
    step(viewer);
}

// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/look.h"

#include <assert.h>
#include <libavutil/pixdesc.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS = LOOK_COLUMNS * LOOK_ROWS,
    WHITE = 1023,       // points are of ten bits
    MOTION = 24,        // a point that changed by so much moved
    COMB = 32,          // a line that stands out so far from both its neighbours, to the same side
    MOVING_PARTS = 100, // a picture moves when one point of so many did
    COMBED_PARTS = 12,  // and is combed when one moving point of so many is
};

// Where the luma (or green) of a pixel format lies.
struct luma {
    const uint8_t *plane;
    ptrdiff_t stride;
    int step, depth, shift;
};

outcome look_open(const struct measure_limits *limits, struct measurement *out, uint32_t track,
                  int64_t frame_ms, struct look *look, struct why *why)
{
    *look = (struct look){.limits = limits,
                          .out = out,
                          .track = track,
                          .frame_ms = frame_ms,
                          .black_ms = -1,
                          .freeze_ms = -1};
    look->points = calloc(POINTS, sizeof *look->points);
    look->before = calloc(POINTS, sizeof *look->before);
    if (look->points == NULL || look->before == NULL) {
        look_close(look);
        return fail(why, NO_MEMORY, "no memory to look at pictures");
    }
    return OK;
}

void look_close(struct look *look)
{
    free(look->points);
    free(look->before);
    look->points = look->before = NULL;
}

static bool find_luma(const AVFrame *frame, struct luma *out)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    const uint64_t strange = AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_PAL |
                             AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BE;
    if (format == NULL || (format->flags & strange) != 0 || format->nb_components == 0)
        return false;
    const AVComponentDescriptor *component =
        &format->comp[(format->flags & AV_PIX_FMT_FLAG_RGB) != 0 ? 1 : 0];
    if (component->depth < 8 || component->depth > 16) return false;
    *out = (struct luma){
        .plane = frame->data[component->plane] + component->offset,
        .stride = frame->linesize[component->plane],
        .step = component->step,
        .depth = component->depth,
        .shift = component->shift,
    };
    return true;
}

// A point as ten bits.
static int read_point(const struct luma *luma, int x, int y)
{
    const uint8_t *at = luma->plane + y * luma->stride + (ptrdiff_t)x * luma->step;
    if (luma->depth == 8) return at[0] << 2;
    const int value = (at[0] | at[1] << 8) >> luma->shift;
    return luma->depth >= 10 ? value >> (luma->depth - 10) : value << (10 - luma->depth);
}

struct seen {
    int count; // points
    int dark, moved, combed;
    uint64_t difference; // to the picture before, summed
};

// The middle line of three stands out to one side, and the lines two away look like itself: the
// neighbours are of another field.
static bool is_combed(const struct luma *luma, int x, int y, int here)
{
    const int above = read_point(luma, x, y - 1), below = read_point(luma, x, y + 1);
    const int up = here - above, down = here - below;
    if (up * down <= 0 || abs(up) < COMB || abs(down) < COMB) return false;
    const int apart =
        abs(here - read_point(luma, x, y - 2)) + abs(here - read_point(luma, x, y + 2));
    return abs(above - below) < abs(up) && apart < abs(up) + abs(down);
}

static struct seen scan(struct look *look, const AVFrame *frame, const struct luma *luma)
{
    struct seen seen = {0};
    const bool is_full = frame->color_range == AVCOL_RANGE_JPEG;
    const int black = is_full ? 0 : 64, white = is_full ? 1023 : 940;
    const int dark = black + (white - black) * (int)look->limits->black_level / 1000;
    for (int row = 0; row < LOOK_ROWS; row++) {
        const int y = 2 + (int)((int64_t)row * (frame->height - 4) / LOOK_ROWS);
        for (int column = 0; column < LOOK_COLUMNS; column++) {
            const int x = (int)((int64_t)column * frame->width / LOOK_COLUMNS);
            const int here = read_point(luma, x, y);
            const size_t at = (size_t)(row * LOOK_COLUMNS + column);
            const int change = abs(here - (int)look->before[at]);
            look->points[at] = (uint16_t)here;
            seen.count++;
            seen.dark += here <= dark;
            seen.difference += (uint64_t)change;
            if (change < MOTION) continue;
            seen.moved++;
            seen.combed += is_combed(luma, x, y, here);
        }
    }
    return seen;
}

// A span that runs while `is_on`; it ends where the next picture begins.
static void follow(struct look *look, enum span_kind kind, bool is_on, int64_t from_ms, int64_t ms,
                   uint32_t ms_min, int64_t *since_ms)
{
    if (is_on && *since_ms < 0) *since_ms = from_ms;
    if (is_on || *since_ms < 0) return;
    if (ms - *since_ms >= ms_min)
        measure_add(look->out,
                    (struct measure_span){
                        .kind = kind, .track = look->track, .start_ms = *since_ms, .end_ms = ms});
    *since_ms = -1;
}

static void count_motion(struct look *look, const struct seen *seen, bool is_repeated)
{
    struct measurement *out = look->out;
    const size_t phase = out->frames % MEASURE_PHASES;
    if (seen->moved * MOVING_PARTS > seen->count) {
        const bool is_combed = seen->combed * COMBED_PARTS > seen->moved;
        out->moving++;
        out->moving_by_phase[phase]++;
        out->combed += is_combed;
        out->combed_by_phase[phase] += is_combed;
    }
    out->repeated += is_repeated;
    out->repeated_by_phase[phase] += is_repeated;
}

void look_at(struct look *look, const AVFrame *frame, int64_t ms)
{
    struct luma luma;
    struct measurement *out = look->out;
    const struct measure_limits *limits = look->limits;
    if (!find_luma(frame, &luma) || frame->width < LOOK_COLUMNS / 10 || frame->height < 8) {
        out->frames++;
        return;
    }
    out->is_seen = true;
    if (frame->width != look->width || frame->height != look->height) look->has_before = false;
    look->width = frame->width;
    look->height = frame->height;
    const struct seen seen = scan(look, frame, &luma);
    const bool is_black = (int64_t)seen.dark * 1000 >= (int64_t)seen.count * limits->black_area;
    const bool is_still =
        look->has_before &&
        seen.difference * 1000000 <= (uint64_t)seen.count * WHITE * limits->freeze_level;
    if (look->has_before) count_motion(look, &seen, seen.difference == 0 && !is_black);
    follow(look, SPAN_BLACK, is_black, ms, ms, limits->black_ms_min, &look->black_ms);
    follow(look, SPAN_FREEZE, is_still && !is_black, look->last_ms, ms, limits->freeze_ms_min,
           &look->freeze_ms);
    uint16_t *const points = look->points;
    look->points = look->before;
    look->before = points;
    look->has_before = true;
    look->last_ms = ms;
    out->frames++;
}

void look_finish(struct look *look)
{
    const int64_t end_ms = look->last_ms + look->frame_ms;
    follow(look, SPAN_BLACK, false, end_ms, end_ms, look->limits->black_ms_min, &look->black_ms);
    follow(look, SPAN_FREEZE, false, end_ms, end_ms, look->limits->freeze_ms_min, &look->freeze_ms);
}

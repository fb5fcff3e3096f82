// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/conform.h"

#include "media/cadence.h"

#include <string.h>

static int64_t number_of(const struct conform *conform, int64_t ticks)
{
    return cadence_frame(media_time_of(ticks, conform->decoder.stream->time_base),
                         conform->video->start, conform->video->rate);
}

// Gives a picture without a time the place behind the one before.
static void settle_time(struct conform *conform, AVFrame *frame)
{
    const AVRational frame_time = {(int)conform->video->rate.seconds,
                                   (int)conform->video->rate.frames};
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE)
        frame->best_effort_timestamp =
            conform->last_ticks == AV_NOPTS_VALUE
                ? av_rescale_q(conform->video->start.ticks,
                               (AVRational){1, (int)conform->video->start.timescale},
                               conform->decoder.stream->time_base)
                : conform->last_ticks +
                      av_rescale_q(1, frame_time, conform->decoder.stream->time_base);
    conform->last_ticks = frame->best_effort_timestamp;
}

// Pictures before the first that counts, as many as a deinterlacer wants.
static int64_t preroll_of(const struct master_video *video)
{
    const bool is_interlaced =
        video->fields == FIELDS_TOP_FIRST || video->fields == FIELDS_BOTTOM_FIRST;
    return is_interlaced ? PREPARE_PREROLL_FRAMES : 0;
}

// Seeks, and decodes the first picture to see that the seek did not land behind what is wanted;
// then tries earlier and earlier.
static outcome position(struct conform *conform, struct why *why)
{
    const struct master_video *video = conform->video;
    const int64_t number = conform->first_number > 0 ? conform->first_number : 0;
    struct media_time target = cadence_time((uint64_t)number, video->start, video->rate);
    // A quarter frame late: timestamps are rounded, and a picture so much late has this number too.
    const int64_t frame_ticks =
        (int64_t)((uint64_t)video->start.timescale * video->rate.seconds / video->rate.frames);
    target.ticks += frame_ticks / 4;
    int64_t step = frame_ticks + 1;
    for (;;) {
        const bool is_start = target.ticks <= video->start.ticks + frame_ticks / 4;
        TRY(is_start ? stream_decoder_rewind(&conform->decoder, why)
                     : stream_decoder_seek(&conform->decoder, target, why));
        conform->last_ticks = AV_NOPTS_VALUE;
        const outcome result = stream_decoder_next(&conform->decoder, conform->held, why);
        if (result != OK && result != NOT_FOUND) return result;
        conform->has_held = result == OK;
        if (result == OK) {
            conform->decoded_count++;
            settle_time(conform, conform->held);
            if (is_start || number_of(conform, conform->held->best_effort_timestamp) <= number)
                return OK;
        } else if (is_start) {
            return fail(why, INVALID, "no picture of the master can be decoded");
        }
        av_frame_unref(conform->held);
        target.ticks =
            target.ticks - video->start.ticks < step ? video->start.ticks : target.ticks - step;
        step = step > INT64_MAX / 4 ? step : step * 4;
    }
}

outcome conform_open(struct source *source, const struct master_video *video, uint64_t first,
                     const struct prepared *wanted, uint32_t threads, struct conform *out,
                     struct why *why)
{
    if (video->track >= source->container->nb_streams)
        return fail(why, INVALID, "the master has no track %u", video->track);
    autoconform conform = {.video = video,
                           .last_ticks = AV_NOPTS_VALUE,
                           .first_number = (int64_t)first - preroll_of(video)};
    TRY(stream_decoder_open(source, video->track, threads, &conform.decoder, why));
    TRY(prepare_open(video, conform.decoder.stream->time_base, wanted, &conform.prepare, why));
    AVFrame **const frames[] = {&conform.decoded, &conform.held, &conform.shown, &conform.next};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        *frames[i] = av_frame_alloc();
        if (*frames[i] == NULL) return fail(why, NO_MEMORY, "no memory for a picture");
    }
    TRY(position(&conform, why));
    *out = conform;
    conform = (struct conform){0};
    return OK;
}

void conform_close(struct conform *conform)
{
    stream_decoder_close(&conform->decoder);
    prepare_close(&conform->prepare);
    av_frame_free(&conform->decoded);
    av_frame_free(&conform->held);
    av_frame_free(&conform->shown);
    av_frame_free(&conform->next);
}

// Decodes one more picture. The held one is filtered unless the new one replaces it before anything
// that counts.
static outcome advance(struct conform *conform, struct why *why)
{
    const outcome result = stream_decoder_next(&conform->decoder, conform->decoded, why);
    if (result == NOT_FOUND) {
        conform->ended = true;
        if (conform->has_held) TRY(prepare_put(conform->prepare, conform->held, why));
        conform->has_held = false;
        return prepare_put(conform->prepare, NULL, why);
    }
    TRY(result);
    conform->decoded_count++;
    settle_time(conform, conform->decoded);
    const bool is_early =
        number_of(conform, conform->decoded->best_effort_timestamp) <= conform->first_number;
    if (conform->has_held && !is_early) TRY(prepare_put(conform->prepare, conform->held, why));
    av_frame_unref(conform->held);
    av_frame_move_ref(conform->held, conform->decoded);
    conform->has_held = true;
    return OK;
}

// Fills `next` with the next filtered picture. NOT_FOUND when there are no more.
static outcome fetch(struct conform *conform, struct why *why)
{
    for (;;) {
        av_frame_unref(conform->next);
        const outcome result = prepare_take(conform->prepare, conform->next, why);
        if (result == OK) {
            conform->next_number = number_of(conform, conform->next->best_effort_timestamp);
            conform->has_next = true;
            return OK;
        }
        if (result != NOT_FOUND || conform->ended) return result;
        TRY(advance(conform, why));
    }
}

outcome conform_frame(struct conform *conform, uint64_t frame, const AVFrame **out, bool *is_new,
                      struct why *why)
{
    bool changed = false;
    for (;;) {
        if (!conform->has_next) {
            const outcome result = fetch(conform, why);
            if (result == NOT_FOUND) break; // the last picture stays
            TRY(result);
        }
        // A first picture that comes late stands in for the frames before it.
        if (conform->next_number > (int64_t)frame && conform->has_shown) break;
        const bool is_late = conform->next_number > (int64_t)frame;
        av_frame_unref(conform->shown);
        av_frame_move_ref(conform->shown, conform->next);
        conform->has_shown = changed = true;
        conform->has_next = false;
        if (is_late) break;
    }
    if (!conform->has_shown)
        return fail(why, INVALID, "no picture can be decoded for frame %llu of the title",
                    (unsigned long long)frame);
    *out = conform->shown;
    *is_new = changed;
    return OK;
}

outcome conform_near(struct conform *conform, uint64_t frame, uint64_t slack, const AVFrame **out,
                     struct why *why)
{
    bool is_new = false;
    const int64_t held =
        conform->has_held ? number_of(conform, conform->held->best_effort_timestamp) : INT64_MIN;
    if (held + (int64_t)slack < (int64_t)frame)
        return conform_frame(conform, frame, out, &is_new, why);
    TRY(prepare_put(conform->prepare, conform->held, why));
    conform->has_held = false;
    av_frame_unref(conform->shown);
    const outcome result = prepare_take(conform->prepare, conform->shown, why);
    if (result == NOT_FOUND) return conform_frame(conform, frame, out, &is_new, why);
    *out = conform->shown;
    return result;
}

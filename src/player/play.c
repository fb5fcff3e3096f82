// SPDX-License-Identifier: Apache-2.0
#include "player/play.h"

#include "base/clock.h"
#include "base/url.h"
#include "player/abr/abr.h"
#include "player/play_download.h"
#include "player/play_house.h"
#include "player/playout.h"
#include "player/protected_lane.h"
#include "player/stream.h"
#include "player/unlock.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CAPACITY_US = 60 * 1000000,    // most that is buffered
    RESUME_US = 2 * 1000000,       // after a stall: a segment of ours
    ABANDON_EVERY_US = 150 * 1000, // the rule is asked so often during a transfer
    FIRST_FRAME_MS_MAX = 10000,
    DECODE_MS_MAX = 120000, // to finish decoding what was fetched
    SIZES_AHEAD_MAX = 16,   // segments whose sizes the rule sees
};

enum { VIDEO, AUDIO, TRACKS };

// One of the two tracks that are fetched side by side.
struct lane {
    struct rendition *rendition;      // of the last segment; NULL before the first
    uint32_t init;                    // number of the init that its decoder has
    int64_t next_us;                  // presentation time of the next segment
    struct decoder *decoder;          // NULL when not decoding
    struct protected_lane protection; // when the play has an unlock
};

struct play {
    const struct play_options *options;
    const struct play_watch *watch;
    struct http_client *client;
    struct play_house *house; // NULL: the manifest is played as it is
    int64_t start_us;         // where it begins
    struct stream stream;
    struct unlock *unlock; // NULL: a clear stream
    struct bundle *bundle; // NULL: not of a download
    struct buffer kept;    // its licence, sealed
    struct playout playout;
    struct lane lanes[TRACKS];
    alignas(double) uint8_t abr[PRIMROSE_ABR_STATE_BYTES];
    int32_t rung;                // of the last video segment; -1 before it
    struct telemetry *telemetry; // NULL: nobody is told
    int64_t manifest_us;         // after the intent
    struct play_report report;
    double weighted_bits;
    struct buffer body; // of the transfer under way
    struct {            // for the abandonment rule
        size_t index;
        int32_t rung;    // -1: audio, which has no lower rung
        int32_t drop_to; // what the rule said
        int64_t asked_us;
        int64_t start_us;
        int64_t first_us; // 0 before the first byte
    } transfer;
};

static int64_t now(void)
{
    return clock_us(clock_system());
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

static int64_t capacity_us(const struct play *play)
{
    return play->options->capacity_us > 0 ? play->options->capacity_us : CAPACITY_US;
}

// Sizes of segment `index` in every rung, 0 where one is not known yet. True when all are known.
static bool sizes_of(const struct play *play, size_t index, double *sizes)
{
    for (size_t i = 0; i < play->stream.rung_count; i++) {
        const struct rendition *rung = play->stream.rungs[i];
        if (rung->need != NEED_NOTHING && rung->segment_count == 0) return false;
        if (index >= rung->segment_count || rung->segments[index].range.size == 0) return false;
        sizes[i] = (double)rung->segments[index].range.size;
    }
    return true;
}

static double segment_seconds(const struct rendition *rendition, size_t index)
{
    return seconds(stream_segment_end_us(rendition, index) -
                   stream_segment_start_us(rendition, index));
}

// Hears a transfer grow: time passes on the screen, and the rule may want a lower rung.
static outcome grew(void *context, size_t body_bytes, int64_t now_us, struct why *why)
{
    struct play *play = context;
    if (now_us > play->playout.now_us) playout_advance(&play->playout, now_us);
    telemetry_look(play->telemetry, &play->playout);
    if (play->transfer.first_us == 0) play->transfer.first_us = now_us;
    if (play->transfer.rung < 0 || now_us - play->transfer.asked_us < ABANDON_EVERY_US) return OK;

    play->transfer.asked_us = now_us;
    double sizes[STREAM_RUNGS_MAX];
    const bool are_known = sizes_of(play, play->transfer.index, sizes);
    const int32_t drop_to = primrose_abr_abandon(
        play->abr, play->stream.rates_bps, (uint32_t)play->stream.rung_count,
        are_known ? sizes : NULL,
        segment_seconds(play->stream.rungs[play->transfer.rung], play->transfer.index),
        seconds(playout_buffer_us(&play->playout)), play->transfer.rung, (double)body_bytes,
        seconds(now_us - play->transfer.start_us),
        seconds(play->transfer.first_us - play->transfer.start_us));
    if (drop_to < 0 || drop_to >= play->transfer.rung) return OK;
    play->transfer.drop_to = drop_to;
    return fail(why, EXHAUSTED, "the transfer is given up for a lower rung");
}

static int32_t choose_rung(struct play *play, size_t index)
{
    static double sizes[SIZES_AHEAD_MAX * STREAM_RUNGS_MAX];
    const struct rendition *grid = play->stream.rungs[0];
    uint32_t ahead = 0;
    while (ahead < SIZES_AHEAD_MAX && index + ahead < grid->segment_count &&
           sizes_of(play, index + ahead, sizes + ahead * play->stream.rung_count))
        ahead++;
    // No more is worth having than there is left to play.
    const int64_t left = stream_end_us(grid) - play->playout.position_us;
    const int64_t capacity = left < capacity_us(play) ? left : capacity_us(play);
    primrose_abr_left(play->abr, seconds(left));
    return primrose_abr_choose(play->abr, play->stream.rates_bps, (uint32_t)play->stream.rung_count,
                               ahead > 0 ? sizes : NULL, ahead, segment_seconds(grid, index),
                               seconds(playout_buffer_us(&play->playout)), seconds(capacity),
                               seconds(now()), play->rung, NULL);
}

// `bytes` lie in play->body; those of an encrypted segment are changed there.
static outcome feed(struct play *play, struct lane *lane, enum decoder_part part,
                    struct slice bytes, struct why *why)
{
    if (play->unlock != NULL) TRY(unlock_wait(play->unlock, why));
    if (lane->decoder == NULL) return OK;
    if (play->unlock == NULL) return decoder_feed(lane->decoder, part, bytes, why);
    if (part == DECODER_INIT) return protected_lane_init(&lane->protection, bytes, why);
    const size_t at = (size_t)(bytes.at - play->body.at);
    return protected_lane_media(&lane->protection, play->body.at + at, bytes.len, why);
}

// Fetches segment `index` of a rendition, and its init before it when the decoder lacks that, in
// one request where one range can hold both. `*out_media` is where the segment begins in
// play->body.
static outcome fetch_parts(struct play *play, struct lane *lane, struct rendition *rendition,
                           size_t index, const char *url, struct stream_timing *timing,
                           size_t *out_media, struct why *why)
{
    const struct media_segment *segment = &rendition->segments[index];
    const struct resource media = {url, segment->range};
    const struct stream_watch watch = {grew, play};
    const struct resource *init =
        rendition->init_count > 0 ? &rendition->inits[segment->init] : NULL;
    const bool is_new_run =
        lane->rendition != rendition || segment->is_discontinuous || lane->init != segment->init;

    buffer_drop(&play->body, play->body.len);
    struct resource joined = media;
    size_t media_at = 0;
    if (is_new_run && init != NULL && stream_join(init, &media, &joined)) {
        media_at = (size_t)(segment->range.offset - init->range.offset);
    } else if (is_new_run && init != NULL) {
        TRY(stream_fetch(&play->stream, init, NULL, &play->body, NULL, why));
        play->report.request_count++;
        media_at = play->body.len;
    }
    play->transfer.start_us = now();
    play->transfer.asked_us = play->transfer.start_us;
    play->transfer.first_us = 0;
    TRY(stream_fetch(&play->stream, &joined, &watch, &play->body, timing, why));
    play->report.request_count++;
    play->report.retry_count += timing->tries - 1;

    const struct slice all = buffer_slice(&play->body);
    const size_t init_bytes = init == NULL                           ? 0
                              : joined.range.size > media.range.size ? (size_t)init->range.size
                                                                     : media_at;
    if (is_new_run) TRY(feed(play, lane, DECODER_INIT, slice_part(all, 0, init_bytes), why));
    *out_media = media_at;
    return OK;
}

static void count_video(struct play *play, int32_t rung, double duration_s)
{
    if (play->rung >= 0 && play->rung != rung) play->report.switch_count++;
    play->rung = rung;
    play->report.rungs[rung].segments++;
    play->weighted_bits += play->stream.rates_bps[rung] * duration_s;
}

// Books an arrival: the estimate, the decoder, the playout.
static outcome book(struct play *play, int track, struct rendition *rendition, size_t index,
                    size_t media_at, const struct stream_timing *timing, struct why *why)
{
    struct lane *lane = &play->lanes[track];
    const struct slice media = slice_part(buffer_slice(&play->body), media_at, SIZE_MAX);
    (void)primrose_abr_observe(play->abr, (double)play->body.len, seconds(timing->start_us),
                               seconds(timing->first_byte_us), seconds(timing->end_us));
    TRY(feed(play, lane, DECODER_MEDIA, media, why));
    const bool is_first = lane->rendition == NULL;
    lane->rendition = rendition;
    lane->init = rendition->segments[index].init;
    lane->next_us = stream_segment_end_us(rendition, index);
    play->report.media_bytes += media.len;
    if (is_first && track == VIDEO && lane->decoder != NULL)
        TRY(decoder_wait_first(lane->decoder, FIRST_FRAME_MS_MAX, why));
    playout_advance(&play->playout, now());
    const bool is_starting = play->playout.startup_us < 0;
    playout_arrived(&play->playout, track, lane->next_us);
    telemetry_look(play->telemetry, &play->playout);
    if (is_starting && play->playout.startup_us >= 0)
        telemetry_started(play->telemetry, play->playout.startup_us, play->manifest_us);
    return OK;
}

// The keys of the next request.
static void tell_request(struct play *play, int track, const struct rendition *rendition,
                         size_t index)
{
    const struct stream *stream = &play->stream;
    const bool is_video = track == VIDEO;
    const double bps = is_video ? stream->rates_bps[play->transfer.rung]
                                : (double)(rendition->average_bps > 0 ? rendition->average_bps
                                                                      : rendition->bandwidth_bps);
    const struct telemetry_request request = {
        .track = is_video ? 'v' : 'a',
        .bps = bps,
        .top_bps = is_video ? stream->rates_bps[stream->rung_count - 1] : bps,
        .segment_s = segment_seconds(rendition, index),
        .buffer_s = seconds(playout_buffer_us(&play->playout)),
        .estimate_bps = primrose_abr_estimate(play->abr),
        .is_hls = stream->manifest->format == MANIFEST_HLS,
    };
    if (is_video) telemetry_bitrate(play->telemetry, bps);
    play->stream.fields = telemetry_fields(play->telemetry, &request);
}

static outcome fetch_segment(struct play *play, int track, struct rendition *rendition,
                             size_t index, struct why *why)
{
    struct lane *lane = &play->lanes[track];
    struct stream_timing timing = {0, 0, 0, 0};
    size_t media_at = 0;
    autobuffer url = buffer_init(URL_BYTES_MAX);
    TRY(segment_url(rendition, index, &url, why));
    tell_request(play, track, rendition, index);
    const char *text = buffer_text(&url);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for an address");
    TRY(fetch_parts(play, lane, rendition, index, text, &timing, &media_at, why));
    return book(play, track, rendition, index, media_at, &timing, why);
}

// Fetches the next video segment at the rung that the rule wants, and again lower if it gives up.
static outcome next_video(struct play *play, struct why *why)
{
    const struct lane *lane = &play->lanes[VIDEO];
    const struct rendition *grid = play->stream.rungs[0];
    const size_t number = stream_segment_at(grid, lane->next_us);
    int32_t rung = choose_rung(play, number);
    assert(rung >= 0 && (size_t)rung < play->stream.rung_count);
    for (;;) {
        struct rendition *rendition = play->stream.rungs[rung];
        TRY(stream_fill(&play->stream, rendition, why));
        const size_t index = stream_segment_at(rendition, lane->next_us);
        if (index >= rendition->segment_count)
            return fail(why, INVALID, "rendition %.60s ends before the others", rendition->id);
        play->transfer.index = index;
        play->transfer.rung = rung;
        play->transfer.drop_to = -1;
        const outcome result = fetch_segment(play, VIDEO, rendition, index, why);
        if (result == OK) {
            count_video(play, rung, segment_seconds(rendition, index));
            break;
        }
        if (play->transfer.drop_to < 0) return result;
        (void)primrose_abr_observe(play->abr, (double)play->body.len,
                                   seconds(play->transfer.start_us),
                                   seconds(play->transfer.first_us), seconds(now()));
        play->report.abandoned_count++;
        rung = play->transfer.drop_to;
    }
    if (play->watch != NULL)
        play->watch->arrived(play->watch->context, play->playout.position_us,
                             playout_buffer_us(&play->playout), play->report.rungs[rung].name,
                             primrose_abr_estimate(play->abr));
    return OK;
}

static outcome next_audio(struct play *play, struct why *why)
{
    struct rendition *audio = play->stream.audio;
    const size_t index = stream_segment_at(audio, play->lanes[AUDIO].next_us);
    if (index >= audio->segment_count) { // sound may end a little before the picture
        play->lanes[AUDIO].next_us = play->playout.rules.end_us;
        playout_advance(&play->playout, now());
        playout_arrived(&play->playout, AUDIO, play->playout.rules.end_us);
        return OK;
    }
    play->transfer.rung = -1;
    return fetch_segment(play, AUDIO, audio, index, why);
}

static void sleep_us(int64_t us)
{
    const struct timespec wait = {us / 1000000, us % 1000000 * 1000};
    if (us > 0) (void)nanosleep(&wait, NULL);
}

// One step: fetch what the shorter track lacks, or let time pass while the buffer is full.
static outcome step(struct play *play, struct why *why)
{
    const int64_t end_us = play->playout.rules.end_us, capacity = capacity_us(play);
    int track = VIDEO;
    if (play->stream.audio != NULL && play->lanes[AUDIO].next_us < play->lanes[VIDEO].next_us)
        track = AUDIO;
    const int64_t next_us = play->lanes[track].next_us;
    const int64_t ahead_us = next_us - play->playout.position_us;

    playout_advance(&play->playout, now());
    telemetry_look(play->telemetry, &play->playout);
    if (play->playout.state == PLAYOUT_ENDED) return OK;
    TRY(play_house_look(play->house, &play->playout, why));
    if (next_us >= end_us || ahead_us >= capacity) {
        const int64_t until_us = playout_next_us(&play->playout) - play->playout.now_us;
        const int64_t room_us = next_us >= end_us ? until_us : ahead_us - capacity + 10000;
        sleep_us(room_us < until_us ? room_us : until_us);
        return OK;
    }
    TRY(track == VIDEO ? next_video(play, why) : next_audio(play, why));
    if (play->playout.state != PLAYOUT_WAITING) stream_fill_one(&play->stream);
    return OK;
}

static outcome begin(struct play *play, int64_t begin_us, struct why *why)
{
    const struct play_options *options = play->options;
    const int64_t media_us = stream_end_us(play->stream.rungs[0]);
    if (play->start_us >= media_us)
        return fail(why, INVALID, "the start at %.1f s is behind the end at %.1f s",
                    seconds(play->start_us), seconds(media_us));
    const bool is_part = options->play_us > 0 && options->play_us < media_us - play->start_us;
    const struct playout_rules rules = {
        .start_us = 1, // the first segment is enough: nothing is gained by waiting for a second
        .resume_us = RESUME_US,
        .end_us = is_part ? play->start_us + options->play_us : media_us,
        .track_count = play->stream.audio == NULL ? 1 : TRACKS,
    };
    play->playout = playout_init(rules, play->start_us, begin_us);
    for (int i = 0; i < TRACKS; i++)
        play->lanes[i].next_us = play->start_us;
    play->rung = -1;
    const int32_t begun = primrose_abr_init(play->abr, sizeof play->abr, PRIMROSE_ABR_VOD,
                                            seconds(capacity_us(play)), NULL, 0);
    assert(begun == 0);

    play->report.format = play->stream.manifest->format == MANIFEST_HLS ? "hls" : "dash";
    play->report.has_audio = play->stream.audio != NULL;
    play->report.rung_count = play->stream.rung_count;
    for (size_t i = 0; i < play->stream.rung_count; i++) {
        const struct rendition *rung = play->stream.rungs[i];
        struct play_rung *named = &play->report.rungs[i];
        named->rate_bps = (uint64_t)play->stream.rates_bps[i];
        stream_rung_name(rung, named->name, sizeof named->name);
    }
    return OK;
}

static outcome finish_decoding(struct play *play, struct why *why)
{
    struct decoder_counts *counts[TRACKS] = {&play->report.video, &play->report.audio};
    for (int i = 0; i < TRACKS; i++)
        if (play->unlock != NULL && play->lanes[i].decoder != NULL)
            TRY(protected_lane_end(&play->lanes[i].protection, why));
    for (int i = 0; i < TRACKS; i++)
        if (play->lanes[i].decoder != NULL && play->lanes[i].rendition != NULL)
            TRY(decoder_finish(play->lanes[i].decoder, DECODE_MS_MAX, counts[i], why));
    return OK;
}

// The CDM takes over the decoders, and the licence is asked for while the first segment comes.
static outcome begin_unlock(struct play *play, struct why *why)
{
    const struct play_options *options = play->options;
    const struct unlock_options unlock = {.manifest_url = options->url,
                                          .device_path = options->device_path,
                                          .keys = options->keys,
                                          .key_count = options->key_count,
                                          .kept = buffer_slice(&play->kept),
                                          .clock = clock_system(),
                                          .playback = play_house_licence(play->house)};
    if (!stream_is_protected(&play->stream)) return OK;
    play->report.is_protected = true;
    TRY(unlock_open(&unlock, &play->unlock, why));
    for (int i = 0; i < TRACKS; i++)
        if (play->lanes[i].decoder != NULL)
            TRY(protected_lane_open(&play->lanes[i].protection, unlock_cdm(play->unlock),
                                    play->lanes[i].decoder, why));
    return unlock_ask(play->unlock, why);
}

// The stream of a download is what lies in its folder.
static outcome open_stream(struct play *play, struct why *why)
{
    const struct play_options *options = play->options;
    const char *folder = options->folder;
    struct stream_source source = {.folder = folder};
    if (folder != NULL) TRY(play_download_open(folder, &play->bundle, &play->kept, why));
    if (options->house != NULL) {
        source.origin = options->house->origin;
        source.token = options->house->token;
    }
    source.bundle = play->bundle;
    const char *url = folder == NULL ? play_house_manifest(play->house, options->url)
                                     : STREAM_BUNDLE_URL BUNDLE_MANIFEST;
    return stream_open(&play->stream, play->client, url, options->language, &source, why);
}

// The member's play is begun, and it is settled whom it is told to. Of a download's nobody: it may
// be offline.
static outcome begin_online(struct play *play, struct why *why)
{
    const struct play_options *options = play->options;
    if (options->folder != NULL) return OK;
    TRY(play_house_open(options->url, options->house, &play->house, why));
    if (options->resumes) play->start_us = play_house_resume_us(play->house);
    const char *token = options->house == NULL ? "" : options->house->token;
    return telemetry_open_for(options->url, options->report_url, token, &play->telemetry, why);
}

static outcome play_through(struct play *play, struct why *why)
{
    const int64_t begin_us = now();
    for (int i = 0; i < TRACKS && play->options->is_decoding; i++)
        TRY(decoder_open(&play->lanes[i].decoder, NULL, why));
    TRY(http_client_open(&play->client, why));
    TRY(begin_online(play, why));
    TRY(open_stream(play, why));
    play->manifest_us = now() - begin_us;
    TRY(begin_unlock(play, why));
    TRY(begin(play, begin_us, why));
    if (play->bundle != NULL && play->options->is_decoding)
        play_download_begun(play->options->folder, play->bundle);
    while (play->playout.state != PLAYOUT_ENDED)
        TRY(step(play, why));
    TRY(finish_decoding(play, why));

    if (play->unlock != NULL) play->report.licence_us = unlock_licence_us(play->unlock);
    play->report.startup_us = play->playout.startup_us;
    play->report.played_us = play->playout.position_us - play->start_us;
    play->report.stalled_us = play->playout.stalled_us;
    play->report.stall_count = play->playout.stall_count;
    const double fetched_s = seconds(play->lanes[VIDEO].next_us - play->start_us);
    play->report.mean_bps = fetched_s > 0 ? play->weighted_bits / fetched_s : 0;
    return OK;
}

outcome play_run(const struct play_options *options, const struct play_watch *watch,
                 struct play_report *out, struct why *why)
{
    struct play play = {.options = options,
                        .watch = watch,
                        .start_us = options->start_us,
                        .body = buffer_init(STREAM_SEGMENT_BYTES_MAX),
                        .kept = buffer_init(KEPT_BYTES_MAX)};
    const outcome result = play_through(&play, why);
    if (result != OK) telemetry_failed(play.telemetry, result);
    telemetry_close(&play.telemetry, &play.report.telemetry);
    unlock_close(&play.unlock); // first: it holds the decoders' feeding ends
    for (int i = 0; i < TRACKS; i++) {
        decoder_close(&play.lanes[i].decoder);
        protected_lane_release(&play.lanes[i].protection);
    }
    stream_release(&play.stream);
    play_house_close(&play.house, &play.playout);
    http_client_close(&play.client);
    buffer_release(&play.body);
    buffer_release(&play.kept);
    free(play.bundle);
    if (result == OK) *out = play.report;
    return result;
}

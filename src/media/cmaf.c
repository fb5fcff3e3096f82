// SPDX-License-Identifier: Apache-2.0
#include "media/cmaf.h"

#include "base/file.h"
#include "media/bitrate.h"
#include "media/fragment.h"
#include "media/init_segment.h"
#include "media/parameter_hoist.h"
#include "media/segment_plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDX_FIELDS_BYTES = 40, // version 1, header included
    SIDX_ENTRY_BYTES = 12,
    SAMPLE_BYTES_MAX = 16 + 1 + 255, // in trun, saiz and senc
    HEAD_BYTES_MAX = CMAF_SEGMENT_SAMPLES_MAX * SAMPLE_BYTES_MAX + STREAM_CONFIG_BYTES_MAX + 4096,
    HEADERS_BYTES_MAX = DRM_SYSTEM_COUNT * (PLAYREADY_BYTES_MAX + 64),
    INDEX_BYTES_MAX = SIDX_FIELDS_BYTES + SEGMENTS_MAX * SIDX_ENTRY_BYTES,
};

struct written_hole {
    uint32_t sample;
    struct sample_hole place;
};

struct cmaf_writer {
    struct sample_source *source;
    struct track *track;
    struct stream stream;
    struct segment_plan plan;
    struct segment_entry *entries;
    size_t next;     // segment to be written
    uint64_t offset; // of its moof
    struct byte_range init, index;
    struct parameter_hoist hoist;
    struct buffer samples; // of struct sample: one segment
    struct buffer holes;   // of struct written_hole: what is left out of them, in their order
    struct buffer head;
    struct protector *protector; // NULL: clear
    struct buffer media;         // one segment that is being encrypted
    size_t clear_segments;
    struct gather gather;
};

static size_t index_bytes(size_t segments)
{
    return SIDX_FIELDS_BYTES + segments * SIDX_ENTRY_BYTES;
}

static outcome put_head(struct cmaf_writer *writer, struct why *why)
{
    autobuffer headers = buffer_init(HEADERS_BYTES_MAX);
    const struct protector *protector = writer->protector;
    if (protector != NULL) TRY(protector_headers(protector, &headers, why));
    const struct init_segment init = {
        .stream = &writer->stream,
        .edit_ticks = writer->plan.edit_ticks,
        .duration_ticks = writer->plan.media_ticks,
        .is_indexed = true,
        .encryption = protector == NULL ? NULL : protector_encryption(protector),
        .has_clear_lead = protector != NULL && protector_clear_lead_ms(protector) > 0,
        .headers = buffer_slice(&headers)};
    struct box_writer boxes = box_writer_init(&writer->head, why);
    init_segment_put(&boxes, &init);
    writer->init = (struct byte_range){0, writer->head.len};
    writer->index = (struct byte_range){writer->head.len, index_bytes(writer->plan.count)};
    put_zeros(&boxes, (size_t)writer->index.size); // the room for sidx
    TRY(box_writer_end(&boxes));
    writer->offset = writer->head.len;
    return fd_write(writer->gather.fd, buffer_slice(&writer->head), why);
}

static outcome prepare(struct arena *arena, struct cmaf_writer *writer, const struct cuts *cuts,
                       struct why *why)
{
    TRY(segment_plan_make(arena, writer->source, cuts, &writer->plan, why));
    if (writer->plan.count > UINT16_MAX)
        return fail(why, TOO_LARGE,
                    "%zu segments are more than one index holds (65535): choose "
                    "longer ones",
                    writer->plan.count);
    writer->entries = arena_take_array(arena, writer->plan.count, sizeof *writer->entries);
    if (writer->entries == NULL) return fail(why, NO_MEMORY, "no memory for a segment list");
    if (writer->stream.kind == TRACK_VIDEO)
        writer->stream.video.facts.frame_rate = writer->plan.rate;
    else
        writer->stream.audio.priming_ticks = (uint32_t)writer->plan.skip_ticks;
    if (writer->track->language[0] != '\0')
        (void)snprintf(writer->stream.language, LANGUAGE_BYTES, "%s", writer->track->language);
    return put_head(writer, why);
}

outcome cmaf_open(struct arena *arena, struct sample_source *source, const struct cuts *cuts,
                  struct window_pool *pool, int fd, struct track *track, struct cmaf_writer **out,
                  struct why *why)
{
    return cmaf_open_protected(arena, source, cuts, pool, fd, NULL, track, out, why);
}

outcome cmaf_open_protected(struct arena *arena, struct sample_source *source,
                            const struct cuts *cuts, struct window_pool *pool, int fd,
                            const struct protection_order *order, struct track *track,
                            struct cmaf_writer **out, struct why *why)
{
    struct cmaf_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to write %s", track->file);
    *writer = (struct cmaf_writer){
        .source = source,
        .track = track,
        .stream = *sample_source_stream(source),
        .samples = buffer_init(CMAF_SEGMENT_SAMPLES_MAX * sizeof(struct sample)),
        .holes = buffer_init(CMAF_SEGMENT_SAMPLES_MAX * sizeof(struct written_hole)),
        .head = buffer_init(HEAD_BYTES_MAX + INDEX_BYTES_MAX),
        .media = buffer_init(INT32_MAX), // as an mdat can hold
        .gather = gather_init(pool, fd),
    };
    outcome result = parameter_hoist_plan(arena, source, &writer->stream, &writer->hoist, why);
    if (result == OK && order != NULL)
        result = protector_open(&writer->stream, order, &writer->protector, why);
    if (result == OK) result = prepare(arena, writer, cuts, why);
    if (result != OK) {
        cmaf_close(&writer);
        return result;
    }
    *out = writer;
    return OK;
}

void cmaf_close(struct cmaf_writer **writer)
{
    if (*writer == NULL) return;
    buffer_release(&(*writer)->samples);
    buffer_release(&(*writer)->holes);
    buffer_release(&(*writer)->head);
    buffer_release(&(*writer)->media);
    protector_close(&(*writer)->protector);
    free(*writer);
    *writer = NULL;
}

size_t cmaf_segment_count(const struct cmaf_writer *writer)
{
    return writer->plan.count;
}

static const struct sample *samples_of(const struct cmaf_writer *writer)
{
    return (const struct sample *)(const void *)writer->samples.at; // realloc aligns for any type
}

// Takes the segment's samples from the source, with times as the file will have them.
static outcome collect(struct cmaf_writer *writer, const struct planned_segment *segment,
                       struct why *why)
{
    writer->samples.len = 0;
    TRY(buffer_reserve(&writer->samples, segment->samples * sizeof(struct sample), why));
    for (uint32_t i = 0; i < segment->samples; i++) {
        struct sample sample;
        bool is_end;
        TRY(sample_source_next(writer->source, &sample, &is_end, why));
        const int64_t shift = sample.shift_ticks - writer->plan.shift_ticks;
        if (is_end)
            return fail(why, CORRUPT, "%s changed while it was read",
                        sample_source_path(writer->source, 0));
        if (shift < INT32_MIN || shift > INT32_MAX)
            return fail(why, INVALID, "%s: a picture is shown too far from its decode time",
                        sample_source_path(writer->source, sample.file));
        sample.shift_ticks = (int32_t)shift;
        memcpy(writer->samples.at + writer->samples.len, &sample, sizeof sample);
        writer->samples.len += sizeof sample;
    }
    return OK;
}

// Finds the parameter sets in the segment's samples and takes their bytes off the sizes.
static outcome hoist_samples(struct cmaf_writer *writer, uint32_t count, struct why *why)
{
    struct window_file file;
    writer->holes.len = 0;
    for (uint32_t i = 0; i < count && writer->hoist.is_needed; i++) {
        struct sample *sample = (struct sample *)(void *)writer->samples.at + i;
        struct sample_hole holes[HOIST_HOLES_MAX];
        size_t hole_count;
        if (i == 0 || sample->file != sample[-1].file)
            TRY(sample_source_file(writer->source, sample->file, &file, why));
        TRY(parameter_hoist_sample(&writer->hoist, &writer->gather, &file, sample, holes,
                                   &hole_count, why));
        for (size_t k = 0; k < hole_count; k++) {
            const struct written_hole hole = {i, holes[k]};
            const struct slice bytes = {(const uint8_t *)&hole, sizeof hole};
            TRY(buffer_put(&writer->holes, bytes, why));
            sample->size -= holes[k].size;
        }
    }
    return OK;
}

// Where a sample's bytes go: straight to the file, or to memory to be encrypted.
typedef outcome sample_sink(struct cmaf_writer *writer, const struct window_file *file,
                            uint64_t offset, uint32_t size, struct why *why);

static outcome sink_to_file(struct cmaf_writer *writer, const struct window_file *file,
                            uint64_t offset, uint32_t size, struct why *why)
{
    return gather_file(&writer->gather, file, offset, size, why);
}

static outcome sink_to_memory(struct cmaf_writer *writer, const struct window_file *file,
                              uint64_t offset, uint32_t size, struct why *why)
{
    struct buffer *media = &writer->media;
    TRY(buffer_reserve(media, size, why));
    TRY(gather_copy(&writer->gather, file, offset, size, media->at + media->len, why));
    media->len += size;
    return OK;
}

// One sample around its holes; `*next` goes on to those of the next sample.
static outcome read_sample(struct cmaf_writer *writer, uint32_t index,
                           const struct window_file *file, size_t *next, sample_sink *sink,
                           struct why *why)
{
    const struct sample *sample = &samples_of(writer)[index];
    const struct written_hole *holes = (const struct written_hole *)(const void *)writer->holes.at;
    const size_t count = writer->holes.len / sizeof *holes;
    uint64_t at = sample->offset;
    uint32_t left = sample->size;
    for (; *next < count && holes[*next].sample == index; ++*next) {
        const struct sample_hole *hole = &holes[*next].place;
        const uint64_t hole_at = sample->offset + hole->offset;
        const uint32_t part = (uint32_t)(hole_at - at);
        if (part > 0) TRY(sink(writer, file, at, part, why));
        left -= part;
        at = hole_at + hole->size;
    }
    return left > 0 ? sink(writer, file, at, left, why) : OK;
}

static outcome read_media(struct cmaf_writer *writer, uint32_t count, sample_sink *sink,
                          struct why *why)
{
    const struct sample *samples = samples_of(writer);
    struct window_file file;
    size_t hole = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || samples[i].file != samples[i - 1].file) {
            TRY(gather_flush(&writer->gather, why)); // the descriptor before may be closed now
            TRY(sample_source_file(writer->source, samples[i].file, &file, why));
        }
        TRY(read_sample(writer, i, &file, &hole, sink, why));
    }
    return gather_flush(&writer->gather, why);
}

// When the segment is presented: the edit list has taken its part from the front.
static uint64_t presented_at(const struct segment_plan *plan, uint64_t decode_ticks)
{
    return decode_ticks > plan->skip_ticks ? decode_ticks - plan->skip_ticks : 0;
}

static outcome protect(struct cmaf_writer *writer, const struct planned_segment *segment,
                       struct fragment_protection *out, struct why *why)
{
    const uint64_t start = presented_at(&writer->plan, segment->decode_ticks);
    const uint64_t lead_ms = protector_clear_lead_ms(writer->protector);
    const bool is_clear = start * 1000 < lead_ms * writer->stream.timescale;
    struct why inner = {""};
    writer->media.len = 0;
    TRY(read_media(writer, segment->samples, sink_to_memory, why));
    const outcome result =
        protector_segment(writer->protector, is_clear ? LEAVE_CLEAR : PROTECT, samples_of(writer),
                          segment->samples, writer->media.at, out, &inner);
    if (result != OK)
        return fail(why, result, "%s, segment %zu: %s", sample_source_path(writer->source, 0),
                    writer->next + 1, inner.text);
    writer->clear_segments += is_clear;
    return OK;
}

static outcome write_media(struct cmaf_writer *writer, uint32_t count, struct why *why)
{
    if (writer->protector == NULL) return read_media(writer, count, sink_to_file, why);
    TRY(gather_bytes(&writer->gather, buffer_slice(&writer->media), why));
    return gather_flush(&writer->gather, why);
}

outcome cmaf_segment(struct cmaf_writer *writer, struct why *why)
{
    assert(writer->next < writer->plan.count);
    const struct planned_segment *segment = &writer->plan.segments[writer->next];
    struct fragment_protection protection;
    TRY(collect(writer, segment, why));
    TRY(hoist_samples(writer, segment->samples, why));
    if (writer->protector != NULL) TRY(protect(writer, segment, &protection, why));
    const struct fragment fragment = {.sequence = (uint32_t)writer->next + 1,
                                      .decode_ticks = segment->decode_ticks,
                                      .samples = samples_of(writer),
                                      .count = segment->samples,
                                      .protection = writer->protector == NULL ? NULL : &protection};
    writer->head.len = 0;
    TRY(fragment_head_put(&writer->head, &fragment, why));
    const uint64_t before = writer->gather.written;
    TRY(gather_bytes(&writer->gather, buffer_slice(&writer->head), why));
    TRY(write_media(writer, segment->samples, why));
    const uint64_t size = writer->gather.written - before;
    assert(size <= UINT32_MAX && segment->duration_ticks <= UINT32_MAX);
    writer->entries[writer->next++] = (struct segment_entry){
        .offset = writer->offset,
        .size = (uint32_t)size,
        .duration = (uint32_t)segment->duration_ticks,
        .decode_time = segment->decode_ticks,
        .key_size = (uint32_t)writer->head.len + samples_of(writer)[0].size,
    };
    writer->offset += size;
    return OK;
}

static void put_sidx(struct box_writer *boxes, const struct cmaf_writer *writer)
{
    const struct segment_plan *plan = &writer->plan;
    full_box_begin(boxes, BOX_TYPE('s', 'i', 'd', 'x'), 1, 0);
    put_u32(boxes, 1); // track
    put_u32(boxes, writer->stream.timescale);
    put_u64(boxes, presented_at(plan, plan->segments[0].decode_ticks));
    put_u64(boxes, 0); // the first segment follows at once
    put_u16(boxes, 0);
    put_u16(boxes, (uint16_t)plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        const struct planned_segment *segment = &plan->segments[i];
        const uint64_t start = presented_at(plan, segment->decode_ticks);
        const uint64_t end = presented_at(plan, segment->decode_ticks + segment->duration_ticks);
        put_u32(boxes, writer->entries[i].size); // at most 31 bits, as fragment_head_put() checks
        put_u32(boxes, (uint32_t)(end - start));
        put_u32(boxes, 1u << 31 | (uint32_t)segment->sap_type << 28);
    }
    box_end(boxes);
}

static outcome write_index(struct cmaf_writer *writer, struct why *why)
{
    writer->head.len = 0;
    struct box_writer boxes = box_writer_init(&writer->head, why);
    put_sidx(&boxes, writer);
    TRY(box_writer_end(&boxes));
    assert(writer->head.len == writer->index.size);
    return fd_write_at(writer->gather.fd, buffer_slice(&writer->head), writer->index.offset, why);
}

static uint32_t clamp_bps(uint64_t bps)
{
    return bps > UINT32_MAX ? UINT32_MAX : (uint32_t)bps;
}

static outcome fill_track(struct cmaf_writer *writer, struct why *why)
{
    struct track *track = writer->track;
    const struct stream *stream = &writer->stream;
    char codec[CODEC_BYTES];
    TRY(stream_codec_text(stream, codec, why));
    (void)snprintf(track->codec, sizeof track->codec, "%s", codec);
    track->kind = stream->kind;
    if (stream->kind == TRACK_VIDEO)
        track->language[0] = '\0';
    else
        (void)snprintf(track->language, sizeof track->language, "%s", stream->language);
    track->timescale = stream->timescale;
    track->duration = writer->plan.presented_ticks;
    track->file_size = writer->offset;
    track->init = writer->init;
    track->index = writer->index;
    track->segments = writer->entries;
    if (writer->protector != NULL) {
        const struct track_encryption *encryption = protector_encryption(writer->protector);
        track->protection = (struct track_protection){encryption->scheme, encryption->key_id,
                                                      writer->clear_segments};
    }
    track->segment_count = writer->plan.count;
    const uint64_t target =
        bitrate_target_ticks(track->segments, track->segment_count, track->timescale);
    track->bandwidth_peak_bps = clamp_bps(
        bitrate_peak_bps(track->segments, track->segment_count, track->timescale, target));
    track->bandwidth_average_bps =
        clamp_bps(bitrate_average_bps(track->segments, track->segment_count, track->timescale));
    if (stream->kind == TRACK_VIDEO)
        track->video = stream->video.facts;
    else
        track->audio = stream->audio;
    return OK;
}

outcome cmaf_finish(struct cmaf_writer *writer, struct why *why)
{
    assert(writer->next == writer->plan.count);
    TRY(write_index(writer, why));
    return fill_track(writer, why);
}

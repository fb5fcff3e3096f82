// SPDX-License-Identifier: Apache-2.0
#include "media/segment_scan.h"

#include "media/sample_entry.h"

#include "base/file.h"

#include <string.h>

#define VIDEO_HANDLER BOX_TYPE('v', 'i', 'd', 'e')

enum {
    // ISO/IEC 14496-12 clauses 8.8.3.1, 8.8.7.1 and 8.8.8.1
    TFHD_BASE_DATA_OFFSET = 0x1,
    TFHD_DESCRIPTION = 0x2,
    TFHD_DURATION = 0x8,
    TFHD_SIZE = 0x10,
    TFHD_FLAGS = 0x20,
    TRUN_DATA_OFFSET = 0x1,
    TRUN_FIRST_FLAGS = 0x4,
    TRUN_DURATION = 0x100,
    TRUN_SIZE = 0x200,
    TRUN_FLAGS = 0x400,
    TRUN_SHIFT = 0x800,
    SAMPLE_IS_NON_SYNC = 0x10000,
    SAMPLE_HEAD_BYTES = 16 * 1024, // parameter sets and SEI before the first slice fit
};

static uint64_t range_end(struct byte_range range, uint64_t file_bytes)
{
    return range.size == 0 ? file_bytes : range.offset + range.size;
}

static outcome check_range(struct byte_range range, uint64_t file_bytes, struct why *why)
{
    if (range.offset > file_bytes || range.size > file_bytes - range.offset)
        return fail(why, INVALID, "bytes %llu to %llu reach past the end of the file (%llu bytes)",
                    (unsigned long long)range.offset,
                    (unsigned long long)(range.offset + range.size),
                    (unsigned long long)file_bytes);
    return OK;
}

static outcome read_brands(const struct box *ftyp, struct media_init *out)
{
    struct fields fields = fields_of(ftyp->body);
    out->brands[out->brand_count++] = fields_u32(&fields);
    fields_skip(&fields, 4);
    while (fields.rest.len >= 4 && out->brand_count < BRANDS_MAX)
        out->brands[out->brand_count++] = fields_u32(&fields);
    return OK;
}

bool media_init_has_brand(const struct media_init *init, uint32_t brand)
{
    for (size_t i = 0; i < init->brand_count; i++)
        if (init->brands[i] == brand) return true;
    return false;
}

static outcome read_edits(const struct box *trak, struct media_init *out, struct why *why)
{
    struct box edts;
    struct box elst;
    if (box_find(trak, BOX_TYPE('e', 'd', 't', 's'), &edts, NULL) != OK) return OK;
    if (box_find(&edts, BOX_TYPE('e', 'l', 's', 't'), &elst, NULL) != OK) return OK;
    struct fields fields = fields_of(elst.body);
    const struct full_box full = fields_full_box(&fields);
    const uint32_t count = fields_u32(&fields);
    for (uint32_t i = 0; i < count && !out->has_edit && !fields.is_short; i++) {
        const uint64_t duration = fields_u32_or_64(&fields, full.version);
        const int64_t media_time =
            full.version == 0 ? (int32_t)fields_u32(&fields) : (int64_t)fields_u64(&fields);
        fields_skip(&fields, 4);
        out->has_edit = media_time >= 0;
        out->edit_media_time = media_time;
        if (media_time < 0) out->edit_delay += duration;
    }
    return fields_check(&fields, &elst, why);
}

// The fields that stand behind the two times of a version 0 or 1 header box.
static outcome behind_times(const struct box *parent, uint32_t type, struct box *box,
                            struct fields *fields, struct why *why)
{
    TRY(box_find(parent, type, box, why));
    *fields = fields_of(box->body);
    const struct full_box full = fields_full_box(fields);
    fields_skip(fields, full.version == 0 ? 8 : 16);
    return OK;
}

static outcome read_entry(struct arena *arena, const struct box *media, struct media_init *out,
                          struct why *why)
{
    struct box minf, stbl, stsd, entry;
    TRY(box_find(media, BOX_TYPE('m', 'i', 'n', 'f'), &minf, why));
    TRY(box_find(&minf, BOX_TYPE('s', 't', 'b', 'l'), &stbl, why));
    TRY(box_find(&stbl, BOX_TYPE('s', 't', 's', 'd'), &stsd, why));
    struct box_walk entries = box_children(&stsd);
    if (!box_walk_has(&entries)) return fail(why, INVALID, "stsd has no sample entry");
    TRY(box_next(&entries, &entry, why));
    out->entry_type = entry.type;
    struct stream stream = out->stream;
    if (sample_entry_parse(&entry, &stream, NULL) != OK) return OK;
    if (stream_complete(&stream, NULL) != OK) return OK;
    if (stream_codec_text(&stream, out->codec, NULL) != OK) return OK;
    stream.config.at = (const uint8_t *)arena_copy(arena, stream.config);
    if (stream.config.at == NULL) return fail(why, NO_MEMORY, "no memory for a configuration");
    out->stream = stream;
    out->is_readable = true;
    return OK;
}

static outcome read_track(struct arena *arena, const struct box *trak, struct media_init *out,
                          struct why *why)
{
    struct box box, mdia;
    struct fields fields;
    TRY(behind_times(trak, BOX_TYPE('t', 'k', 'h', 'd'), &box, &fields, why));
    out->track_id = fields_u32(&fields);
    TRY(fields_check(&fields, &box, why));
    TRY(read_edits(trak, out, why));
    TRY(box_find(trak, BOX_TYPE('m', 'd', 'i', 'a'), &mdia, why));
    TRY(behind_times(&mdia, BOX_TYPE('m', 'd', 'h', 'd'), &box, &fields, why));
    out->stream.timescale = fields_u32(&fields);
    TRY(fields_check(&fields, &box, why));
    TRY(box_find(&mdia, BOX_TYPE('h', 'd', 'l', 'r'), &box, why));
    fields = fields_of(box.body);
    fields_skip(&fields, 8);
    out->handler = fields_u32(&fields);
    TRY(fields_check(&fields, &box, why));
    if (out->stream.timescale == 0) return fail(why, INVALID, "the track's timescale is 0");
    return read_entry(arena, &mdia, out, why);
}

static outcome read_trex(const struct box *moov, struct media_init *out, struct why *why)
{
    struct box mvex, trex;
    if (box_find(moov, BOX_TYPE('m', 'v', 'e', 'x'), &mvex, NULL) != OK)
        return fail(why, INVALID, "moov has no mvex: the file is not fragmented");
    struct box_walk walk = box_children(&mvex);
    while (box_walk_has(&walk)) {
        TRY(box_next(&walk, &trex, why));
        if (trex.type != BOX_TYPE('t', 'r', 'e', 'x')) continue;
        struct fields fields = fields_of(trex.body);
        (void)fields_full_box(&fields);
        if (fields_u32(&fields) != out->track_id) continue;
        fields_skip(&fields, 4);
        out->default_duration = fields_u32(&fields);
        out->default_size = fields_u32(&fields);
        out->default_flags = fields_u32(&fields);
        return fields_check(&fields, &trex, why);
    }
    return OK;
}

static outcome read_movie(struct arena *arena, const struct box *moov, struct media_init *out,
                          struct why *why)
{
    struct box mvhd, trak;
    struct fields fields;
    TRY(behind_times(moov, BOX_TYPE('m', 'v', 'h', 'd'), &mvhd, &fields, why));
    const uint32_t timescale = fields_u32(&fields);
    TRY(fields_check(&fields, &mvhd, why));
    struct box_walk walk = box_children(moov);
    size_t tracks = 0;
    while (box_walk_has(&walk)) {
        TRY(box_next(&walk, &trak, why));
        if (trak.type != BOX_TYPE('t', 'r', 'a', 'k')) continue;
        struct media_init track = {.brand_count = 0};
        TRY(read_track(arena, &trak, &track, why));
        // Of several the picture, which the others go with.
        if (tracks++ > 0 && (out->handler == VIDEO_HANDLER || track.handler != VIDEO_HANDLER))
            continue;
        memcpy(track.brands, out->brands, sizeof track.brands);
        track.brand_count = out->brand_count;
        *out = track;
    }
    out->track_count = tracks;
    out->movie_timescale = timescale;
    if (tracks == 0) return fail(why, INVALID, "moov has no track");
    return read_trex(moov, out, why);
}

outcome media_init_read(struct arena *arena, int fd, uint64_t file_bytes, struct byte_range range,
                        struct media_init *out, struct why *why)
{
    struct media_init init = {.brand_count = 0};
    autobuffer bytes = buffer_init(SCAN_BOX_BYTES_MAX);
    TRY(check_range(range, file_bytes, why));
    const uint64_t end = range_end(range, file_bytes);
    for (uint64_t at = range.offset; at + 8 <= end;) {
        struct box box;
        TRY(box_read(fd, end, at, &box, why));
        at += box.size;
        if (box.type != BOX_TYPE('f', 't', 'y', 'p') && box.type != BOX_TYPE('m', 'o', 'o', 'v'))
            continue;
        bytes.len = 0;
        TRY(box_load(fd, &box, &bytes, &box, why));
        if (box.type == BOX_TYPE('f', 't', 'y', 'p')) {
            init.brand_count = 0;
            TRY(read_brands(&box, &init));
            continue;
        }
        TRY(read_movie(arena, &box, &init, why));
        *out = init;
        return OK;
    }
    return fail(why, INVALID, "there is no moov box in the init segment");
}

// One segment as its fragments are gone through.
struct scan {
    int fd;
    uint64_t file_bytes;
    const struct media_init *init;
    struct scanned_segment *out;
    uint32_t duration, size, flags; // defaults of the traf
    uint64_t moof_offset;
    uint64_t data_at;
    uint64_t data_base;
    uint64_t decode_time;
    bool has_time;
};

static outcome read_tfhd(struct scan *scan, const struct box *tfhd, bool *is_ours, struct why *why)
{
    struct fields fields = fields_of(tfhd->body);
    const struct full_box full = fields_full_box(&fields);
    *is_ours = fields_u32(&fields) == scan->init->track_id;
    scan->data_base = scan->moof_offset;
    scan->duration = scan->init->default_duration;
    scan->size = scan->init->default_size;
    scan->flags = scan->init->default_flags;
    if (full.flags & TFHD_BASE_DATA_OFFSET) scan->data_base = fields_u64(&fields);
    if (full.flags & TFHD_DESCRIPTION) fields_skip(&fields, 4);
    if (full.flags & TFHD_DURATION) scan->duration = fields_u32(&fields);
    if (full.flags & TFHD_SIZE) scan->size = fields_u32(&fields);
    if (full.flags & TFHD_FLAGS) scan->flags = fields_u32(&fields);
    scan->data_at = scan->data_base;
    return fields_check(&fields, tfhd, why);
}

static outcome read_tfdt(struct scan *scan, const struct box *tfdt, struct why *why)
{
    struct fields fields = fields_of(tfdt->body);
    const struct full_box full = fields_full_box(&fields);
    const uint64_t time = fields_u32_or_64(&fields, full.version);
    TRY(fields_check(&fields, tfdt, why));
    if (time > INT64_MAX / 4)
        return fail(why, INVALID, "tfdt %llu is no time of a film", (unsigned long long)time);
    scan->decode_time = time;
    if (!scan->has_time) scan->out->decode_time = time;
    scan->has_time = true;
    return OK;
}

// The first sample of the segment: its mark, and what its bytes are.
static outcome judge_first(struct scan *scan, uint32_t flags, uint32_t size, struct why *why)
{
    struct scanned_segment *out = scan->out;
    uint8_t head[SAMPLE_HEAD_BYTES];
    if (scan->data_at > scan->file_bytes || size > scan->file_bytes - scan->data_at)
        return fail(why, INVALID,
                    "the first sample of the fragment at byte %llu lies outside the file",
                    (unsigned long long)scan->moof_offset);
    const size_t len = size < sizeof head ? size : sizeof head;
    TRY(fd_read_at(scan->fd, head, len, scan->data_at, why));
    out->is_marked_sync = (flags & SAMPLE_IS_NON_SYNC) == 0;
    out->first_sample_end = scan->data_at + size;
    out->access = scan->init->is_readable
                      ? sample_access(&scan->init->stream, (struct slice){head, len})
                      : ACCESS_UNKNOWN;
    return OK;
}

static outcome read_trun(struct scan *scan, const struct box *trun, struct why *why)
{
    struct scanned_segment *out = scan->out;
    struct fields fields = fields_of(trun->body);
    const struct full_box full = fields_full_box(&fields);
    const uint32_t count = fields_u32(&fields);
    uint32_t first_flags = scan->flags;
    if (full.flags & TRUN_DATA_OFFSET)
        scan->data_at = scan->data_base + (uint64_t)(int64_t)(int32_t)fields_u32(&fields);
    if (full.flags & TRUN_FIRST_FLAGS) first_flags = fields_u32(&fields);
    if (count > SCAN_SAMPLES_MAX - out->sample_count)
        return fail(why, TOO_LARGE, "a segment has more than %d samples", SCAN_SAMPLES_MAX);
    for (uint32_t i = 0; i < count && !fields.is_short; i++) {
        const uint32_t duration = full.flags & TRUN_DURATION ? fields_u32(&fields) : scan->duration;
        const uint32_t size = full.flags & TRUN_SIZE ? fields_u32(&fields) : scan->size;
        uint32_t flags = i == 0 ? first_flags : scan->flags;
        if (full.flags & TRUN_FLAGS) flags = fields_u32(&fields);
        const int64_t shift = full.flags & TRUN_SHIFT ? (int32_t)fields_u32(&fields) : 0;
        const int64_t shown = (int64_t)scan->decode_time + shift;
        if (out->sample_count == 0) TRY(judge_first(scan, flags, size, why));
        if (out->sample_count == 0 || shown < out->earliest_time) out->earliest_time = shown;
        out->sample_count++;
        out->duration += duration;
        scan->decode_time += duration;
        scan->data_at += size;
    }
    TRY(fields_check(&fields, trun, why));
    if (scan->data_at > scan->file_bytes)
        return fail(why, INVALID, "samples of the fragment at byte %llu lie outside the file",
                    (unsigned long long)scan->moof_offset);
    return OK;
}

static outcome read_traf(struct scan *scan, const struct box *traf, struct why *why)
{
    struct box box;
    bool is_ours;
    TRY(box_find(traf, BOX_TYPE('t', 'f', 'h', 'd'), &box, why));
    TRY(read_tfhd(scan, &box, &is_ours, why));
    if (!is_ours) return OK;
    TRY(box_find(traf, BOX_TYPE('t', 'f', 'd', 't'), &box, why));
    TRY(read_tfdt(scan, &box, why));
    struct box_walk walk = box_children(traf);
    while (box_walk_has(&walk)) {
        TRY(box_next(&walk, &box, why));
        if (box.type == BOX_TYPE('t', 'r', 'u', 'n')) TRY(read_trun(scan, &box, why));
    }
    return OK;
}

static outcome read_moof(struct scan *scan, const struct box *moof, struct why *why)
{
    struct box traf;
    scan->moof_offset = moof->offset;
    struct box_walk walk = box_children(moof);
    while (box_walk_has(&walk)) {
        TRY(box_next(&walk, &traf, why));
        if (traf.type == BOX_TYPE('t', 'r', 'a', 'f')) TRY(read_traf(scan, &traf, why));
    }
    return OK;
}

outcome segment_scan(int fd, uint64_t file_bytes, struct byte_range range,
                     const struct media_init *init, struct scanned_segment *out, struct why *why)
{
    autobuffer bytes = buffer_init(SCAN_BOX_BYTES_MAX);
    struct scanned_segment segment = {.offset = range.offset};
    struct scan scan = {.fd = fd, .file_bytes = file_bytes, .init = init, .out = &segment};
    size_t fragments = 0;
    TRY(check_range(range, file_bytes, why));
    const uint64_t end = range_end(range, file_bytes);
    segment.size = end - range.offset;
    for (uint64_t at = range.offset; at + 8 <= end;) {
        struct box box;
        TRY(box_read(fd, end, at, &box, why));
        at += box.size;
        if (box.type != BOX_TYPE('m', 'o', 'o', 'f')) continue;
        if (++fragments > SCAN_FRAGMENTS_MAX)
            return fail(why, TOO_LARGE, "a segment has more than %d fragments", SCAN_FRAGMENTS_MAX);
        if (fragments == 1) segment.moof_offset = box.offset;
        bytes.len = 0;
        TRY(box_load(fd, &box, &bytes, &box, why));
        TRY(read_moof(&scan, &box, why));
    }
    if (segment.sample_count == 0)
        return fail(why, INVALID, "the segment at byte %llu has no sample of track %u",
                    (unsigned long long)range.offset, init->track_id);
    *out = segment;
    return OK;
}

// SPDX-License-Identifier: Apache-2.0
#include "media/hls.h"

#include "media/presentation_rules.h"
#include "media/protection_hls.h"

#include <assert.h>
#include <stdio.h>

// Version 7: fragmented MP4 with EXT-X-MAP and byte ranges (RFC 8216 section 7 and appendix of
// versions).
enum { HLS_VERSION = 7, MICROSECONDS = 1000000 };

void hls_media_name(const struct track *track, char *out)
{
    (void)snprintf(out, HLS_NAME_BYTES, "%s.m3u8", track->name);
}

void hls_iframe_name(const struct track *track, char *out)
{
    (void)snprintf(out, HLS_NAME_BYTES, "%s-iframe.m3u8", track->name);
}

static uint64_t ticks_to_us(uint64_t ticks, uint32_t timescale)
{
    const struct media_time time = {(int64_t)ticks, timescale};
    return (uint64_t)media_time_rescale(time, MICROSECONDS).ticks;
}

// Longest EXTINF of a track in microseconds. Both ends are rounded alike, so that the sum of all is
// the track's duration.
static uint64_t longest_us(const struct track *track)
{
    uint64_t position = 0;
    uint64_t longest = 0;
    for (size_t i = 0; i < track->segment_count; i++) {
        const uint64_t start = segment_presented_at(track, position);
        position += track->segments[i].duration;
        const uint64_t end = segment_presented_at(track, position);
        const uint64_t us =
            ticks_to_us(end, track->timescale) - ticks_to_us(start, track->timescale);
        if (us > longest) longest = us;
    }
    return longest;
}

static uint64_t target_seconds(uint64_t us)
{
    const uint64_t seconds = (us + MICROSECONDS / 2) / MICROSECONDS; // EXTINF rounded to nearest
    return seconds > 0 ? seconds : 1;
}

// One value for every audio and video playlist, as section 6.2.4 of the draft wants of all
// renditions.
static uint64_t shared_target_seconds(const struct presentation *presentation)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (track->kind != TRACK_VIDEO && track->kind != TRACK_AUDIO) continue;
        const uint64_t us = longest_us(track);
        if (us > longest) longest = us;
    }
    return target_seconds(longest);
}

static uint64_t title_us(const struct presentation *presentation)
{
    return (uint64_t)media_time_rescale(presentation->duration, MICROSECONDS).ticks;
}

static outcome put_head(uint64_t target, struct buffer *out, struct why *why)
{
    return buffer_format(out, why,
                         "#EXTM3U\n"
                         "#EXT-X-VERSION:%d\n"
                         "#EXT-X-TARGETDURATION:%llu\n"
                         "#EXT-X-MEDIA-SEQUENCE:0\n"
                         "#EXT-X-PLAYLIST-TYPE:VOD\n",
                         HLS_VERSION, (unsigned long long)target);
}

static outcome put_duration(uint64_t us, struct buffer *out, struct why *why)
{
    return buffer_format(out, why, "#EXTINF:%llu.%06llu,\n",
                         (unsigned long long)(us / MICROSECONDS),
                         (unsigned long long)(us % MICROSECONDS));
}

// What a segment's byte range ends behind: the whole segment, or its first key picture.
typedef uint32_t range_size(const struct segment_entry *segment);

static uint32_t whole_segment(const struct segment_entry *segment)
{
    return segment->size;
}

static uint32_t key_picture(const struct segment_entry *segment)
{
    return segment->key_size;
}

static outcome put_segments(const struct presentation *presentation, const struct track *track,
                            range_size *size, struct buffer *out, struct why *why)
{
    TRY(buffer_format(out, why, "#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%llu@%llu\"\n", track->file,
                      (unsigned long long)track->init.size,
                      (unsigned long long)track->init.offset));
    uint64_t position = 0;
    for (size_t i = 0; i < track->segment_count; i++) {
        const struct segment_entry *segment = &track->segments[i];
        TRY(hls_keys_put(presentation, track, i, out, why));
        const uint64_t start = segment_presented_at(track, position);
        position += segment->duration;
        const uint64_t end = segment_presented_at(track, position);
        TRY(put_duration(ticks_to_us(end, track->timescale) - ticks_to_us(start, track->timescale),
                         out, why));
        TRY(buffer_format(out, why, "#EXT-X-BYTERANGE:%u@%llu\n%s\n", size(segment),
                          (unsigned long long)segment->offset, track->file));
    }
    return buffer_put_text(out, "#EXT-X-ENDLIST\n", why);
}

static outcome put_media(const struct presentation *presentation, const struct track *track,
                         struct buffer *out, struct why *why)
{
    TRY(put_head(shared_target_seconds(presentation), out, why));
    TRY(buffer_put_text(out, "#EXT-X-INDEPENDENT-SEGMENTS\n", why));
    return put_segments(presentation, track, whole_segment, out, why);
}

static outcome put_iframes(const struct presentation *presentation, const struct track *track,
                           struct buffer *out, struct why *why)
{
    TRY(put_head(shared_target_seconds(presentation), out, why));
    TRY(buffer_put_text(out, "#EXT-X-I-FRAMES-ONLY\n", why));
    return put_segments(presentation, track, key_picture, out, why);
}

static outcome put_text(const struct presentation *presentation, const struct track *track,
                        struct buffer *out, struct why *why)
{
    const uint64_t us = title_us(presentation);
    TRY(put_head(target_seconds(us), out, why));
    TRY(put_duration(us, out, why));
    return buffer_format(out, why, "%s\n#EXT-X-ENDLIST\n", track->file);
}

static outcome put_sheets(const struct presentation *presentation, const struct track *track,
                          struct buffer *out, struct why *why)
{
    const struct image_facts *image = &track->image;
    const uint64_t whole = title_us(presentation);
    const uint64_t sheet_us = (uint64_t)image->tile_ms * 1000 * image->columns * image->rows;
    TRY(put_head(target_seconds(sheet_us < whole ? sheet_us : whole), out, why));
    TRY(buffer_put_text(out, "#EXT-X-IMAGES-ONLY\n", why));
    for (uint32_t i = 0; i < image->sheet_count; i++) {
        char number[16];
        char file[SHEET_FILE_BYTES];
        (void)snprintf(number, sizeof number, "%u", i);
        sheet_file(track, number, file);
        const uint64_t start = i * sheet_us;
        if (start >= whole)
            return fail(why, INVALID,
                        "sheet %u of storyboard %s starts behind the end of the title", i,
                        track->name);
        TRY(put_duration(whole - start < sheet_us ? whole - start : sheet_us, out, why));
        TRY(buffer_format(out, why,
                          "#EXT-X-TILES:RESOLUTION=%ux%u,LAYOUT=%ux%u,DURATION=%u.%03u\n%s\n",
                          image->tile_width, image->tile_height, image->columns, image->rows,
                          image->tile_ms / 1000, image->tile_ms % 1000, file));
    }
    return buffer_put_text(out, "#EXT-X-ENDLIST\n", why);
}

typedef outcome playlist_writer(const struct presentation *presentation, const struct track *track,
                                struct buffer *out, struct why *why);

static outcome write_playlist(playlist_writer *writer, const struct presentation *presentation,
                              const struct track *track, struct buffer *out, struct why *why)
{
    TRY(presentation_check(presentation, why));
    const size_t len_before = out->len;
    const outcome result = writer(presentation, track, out, why);
    if (result != OK) out->len = len_before;
    return result;
}

outcome hls_media(const struct presentation *presentation, const struct track *track,
                  struct buffer *out, struct why *why)
{
    static playlist_writer *const writers[TRACK_KIND_COUNT] = {
        [TRACK_VIDEO] = put_media,
        [TRACK_AUDIO] = put_media,
        [TRACK_TEXT] = put_text,
        [TRACK_IMAGE] = put_sheets,
    };
    return write_playlist(writers[track->kind], presentation, track, out, why);
}

outcome hls_iframes(const struct presentation *presentation, const struct track *track,
                    struct buffer *out, struct why *why)
{
    assert(track->kind == TRACK_VIDEO);
    return write_playlist(put_iframes, presentation, track, out, why);
}

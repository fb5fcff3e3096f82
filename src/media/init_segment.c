// SPDX-License-Identifier: Apache-2.0
#include "media/init_segment.h"

#include "media/language_code.h"
#include "media/movie_boxes.h"
#include "media/sample_entry.h"

#include <string.h>

// A profile is claimed when all that it limits can be seen in the configuration: profile, level,
// size, rate, colour. Levels are AVC's level_idc and HEVC's general_level_idc. ISO/IEC 23000-19
// tables A.1 and B.1.
static const struct picture_profile {
    uint32_t brand;
    enum codec codec;
    uint8_t profile_max; // AVC profile_idc, HEVC general_profile_idc
    uint8_t level_max;
    uint16_t width_max, height_max;
    uint8_t fps_max;
    enum video_range range;
} picture_profiles[] = {
    {BOX_TYPE('c', 'f', 's', 'd'), CODEC_AVC, 100, 31, 864, 576, 60, RANGE_SDR},
    {BOX_TYPE('c', 'f', 'h', 'd'), CODEC_AVC, 100, 40, 1920, 1080, 60, RANGE_SDR},
    {BOX_TYPE('c', 'h', 'd', 'f'), CODEC_AVC, 100, 42, 1920, 1080, 60, RANGE_SDR},
    {BOX_TYPE('c', 'h', 'h', 'd'), CODEC_HEVC, 1, 123, 1920, 1080, 60, RANGE_SDR},
    {BOX_TYPE('c', 'u', 'd', '8'), CODEC_HEVC, 1, 150, 3840, 2160, 60, RANGE_SDR},
    {BOX_TYPE('c', 'h', 'h', '1'), CODEC_HEVC, 2, 123, 1920, 1080, 60, RANGE_SDR},
    {BOX_TYPE('c', 'u', 'd', '1'), CODEC_HEVC, 2, 153, 3840, 2160, 60, RANGE_SDR},
    {BOX_TYPE('c', 'h', 'd', '1'), CODEC_HEVC, 2, 153, 3840, 2160, 60, RANGE_PQ},
    {BOX_TYPE('c', 'l', 'g', '1'), CODEC_HEVC, 2, 153, 3840, 2160, 60, RANGE_HLG},
};

static bool keeps(const struct stream *stream, const struct picture_profile *profile)
{
    const struct video_facts *facts = &stream->video.facts;
    const uint8_t *config = stream->config.at;
    const bool is_avc = stream->codec == CODEC_AVC;
    const unsigned coded = is_avc ? config[1] : config[1] & 0x1fu;
    const unsigned level = is_avc ? config[3] : config[12];
    const bool is_main_tier = is_avc || (config[1] & 0x20u) == 0;
    const bool is_coded = is_avc ? coded == 100 : coded >= 1;
    return stream->codec == profile->codec && is_coded && coded <= profile->profile_max &&
           level <= profile->level_max && is_main_tier && facts->width <= profile->width_max &&
           facts->height <= profile->height_max && facts->frame_rate.frames > 0 &&
           (uint64_t)facts->frame_rate.frames <=
               (uint64_t)profile->fps_max * facts->frame_rate.seconds &&
           facts->range == profile->range;
}

uint32_t media_profile(const struct stream *stream)
{
    const size_t count = sizeof picture_profiles / sizeof picture_profiles[0];
    for (size_t i = 0; i < count && stream->kind == TRACK_VIDEO; i++)
        if ((stream->codec == CODEC_AVC || stream->codec == CODEC_HEVC) &&
            keeps(stream, &picture_profiles[i]))
            return picture_profiles[i].brand;
    if (stream->codec == CODEC_AV1) return BOX_TYPE('a', 'v', '0', '1');
    char text[CODEC_BYTES];
    const bool is_core_aac = stream->kind == TRACK_AUDIO && stream->codec == CODEC_AAC &&
                             stream->audio.channels <= 2 && stream->audio.sample_rate <= 48000 &&
                             stream_codec_text(stream, text, NULL) == OK &&
                             strcmp(text, "mp4a.40.2") == 0;
    return is_core_aac ? BOX_TYPE('c', 'a', 'a', 'c') : 0;
}

static void put_ftyp(struct box_writer *writer, const struct init_segment *init)
{
    // cmf2 forbids an edit list in video; an audio track may have one for its priming.
    const bool is_cmf2 = init->edit_ticks == 0 || init->stream->kind == TRACK_AUDIO;
    const uint32_t major = is_cmf2 ? BOX_TYPE('c', 'm', 'f', '2') : BOX_TYPE('c', 'm', 'f', 'c');
    const uint32_t profile = media_profile(init->stream);
    box_begin(writer, BOX_TYPE('f', 't', 'y', 'p'));
    put_u32(writer, major);
    put_u32(writer, 0);
    put_u32(writer, BOX_TYPE('i', 's', 'o', '6'));
    if (is_cmf2) put_u32(writer, BOX_TYPE('c', 'm', 'f', '2'));
    put_u32(writer, BOX_TYPE('c', 'm', 'f', 'c'));
    if (init->is_indexed) put_u32(writer, BOX_TYPE('d', 'a', 's', 'h'));
    if (profile != 0) put_u32(writer, profile);
    box_end(writer);
}

static void put_mvhd(struct box_writer *writer, uint32_t timescale)
{
    full_box_begin(writer, BOX_TYPE('m', 'v', 'h', 'd'), 0, 0);
    put_zeros(writer, 8); // times
    put_u32(writer, timescale);
    put_u32(writer, 0);       // duration: mehd tells
    put_u32(writer, 0x10000); // rate
    put_u16(writer, 0x100);   // volume
    put_zeros(writer, 10);
    put_unity_matrix(writer);
    put_zeros(writer, 24);
    put_u32(writer, 2); // next track
    box_end(writer);
}

// The picture as it is shown, 16.16.
static uint32_t display_width(const struct video_facts *facts)
{
    const uint64_t width = ((uint64_t)facts->width * facts->sar_width << 16) / facts->sar_height;
    return width > UINT32_MAX ? UINT32_MAX : (uint32_t)width;
}

static void put_tkhd(struct box_writer *writer, const struct stream *stream)
{
    enum { ENABLED = 1, IN_MOVIE = 2, SIZE_BYTES = 8 };
    full_box_begin(writer, BOX_TYPE('t', 'k', 'h', 'd'), 0, ENABLED | IN_MOVIE);
    put_zeros(writer, 8);
    put_u32(writer, 1); // track
    put_zeros(writer, 4 + 4 + 8 + 2 + 2);
    put_u16(writer, stream->kind == TRACK_AUDIO ? 0x100 : 0);
    put_u16(writer, 0);
    put_unity_matrix(writer);
    if (stream->kind == TRACK_VIDEO) {
        put_u32(writer, display_width(&stream->video.facts));
        put_u32(writer, stream->video.facts.height << 16);
    } else {
        put_zeros(writer, SIZE_BYTES);
    }
    box_end(writer);
}

static void put_edits(struct box_writer *writer, uint64_t edit_ticks)
{
    box_begin(writer, BOX_TYPE('e', 'd', 't', 's'));
    full_box_begin(writer, BOX_TYPE('e', 'l', 's', 't'), 1, 0);
    put_u32(writer, 1);
    put_u64(writer, 0); // to the end, whatever the fragments hold
    put_u64(writer, edit_ticks);
    put_u32(writer, 0x10000);
    box_end(writer);
    box_end(writer);
}

static void put_mdhd(struct box_writer *writer, const struct stream *stream)
{
    full_box_begin(writer, BOX_TYPE('m', 'd', 'h', 'd'), 0, 0);
    put_zeros(writer, 8);
    put_u32(writer, stream->timescale);
    put_u32(writer, 0);
    put_u16(writer, language_to_packed(stream->language));
    put_u16(writer, 0);
    box_end(writer);
}

static void put_hdlr(struct box_writer *writer, const struct stream *stream)
{
    const bool is_video = stream->kind == TRACK_VIDEO;
    full_box_begin(writer, BOX_TYPE('h', 'd', 'l', 'r'), 0, 0);
    put_u32(writer, 0);
    put_u32(writer, is_video ? BOX_TYPE('v', 'i', 'd', 'e') : BOX_TYPE('s', 'o', 'u', 'n'));
    put_zeros(writer, 12);
    put_bytes(writer, slice_of(is_video ? "Video" : "Audio"));
    put_u8(writer, 0);
    box_end(writer);
    if (strchr(stream->language, '-') == NULL) return;
    full_box_begin(writer, BOX_TYPE('e', 'l', 'n', 'g'), 0, 0); // more than three letters tell
    put_bytes(writer, slice_of(stream->language));
    put_u8(writer, 0);
    box_end(writer);
}

static void put_stbl(struct box_writer *writer, const struct init_segment *init)
{
    static const uint32_t empty[] = {BOX_TYPE('s', 't', 't', 's'), BOX_TYPE('s', 't', 's', 'c'),
                                     BOX_TYPE('s', 't', 'c', 'o')};
    box_begin(writer, BOX_TYPE('s', 't', 'b', 'l'));
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'd'), 0, 0);
    put_u32(writer, init->has_clear_lead ? 2 : 1);
    sample_entry_put_protected(writer, init->stream, init->encryption);
    if (init->has_clear_lead) sample_entry_put(writer, init->stream);
    box_end(writer);
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        full_box_begin(writer, empty[i], 0, 0);
        put_u32(writer, 0);
        box_end(writer);
    }
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'z'), 0, 0);
    put_zeros(writer, 8);
    box_end(writer);
    box_end(writer);
}

static void put_minf(struct box_writer *writer, const struct init_segment *init)
{
    enum { VMHD_FLAGS = 1 };
    box_begin(writer, BOX_TYPE('m', 'i', 'n', 'f'));
    if (init->stream->kind == TRACK_VIDEO) {
        full_box_begin(writer, BOX_TYPE('v', 'm', 'h', 'd'), 0, VMHD_FLAGS);
        put_zeros(writer, 8);
    } else {
        full_box_begin(writer, BOX_TYPE('s', 'm', 'h', 'd'), 0, 0);
        put_zeros(writer, 4);
    }
    box_end(writer);
    put_own_data(writer);
    put_stbl(writer, init);
    box_end(writer);
}

static void put_mvex(struct box_writer *writer, uint64_t duration_ticks)
{
    box_begin(writer, BOX_TYPE('m', 'v', 'e', 'x'));
    if (duration_ticks > 0) {
        full_box_begin(writer, BOX_TYPE('m', 'e', 'h', 'd'), 1, 0);
        put_u64(writer, duration_ticks);
        box_end(writer);
    }
    full_box_begin(writer, BOX_TYPE('t', 'r', 'e', 'x'), 0, 0);
    put_u32(writer, 1); // track
    put_u32(writer, 1); // sample description
    put_zeros(writer, 12);
    box_end(writer);
    box_end(writer);
}

void init_segment_put(struct box_writer *writer, const struct init_segment *init)
{
    const struct stream *stream = init->stream;
    put_ftyp(writer, init);
    box_begin(writer, BOX_TYPE('m', 'o', 'o', 'v'));
    put_mvhd(writer, stream->timescale);
    box_begin(writer, BOX_TYPE('t', 'r', 'a', 'k'));
    put_tkhd(writer, stream);
    if (init->edit_ticks > 0) put_edits(writer, init->edit_ticks);
    box_begin(writer, BOX_TYPE('m', 'd', 'i', 'a'));
    put_mdhd(writer, stream);
    put_hdlr(writer, stream);
    put_minf(writer, init);
    box_end(writer);
    if (stream->kind == TRACK_AUDIO) loudness_put(writer, &stream->loudness);
    box_end(writer);
    put_mvex(writer, init->duration_ticks);
    put_bytes(writer, init->headers);
    box_end(writer);
}

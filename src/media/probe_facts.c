// SPDX-License-Identifier: Apache-2.0
#include "media/probe_facts.h"

#include "media/language_code.h"

#include <libavcodec/avcodec.h>
#include <libavutil/display.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Text of a hostile file into a fixed array: cut, printable, UTF-8 left whole or dropped.
static void copy_text(char *out, size_t room, const char *text)
{
    size_t used = 0;
    for (; text != NULL && *text != '\0' && used + 1 < room; text++) {
        const unsigned char byte = (unsigned char)*text;
        out[used++] = byte < ' ' || byte > '~' ? '?' : (char)byte;
    }
    out[used] = '\0';
}

static const char *tag_of(const AVStream *stream, const char *key)
{
    const AVDictionaryEntry *entry = av_dict_get(stream->metadata, key, NULL, 0);
    return entry == NULL ? NULL : entry->value;
}

static enum track_role role_of(const AVStream *stream)
{
    static const struct {
        int disposition;
        enum track_role audio, text;
    } rules[] = {
        {AV_DISPOSITION_FORCED, ROLE_MAIN, ROLE_FORCED},
        {AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DESCRIPTIONS, ROLE_DESCRIPTION,
         ROLE_SUBTITLE},
        {AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_CAPTIONS, ROLE_ENHANCED_DIALOGUE,
         ROLE_CAPTION},
        {AV_DISPOSITION_COMMENT, ROLE_COMMENTARY, ROLE_COMMENTARY},
        {AV_DISPOSITION_DUB, ROLE_DUB, ROLE_SUBTITLE},
    };
    const bool is_text = stream->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if ((stream->disposition & rules[i].disposition) != 0)
            return is_text ? rules[i].text : rules[i].audio;
    return is_text ? ROLE_SUBTITLE : ROLE_MAIN;
}

// Channels that nobody named are taken as libavutil's layout of so many.
static bool has_centre(const AVChannelLayout *layout)
{
    AVChannelLayout usual;
    av_channel_layout_default(&usual, layout->nb_channels);
    return layout->nb_channels > 2 &&
           av_channel_layout_index_from_channel(layout->order == AV_CHANNEL_ORDER_UNSPEC ? &usual
                                                                                         : layout,
                                                AV_CHAN_FRONT_CENTER) >= 0;
}

static void track_facts(const AVStream *stream, struct master_track *track)
{
    const AVCodecParameters *parameters = stream->codecpar;
    switch (parameters->codec_type) {
    case AVMEDIA_TYPE_VIDEO:
        track->kind =
            (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0 ? TRACK_IMAGE : TRACK_VIDEO;
        break;
    case AVMEDIA_TYPE_AUDIO: track->kind = TRACK_AUDIO; break;
    case AVMEDIA_TYPE_SUBTITLE: track->kind = TRACK_TEXT; break;
    default: track->data = true; break;
    }
    copy_text(track->codec, sizeof track->codec, avcodec_get_name(parameters->codec_id));
    copy_text(track->profile, sizeof track->profile,
              avcodec_profile_name(parameters->codec_id, parameters->profile));
    const char *language = tag_of(stream, "language");
    language_from_text(slice_of(language == NULL ? "und" : language), track->language);
    copy_text(track->title, sizeof track->title, tag_of(stream, "title"));
    track->role = role_of(stream);
    track->is_default = (stream->disposition & AV_DISPOSITION_DEFAULT) != 0;
    track->sample_rate = parameters->sample_rate > 0 ? (uint32_t)parameters->sample_rate : 0;
    track->channels =
        parameters->ch_layout.nb_channels > 0 ? (uint32_t)parameters->ch_layout.nb_channels : 0;
    track->has_centre = has_centre(&parameters->ch_layout);
    track->decodable = avcodec_find_decoder(parameters->codec_id) != NULL;
}

void container_facts(const AVFormatContext *container, struct master_facts *facts)
{
    // The first of libavformat's names: "mov,mp4,m4a,..." is one family.
    copy_text(facts->container, sizeof facts->container, container->iformat->name);
    facts->container[strcspn(facts->container, ",")] = '\0';
    facts->track_count =
        container->nb_streams < MASTER_TRACKS_MAX ? container->nb_streams : MASTER_TRACKS_MAX;
    for (size_t i = 0; i < facts->track_count; i++)
        track_facts(container->streams[i], &facts->tracks[i]);
}

bool streams_are_encrypted(const AVFormatContext *container)
{
    for (unsigned i = 0; i < container->nb_streams; i++)
        if (av_stream_get_side_data(container->streams[i], AV_PKT_DATA_ENCRYPTION_INIT_INFO,
                                    NULL) != NULL)
            return true;
    return false;
}

static void rotation_facts(AVStream *stream, struct master_video *video)
{
    size_t size = 0;
    const uint8_t *side = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    int32_t matrix[9];
    if (side == NULL || size < sizeof matrix) return;
    memcpy(matrix, side, sizeof matrix);
    const double determinant = (double)matrix[0] * matrix[4] - (double)matrix[1] * matrix[3];
    video->mirrored = determinant < 0;
    if (video->mirrored) av_display_matrix_flip(matrix, 1, 0);
    const double counter_clockwise = av_display_rotation_get(matrix);
    if (isnan(counter_clockwise)) return;
    const long quarters = lround(-counter_clockwise / 90) & 3;
    video->rotation_degrees = (uint32_t)quarters * 90;
}

static enum field_order fields_of_picture(const AVStream *stream, const AVFrame *frame)
{
    if (frame->interlaced_frame)
        return frame->top_field_first ? FIELDS_TOP_FIRST : FIELDS_BOTTOM_FIRST;
    switch (stream->codecpar->field_order) {
    case AV_FIELD_TT:
    case AV_FIELD_TB: return FIELDS_TOP_FIRST;
    case AV_FIELD_BB:
    case AV_FIELD_BT: return FIELDS_BOTTOM_FIRST;
    case AV_FIELD_PROGRESSIVE: return FIELDS_PROGRESSIVE;
    case AV_FIELD_UNKNOWN: break;
    }
    return FIELDS_UNKNOWN;
}

static uint16_t chromaticity(AVRational value)
{
    return (uint16_t)(lround(av_q2d(value) * 50000) & UINT16_MAX);
}

static void mastering_facts(const AVMasteringDisplayMetadata *from, struct mastering_display *to)
{
    if (from->has_primaries) {
        for (int i = 0; i < 2; i++) {
            to->red[i] = chromaticity(from->display_primaries[0][i]);
            to->green[i] = chromaticity(from->display_primaries[1][i]);
            to->blue[i] = chromaticity(from->display_primaries[2][i]);
            to->white[i] = chromaticity(from->white_point[i]);
        }
    }
    if (from->has_luminance) {
        to->luminance_max = (uint32_t)(llround(av_q2d(from->max_luminance) * 10000) & UINT32_MAX);
        to->luminance_min = (uint32_t)(llround(av_q2d(from->min_luminance) * 10000) & UINT32_MAX);
    }
}

// Side data of a picture (SEI), or of the stream (container boxes) where the picture has none.
static const uint8_t *side_of(const AVStream *stream, const AVFrame *frame,
                              enum AVFrameSideDataType of_frame,
                              enum AVPacketSideDataType of_stream)
{
    const AVFrameSideData *side = av_frame_get_side_data(frame, of_frame);
    return side != NULL ? side->data : av_stream_get_side_data(stream, of_stream, NULL);
}

static void hdr_facts(const AVStream *stream, const AVFrame *frame, struct master_video *video)
{
    const uint8_t *display = side_of(stream, frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA,
                                     AV_PKT_DATA_MASTERING_DISPLAY_METADATA);
    if (display != NULL) {
        AVMasteringDisplayMetadata metadata;
        memcpy(&metadata, display, sizeof metadata);
        mastering_facts(&metadata, &video->mastering);
    }
    const uint8_t *light =
        side_of(stream, frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, AV_PKT_DATA_CONTENT_LIGHT_LEVEL);
    if (light != NULL) {
        AVContentLightMetadata level;
        memcpy(&level, light, sizeof level);
        video->max_cll = (uint16_t)(level.MaxCLL & UINT16_MAX);
        video->max_fall = (uint16_t)(level.MaxFALL & UINT16_MAX);
    }
}

static uint8_t code_point(int of_frame, int of_stream)
{
    enum { UNSPECIFIED = 2 };
    const int value = of_frame == UNSPECIFIED ? of_stream : of_frame;
    return value >= 0 && value <= UINT8_MAX ? (uint8_t)value : UNSPECIFIED;
}

bool picture_facts(AVFormatContext *container, AVStream *stream, AVFrame *frame,
                   struct master_video *video)
{
    const enum AVPixelFormat format = (enum AVPixelFormat)frame->format;
    const AVPixFmtDescriptor *descriptor = av_pix_fmt_desc_get(format);
    const AVCodecParameters *parameters = stream->codecpar;
    const AVRational sar = av_guess_sample_aspect_ratio(container, stream, frame);
    video->width = (uint32_t)frame->width;
    video->height = (uint32_t)frame->height;
    video->sar_width = sar.num > 0 && sar.den > 0 ? (uint32_t)sar.num : 1;
    video->sar_height = sar.num > 0 && sar.den > 0 ? (uint32_t)sar.den : 1;
    video->fields = fields_of_picture(stream, frame);
    video->colour = (struct colour){
        code_point((int)frame->color_primaries, (int)parameters->color_primaries),
        code_point((int)frame->color_trc, (int)parameters->color_trc),
        code_point((int)frame->colorspace, (int)parameters->color_space),
        frame->color_range == AVCOL_RANGE_JPEG,
    };
    video->range = colour_range(&video->colour);
    copy_text(video->pixel_format, sizeof video->pixel_format,
              descriptor == NULL ? "unknown" : descriptor->name);
    video->bit_depth = descriptor == NULL ? 0 : (uint32_t)descriptor->comp[0].depth;
    rotation_facts(stream, video);
    hdr_facts(stream, frame, video);
    return descriptor != NULL && sws_isSupportedInput(format) > 0;
}

bool picture_has_captions(const AVFrame *frame)
{
    return av_frame_get_side_data(frame, AV_FRAME_DATA_A53_CC) != NULL;
}

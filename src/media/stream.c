// SPDX-License-Identifier: Apache-2.0
#include "media/stream.h"

#include "base/bits.h"
#include "media/parameter_sets.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static outcome complete_avc(struct stream *stream, struct why *why);
static outcome complete_hevc(struct stream *stream, struct why *why);
static outcome complete_av1(struct stream *stream, struct why *why);
static outcome complete_aac(struct stream *stream, struct why *why);
static outcome complete_ac3(struct stream *stream, struct why *why);
static outcome complete_eac3(struct stream *stream, struct why *why);
static outcome complete_opus(struct stream *stream, struct why *why);
static outcome complete_flac(struct stream *stream, struct why *why);

static void text_avc(const struct stream *stream, char *out);
static void text_hevc(const struct stream *stream, char *out);
static void text_av1(const struct stream *stream, char *out);
static void text_aac(const struct stream *stream, char *out);
static void text_ac3(const struct stream *stream, char *out);
static void text_eac3(const struct stream *stream, char *out);
static void text_opus(const struct stream *stream, char *out);
static void text_flac(const struct stream *stream, char *out);

static const struct {
    const char *word;
    size_t config_bytes_min;
    outcome (*complete)(struct stream *stream, struct why *why);
    void (*text)(const struct stream *stream, char *out); // of a stream that is complete
} codecs[CODEC_COUNT] = {
    [CODEC_AVC] = {"AVC", 7, complete_avc, text_avc},
    [CODEC_HEVC] = {"HEVC", 23, complete_hevc, text_hevc},
    [CODEC_AV1] = {"AV1", 4, complete_av1, text_av1},
    [CODEC_AAC] = {"AAC", 2, complete_aac, text_aac},
    [CODEC_AC3] = {"AC-3", 3, complete_ac3, text_ac3},
    [CODEC_EAC3] = {"E-AC-3", 5, complete_eac3, text_eac3},
    [CODEC_OPUS] = {"Opus", 11, complete_opus, text_opus},
    [CODEC_FLAC] = {"FLAC", 38, complete_flac, text_flac},
};

const char *codec_word(enum codec codec)
{
    assert(codec < CODEC_COUNT);
    return codecs[codec].word;
}

static outcome check_size(const struct stream *stream, struct why *why)
{
    const size_t min = codecs[stream->codec].config_bytes_min;
    if (stream->config.len >= min) return OK;
    return fail(why, INVALID, "the %s decoder configuration has %zu bytes, it needs at least %zu",
                codecs[stream->codec].word, stream->config.len, min);
}

outcome stream_complete(struct stream *stream, struct why *why)
{
    TRY(check_size(stream, why));
    return codecs[stream->codec].complete(stream, why);
}

outcome stream_codec_text(const struct stream *stream, char *out, struct why *why)
{
    TRY(check_size(stream, why));
    codecs[stream->codec].text(stream, out);
    return OK;
}

// What the container leaves open, the sequence parameter set tells.
static void adopt(struct stream *stream, const struct sequence_facts *facts)
{
    struct video_facts *video = &stream->video.facts;
    if (video->sar_width == 0 || video->sar_height == 0) {
        video->sar_width = facts->sar_width;
        video->sar_height = facts->sar_height;
    }
    // The bitstream is what the decoder obeys: a container that says SDR of a PQ stream is wrong.
    if (facts->has_colour) stream->video.colour = facts->colour;
    video->range = colour_range(&stream->video.colour);
}

static outcome complete_avc(struct stream *stream, struct why *why)
{
    if (stream->config.at[0] != 1)
        return fail(why, UNSUPPORTED, "the AVC configuration has version %u, only 1 is known",
                    stream->config.at[0]);
    struct sequence_facts facts = {.sar_width = 1, .sar_height = 1};
    TRY(avc_sequence_facts(stream->config, &facts, why));
    adopt(stream, &facts);
    return OK;
}

static outcome complete_hevc(struct stream *stream, struct why *why)
{
    struct sequence_facts facts = {.sar_width = 1, .sar_height = 1};
    TRY(hevc_sequence_facts(stream->config, &facts, why));
    adopt(stream, &facts);
    return OK;
}

static outcome complete_av1(struct stream *stream, struct why *why)
{
    if (stream->config.at[0] != 0x81)
        return fail(why, UNSUPPORTED,
                    "the AV1 configuration has version 0x%02x, only 0x81 is known",
                    stream->config.at[0]);
    adopt(stream, &(struct sequence_facts){.sar_width = 1, .sar_height = 1});
    return OK;
}

struct aac_config {
    uint32_t object_type; // as the codec string says it: 5 with SBR signalled first
    uint32_t sample_rate; // of the core, or of SBR's output where it is signalled first
    uint32_t channels;    // 0: told elsewhere
    bool is_short;
};

static uint32_t aac_object_type(struct bits *bits)
{
    const uint32_t type = bits_u(bits, 5);
    return type == 31 ? 32 + bits_u(bits, 6) : type;
}

static uint32_t aac_sample_rate(struct bits *bits)
{
    static const uint32_t rates[16] = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050,
                                       16000, 12000, 11025, 8000,  7350,  0,     0,     0};
    const uint32_t index = bits_u(bits, 4);
    return index == 15 ? bits_u(bits, 24) : rates[index];
}

static struct aac_config aac_parse(struct slice config)
{
    enum { OBJECT_SBR = 5, OBJECT_PS = 29 };
    static const uint32_t channels[16] = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0};
    struct bits bits = bits_of(config);
    struct aac_config out = {.object_type = aac_object_type(&bits)};
    out.sample_rate = aac_sample_rate(&bits);
    out.channels = channels[bits_u(&bits, 4)];
    if (out.object_type == OBJECT_SBR || out.object_type == OBJECT_PS) {
        out.sample_rate = aac_sample_rate(&bits);
        if (out.object_type == OBJECT_PS) out.channels = 2;
    }
    out.is_short = bits.is_short;
    return out;
}

static outcome complete_aac(struct stream *stream, struct why *why)
{
    const struct aac_config config = aac_parse(stream->config);
    if (config.is_short || config.object_type == 0 || config.sample_rate == 0)
        return fail(why, INVALID, "the AAC configuration names no object type or no sample rate");
    stream->audio.sample_rate = config.sample_rate;
    if (config.channels != 0) stream->audio.channels = config.channels;
    return OK;
}

// ETSI TS 102 366 table 4.3: full-range channels by acmod.
static const uint8_t ac3_channels[8] = {2, 1, 2, 3, 3, 4, 4, 5};
static const uint32_t ac3_rates[4] = {48000, 44100, 32000, 0};

static outcome complete_ac3(struct stream *stream, struct why *why)
{
    struct bits bits = bits_of(stream->config);
    const uint32_t rate = ac3_rates[bits_u(&bits, 2)];
    bits_skip(&bits, 5 + 3); // bsid, bsmod
    const uint32_t channels = ac3_channels[bits_u(&bits, 3)];
    stream->audio.channels = channels + bits_u(&bits, 1);
    if (rate == 0) return fail(why, INVALID, "the AC-3 configuration names no sample rate");
    stream->audio.sample_rate = rate;
    return OK;
}

static outcome complete_eac3(struct stream *stream, struct why *why)
{
    struct bits bits = bits_of(stream->config);
    bits_skip(&bits, 13 + 3); // data_rate, num_ind_sub: the first substream is the programme
    const uint32_t rate = ac3_rates[bits_u(&bits, 2)];
    bits_skip(&bits, 5 + 1 + 1 + 3); // bsid, reserved, asvc, bsmod
    uint32_t channels = ac3_channels[bits_u(&bits, 3)];
    channels += bits_u(&bits, 1);
    bits_skip(&bits, 3);
    if (bits_u(&bits, 4) > 0) { // dependent substreams add pairs and single channels (E.1.3.1.8)
        static const uint8_t added[9] = {2, 2, 1, 1, 2, 2, 2, 1, 1};
        for (size_t i = 0; i < sizeof added; i++)
            channels += bits_flag(&bits) ? added[i] : 0;
    }
    if (bits.is_short) return fail(why, INVALID, "the E-AC-3 configuration is too short");
    if (rate != 0) stream->audio.sample_rate = rate; // reduced rates stand in the sample entry
    stream->audio.channels = channels;
    return OK;
}

static outcome complete_opus(struct stream *stream, struct why *why)
{
    if (stream->config.at[0] != 0)
        return fail(why, UNSUPPORTED, "the Opus configuration has version %u, only 0 is known",
                    stream->config.at[0]);
    stream->audio.channels = stream->config.at[1];
    stream->audio.sample_rate = 48000; // decoders run at 48 kHz whatever the input was
    return OK;
}

static outcome complete_flac(struct stream *stream, struct why *why)
{
    struct bits bits = bits_of(stream->config);
    bits_skip(&bits, 1);
    const uint32_t type = bits_u(&bits, 7);
    bits_skip(&bits, 24 + 2 * 16 + 2 * 24);
    const uint32_t rate = bits_u(&bits, 20);
    if (type != 0 || rate == 0)
        return fail(why, INVALID, "the FLAC configuration does not start with STREAMINFO");
    stream->audio.sample_rate = rate;
    stream->audio.channels = bits_u(&bits, 3) + 1;
    return OK;
}

static void text_avc(const struct stream *stream, char *out)
{
    const uint8_t *config = stream->config.at;
    (void)snprintf(out, CODEC_BYTES, "%s.%02X%02X%02X", stream->in_band ? "avc3" : "avc1",
                   config[1], config[2], config[3]);
}

// ISO/IEC 14496-15 annex E.3: the compatibility flags with their bits reversed, constraint bytes
// without the zero bytes at their end.
static void text_hevc(const struct stream *stream, char *out)
{
    const uint8_t *config = stream->config.at;
    const uint32_t flags = read_u32be(config + 2);
    uint32_t reversed = 0;
    for (unsigned i = 0; i < 32; i++)
        reversed |= (flags >> i & 1u) << (31 - i);
    static const char *const spaces[4] = {"", "A", "B", "C"};
    int len = snprintf(out, CODEC_BYTES, "%s.%s%u.%X.%c%u", stream->in_band ? "hev1" : "hvc1",
                       spaces[config[1] >> 6], config[1] & 0x1fu, reversed,
                       config[1] & 0x20u ? 'H' : 'L', config[12]);
    size_t constraints = 6;
    while (constraints > 0 && config[6 + constraints - 1] == 0)
        constraints--;
    for (size_t i = 0; i < constraints; i++)
        len += snprintf(out + len, CODEC_BYTES - (size_t)len, ".%X", config[6 + i]);
}

// AV1 codec ISO media file format binding, clause 5: the short form means 8-bit 4:2:0 BT.709.
static void text_av1(const struct stream *stream, char *out)
{
    const uint8_t *config = stream->config.at;
    const struct colour colour = stream->video.colour;
    const unsigned depth = config[2] & 0x40u ? (config[2] & 0x20u ? 12 : 10) : 8;
    const int len = snprintf(out, CODEC_BYTES, "av01.%u.%02u%c.%02u", config[1] >> 5,
                             config[1] & 0x1fu, config[2] & 0x80u ? 'H' : 'M', depth);
    const unsigned mono = config[2] >> 4 & 1u, x = config[2] >> 3 & 1u, y = config[2] >> 2 & 1u;
    const bool is_plain = colour.primaries <= 2 && colour.transfer <= 2 && colour.matrix <= 2 &&
                          !colour.full_range && mono == 0 && x == 1 && y == 1;
    if (is_plain) return;
    (void)snprintf(out + len, CODEC_BYTES - (size_t)len, ".%u.%u%u%u.%02u.%02u.%02u.%u", mono, x, y,
                   x & y ? config[2] & 3u : 0, colour.primaries, colour.transfer, colour.matrix,
                   colour.full_range ? 1u : 0u);
}

static void text_aac(const struct stream *stream, char *out)
{
    (void)snprintf(out, CODEC_BYTES, "mp4a.40.%u", aac_parse(stream->config).object_type);
}

static void text_ac3(const struct stream *stream, char *out)
{
    (void)snprintf(out, CODEC_BYTES, "ac-3");
}

static void text_eac3(const struct stream *stream, char *out)
{
    (void)snprintf(out, CODEC_BYTES, "ec-3");
}

static void text_opus(const struct stream *stream, char *out)
{
    (void)snprintf(out, CODEC_BYTES, "opus");
}

static void text_flac(const struct stream *stream, char *out)
{
    (void)snprintf(out, CODEC_BYTES, "fLaC");
}

static bool is_same_colour(const struct colour *a, const struct colour *b)
{
    return a->primaries == b->primaries && a->transfer == b->transfer && a->matrix == b->matrix &&
           a->full_range == b->full_range;
}

bool stream_is_same(const struct stream *a, const struct stream *b)
{
    if (a->kind != b->kind || a->codec != b->codec || a->in_band != b->in_band ||
        a->timescale != b->timescale || !slice_equal(a->config, b->config))
        return false;
    if (a->kind == TRACK_AUDIO)
        return a->audio.sample_rate == b->audio.sample_rate &&
               a->audio.channels == b->audio.channels;
    const struct video_facts *x = &a->video.facts, *y = &b->video.facts;
    return x->width == y->width && x->height == y->height && x->sar_width == y->sar_width &&
           x->sar_height == y->sar_height && is_same_colour(&a->video.colour, &b->video.colour);
}

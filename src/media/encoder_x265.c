// SPDX-License-Identifier: Apache-2.0
//
// HEVC Main 10, SDR and HDR10. Rows of a picture are coded side by side by a few threads, so that a
// job spreads over processors that are idle; beside other jobs they share one. The bytes do not
// depend on which row is first: `const-vbv` lets rate control look at rows only where the wavefront
// has an order. How many threads there are is the same everywhere, since x265 looks ahead in other
// ways with more.
#include "media/encoder.h"

#include "base/buffer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x265.h>

enum {
    DEPTH = 10,          // inside, also for 8-bit pictures: less banding at the same rate
    CONFIG_BYTES = 2048, // hvcC with VPS, SPS, PPS and two SEI messages: about 200
    NAL_LENGTH_BYTES = 4,
    NAL_VPS = 32,
    NAL_SPS = 33,
    NAL_PPS = 34,
    NAL_SEI_PREFIX = 39,
    MASTERING_BYTES = 160,
    SAMPLE_BYTES_MAX = 64 << 20,
    PIPELINE_FRAMES = 3, // in its stages, beside the lookahead's
};

#define POOL_THREADS "4"

struct x265_encoder_of_ours {
    struct encoder base; // first
    const x265_api *api;
    x265_param *parameters;
    x265_encoder *x265;
    x265_picture *in, *coded;
    uint32_t depth; // of pictures put
    uint8_t config[CONFIG_BYTES];
    char mastering[MASTERING_BYTES];
    struct buffer sample;
};

// The peak of the range in which the numbers are legal is the library's to check; ours is the
// order of the words: G, B, R, white point, luminance (max, min), as in the SEI message.
static void set_light(struct x265_encoder_of_ours *encoder, const struct encoder_settings *settings)
{
    const struct mastering_display *display = &settings->mastering;
    x265_param *parameters = encoder->parameters;
    if (display->luminance_max != 0) {
        (void)snprintf(encoder->mastering, sizeof encoder->mastering,
                       "G(%u,%u)B(%u,%u)R(%u,%u)WP(%u,%u)L(%u,%u)", display->green[0],
                       display->green[1], display->blue[0], display->blue[1], display->red[0],
                       display->red[1], display->white[0], display->white[1],
                       display->luminance_max, display->luminance_min);
        parameters->masteringDisplayColorVolume = encoder->mastering;
    }
    parameters->maxCLL = settings->max_cll;
    parameters->maxFALL = settings->max_fall;
    parameters->bEmitHDR10SEI = display->luminance_max != 0 || settings->max_cll != 0;
}

static void set_picture(x265_param *parameters, const struct encoder_settings *settings)
{
    const bool is_wide = settings->colour.primaries == 9; // BT.2020: samples sit on the upper left
    parameters->sourceWidth = (int)settings->width;
    parameters->sourceHeight = (int)settings->height;
    parameters->sourceBitDepth = (int)settings->depth;
    parameters->internalBitDepth = DEPTH;
    parameters->internalCsp = X265_CSP_I420;
    parameters->fpsNum = settings->rate.frames;
    parameters->fpsDenom = settings->rate.seconds;
    parameters->vui.aspectRatioIdc = 1;
    parameters->vui.bEnableVideoSignalTypePresentFlag = 1;
    parameters->vui.bEnableVideoFullRangeFlag = settings->colour.full_range;
    parameters->vui.bEnableColorDescriptionPresentFlag = 1;
    parameters->vui.colorPrimaries = settings->colour.primaries;
    parameters->vui.transferCharacteristics = settings->colour.transfer;
    parameters->vui.matrixCoeffs = settings->colour.matrix;
    parameters->vui.bEnableChromaLocInfoPresentFlag = 1;
    parameters->vui.chromaSampleLocTypeTopField = is_wide ? 2 : 0;
    parameters->vui.chromaSampleLocTypeBottomField = is_wide ? 2 : 0;
}

static void set_rate_control(x265_param *parameters, const struct encoder_settings *settings)
{
    parameters->rc.rateControlMode = X265_RC_CRF;
    parameters->rc.rfConstant = settings->crf_tenths / 10.0;
    parameters->rc.vbvMaxBitrate = (int)(settings->maxrate_bps / 1000);
    parameters->rc.vbvBufferSize = (int)(settings->bufsize_bits / 1000);
    parameters->rc.vbvBufferInit = settings->start_permille / 1000.0;
}

static void set_stream(x265_param *parameters, const struct encoder_settings *settings)
{
    parameters->frameNumThreads = 1;
    parameters->bEnableWavefront = 1;
    parameters->rc.bEnableConstVbv = 1;
    parameters->lookaheadSlices = 0;
    parameters->numaPools = POOL_THREADS;
    parameters->keyframeMax = (int)settings->segment_frames;
    parameters->bOpenGOP = 0;
    parameters->bRepeatHeaders = 0;
    parameters->bAnnexB = 0;
    parameters->bEmitInfoSEI = 0;
    parameters->bEnableAccessUnitDelimiters = 0;
    parameters->bHighTier = 0;
    parameters->logLevel = X265_LOG_NONE;
}

static outcome fill_parameters(struct x265_encoder_of_ours *encoder,
                               const struct encoder_settings *settings, struct why *why)
{
    bool is_known = false;
    for (size_t i = 0; x265_preset_names[i] != NULL; i++)
        is_known = is_known || strcmp(settings->preset, x265_preset_names[i]) == 0;
    if (!is_known ||
        encoder->api->param_default_preset(encoder->parameters, settings->preset, NULL) < 0)
        return fail(
            why, INVALID,
            "x265 has no preset \"%.40s\": it has ultrafast, superfast, veryfast, faster, fast, "
            "medium, slow, slower, veryslow and placebo",
            settings->preset);
    set_picture(encoder->parameters, settings);
    set_rate_control(encoder->parameters, settings);
    set_stream(encoder->parameters, settings);
    set_light(encoder, settings);
    if (encoder->api->param_apply_profile(encoder->parameters, "main10") < 0)
        return fail(why, INVALID, "x265 cannot do Main 10 with preset \"%.40s\"", settings->preset);
    return OK;
}

// --- hvcC, ISO/IEC 14496-15 clause 8.3.3.1

static uint8_t nal_type(struct slice nal)
{
    return nal.at[0] >> 1 & 0x3f;
}

static void put_u16(uint8_t **at, size_t number)
{
    *(*at)++ = (uint8_t)(number >> 8);
    *(*at)++ = (uint8_t)number;
}

// The SPS begins with two bytes of NAL header and one of its own; profile_tier_level follows.
// Emulation bytes (00 00 03) stand in its zero constraint flags and are left out here.
static void copy_profile(struct slice sps, uint8_t *out, size_t len)
{
    size_t zeros = 0;
    for (size_t i = 3; len > 0 && i < sps.len; i++) {
        const bool is_emulation = zeros >= 2 && sps.at[i] == 3;
        zeros = sps.at[i] == 0 ? zeros + 1 : 0;
        if (is_emulation) continue;
        *out++ = sps.at[i];
        len--;
    }
}

enum { NALS_MAX = 8, PROFILE_BYTES = 12, FIXED_BYTES = 23 };

static outcome write_config(struct x265_encoder_of_ours *encoder, const struct slice *nals,
                            size_t count, struct why *why)
{
    static const uint8_t kinds[] = {NAL_VPS, NAL_SPS, NAL_PPS, NAL_SEI_PREFIX};
    uint8_t *at = encoder->config;
    struct slice sps = {NULL, 0};
    size_t bytes = FIXED_BYTES, arrays = 0;
    for (size_t i = 0; i < count; i++) {
        if (nal_type(nals[i]) == NAL_SPS) sps = nals[i];
        bytes += nals[i].len + 5;
    }
    if (sps.at == NULL || sps.len < 3 + PROFILE_BYTES || bytes > CONFIG_BYTES)
        return fail(why, UNAVAILABLE, "x265 made parameter sets that fit no sample entry");
    *at++ = 1;
    copy_profile(sps, at, PROFILE_BYTES);
    at += PROFILE_BYTES;
    put_u16(&at, 0xf000); // spatial segmentation: unknown
    *at++ = 0xfc;         // parallelism: unknown
    *at++ = 0xfc | 1;     // 4:2:0
    *at++ = 0xf8 | (DEPTH - 8);
    *at++ = 0xf8 | (DEPTH - 8);
    put_u16(&at, 0);                                  // average rate: unknown
    *at++ = 1 << 3 | 1 << 2 | (NAL_LENGTH_BYTES - 1); // one temporal layer, nested
    uint8_t *array_count = at++;
    for (size_t k = 0; k < sizeof kinds; k++) {
        size_t of_kind = 0;
        for (size_t i = 0; i < count; i++)
            of_kind += nal_type(nals[i]) == kinds[k];
        if (of_kind == 0) continue;
        arrays++;
        *at++ = (uint8_t)((kinds[k] == NAL_SEI_PREFIX ? 0 : 0x80) | kinds[k]); // complete, or not
        put_u16(&at, of_kind);
        for (size_t i = 0; i < count; i++) {
            if (nal_type(nals[i]) != kinds[k]) continue;
            put_u16(&at, nals[i].len);
            memcpy(at, nals[i].at, nals[i].len);
            at += nals[i].len;
        }
    }
    *array_count = (uint8_t)arrays;
    encoder->base.config = (struct slice){encoder->config, (size_t)(at - encoder->config)};
    return OK;
}

static outcome make_config(struct x265_encoder_of_ours *encoder, struct why *why)
{
    x265_nal *nals = NULL;
    uint32_t count = 0;
    if (encoder->api->encoder_headers(encoder->x265, &nals, &count) < 0 || count > NALS_MAX)
        return fail(why, UNAVAILABLE, "x265 makes no headers");
    struct slice units[NALS_MAX];
    for (uint32_t i = 0; i < count; i++)
        units[i] = (struct slice){nals[i].payload + NAL_LENGTH_BYTES,
                                  nals[i].sizeBytes - NAL_LENGTH_BYTES};
    return write_config(encoder, units, count, why);
}

// --- the encoder

static void close_x265(struct encoder *base)
{
    struct x265_encoder_of_ours *encoder = (struct x265_encoder_of_ours *)base;
    if (encoder->api != NULL) {
        if (encoder->x265 != NULL) encoder->api->encoder_close(encoder->x265);
        if (encoder->in != NULL) encoder->api->picture_free(encoder->in);
        if (encoder->coded != NULL) encoder->api->picture_free(encoder->coded);
        if (encoder->parameters != NULL) {
            encoder->parameters->numaPools = NULL; // ours, as is the next
            encoder->parameters->masteringDisplayColorVolume = NULL;
            encoder->api->param_free(encoder->parameters);
        }
    }
    buffer_release(&encoder->sample);
    free(encoder);
}

static outcome make_encoder(struct x265_encoder_of_ours *encoder,
                            const struct encoder_settings *settings, struct why *why)
{
    encoder->api = x265_api_get(DEPTH);
    if (encoder->api == NULL)
        return fail(why, UNSUPPORTED, "this x265 was built without 10 bits: install one with");
    encoder->parameters = encoder->api->param_alloc();
    if (encoder->parameters != NULL) encoder->api->param_default(encoder->parameters);
    encoder->in = encoder->api->picture_alloc();
    encoder->coded = encoder->api->picture_alloc();
    if (encoder->parameters == NULL || encoder->in == NULL || encoder->coded == NULL)
        return fail(why, NO_MEMORY, "no memory for an encoder");
    TRY(fill_parameters(encoder, settings, why));
    encoder->x265 = encoder->api->encoder_open(encoder->parameters);
    if (encoder->x265 == NULL)
        return fail(why, INVALID, "x265 refuses %ux%u, preset %.40s", settings->width,
                    settings->height, settings->preset);
    encoder->api->picture_init(encoder->parameters, encoder->in);
    return make_config(encoder, why);
}

static outcome open_x265(const struct encoder_settings *settings, struct encoder **out,
                         struct why *why)
{
    if (settings->width % 2 != 0 || settings->height % 2 != 0 || settings->width < 16 ||
        settings->height < 16)
        return fail(why, INVALID, "%ux%u cannot be coded: both sides must be even and at least 16",
                    settings->width, settings->height);
    if (settings->depth != 8 && settings->depth != DEPTH)
        return fail(why, INVALID, "x265 takes pictures of 8 or 10 bits here, not of %u",
                    settings->depth);
    struct x265_encoder_of_ours *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return fail(why, NO_MEMORY, "no memory for an encoder");
    encoder->base.ops = &encoder_x265;
    encoder->depth = settings->depth;
    encoder->sample = buffer_init(SAMPLE_BYTES_MAX);
    const outcome result = make_encoder(encoder, settings, why);
    if (result != OK) {
        close_x265(&encoder->base);
        return result;
    }
    encoder->base.lookahead_frames = (uint32_t)(encoder->parameters->lookaheadDepth +
                                                encoder->parameters->bframes + PIPELINE_FRAMES);
    *out = &encoder->base;
    return OK;
}

static outcome take_sample(struct x265_encoder_of_ours *encoder, const x265_nal *nals,
                           uint32_t count, struct encoded_sample *sample, struct why *why)
{
    encoder->sample.len = 0;
    for (uint32_t i = 0; i < count; i++)
        TRY(buffer_put(&encoder->sample, (struct slice){nals[i].payload, nals[i].sizeBytes}, why));
    *sample = (struct encoded_sample){
        .bytes = buffer_slice(&encoder->sample),
        .frame = (uint64_t)encoder->coded->pts,
        .is_sync = encoder->coded->sliceType == X265_TYPE_IDR,
    };
    return OK;
}

static outcome encode_x265(struct encoder *base, const struct encoder_picture *picture,
                           struct encoded_sample *sample, bool *has_sample, struct why *why)
{
    struct x265_encoder_of_ours *encoder = (struct x265_encoder_of_ours *)base;
    if (picture != NULL) {
        encoder->in->pts = (int64_t)picture->frame;
        encoder->in->bitDepth = (int)encoder->depth;
        encoder->in->sliceType =
            picture->kind == PICTURE_SEGMENT_START ? X265_TYPE_IDR : X265_TYPE_AUTO;
        for (int i = 0; i < 3; i++) {
            encoder->in->planes[i] = (void *)(uintptr_t)picture->planes[i]; // only read
            encoder->in->stride[i] = picture->strides[i];
        }
    }
    x265_nal *nals = NULL;
    uint32_t count = 0;
    const int got = encoder->api->encoder_encode(
        encoder->x265, &nals, &count, picture == NULL ? NULL : encoder->in, encoder->coded);
    if (got < 0)
        return fail(why, UNAVAILABLE, "x265 fails at frame %lld",
                    picture == NULL ? -1LL : (long long)picture->frame);
    *has_sample = got > 0 && count > 0;
    return *has_sample ? take_sample(encoder, nals, count, sample, why) : OK;
}

const struct encoder_ops encoder_x265 = {
    .name = "x265",
    .codec = CODEC_HEVC,
    .open = open_x265,
    .encode = encode_x265,
    .close = close_x265,
};

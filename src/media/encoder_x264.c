// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include "media/avc_level.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

enum {
    CONFIG_BYTES = 512, // avcC with one SPS and one PPS: about 50
    NAL_LENGTH_BYTES = 4,
    LOG_NOTE_BYTES = 160,
};

struct x264_encoder {
    struct encoder base; // first
    x264_t *x264;
    uint8_t config[CONFIG_BYTES];
    char note[LOG_NOTE_BYTES]; // the library's last error
};

__attribute__((format(printf, 3, 0))) static void keep_note(void *context, int level,
                                                            const char *format, va_list arguments)
{
    struct x264_encoder *encoder = context;
    if (level > X264_LOG_ERROR) return;
    (void)vsnprintf(encoder->note, sizeof encoder->note, format, arguments);
    encoder->note[strcspn(encoder->note, "\n")] = '\0';
}

// The first I picture of an encode is coded as if it were a P: only later ones get the finer
// quantiser (by ip_factor) that others are predicted from. Within a title that would dip the
// quality at the start of every job, so it gets its due by a zone of one frame. `zone` must live
// until the encoder is open.
static void refine_first_picture(x264_param_t *parameters, x264_zone_t *zone)
{
    *zone = (x264_zone_t){.i_start = 0, .i_end = 0, .f_bitrate_factor = parameters->rc.f_ip_factor};
    parameters->rc.zones = zone;
    parameters->rc.i_zones = 1;
}

static void set_rate_control(x264_param_t *parameters, const struct encoder_settings *settings)
{
    parameters->rc.i_rc_method = X264_RC_CRF;
    parameters->rc.f_rf_constant = (float)settings->crf_tenths / 10.0f;
    parameters->rc.i_vbv_max_bitrate = (int)(settings->maxrate_bps / 1000);
    parameters->rc.i_vbv_buffer_size = (int)(settings->bufsize_bits / 1000);
    parameters->rc.f_vbv_buffer_init = (float)settings->start_permille / 1000.0f;
    parameters->analyse.b_psnr = 1; // counted, not optimised for
    parameters->analyse.b_ssim = 1;
}

static void set_picture(x264_param_t *parameters, const struct encoder_settings *settings)
{
    parameters->i_csp = X264_CSP_I420;
    parameters->i_width = (int)settings->width;
    parameters->i_height = (int)settings->height;
    parameters->i_fps_num = settings->rate.frames;
    parameters->i_fps_den = settings->rate.seconds;
    parameters->i_timebase_num = settings->rate.seconds;
    parameters->i_timebase_den = settings->rate.frames;
    parameters->b_vfr_input = 0;
    parameters->vui.i_sar_width = 1;
    parameters->vui.i_sar_height = 1;
    parameters->vui.b_fullrange = settings->colour.full_range;
    parameters->vui.i_colorprim = settings->colour.primaries;
    parameters->vui.i_transfer = settings->colour.transfer;
    parameters->vui.i_colmatrix = settings->colour.matrix;
    parameters->vui.i_chroma_loc = 0; // left, as 8-bit 4:2:0 video is
}

static outcome set_level(x264_param_t *parameters, const struct encoder_settings *settings,
                         struct why *why)
{
    // A pyramid of B pictures keeps two more than the references asked for.
    const int pyramid = parameters->i_bframe > 1 && parameters->i_bframe_pyramid != 0 ? 4 : 1;
    const int references =
        parameters->i_frame_reference > pyramid ? parameters->i_frame_reference : pyramid;
    uint32_t tenths = 0;
    TRY(avc_level_for(&(struct avc_demand){settings->width, settings->height, settings->rate,
                                           settings->maxrate_bps, settings->bufsize_bits,
                                           (uint32_t)references},
                      &tenths, why));
    parameters->i_level_idc = (int)tenths;
    return OK;
}

static outcome fill_parameters(struct x264_encoder *encoder,
                               const struct encoder_settings *settings, x264_param_t *parameters,
                               struct why *why)
{
    // The library prints to stderr when it does not know a preset: ask its list first.
    bool is_known = false;
    for (size_t i = 0; x264_preset_names[i] != NULL; i++)
        is_known = is_known || strcmp(settings->preset, x264_preset_names[i]) == 0;
    if (!is_known || x264_param_default_preset(parameters, settings->preset, NULL) < 0)
        return fail(
            why, INVALID,
            "x264 has no preset \"%.40s\": it has ultrafast, superfast, veryfast, faster, fast, "
            "medium, slow, slower, veryslow and placebo",
            settings->preset);
    set_picture(parameters, settings);
    set_rate_control(parameters, settings);
    parameters->i_threads = (int)settings->threads;
    parameters->b_deterministic = 1;
    parameters->b_cpu_independent = 1; // a fleet has more than one kind of processor
    parameters->i_keyint_max = (int)settings->segment_frames;
    parameters->b_open_gop = 0;
    parameters->b_stitchable = 1; // headers depend on parameters alone
    parameters->b_repeat_headers = 0;
    parameters->b_annexb = 0;
    parameters->b_aud = 0;
    parameters->pf_log = keep_note;
    parameters->p_log_private = encoder;
    parameters->i_log_level = X264_LOG_INFO; // with less it counts no PSNR; see keep_note()
    TRY(set_level(parameters, settings, why));
    if (x264_param_apply_profile(parameters, "high") < 0)
        return fail(why, INVALID, "x264 cannot do High profile with preset \"%.40s\"",
                    settings->preset);
    return OK;
}

// AVCDecoderConfigurationRecord, ISO/IEC 14496-15 clause 5.3.3.1.
static void write_config(struct x264_encoder *encoder, struct slice sps, struct slice pps)
{
    enum { SPS_BYTES_MIN = 4, HIGH_PROFILE = 100, FIXED_BYTES = 15 };
    assert(sps.len >= SPS_BYTES_MIN && FIXED_BYTES + sps.len + pps.len <= CONFIG_BYTES);
    uint8_t *at = encoder->config;
    *at++ = 1;
    *at++ = sps.at[1]; // profile, constraints, level
    *at++ = sps.at[2];
    *at++ = sps.at[3];
    *at++ = 0xfc | (NAL_LENGTH_BYTES - 1);
    *at++ = 0xe0 | 1; // one SPS
    *at++ = (uint8_t)(sps.len >> 8);
    *at++ = (uint8_t)sps.len;
    memcpy(at, sps.at, sps.len);
    at += sps.len;
    *at++ = 1; // one PPS
    *at++ = (uint8_t)(pps.len >> 8);
    *at++ = (uint8_t)pps.len;
    memcpy(at, pps.at, pps.len);
    at += pps.len;
    if (sps.at[1] >= HIGH_PROFILE) { // "ultrafast" needs nothing of High and says Baseline
        *at++ = 0xfc | 1;            // 4:2:0
        *at++ = 0xf8;                // 8 bits luma
        *at++ = 0xf8;                // 8 bits chroma
        *at++ = 0;                   // no SPS extensions
    }
    encoder->base.config = (struct slice){encoder->config, (size_t)(at - encoder->config)};
}

static outcome make_config(struct x264_encoder *encoder, struct why *why)
{
    x264_nal_t *nals = NULL;
    int count = 0;
    if (x264_encoder_headers(encoder->x264, &nals, &count) < 0)
        return fail(why, UNAVAILABLE, "x264 makes no headers: %s", encoder->note);
    struct slice sps = {NULL, 0}, pps = {NULL, 0};
    for (int i = 0; i < count; i++) {
        const struct slice nal = {nals[i].p_payload + NAL_LENGTH_BYTES,
                                  (size_t)nals[i].i_payload - NAL_LENGTH_BYTES};
        if (nals[i].i_type == NAL_SPS) sps = nal;
        if (nals[i].i_type == NAL_PPS) pps = nal;
    }
    assert(sps.at != NULL && pps.at != NULL);
    write_config(encoder, sps, pps);
    return OK;
}

static void x264_close(struct encoder *base)
{
    struct x264_encoder *encoder = (struct x264_encoder *)base;
    if (encoder->x264 != NULL) x264_encoder_close(encoder->x264);
    free(encoder);
}

static outcome x264_open(const struct encoder_settings *settings, struct encoder **out,
                         struct why *why)
{
    if (settings->width % 2 != 0 || settings->height % 2 != 0 || settings->width == 0 ||
        settings->height == 0)
        return fail(why, INVALID, "%ux%u cannot be coded in 4:2:0: both sides must be even",
                    settings->width, settings->height);
    if (settings->depth != 8)
        return fail(why, INVALID, "x264 codes pictures of 8 bits here, not of %u: use x265",
                    settings->depth);
    if (settings->threads == 0 || settings->threads > ENCODER_THREADS_MAX)
        return fail(why, INVALID, "%u threads are outside 1 to %d", settings->threads,
                    ENCODER_THREADS_MAX);
    struct x264_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return fail(why, NO_MEMORY, "no memory for an encoder");
    encoder->base.ops = &encoder_x264;
    x264_param_t parameters;
    x264_zone_t zone;
    outcome result = fill_parameters(encoder, settings, &parameters, why);
    if (result == OK) {
        refine_first_picture(&parameters, &zone);
        encoder->x264 = x264_encoder_open(&parameters);
        if (encoder->x264 == NULL)
            result = fail(why, INVALID, "x264 refuses %ux%u, preset %.40s: %s", settings->width,
                          settings->height, settings->preset, encoder->note);
    }
    if (result == OK) result = make_config(encoder, why);
    if (result != OK) {
        x264_close(&encoder->base);
        return result;
    }
    encoder->base.lookahead_frames = (uint32_t)x264_encoder_maximum_delayed_frames(encoder->x264);
    *out = &encoder->base;
    return OK;
}

static outcome x264_encode(struct encoder *base, const struct encoder_picture *picture,
                           struct encoded_sample *sample, bool *has_sample, struct why *why)
{
    struct x264_encoder *encoder = (struct x264_encoder *)base;
    x264_picture_t in, coded;
    if (picture != NULL) {
        x264_picture_init(&in);
        in.i_type = picture->kind == PICTURE_SEGMENT_START ? X264_TYPE_IDR : X264_TYPE_AUTO;
        in.i_pts = (int64_t)picture->frame;
        in.img.i_csp = X264_CSP_I420;
        in.img.i_plane = 3;
        for (int i = 0; i < 3; i++) {
            in.img.plane[i] = (uint8_t *)(uintptr_t)picture->planes[i]; // read only, says x264.h
            in.img.i_stride[i] = picture->strides[i];
        }
    } else if (x264_encoder_delayed_frames(encoder->x264) == 0) {
        *has_sample = false;
        return OK;
    }
    x264_nal_t *nals = NULL;
    int count = 0;
    int bytes;
    do
        bytes =
            x264_encoder_encode(encoder->x264, &nals, &count, picture == NULL ? NULL : &in, &coded);
    while (bytes == 0 && picture == NULL && x264_encoder_delayed_frames(encoder->x264) > 0);
    if (bytes < 0) return fail(why, UNAVAILABLE, "x264 fails: %s", encoder->note);
    *has_sample = bytes > 0;
    if (bytes > 0)
        *sample = (struct encoded_sample){
            .bytes = {nals[0].p_payload, (size_t)bytes},
            .frame = (uint64_t)coded.i_pts,
            .is_sync = coded.b_keyframe != 0,
            .quality = picture_quality_of(coded.prop.f_psnr[0], coded.prop.f_ssim),
        };
    return OK;
}

const struct encoder_ops encoder_x264 = {
    .name = "x264",
    .codec = CODEC_AVC,
    .open = x264_open,
    .encode = x264_encode,
    .close = x264_close,
};

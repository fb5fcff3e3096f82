// SPDX-License-Identifier: Apache-2.0
//
// AV1 Main by SVT-AV1, SDR and HDR10. A sample is a temporal unit without its delimiter; a sync
// sample begins with the sequence header, as the AV1 codec ISO media file format binding (clause
// 2.4) has it.
//
// The library encodes in threads of its own and hands out what is ready. So that the same pictures
// give the same samples at the same calls, one is waited for as soon as IN_FLIGHT pictures are
// inside, and none is asked for before: more than it ever holds back, so that it always comes.
#include "media/encoder.h"

#include "base/bits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <svt-av1/EbSvtAv1Enc.h>
#include <svt-av1/EbSvtAv1Metadata.h>

enum {
    PRESET_MAX = 13,
    QUANTIZER_MAX = 63,
    SIDE_MIN = 64,
    CONFIG_BYTES = 128,  // av1C with a sequence header: about 20
    MINI_GOP_LEVELS = 4, // groups of 16 pictures
    LOOKAHEAD = 33,
    IN_FLIGHT = 64, // 35 to 40 are held back, by preset
    DELIMITER_BYTES = 2,
    OBU_SEQUENCE = 1,
};

struct svtav1_encoder {
    struct encoder base; // first
    EbComponentType *handle;
    EbSvtAv1EncConfiguration parameters;
    EbBufferHeaderType *packet; // lent to the caller until the next call
    bool is_open, is_ended;
    uint64_t put, taken;
    uint8_t config[CONFIG_BYTES];
};

static void set_light(EbSvtAv1EncConfiguration *parameters, const struct encoder_settings *settings)
{
    // Chromaticities in 1/50000, luminances in 1/10000: to 0.16, 24.8 and 18.14 fixed point.
    const struct mastering_display *display = &settings->mastering;
    struct EbSvtAv1MasteringDisplayInfo *out = &parameters->mastering_display;
    const uint16_t *const from[] = {display->red, display->green, display->blue, display->white};
    struct EbSvtAv1ChromaPoints *const to[] = {&out->r, &out->g, &out->b, &out->white_point};
    for (size_t i = 0; i < 4 && display->luminance_max != 0; i++) {
        to[i]->x = (uint16_t)((uint32_t)from[i][0] * 65535 / 50000);
        to[i]->y = (uint16_t)((uint32_t)from[i][1] * 65535 / 50000);
    }
    out->max_luma = (uint32_t)((uint64_t)display->luminance_max * 256 / 10000);
    out->min_luma = (uint32_t)((uint64_t)display->luminance_min * 16384 / 10000);
    parameters->content_light_level.max_cll = settings->max_cll;
    parameters->content_light_level.max_fall = settings->max_fall;
}

static void set_picture(EbSvtAv1EncConfiguration *parameters,
                        const struct encoder_settings *settings)
{
    const bool is_wide = settings->colour.primaries == 9; // BT.2020: samples sit on the upper left
    parameters->source_width = settings->width;
    parameters->source_height = settings->height;
    parameters->encoder_bit_depth = settings->depth;
    parameters->encoder_color_format = EB_YUV420;
    parameters->profile = MAIN_PROFILE;
    parameters->frame_rate_numerator = settings->rate.frames;
    parameters->frame_rate_denominator = settings->rate.seconds;
    parameters->color_description_present_flag = 1;
    parameters->color_primaries = (EbColorPrimaries)settings->colour.primaries;
    parameters->transfer_characteristics = (EbTransferCharacteristics)settings->colour.transfer;
    parameters->matrix_coefficients = (EbMatrixCoefficients)settings->colour.matrix;
    parameters->color_range = settings->colour.full_range ? EB_CR_FULL_RANGE : EB_CR_STUDIO_RANGE;
    parameters->chroma_sample_position = is_wide ? EB_CSP_COLOCATED : EB_CSP_VERTICAL;
}

static outcome set_parameters(EbSvtAv1EncConfiguration *parameters,
                              const struct encoder_settings *settings, struct why *why)
{
    uint64_t preset = 0;
    if (slice_u64(slice_of(settings->preset), PRESET_MAX, &preset, NULL) != OK)
        return fail(why, INVALID, "svtav1 has no preset \"%.40s\": it has 0 (slow) to %d (quick)",
                    settings->preset, PRESET_MAX);
    const uint32_t quantizer = (settings->crf_tenths + 5) / 10;
    parameters->enc_mode = (int8_t)preset;
    set_picture(parameters, settings);
    set_light(parameters, settings);
    parameters->intra_period_length = (int32_t)settings->segment_frames - 1;
    parameters->intra_refresh_type = SVT_AV1_KF_REFRESH; // nothing crosses a key picture
    parameters->hierarchical_levels = MINI_GOP_LEVELS;
    parameters->look_ahead_distance = LOOKAHEAD;
    parameters->rate_control_mode = 0; // constant quality
    parameters->qp = quantizer > QUANTIZER_MAX ? QUANTIZER_MAX : quantizer;
    parameters->max_bit_rate = settings->maxrate_bps; // as the library understands it: on average
    parameters->logical_processors = settings->threads;
    parameters->stat_report = 1;
    return OK;
}

// --- av1C, clause 2.3 of the binding ---------------------------------------------------------

// The first level and tier of a sequence header, AV1 specification clause 5.5.1.
static bool read_level(struct slice header, uint8_t *profile, uint8_t *level, uint8_t *tier)
{
    if (header.len < 8 || (header.at[0] >> 3 & 15) != OBU_SEQUENCE) return false;
    struct bits bits = bits_of(slice_part(header, 2, header.len));
    *profile = (uint8_t)bits_u(&bits, 3);
    bits_skip(&bits, 2);                // no still picture, not reduced
    if (bits_flag(&bits)) return false; // timing_info: the library writes none
    bits_skip(&bits, 1 + 5 + 12);       // display delays, operating points, the first one's idc
    *level = (uint8_t)bits_u(&bits, 5);
    *tier = *level > 7 && bits_flag(&bits);
    return !bits.is_short;
}

static outcome make_config(struct svtav1_encoder *encoder, struct why *why)
{
    EbBufferHeaderType *header = NULL;
    uint8_t profile = 0, level = 0, tier = 0;
    if (svt_av1_enc_stream_header(encoder->handle, &header) != EB_ErrorNone)
        return fail(why, UNAVAILABLE, "svtav1 makes no sequence header");
    const struct slice bytes = {header->p_buffer, header->n_filled_len};
    const bool fits = bytes.len + 4 <= CONFIG_BYTES && read_level(bytes, &profile, &level, &tier);
    if (fits) {
        const bool is_high = encoder->parameters.encoder_bit_depth > 8;
        uint8_t *at = encoder->config;
        *at++ = 0x81; // marker, version
        *at++ = (uint8_t)(profile << 5 | level);
        *at++ =
            (uint8_t)((unsigned)tier << 7 | (unsigned)is_high << 6 | 1u << 3 | 1u << 2 | // 4:2:0
                      (unsigned)encoder->parameters.chroma_sample_position);
        *at++ = 0; // initial presentation delay: unknown
        memcpy(at, bytes.at, bytes.len);
        encoder->base.config = (struct slice){encoder->config, 4 + bytes.len};
    }
    (void)svt_av1_enc_stream_header_release(header);
    return fits ? OK : fail(why, UNAVAILABLE, "svtav1 made a sequence header that fits no av1C");
}

// --- the encoder -----------------------------------------------------------------------------

static void drop_packet(struct svtav1_encoder *encoder)
{
    if (encoder->packet != NULL) svt_av1_enc_release_out_buffer(&encoder->packet);
    encoder->packet = NULL;
}

static outcome send_end(struct svtav1_encoder *encoder, struct why *why)
{
    EbBufferHeaderType end = {
        .size = sizeof end, .flags = EB_BUFFERFLAG_EOS, .pic_type = EB_AV1_INVALID_PICTURE};
    if (encoder->is_ended) return OK;
    encoder->is_ended = true;
    return svt_av1_enc_send_picture(encoder->handle, &end) == EB_ErrorNone
               ? OK
               : fail(why, UNAVAILABLE, "svtav1 does not end");
}

// The next packet; waits for it. NULL at the end.
static outcome next_packet(struct svtav1_encoder *encoder, struct why *why)
{
    drop_packet(encoder);
    if (encoder->taken == encoder->put) return OK;
    const EbErrorType error = svt_av1_enc_get_packet(encoder->handle, &encoder->packet, 1);
    if (error != EB_ErrorNone || encoder->packet->n_filled_len == 0)
        return fail(why, UNAVAILABLE, "svtav1 fails behind picture %llu",
                    (unsigned long long)encoder->taken);
    encoder->taken++;
    return OK;
}

static outcome put_picture(struct svtav1_encoder *encoder, const struct encoder_picture *picture,
                           struct why *why)
{
    const EbSvtAv1EncConfiguration *parameters = &encoder->parameters;
    const uint32_t bytes = parameters->encoder_bit_depth > 8 ? 2 : 1; // of a sample of a picture
    EbSvtIOFormat planes = {
        .luma = (uint8_t *)(uintptr_t)picture->planes[0], // copied, never written
        .cb = (uint8_t *)(uintptr_t)picture->planes[1],
        .cr = (uint8_t *)(uintptr_t)picture->planes[2],
        .y_stride = (uint32_t)picture->strides[0] / bytes,
        .cb_stride = (uint32_t)picture->strides[1] / bytes,
        .cr_stride = (uint32_t)picture->strides[2] / bytes,
        .width = parameters->source_width,
        .height = parameters->source_height,
    };
    EbBufferHeaderType in = {
        .size = sizeof in,
        .p_buffer = (uint8_t *)&planes,
        .n_filled_len = parameters->source_width * parameters->source_height * 3 / 2 * bytes,
        .pts = (int64_t)picture->frame,
        .pic_type = EB_AV1_INVALID_PICTURE, // its own choice: key pictures stand on the grid
    };
    if (svt_av1_enc_send_picture(encoder->handle, &in) != EB_ErrorNone)
        return fail(why, UNAVAILABLE, "svtav1 takes no picture %llu",
                    (unsigned long long)picture->frame);
    encoder->put++;
    return OK;
}

static void put_grey(struct svtav1_encoder *encoder)
{
    const uint32_t width = encoder->parameters.source_width;
    const size_t bytes = (size_t)width * encoder->parameters.source_height * 2;
    uint8_t *plane = calloc(bytes, 1);
    struct why ignored = {""};
    const struct encoder_picture grey = {.planes = {plane, plane, plane},
                                         .strides = {(int)width * 2, (int)width, (int)width}};
    // when even that fails, the library is left as it is
    encoder->is_open = plane != NULL && put_picture(encoder, &grey, &ignored) == OK;
    free(plane);
}

static void close_svtav1(struct encoder *base)
{
    struct svtav1_encoder *encoder = (struct svtav1_encoder *)base;
    struct why ignored = {""};
    // Its threads wait for pictures, and end when all is taken: behind one picture at least.
    if (encoder->is_open && encoder->put == 0) put_grey(encoder);
    if (encoder->is_open && send_end(encoder, &ignored) == OK)
        while (encoder->taken < encoder->put && next_packet(encoder, &ignored) == OK)
            continue;
    drop_packet(encoder);
    if (encoder->is_open) (void)svt_av1_enc_deinit(encoder->handle);
    if (encoder->handle != NULL) (void)svt_av1_enc_deinit_handle(encoder->handle);
    free(encoder);
}

static outcome make_encoder(struct svtav1_encoder *encoder, const struct encoder_settings *settings,
                            struct why *why)
{
    // It tells stderr about itself, unless its environment says that only errors count.
    (void)setenv("SVT_LOG", "1", 0);
    if (svt_av1_enc_init_handle(&encoder->handle, NULL, &encoder->parameters) != EB_ErrorNone)
        return fail(why, NO_MEMORY, "no memory for an encoder");
    TRY(set_parameters(&encoder->parameters, settings, why));
    if (svt_av1_enc_set_parameter(encoder->handle, &encoder->parameters) != EB_ErrorNone)
        return fail(why, INVALID, "svtav1 refuses %ux%u, preset %.40s", settings->width,
                    settings->height, settings->preset);
    if (svt_av1_enc_init(encoder->handle) != EB_ErrorNone)
        return fail(why, NO_MEMORY, "no memory for an encoder of %ux%u", settings->width,
                    settings->height);
    encoder->is_open = true;
    return make_config(encoder, why);
}

static outcome open_svtav1(const struct encoder_settings *settings, struct encoder **out,
                           struct why *why)
{
    if (settings->width % 2 != 0 || settings->height % 2 != 0 || settings->width < SIDE_MIN ||
        settings->height < SIDE_MIN)
        return fail(why, INVALID,
                    "%ux%u cannot be coded by svtav1: both sides must be even and at least %d",
                    settings->width, settings->height, SIDE_MIN);
    if (settings->depth != 8 && settings->depth != 10)
        return fail(why, INVALID, "svtav1 takes pictures of 8 or 10 bits, not of %u",
                    settings->depth);
    struct svtav1_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return fail(why, NO_MEMORY, "no memory for an encoder");
    encoder->base.ops = &encoder_svtav1;
    const outcome result = make_encoder(encoder, settings, why);
    if (result != OK) {
        close_svtav1(&encoder->base);
        return result;
    }
    encoder->base.lookahead_frames = IN_FLIGHT;
    encoder->base.is_closed_by_segments = true;
    *out = &encoder->base;
    return OK;
}

static struct picture_quality quality_of(const struct svtav1_encoder *encoder)
{
    const EbSvtAv1EncConfiguration *parameters = &encoder->parameters;
    const EbBufferHeaderType *packet = encoder->packet;
    const double peak = (double)((1u << parameters->encoder_bit_depth) - 1);
    const double pixels = (double)parameters->source_width * parameters->source_height;
    const double error = packet->luma_sse == 0 ? 1e-6 : (double)packet->luma_sse;
    return picture_quality_of(10 * log10(peak * peak * pixels / error), packet->luma_ssim);
}

static outcome encode_svtav1(struct encoder *base, const struct encoder_picture *picture,
                             struct encoded_sample *sample, bool *has_sample, struct why *why)
{
    struct svtav1_encoder *encoder = (struct svtav1_encoder *)base;
    drop_packet(encoder);
    TRY(picture != NULL ? put_picture(encoder, picture, why) : send_end(encoder, why));
    *has_sample = false;
    if (picture != NULL && encoder->put - encoder->taken < IN_FLIGHT) return OK;
    TRY(next_packet(encoder, why));
    const EbBufferHeaderType *packet = encoder->packet;
    if (packet == NULL) return OK;
    static const uint8_t delimiter[DELIMITER_BYTES] = {0x12, 0x00};
    struct slice bytes = {packet->p_buffer, packet->n_filled_len};
    if (bytes.len > DELIMITER_BYTES && memcmp(bytes.at, delimiter, DELIMITER_BYTES) == 0)
        bytes = slice_part(bytes, DELIMITER_BYTES, bytes.len);
    *has_sample = true;
    *sample = (struct encoded_sample){
        .bytes = bytes,
        .frame = (uint64_t)packet->pts,
        .is_sync = packet->pic_type == EB_AV1_KEY_PICTURE,
        .quality = quality_of(encoder),
    };
    return OK;
}

const struct encoder_ops encoder_svtav1 = {
    .name = "svtav1",
    .codec = CODEC_AV1,
    .open = open_svtav1,
    .encode = encode_svtav1,
    .close = close_svtav1,
};

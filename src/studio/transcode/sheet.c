// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/sheet.h"

#include "base/file.h"
#include "media/av.h"

#include <assert.h>
#include <libavcodec/avcodec.h>
#include <string.h>

enum {
    SHEET_SIDE_MAX = 16384, // JPEG itself stops at 65535
    BLACK_LUMA = 0,         // full range
    NO_CHROMA = 128,
};

outcome sheet_init(struct sheet *out, uint32_t columns, uint32_t rows, uint32_t tile_width,
                   uint32_t tile_height, struct why *why)
{
    const uint64_t width = (uint64_t)columns * tile_width, height = (uint64_t)rows * tile_height;
    if (width == 0 || height == 0 || tile_width % 2 != 0 || tile_height % 2 != 0 ||
        width > SHEET_SIDE_MAX || height > SHEET_SIDE_MAX)
        return fail(
            why, INVALID,
            "a sheet of %ux%u pictures of %ux%u: sides must be even, and the sheet at most %d "
            "pixels either way",
            columns, rows, tile_width, tile_height, SHEET_SIDE_MAX);
    AVFrame *picture = av_frame_alloc();
    if (picture != NULL) {
        picture->width = (int)width;
        picture->height = (int)height;
        picture->format = AV_PIX_FMT_YUVJ420P;
        picture->color_range = AVCOL_RANGE_JPEG;
        if (av_frame_get_buffer(picture, 0) < 0) av_frame_free(&picture);
    }
    if (picture == NULL) return fail(why, NO_MEMORY, "no memory for a sheet of thumbnails");
    for (int plane = 0; plane < 3; plane++)
        memset(picture->data[plane], plane == 0 ? BLACK_LUMA : NO_CHROMA,
               (size_t)picture->linesize[plane] *
                   (size_t)(plane == 0 ? picture->height : picture->height / 2));
    *out = (struct sheet){picture, tile_width, tile_height, columns};
    return OK;
}

void sheet_release(struct sheet *sheet)
{
    av_frame_free(&sheet->picture);
}

// Limited to full range: luma 16..235, chroma 16..240 to 0..255.
static uint8_t widen(uint8_t value, int plane)
{
    const int wide = plane == 0 ? ((value - 16) * 255 + 109) / 219
                                : ((value - 128) * 255 + (value < 128 ? -112 : 112)) / 224 + 128;
    return wide < 0 ? 0 : wide > 255 ? 255 : (uint8_t)wide;
}

void sheet_put(struct sheet *sheet, uint32_t index, const AVFrame *tile)
{
    assert(tile->width == (int)sheet->tile_width && tile->height == (int)sheet->tile_height);
    const uint32_t column = index % sheet->columns, row = index / sheet->columns;
    for (int plane = 0; plane < 3; plane++) {
        const uint32_t half = plane == 0 ? 1 : 2;
        const uint32_t width = sheet->tile_width / half, height = sheet->tile_height / half;
        for (uint32_t y = 0; y < height; y++) {
            const uint8_t *from = tile->data[plane] + (ptrdiff_t)y * tile->linesize[plane];
            uint8_t *to = sheet->picture->data[plane] +
                          (ptrdiff_t)(row * height + y) * sheet->picture->linesize[plane] +
                          column * width;
            for (uint32_t x = 0; x < width; x++)
                to[x] = widen(from[x], plane);
        }
    }
}

// JPEG quality to libavcodec's quantiser scale, 2 (best) .. 31.
static int quantiser(uint32_t quality)
{
    return 2 + (int)((100 - quality) * 29 / 99);
}

static outcome encode(AVCodecContext *jpeg, AVPacket *packet, const struct sheet *sheet,
                      uint32_t quality, struct why *why)
{
    jpeg->width = sheet->picture->width;
    jpeg->height = sheet->picture->height;
    jpeg->pix_fmt = AV_PIX_FMT_YUVJ420P;
    jpeg->color_range = AVCOL_RANGE_JPEG;
    jpeg->time_base = (AVRational){1, 1};
    jpeg->thread_count = 1;
    jpeg->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    jpeg->global_quality = quantiser(quality) * FF_QP2LAMBDA;
    sheet->picture->quality = jpeg->global_quality;
    int error = avcodec_open2(jpeg, jpeg->codec, NULL);
    if (error >= 0) error = avcodec_send_frame(jpeg, sheet->picture);
    if (error >= 0) error = avcodec_send_frame(jpeg, NULL);
    if (error >= 0) error = avcodec_receive_packet(jpeg, packet);
    return error < 0 ? av_fail(why, error, "a sheet of %dx%d cannot be coded as JPEG", jpeg->width,
                               jpeg->height)
                     : OK;
}

outcome sheet_write(const struct sheet *sheet, int fd, uint32_t quality, uint64_t *out_bytes,
                    struct why *why)
{
    if (quality < 1 || quality > 100)
        return fail(why, INVALID, "a JPEG quality of %u is outside 1 to 100", quality);
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (codec == NULL) return fail(why, UNSUPPORTED, "libavcodec here makes no JPEG");
    AVCodecContext *jpeg = avcodec_alloc_context3(codec);
    AVPacket *packet = av_packet_alloc();
    outcome result = jpeg == NULL || packet == NULL ? fail(why, NO_MEMORY, "no memory for a JPEG")
                                                    : encode(jpeg, packet, sheet, quality, why);
    if (result == OK)
        result = fd_write(fd, (struct slice){packet->data, (size_t)packet->size}, why);
    if (result == OK) *out_bytes = (uint64_t)packet->size;
    avcodec_free_context(&jpeg);
    av_packet_free(&packet);
    return result;
}

// SPDX-License-Identifier: Apache-2.0
#include "media/xpsnr.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE_MIN = 16,
    SIDE_MAX = 16384,
    ACTIVITY_ONE = 64, // activities are counted in parts of this
    WEIGHT_ONE = 4096, // and weights
    BLOCK_MIN = 8,
};

struct xpsnr {
    uint32_t width, height, depth, block, columns, rows;
    uint32_t average; // sqrt(a_pic), in ACTIVITY_ONE
    uint32_t *weights;
    uint16_t *luma, *before; // the reference, and the one before it
    size_t references;
};

// The activity of an average block at this size and depth: sqrt(16 * 2^(2 * depth - 9) / sqrt(r)),
// r the share of a UHD picture.
static double average_activity(double share, uint32_t depth)
{
    return sqrt(16.0 * (double)((uint64_t)1 << (2 * depth - 9)) / sqrt(share));
}

outcome xpsnr_open(uint32_t width, uint32_t height, uint32_t depth, struct xpsnr **out,
                   struct why *why)
{
    assert(width >= SIDE_MIN && width <= SIDE_MAX && height >= SIDE_MIN && height <= SIDE_MAX);
    assert(depth >= 8 && depth <= 12);
    struct xpsnr *xpsnr = calloc(1, sizeof *xpsnr);
    if (xpsnr == NULL) return fail(why, NO_MEMORY, "no memory to compare pictures");
    const double share = (double)width * height / (3840.0 * 2160.0);
    const uint32_t block = 4 * (uint32_t)(32.0 * sqrt(share) + 0.5);
    xpsnr->width = width;
    xpsnr->height = height;
    xpsnr->depth = depth;
    xpsnr->block = block < BLOCK_MIN ? BLOCK_MIN : block;
    xpsnr->columns = (width + xpsnr->block - 1) / xpsnr->block;
    xpsnr->rows = (height + xpsnr->block - 1) / xpsnr->block;
    xpsnr->average = (uint32_t)(average_activity(share, depth) * ACTIVITY_ONE + 0.5);
    xpsnr->weights = calloc((size_t)xpsnr->columns * xpsnr->rows, sizeof *xpsnr->weights);
    xpsnr->luma = calloc((size_t)width * height, sizeof *xpsnr->luma);
    xpsnr->before = calloc((size_t)width * height, sizeof *xpsnr->before);
    if (xpsnr->weights == NULL || xpsnr->luma == NULL || xpsnr->before == NULL) {
        xpsnr_close(&xpsnr);
        return fail(why, NO_MEMORY, "no memory to compare pictures of %ux%u", width, height);
    }
    *out = xpsnr;
    return OK;
}

void xpsnr_close(struct xpsnr **xpsnr)
{
    if (*xpsnr == NULL) return;
    free((*xpsnr)->weights);
    free((*xpsnr)->luma);
    free((*xpsnr)->before);
    free(*xpsnr);
    *xpsnr = NULL;
}

// One row of a plane as 16-bit numbers.
static void read_row(uint32_t depth, struct xpsnr_plane plane, size_t y, uint16_t *out,
                     size_t width)
{
    const uint8_t *at = plane.at + y * plane.stride;
    for (size_t x = 0; x < width; x++)
        out[x] = depth == 8 ? at[x] : (uint16_t)(at[2 * x] | at[2 * x + 1] << 8);
}

// A part of the picture, up to but not including the ends.
struct block {
    size_t left, top, right, bottom;
};

static struct block block_at(const struct xpsnr *xpsnr, size_t column, size_t row)
{
    const size_t right = (column + 1) * xpsnr->block, bottom = (row + 1) * xpsnr->block;
    return (struct block){column * xpsnr->block, row * xpsnr->block,
                          right < xpsnr->width ? right : xpsnr->width,
                          bottom < xpsnr->height ? bottom : xpsnr->height};
}

// The mean of |high pass| over what has neighbours all round: 12 times the pixel, less the eight
// around it by their nearness.
static uint64_t activity_in_space(const struct xpsnr *xpsnr, struct block block)
{
    const size_t stride = xpsnr->width;
    const size_t left = block.left > 0 ? block.left : 1, top = block.top > 0 ? block.top : 1;
    const size_t right = block.right < xpsnr->width ? block.right : xpsnr->width - 1;
    const size_t bottom = block.bottom < xpsnr->height ? block.bottom : xpsnr->height - 1;
    uint64_t sum = 0;
    for (size_t y = top; y < bottom; y++) {
        const uint16_t *at = xpsnr->luma + y * stride;
        const uint16_t *above = at - stride, *below = at + stride;
        for (size_t x = left; x < right; x++)
            sum += (uint64_t)abs(12 * at[x] - 2 * (at[x - 1] + at[x + 1] + above[x] + below[x]) -
                                 (above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1]));
    }
    const size_t pixels = right > left && bottom > top ? (right - left) * (bottom - top) : 0;
    return pixels == 0 ? 0 : sum * ACTIVITY_ONE / pixels;
}

static uint64_t activity_in_time(const struct xpsnr *xpsnr, struct block block)
{
    uint64_t sum = 0;
    for (size_t y = block.top; y < block.bottom; y++) {
        const uint16_t *at = xpsnr->luma + y * xpsnr->width;
        const uint16_t *before = xpsnr->before + y * xpsnr->width;
        for (size_t x = block.left; x < block.right; x++)
            sum += (uint64_t)abs(at[x] - before[x]);
    }
    return 2 * sum * ACTIVITY_ONE / ((block.right - block.left) * (block.bottom - block.top));
}

void xpsnr_reference(struct xpsnr *xpsnr, struct xpsnr_plane reference)
{
    uint16_t *older = xpsnr->before;
    xpsnr->before = xpsnr->luma;
    xpsnr->luma = older;
    for (size_t y = 0; y < xpsnr->height; y++)
        read_row(xpsnr->depth, reference, y, xpsnr->luma + y * xpsnr->width, xpsnr->width);
    const uint64_t least = (uint64_t)ACTIVITY_ONE << (xpsnr->depth - 6);
    for (size_t row = 0; row < xpsnr->rows; row++) {
        for (size_t column = 0; column < xpsnr->columns; column++) {
            const struct block block = block_at(xpsnr, column, row);
            uint64_t activity = activity_in_space(xpsnr, block);
            if (xpsnr->references > 0) activity += activity_in_time(xpsnr, block);
            if (activity < least) activity = least;
            xpsnr->weights[row * xpsnr->columns + column] =
                (uint32_t)((uint64_t)xpsnr->average * WEIGHT_ONE / activity);
        }
    }
    xpsnr->references++;
}

uint64_t xpsnr_distortion(const struct xpsnr *xpsnr, struct xpsnr_plane picture)
{
    uint64_t total = 0;
    uint16_t row[SIDE_MAX];
    for (size_t y = 0; y < xpsnr->height; y++) {
        const uint16_t *wanted = xpsnr->luma + y * xpsnr->width;
        const uint32_t *weights = xpsnr->weights + y / xpsnr->block * xpsnr->columns;
        read_row(xpsnr->depth, picture, y, row, xpsnr->width);
        for (size_t column = 0; column < xpsnr->columns; column++) {
            const struct block block = block_at(xpsnr, column, y / xpsnr->block);
            uint64_t errors = 0;
            for (size_t x = block.left; x < block.right; x++) {
                const int32_t error = row[x] - wanted[x];
                errors += (uint64_t)((int64_t)error * error);
            }
            total += errors * weights[column];
        }
    }
    return total / WEIGHT_ONE;
}

uint32_t xpsnr_cdb(const struct xpsnr *xpsnr, uint64_t distortion, uint64_t pictures)
{
    const double peak = (double)(((uint64_t)1 << xpsnr->depth) - 1);
    const double most = peak * peak * xpsnr->width * xpsnr->height * (double)pictures;
    if (distortion == 0) return XPSNR_MAX_CDB;
    const double cdb = 1000.0 * log10(most / (double)distortion);
    return cdb <= 0 ? 0 : cdb >= XPSNR_MAX_CDB ? XPSNR_MAX_CDB : (uint32_t)lround(cdb);
}

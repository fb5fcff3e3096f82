// SPDX-License-Identifier: Apache-2.0
#include "drm/av1_frame.h"

enum { TILE_WIDTH_MAX = 4096, TILE_AREA_MAX = 4096 * 2304, TILE_LINES_MAX = 64 };

uint32_t av1_ns(struct bits *bits, uint32_t n)
{
    unsigned width = 0;
    while (width < 32 && n >> width != 0)
        width++;
    if (width == 0) return 0;
    const uint32_t small = (uint32_t)((UINT64_C(1) << width) - n);
    const uint32_t value = bits_u(bits, width - 1);
    if (value < small) return value;
    return (value << 1) - small + bits_u(bits, 1);
}

// tile_log2(): the least k with unit << k >= target.
static uint32_t log2_over(uint32_t unit, uint32_t target)
{
    uint32_t k = 0;
    while (k < 31 && (uint64_t)unit << k < target)
        k++;
    return k;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t read_uniform(struct bits *bits, uint32_t log2, uint32_t log2_max, uint32_t blocks,
                             uint8_t *out_bits)
{
    while (log2 < log2_max && bits_flag(bits))
        log2++;
    const uint32_t each = (blocks + (1u << log2) - 1) >> log2;
    *out_bits = (uint8_t)log2;
    return (blocks + each - 1) / each;
}

// One line of tile sizes; the widest goes to `*out_widest`. 0 when there are too many.
static uint32_t read_sizes(struct bits *bits, uint32_t blocks, uint32_t size_max, uint8_t *out_bits,
                           uint32_t *out_widest)
{
    uint32_t count = 0, widest = 1;
    for (uint32_t start = 0; start < blocks; count++) {
        if (count == TILE_LINES_MAX || bits->is_short) return 0;
        const uint32_t size = av1_ns(bits, least(blocks - start, size_max)) + 1;
        if (size > widest) widest = size;
        start += size;
    }
    *out_bits = (uint8_t)log2_over(1, count);
    *out_widest = widest;
    return count;
}

bool av1_frame_tiles(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    struct av1_tiles *tiles = &frame->tiles;
    const unsigned shift = frame->sequence->has_large_blocks ? 5 : 4;
    const uint32_t unit = 1u << shift, size_log2 = shift + 2;
    const uint32_t columns4 = 2 * ((frame->self.width + 7) >> 3);
    const uint32_t rows4 = 2 * ((frame->self.height + 7) >> 3);
    const uint32_t columns = (columns4 + unit - 1) >> shift, rows = (rows4 + unit - 1) >> shift;
    const uint32_t width_max = TILE_WIDTH_MAX >> size_log2;
    const uint32_t columns_log2_min = log2_over(width_max, columns);
    const uint32_t area_log2 = log2_over(TILE_AREA_MAX >> (2 * size_log2), rows * columns);
    const uint32_t log2_min = columns_log2_min > area_log2 ? columns_log2_min : area_log2;
    if (bits_flag(bits)) {
        tiles->columns =
            read_uniform(bits, columns_log2_min, log2_over(1, least(columns, TILE_LINES_MAX)),
                         columns, &tiles->column_bits);
        const uint32_t rows_log2_min =
            log2_min > tiles->column_bits ? log2_min - tiles->column_bits : 0;
        tiles->rows = read_uniform(bits, rows_log2_min, log2_over(1, least(rows, TILE_LINES_MAX)),
                                   rows, &tiles->row_bits);
    } else {
        uint32_t widest, tallest;
        tiles->columns = read_sizes(bits, columns, width_max, &tiles->column_bits, &widest);
        if (tiles->columns == 0) return false;
        const uint32_t area = rows * columns;
        const uint32_t area_max = log2_min > 0 ? area >> (log2_min + 1) : area;
        const uint32_t height_max = area_max / widest > 0 ? area_max / widest : 1;
        tiles->rows = read_sizes(bits, rows, height_max, &tiles->row_bits, &tallest);
        if (tiles->rows == 0) return false;
    }
    if (tiles->column_bits + tiles->row_bits > 0) {
        bits_skip(bits, (unsigned)tiles->column_bits + tiles->row_bits);
        tiles->size_bytes = (uint8_t)(bits_u(bits, 2) + 1);
    }
    return !bits->is_short;
}

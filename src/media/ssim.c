// SPDX-License-Identifier: Apache-2.0
#include "media/ssim.h"

#include <assert.h>
#include <math.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, ONE_PPM = 1000000 };

static int64_t pixel(uint32_t depth, struct xpsnr_plane plane, size_t x, size_t y)
{
    const uint8_t *at = plane.at + y * plane.stride;
    return depth == 8 ? at[x] : at[2 * x] | at[2 * x + 1] << 8;
}

struct window {
    int64_t one, other, squares, products; // sums over its pixels
};

static struct window window_at(uint32_t depth, struct xpsnr_plane one, struct xpsnr_plane other,
                               size_t left, size_t top)
{
    struct window sums = {0, 0, 0, 0};
    for (size_t y = top; y < top + SIDE; y++)
        for (size_t x = left; x < left + SIDE; x++) {
            const int64_t a = pixel(depth, one, x, y), b = pixel(depth, other, x, y);
            sums.one += a;
            sums.other += b;
            sums.squares += a * a + b * b;
            sums.products += a * b;
        }
    return sums;
}

static int64_t window_ppm(const struct window *sums, double c1, double c2)
{
    const int64_t means = sums->one * sums->other;
    const int64_t powers = sums->one * sums->one + sums->other * sums->other;
    const double above =
        (2.0 * (double)means + c1) * (2.0 * (double)(PIXELS * sums->products - means) + c2);
    const double below = ((double)powers + c1) * ((double)(PIXELS * sums->squares - powers) + c2);
    return (int64_t)lround(ONE_PPM * above / below);
}

uint32_t ssim_ppm(uint32_t width, uint32_t height, uint32_t depth, struct xpsnr_plane one,
                  struct xpsnr_plane other)
{
    assert(width >= SIDE && height >= SIDE && depth >= 8 && depth <= 12);
    const double peak = (double)((1u << depth) - 1);
    const double c1 = 0.01 * 0.01 * peak * peak * PIXELS * PIXELS;
    const double c2 = 0.03 * 0.03 * peak * peak * PIXELS * PIXELS;
    int64_t total = 0, count = 0;
    for (size_t top = 0; top + SIDE <= height; top += SIDE)
        for (size_t left = 0; left + SIDE <= width; left += SIDE) {
            const struct window sums = window_at(depth, one, other, left, top);
            total += window_ppm(&sums, c1, c2);
            count++;
        }
    return total <= 0 ? 0 : (uint32_t)(total / count);
}

uint32_t ssim_cdb(uint32_t ppm)
{
    if (ppm >= ONE_PPM) return XPSNR_MAX_CDB;
    const double cdb = -1000.0 * log10((double)(ONE_PPM - ppm) / ONE_PPM);
    return cdb <= 0 ? 0 : (uint32_t)lround(cdb);
}

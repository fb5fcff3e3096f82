// SPDX-License-Identifier: Apache-2.0
#include "media/ssim.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 64, HEIGHT = 32, PIXELS = WIDTH * HEIGHT };

static struct xpsnr_plane plane_of(const uint8_t *at, size_t stride)
{
    return (struct xpsnr_plane){at, stride};
}

// Flat 100 against flat 110: no contrast on either side, so that only the means count:
// (2 * 100 * 110 + 6.5025) / (100^2 + 110^2 + 6.5025) = 22006.5 / 22106.5 = 0.995476.
static void flat_pictures_differ_by_their_means_by_hand(void **state)
{
    (void)state;
    uint8_t one[PIXELS], other[PIXELS];
    memset(one, 100, sizeof one);
    memset(other, 110, sizeof other);
    const struct xpsnr_plane a = plane_of(one, WIDTH), b = plane_of(other, WIDTH);
    assert_int_equal(ssim_ppm(WIDTH, HEIGHT, 8, a, a), 1000000);
    assert_int_equal(ssim_ppm(WIDTH, HEIGHT, 8, a, b), 995476);
    assert_int_equal(ssim_cdb(995476), 2344); // -10 log10(0.004524)
    assert_int_equal(ssim_cdb(1000000), XPSNR_MAX_CDB);
    assert_int_equal(ssim_cdb(0), 0);
}

static void lost_structure_counts_more_than_a_shift(void **state)
{
    (void)state;
    struct prng prng = prng_init(3);
    uint8_t busy[PIXELS], shifted[PIXELS], smooth[PIXELS];
    for (size_t i = 0; i < PIXELS; i++) {
        busy[i] = (uint8_t)(100 + prng_below(&prng, 40));
        shifted[i] = (uint8_t)(busy[i] + 12);
        smooth[i] = 120;
    }
    const struct xpsnr_plane a = plane_of(busy, WIDTH);
    assert_true(ssim_ppm(WIDTH, HEIGHT, 8, a, plane_of(shifted, WIDTH)) > 980000);
    assert_true(ssim_ppm(WIDTH, HEIGHT, 8, a, plane_of(smooth, WIDTH)) < 400000);
}

static void ten_bits_mean_what_eight_do(void **state)
{
    (void)state;
    struct prng prng = prng_init(4);
    uint8_t narrow[2][PIXELS], wide[2][2 * PIXELS];
    for (size_t i = 0; i < PIXELS; i++) {
        narrow[0][i] = (uint8_t)(100 + prng_below(&prng, 30));
        narrow[1][i] = (uint8_t)(narrow[0][i] + prng_below(&prng, 9));
        for (size_t k = 0; k < 2; k++) {
            wide[k][2 * i] = (uint8_t)(narrow[k][i] << 2);
            wide[k][2 * i + 1] = narrow[k][i] >> 6;
        }
    }
    const uint32_t eight =
        ssim_ppm(WIDTH, HEIGHT, 8, plane_of(narrow[0], WIDTH), plane_of(narrow[1], WIDTH));
    const uint32_t ten =
        ssim_ppm(WIDTH, HEIGHT, 10, plane_of(wide[0], 2 * WIDTH), plane_of(wide[1], 2 * WIDTH));
    assert_in_range(ten, eight - 2000, eight + 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_pictures_differ_by_their_means_by_hand),
        cmocka_unit_test(lost_structure_counts_more_than_a_shift),
        cmocka_unit_test(ten_bits_mean_what_eight_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

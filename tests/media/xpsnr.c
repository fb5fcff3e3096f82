// SPDX-License-Identifier: Apache-2.0
#include "media/xpsnr.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 128, HEIGHT = 64, PIXELS = WIDTH * HEIGHT };

static struct xpsnr *opened(uint32_t depth)
{
    struct xpsnr *xpsnr = NULL;
    assert_int_equal(xpsnr_open(WIDTH, HEIGHT, depth, &xpsnr, NULL), OK);
    return xpsnr;
}

// Blocks are 4 * round(32 * sqrt(128 * 64 / (3840 * 2160))) = 4 pixels, at least 8. In flat grey
// the activity is the least, 2^(8 - 6) = 4; an average block has sqrt(16 * 2^7 / sqrt(0.000987654))
// = 255.3 = sqrt(65182): the weight is 63.8. One step of error in each of 8192 pixels is 522,650.
static void flat_grey_is_weighed_by_hand(void **state)
{
    (void)state;
    autoxpsnr *xpsnr = opened(8);
    uint8_t grey[PIXELS], lighter[PIXELS];
    memset(grey, 128, sizeof grey);
    memset(lighter, 129, sizeof lighter);
    xpsnr_reference(xpsnr, (struct xpsnr_plane){grey, WIDTH});
    assert_int_equal(xpsnr_distortion(xpsnr, (struct xpsnr_plane){grey, WIDTH}), 0);
    assert_int_equal(xpsnr_cdb(xpsnr, 0, 1), XPSNR_MAX_CDB);
    const uint64_t distortion = xpsnr_distortion(xpsnr, (struct xpsnr_plane){lighter, WIDTH});
    assert_in_range(distortion, 522000, 523500);
    // 10 log10(255^2 * 8192 / 522650) = 30.08 dB
    assert_in_range(xpsnr_cdb(xpsnr, distortion, 1), 3006, 3010);
    assert_in_range(xpsnr_cdb(xpsnr, 2 * distortion, 2), 3006, 3010);
}

static void errors_count_less_where_there_is_texture_or_motion(void **state)
{
    (void)state;
    struct prng prng = prng_init(1);
    uint8_t flat[PIXELS], busy[PIXELS], worse[PIXELS];
    memset(flat, 128, sizeof flat);
    for (size_t i = 0; i < PIXELS; i++)
        busy[i] = (uint8_t)(64 + prng_below(&prng, 128));
    uint64_t seen[3];
    for (size_t k = 0; k < 3; k++) { // flat; textured; flat behind something else
        autoxpsnr *xpsnr = opened(8);
        const uint8_t *picture = k == 1 ? busy : flat;
        if (k == 2) xpsnr_reference(xpsnr, (struct xpsnr_plane){busy, WIDTH});
        xpsnr_reference(xpsnr, (struct xpsnr_plane){picture, WIDTH});
        for (size_t i = 0; i < PIXELS; i++)
            worse[i] = (uint8_t)(picture[i] + 3);
        seen[k] = xpsnr_distortion(xpsnr, (struct xpsnr_plane){worse, WIDTH});
    }
    assert_true(seen[1] * 20 < seen[0]);
    assert_true(seen[2] * 4 < seen[0]);
}

static void ten_bits_mean_what_eight_do(void **state)
{
    (void)state;
    struct prng prng = prng_init(2);
    uint8_t narrow[2][PIXELS], wide[2][2 * PIXELS];
    for (size_t i = 0; i < PIXELS; i++) {
        narrow[0][i] = (uint8_t)(100 + prng_below(&prng, 20));
        narrow[1][i] = (uint8_t)(narrow[0][i] + prng_below(&prng, 5));
        for (size_t k = 0; k < 2; k++) {
            wide[k][2 * i] = (uint8_t)(narrow[k][i] << 2);
            wide[k][2 * i + 1] = narrow[k][i] >> 6;
        }
    }
    autoxpsnr *eight = opened(8), *ten = opened(10);
    xpsnr_reference(eight, (struct xpsnr_plane){narrow[0], WIDTH});
    xpsnr_reference(ten, (struct xpsnr_plane){wide[0], 2 * WIDTH});
    const uint32_t of_eight =
        xpsnr_cdb(eight, xpsnr_distortion(eight, (struct xpsnr_plane){narrow[1], WIDTH}), 1);
    const uint32_t of_ten =
        xpsnr_cdb(ten, xpsnr_distortion(ten, (struct xpsnr_plane){wide[1], 2 * WIDTH}), 1);
    assert_in_range(of_ten, of_eight - 5, of_eight + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_grey_is_weighed_by_hand),
        cmocka_unit_test(errors_count_less_where_there_is_texture_or_motion),
        cmocka_unit_test(ten_bits_mean_what_eight_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include <math.h>
#include <string.h>

outcome encoder_find(const char *name, const struct encoder_ops **out, struct why *why)
{
    static const struct encoder_ops *const encoders[] = {
        &encoder_x264,
        &encoder_x265,
        &encoder_svtav1,
    };
    for (size_t i = 0; i < sizeof encoders / sizeof encoders[0]; i++) {
        if (strcmp(name, encoders[i]->name) != 0) continue;
        *out = encoders[i];
        return OK;
    }
    return fail(why, NOT_FOUND,
                "there is no encoder \"%.40s\": there are x264 (AVC), x265 (HEVC) and svtav1 (AV1)",
                name);
}

void encoder_close(struct encoder **encoder)
{
    if (*encoder != NULL) (*encoder)->ops->close(*encoder);
    *encoder = NULL;
}

static uint32_t rounded(double value, uint32_t most)
{
    if (!(value > 0)) return 0;
    return value >= most ? most : (uint32_t)lround(value);
}

struct picture_quality picture_quality_of(double psnr_db, double ssim)
{
    return (struct picture_quality){rounded(psnr_db * 100, PICTURE_PSNR_MAX),
                                    rounded(ssim * 1e6, PICTURE_SSIM_MAX)};
}

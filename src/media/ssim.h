// SPDX-License-Identifier: Apache-2.0
//
// Structural similarity of two pictures' luma (Wang, Bovik, Sheikh, Simoncelli: "Image quality
// assessment", IEEE Transactions on Image Processing 13(4), 2004), over windows of 8 x 8 pixels
// side by side: 1 where means, contrast and structure agree, near 0 where they do not.
//
// It sees lost detail that a squared error forgives, and forgives shifts of brightness that one
// sees: the two judge together (studio/hull.h). A window's sums are integers, and its figure is
// rounded to millionths, so that the same pictures give the same number everywhere.
#ifndef MEDIA_SSIM_H
#define MEDIA_SSIM_H

#include "media/xpsnr.h"

// Millionths, the mean over all windows; below 0 counts as 0. Sides are at least 8; what is left of
// them by whole windows does not count.
uint32_t ssim_ppm(uint32_t width, uint32_t height, uint32_t depth, struct xpsnr_plane one,
                  struct xpsnr_plane other);

// Hundredths of a decibel: -10 log10(1 - ssim); at most XPSNR_MAX_CDB.
uint32_t ssim_cdb(uint32_t ppm);

#endif

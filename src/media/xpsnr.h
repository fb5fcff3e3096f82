// SPDX-License-Identifier: Apache-2.0
//
// How far a picture is from the one it should be, as an eye weighs it: XPSNR (Helmrich, Siekmann,
// Becker, Bosse, Marpe, Wiegand: "XPSNR: a low-complexity extension of the perceptually weighted
// peak signal-to-noise ratio", ICASSP 2020), on luma.
//
//     reference   |  sky  |grass  |water  |    blocks of about 64 pixels at 1080p
//     activity      low     high    high       mean |high pass| in space, and |change| in time
//     weight        large   small   small      an error in the sky is seen, one in the grass is not
//     distortion    sum over blocks of weight * squared error
//
// A weight is sqrt(a_pic / a_k); a_k, the block's squared activity, is at least that of barely
// visible noise; a_pic is what an average block of that picture size has, so that numbers compare
// with PSNR.
//
// Integers throughout but for the last logarithm, which is rounded to hundredths: the same pictures
// give the same number everywhere.
#ifndef MEDIA_XPSNR_H
#define MEDIA_XPSNR_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

enum { XPSNR_MAX_CDB = 10000 }; // the very same

struct xpsnr;

// A plane of luma: 8 bits in a byte, or up to 12 in two, little-endian.
struct xpsnr_plane {
    const uint8_t *at;
    size_t stride; // bytes
};

// `depth` 8 to 12; sides 16 to 16384. NO_MEMORY.
must_check outcome xpsnr_open(uint32_t width, uint32_t height, uint32_t depth, struct xpsnr **out,
                              struct why *why);
void xpsnr_close(struct xpsnr **xpsnr); // tolerates NULL

#define autoxpsnr __attribute__((cleanup(xpsnr_close))) struct xpsnr

// The next reference: weighs its blocks, changes against the reference before it. It is copied.
void xpsnr_reference(struct xpsnr *xpsnr, struct xpsnr_plane reference);

// The weighted squared error of a picture against the reference put last. Add them up over
// pictures.
uint64_t xpsnr_distortion(const struct xpsnr *xpsnr, struct xpsnr_plane picture);

// Hundredths of a decibel, of `pictures` (at least one) with that distortion together.
uint32_t xpsnr_cdb(const struct xpsnr *xpsnr, uint64_t distortion, uint64_t pictures);

#endif

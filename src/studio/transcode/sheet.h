// SPDX-License-Identifier: Apache-2.0
//
// A JPEG made of thumbnails, or of one picture.
#ifndef STUDIO_TRANSCODE_SHEET_H
#define STUDIO_TRANSCODE_SHEET_H

#include "base/outcome.h"

#include <libavutil/frame.h>
#include <stdint.h>

struct sheet {
    AVFrame *picture; // 4:2:0, full range as JPEG has it
    uint32_t tile_width, tile_height;
    uint32_t columns;
};

// A black sheet. All sizes even.
must_check outcome sheet_init(struct sheet *out, uint32_t columns, uint32_t rows,
                              uint32_t tile_width, uint32_t tile_height, struct why *why);
void sheet_release(struct sheet *sheet); // tolerates a zeroed one

#define autosheet __attribute__((cleanup(sheet_release))) struct sheet

// Copies a picture of the tile's size (4:2:0, limited range) to place `index`, counted in rows from
// the left.
void sheet_put(struct sheet *sheet, uint32_t index, const AVFrame *tile);

// Writes the sheet to `fd` as baseline JPEG of `quality` 1 .. 100.
must_check outcome sheet_write(const struct sheet *sheet, int fd, uint32_t quality,
                               uint64_t *out_bytes, struct why *why);

#endif

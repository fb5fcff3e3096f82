// SPDX-License-Identifier: Apache-2.0
//
// The pictures of a master on the constant-rate grid of its title, from any frame on.
//
//     decoded, filtered   |--a--|--b--|-c-|----d----|--e--|
//     grid frames         0     1     2     3     4     5        frame n shows the last picture
//     numbered <= n taken               a     b     c     d     d     e        (c had number 2, d
//     3, e 5)
//
// Frame-exact wherever it starts: seeks to a key picture before, decodes and drops. Whatever chunk
// asks for frame n gets the same picture.
#ifndef STUDIO_TRANSCODE_CONFORM_H
#define STUDIO_TRANSCODE_CONFORM_H

#include "media/source.h"
#include "studio/transcode/prepare.h"

struct conform {
    const struct master_video *video;
    struct stream_decoder decoder;
    struct prepare *prepare;
    AVFrame *decoded, *held; // the newest picture, and the one before it that is not yet filtered
    AVFrame *shown, *next;   // filtered: the current one, and the first whose number is higher
    int64_t next_number;
    int64_t last_ticks; // of the picture before, for those without a time
    bool has_held, has_shown, has_next, ended;
    int64_t first_number; // pictures that end before it are not worth filtering
    uint64_t decoded_count;
};

// Positions the source before grid frame `first`; pictures come prepared as `wanted` says (but not
// yet converted).
must_check outcome conform_open(struct source *source, const struct master_video *video,
                                uint64_t first, const struct prepared *wanted, uint32_t threads,
                                struct conform *out, struct why *why);
void conform_close(struct conform *conform); // tolerates a zeroed one

#define autoconform __attribute__((cleanup(conform_close))) struct conform

// The picture of grid frame `frame` (each call at least the one before). It is borrowed until the
// next call; `*is_new` is false when it is the same as last time. INVALID when nothing at all can
// be decoded.
must_check outcome conform_frame(struct conform *conform, uint64_t frame, const AVFrame **out,
                                 bool *is_new, struct why *why);

// Some picture at most `slack` frames before `frame`, as cheaply as can be: the key picture that
// the seek found, when it is near enough. To be called once, first. For thumbnails.
must_check outcome conform_near(struct conform *conform, uint64_t frame, uint64_t slack,
                                const AVFrame **out, struct why *why);

#endif

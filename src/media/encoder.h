// SPDX-License-Identifier: Apache-2.0
//
// A video encoder as the chunk pipeline sees it: pictures of the title in, coded samples out, in
// chunks that join without a seam.
//
//     pictures put     0  1  2 ... 95 | 96 ... 106        lookahead past the chunk's end
//     samples taken    0  1  2 ... 95 |                   those of the lookahead are dropped by the
//     caller
//
// What an implementation owes:
//   - every picture put as PICTURE_SEGMENT_START becomes an IDR (a SAP type 1) and references never
//   cross it;
//   - `config` (the decoder configuration record of the sample entry) depends on the settings
//   alone, so that chunks
//     made by different processes carry the same bytes;
//   - the same settings and pictures give the same samples, whatever the machine and its load;
//   - samples carry no parameter sets: they are all in `config` (of AV1, sync samples repeat them).
//
// One row per encoder in encoder.c. One thread at a time per encoder; inside it may use `threads`.
#ifndef MEDIA_ENCODER_H
#define MEDIA_ENCODER_H

#include "media/stream.h"

struct encoder_settings {
    uint32_t width, height; // even
    uint32_t depth;         // bits of the pictures put: 8 or 10
    struct frame_rate rate;
    uint32_t segment_frames; // longest distance between IDR pictures
    const char *preset;      // the encoder's own word
    uint32_t crf_tenths;
    uint32_t maxrate_bps;               // 0: no cap
    uint32_t bufsize_bits;              // of the leaky bucket (media/leaky_bucket.h)
    uint32_t start_permille;            // of it that is full at the first picture, 1 .. 1000
    uint32_t threads;                   // 1 .. ENCODER_THREADS_MAX
    struct colour colour;               // as tagged in the stream
    struct mastering_display mastering; // of HDR; zero: absent
    uint16_t max_cll, max_fall;
};

enum { ENCODER_THREADS_MAX = 16 };

enum picture_kind { PICTURE_ANY, PICTURE_SEGMENT_START };

// 4:2:0 of the settings' depth (10 bits in 16, little-endian), borrowed for the call.
struct encoder_picture {
    const uint8_t *planes[3];
    int strides[3]; // bytes from row to row
    uint64_t frame; // number in the title; they rise by one
    enum picture_kind kind;
};

// How near a coded picture is to the one that was put, in its luma. Whole numbers, so that they
// mean the same wherever they are compared. All 0: not known (x265 counts only while it may print).
struct picture_quality {
    uint32_t psnr_cdb; // hundredths of a decibel; PICTURE_PSNR_MAX: the very same
    uint32_t ssim_ppm; // structural similarity in millionths
};

enum { PICTURE_PSNR_MAX = 10000, PICTURE_SSIM_MAX = 1000000 };

struct encoded_sample {
    struct slice bytes; // borrowed until the next call; NAL units with 4-byte lengths; OBUs
    uint64_t frame;     // the picture it shows
    bool is_sync;
    struct picture_quality quality;
};

struct encoder;

struct encoder_ops {
    const char *name; // "x264"
    enum codec codec;
    // INVALID when the encoder does not take the settings.
    must_check outcome (*open)(const struct encoder_settings *settings, struct encoder **out,
                               struct why *why);
    // Puts a picture, or none (NULL) to ask for what is left. `*has_sample` says whether `*sample`
    // is filled: at first none comes while the encoder looks ahead; without a picture, none means
    // the end. Samples come in decode order.
    must_check outcome (*encode)(struct encoder *encoder, const struct encoder_picture *picture,
                                 struct encoded_sample *sample, bool *has_sample, struct why *why);
    void (*close)(struct encoder *encoder);
};

// The head of every implementation's own structure.
struct encoder {
    const struct encoder_ops *ops;
    struct slice config;        // owned by the encoder
    uint32_t lookahead_frames;  // pictures past a frame that its coding takes into account
    bool is_closed_by_segments; // none past its segment: a job need not look ahead of its end
};

// NOT_FOUND with the list of names.
must_check outcome encoder_find(const char *name, const struct encoder_ops **out, struct why *why);

void encoder_close(struct encoder **encoder); // tolerates NULL

// From what the libraries count in: decibels, and 0 .. 1. What is no number counts as nothing.
struct picture_quality picture_quality_of(double psnr_db, double ssim);

extern const struct encoder_ops encoder_svtav1, encoder_x264, encoder_x265;

#endif

// SPDX-License-Identifier: Apache-2.0
//
// What every encoder owes (media/encoder.h), and how a test asks it: one case per encoder.
#ifndef TESTS_MEDIA_CONFORMANCE_ENCODER_H
#define TESTS_MEDIA_CONFORMANCE_ENCODER_H

#include "media/encoder.h"

#include <stddef.h>

enum { CONFORMANCE_WIDTH = 128, CONFORMANCE_HEIGHT = 96, CONFORMANCE_SAMPLES_MAX = 400 };

struct encoder_case {
    const struct encoder_ops *ops;
    const char *preset;       // a quick one
    uint32_t crf_tenths;      // a usual one
    uint32_t fine_tenths;     // one that a cap of 200 kb/s bites
    bool counts_quality;      // samples have PSNR and SSIM
    bool holds_cap_in_bucket; // not only on average
    // Fails the test unless the bytes are whole, and have no parameter sets but where they may.
    void (*judge)(const struct encoded_sample *sample);
};

struct encoder_run {
    uint64_t frames[CONFORMANCE_SAMPLES_MAX];
    bool is_sync[CONFORMANCE_SAMPLES_MAX];
    uint64_t hashes[CONFORMANCE_SAMPLES_MAX];
    size_t count;
    uint64_t bytes;
};

// 25 pictures a second of 8 bits, segments of 50.
struct encoder_settings conformance_settings(const struct encoder_case *the);

// The same with 10 bits, PQ, a mastering display and light levels.
struct encoder_settings conformance_hdr_settings(const struct encoder_case *the);

// Encodes drawn pictures first .. end - 1; free() the run.
struct encoder_run *conformance_encode(const struct encoder_case *the,
                                       const struct encoder_settings *with, uint64_t first,
                                       uint64_t end);

// Fails the test unless a sample is whole NAL units behind lengths of four bytes, each of which
// `is_allowed` by its first byte: no parameter sets, for one.
void conformance_nal_units(const struct encoded_sample *sample, bool (*is_allowed)(uint8_t head));

// Everything that can be asked of all alike. Call it from a test.
void conformance_encoder(const struct encoder_case *the);

#endif

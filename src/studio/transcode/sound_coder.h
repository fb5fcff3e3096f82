// SPDX-License-Identifier: Apache-2.0
//
// Frames of sound in, a CMAF file of coded sound out, cut near the picture's segments.
//
//               frame   priming   sample entry, and what stands in it
//     aac        1024      1024   mp4a  AudioSpecificConfig
//     eac3       1536       256   ec-3  dec3 (ETSI TS 102 366 annex F.6); dialnorm in every frame
//     opus        960       312   Opus  dOps (Encapsulation of Opus in ISOBMFF, clause 4.3.2)
#ifndef STUDIO_TRANSCODE_SOUND_CODER_H
#define STUDIO_TRANSCODE_SOUND_CODER_H

#include "media/loudness.h"
#include "studio/transcode/sound_line.h"

struct sound_coder;

int sound_coder_frame(enum sound_codec codec); // samples

// For `total` samples of `layout`. The job's output descriptor, bit rate and grid are used;
// `loudness` goes into the file, and into E-AC-3's frames. UNSUPPORTED where libavcodec lacks the
// encoder.
must_check outcome sound_coder_open(const struct audio_job *job, const AVChannelLayout *layout,
                                    uint64_t total, const struct loudness *loudness,
                                    struct sound_coder **out, struct why *why);
void sound_coder_close(struct sound_coder **coder); // tolerates NULL

// A frame of planar float; all but the last are sound_coder_frame() long.
must_check outcome sound_coder_put(struct sound_coder *coder, AVFrame *frame, struct why *why);

// After the last frame: what the encoder holds back, and the last fragment.
must_check outcome sound_coder_finish(struct sound_coder *coder, struct why *why);

uint32_t sound_coder_priming(const struct sound_coder *coder); // samples

#endif

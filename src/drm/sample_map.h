// SPDX-License-Identifier: Apache-2.0
//
// Finds what of each sample of a track is to be encrypted, by reading its headers.
//
//     syntax   protected                                          kept from sample to sample
//     whole    all of it: AAC, AC-3, E-AC-3, Opus, FLAC            nothing
//     AVC      slice data of NAL types 1 and 5                     parameter sets
//     HEVC     slice segment data of NAL types 0 .. 31, layer 0    parameter sets
//     AV1      tile data                                           sequence header, 8 slots
//
// Samples are given in decoding order from the track's first.
#ifndef DRM_SAMPLE_MAP_H
#define DRM_SAMPLE_MAP_H

#include "drm/subsample.h"

#include "base/slice.h"

enum sample_syntax { SYNTAX_WHOLE, SYNTAX_AVC, SYNTAX_HEVC, SYNTAX_AV1, SYNTAX_COUNT };

struct sample_mapper;

// `config` is the body of avcC, hvcC or av1C; not kept.
must_check outcome sample_mapper_open(enum sample_syntax syntax, enum cenc_scheme scheme,
                                      struct slice config, struct sample_mapper **out,
                                      struct why *why);
void sample_mapper_close(struct sample_mapper **mapper); // tolerates NULL

#define automapper __attribute__((cleanup(sample_mapper_close))) struct sample_mapper

// The map of the next sample; with SYNTAX_WHOLE its count is 0. INVALID when the sample cannot be
// read, UNSUPPORTED when it cannot be described.
must_check outcome sample_map(struct sample_mapper *mapper, struct slice sample,
                              struct subsample_map *out, struct why *why);

#endif

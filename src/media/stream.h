// SPDX-License-Identifier: Apache-2.0
//
// A coded stream as a container describes it: the codec, the bytes that set up its decoder, and
// what is true of every sample. The MP4 reader fills it, the CMAF writers write it as a sample
// entry.
//
//     codec   entry types   config: what stands in the sample entry
//     avc     avc1 avc3     avcC body (ISO/IEC 14496-15 clause 5.3.3), NAL lengths of 1, 2, 4 bytes
//     hevc    hvc1 hev1     hvcC body (clause 8.3.3)
//     av1     av01          av1C body (AV1 codec ISO media file format binding, clause 2.3)
//     aac     mp4a          AudioSpecificConfig (ISO/IEC 14496-3 clause 1.6.2.1)
//     ac-3    ac-3          dac3 body (ETSI TS 102 366 annex F.4)
//     e-ac-3  ec-3          dec3 body (annex F.6)
//     opus    Opus          dOps body (Encapsulation of Opus in ISOBMFF, clause 4.3.2)
//     flac    fLaC          dfLa body behind version and flags
//
// avc3 and hev1 are streams that carry parameter sets among their samples; CMAF allows both.
#ifndef MEDIA_STREAM_H
#define MEDIA_STREAM_H

#include "base/arena.h"
#include "media/colour.h"
#include "media/loudness.h"
#include "media/presentation.h"

enum codec {
    CODEC_AVC,
    CODEC_HEVC,
    CODEC_AV1,
    CODEC_AAC,
    CODEC_AC3,
    CODEC_EAC3,
    CODEC_OPUS,
    CODEC_FLAC,
    CODEC_COUNT
};
const char *codec_word(enum codec codec); // "AVC", for people

enum { STREAM_CONFIG_BYTES_MAX = 64 * 1024 }; // hvcC with many parameter sets stays under 4 KiB

struct stream {
    enum track_kind kind; // TRACK_VIDEO or TRACK_AUDIO, as the codec says
    enum codec codec;
    bool in_band;                  // parameter sets may come with the samples: avc3, hev1
    struct slice config;           // borrowed
    uint32_t timescale;            // ticks per second of all its sample times
    char language[LANGUAGE_BYTES]; // BCP 47, "und" when unknown
    union {
        struct {
            struct video_facts facts; // frame_rate 0/0: not known before all samples are seen
            struct colour colour;
            struct mastering_display mastering;
            uint16_t max_cll, max_fall; // cd/m2; 0: absent
        } video;
        struct audio_facts audio;
    };
    struct loudness loudness; // of audio, where it was measured
};

// The codec string of RFC 6381 for manifests and MediaSource ("avc1.640028", "hvc1.2.4.L120.B0",
// "av01.0.08M.10.0.111.09.16.09.0", "mp4a.40.2", "ec-3") into `out` of CODEC_BYTES. INVALID when
// the config is too short or contradicts itself.
must_check outcome stream_codec_text(const struct stream *stream, char *out, struct why *why);

// Fills what the sample entry and the parameter sets say together: AVC and HEVC sample aspect
// ratio and colour when the container is silent (or says "unspecified"), AAC's true sample rate and
// channels. INVALID when the config cannot be one of the codec.
must_check outcome stream_complete(struct stream *stream, struct why *why);

// True when samples of both can stand behind one sample entry: codec, config, timescale, size,
// aspect, colour, rate, channels are the same (language, loudness and frame rate may differ).
bool stream_is_same(const struct stream *a, const struct stream *b);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A container opened over a descriptor, and one of its streams decoded, forwards from any time.
//
//     container   [I p p p I p p p I p p p I ...]       packets, decode order
//     seek to t            ^ key at or before t
//     decoded              I p p p I p ...              pictures, presentation order; those before
//     t too
//
// libavformat and libavcodec do the work; the bytes are hostile, so this runs behind a sandbox. One
// thread at a time.
#ifndef MEDIA_SOURCE_H
#define MEDIA_SOURCE_H

#include "media/av.h"

#include <libavcodec/avcodec.h>

enum {
    PICTURE_PIXELS_MAX = 8192 * 8192, // decoders refuse more: memory
    SOURCE_STREAMS_MAX = 64,          // as MASTER_TRACKS_MAX
};

struct source {
    struct sealed_file *file;
    AVIOContext *io;
    AVFormatContext *container;
};

// Opens the container of `fd` (which the source borrows: it must stay open), whose bytes `seal`
// opens (NULL: they are clear). What it cannot be opened for is in the outcome: UNSUPPORTED when no
// demuxer knows it, INVALID when one does and then gives up.
must_check outcome source_open(int fd, const struct seal *seal, struct source *out,
                               struct why *why);
void source_close(struct source *source); // tolerates a zeroed one

#define autosource __attribute__((cleanup(source_close))) struct source

// The next packet of any stream that is not discarded. NOT_FOUND at the end. `packet` is
// unreferenced first.
must_check outcome source_packet(struct source *source, AVPacket *packet, struct why *why);

// Goes to the last key packet of `stream` at or before `at`, or to the start where there is none.
// Containers without an index may land a little behind it.
must_check outcome source_seek(struct source *source, unsigned stream, struct media_time at,
                               struct why *why);

// Goes to the very first packet.
must_check outcome source_rewind(struct source *source, struct why *why);

// Decodes one stream of a source. All others are discarded while it lives.
struct stream_decoder {
    struct source *source;
    AVStream *stream;
    AVCodecContext *codec;
    AVPacket *packet;
    uint64_t errors; // packets that the decoder refused
    bool draining;
};

// `threads` of libavcodec; 1 is deterministic and costs no latency. UNSUPPORTED without a decoder
// for the stream.
must_check outcome stream_decoder_open(struct source *source, unsigned stream, uint32_t threads,
                                       struct stream_decoder *out, struct why *why);
void stream_decoder_close(struct stream_decoder *decoder); // tolerates a zeroed one

#define autodecoder __attribute__((cleanup(stream_decoder_close))) struct stream_decoder

// The next picture or run of audio samples, in presentation order; its time is
// frame->best_effort_timestamp in the stream's time base, and may be AV_NOPTS_VALUE. NOT_FOUND at
// the end. Broken packets are counted and passed over.
must_check outcome stream_decoder_next(struct stream_decoder *decoder, AVFrame *frame,
                                       struct why *why);

// Continue from the first packet, or from the last key packet at or before `at`, in the source's
// timeline (as source_seek).
must_check outcome stream_decoder_rewind(struct stream_decoder *decoder, struct why *why);
must_check outcome stream_decoder_seek(struct stream_decoder *decoder, struct media_time at,
                                       struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A sound track on the title's timeline: decoded, resampled to 48 kHz, mixed to the channels that
// are wanted, gaps filled and surplus cut, in frames of a fixed length.
//
//     decoded, any rate --resample, mix--> position on the timeline --frame by frame--> sink
//     title  |0 -------------------------------------------------- total|
//     frames |----|----|----| silence where nothing is |----|----|--|
#ifndef STUDIO_TRANSCODE_SOUND_LINE_H
#define STUDIO_TRANSCODE_SOUND_LINE_H

#include "studio/transcode/jobs.h"

enum { SOUND_RATE = 48000 };

struct sound_line {
    const struct audio_job *job;
    unsigned track;         // in the container
    AVChannelLayout layout; // wanted
    int frame_samples;
    float gain;     // that all samples are multiplied with
    uint64_t total; // samples of the title
    const struct transcode_watch *watch;
    uint64_t watch_from; // what earlier passes did; of `watch_total`
    uint64_t watch_total;
    // Hears each frame: planar float in `layout`, its time in frame->pts. The last one is shorter.
    outcome (*put)(void *context, AVFrame *frame, struct why *why);
    void *context;
};

struct sound_line_result {
    uint64_t silence; // samples that were filled in
    bool is_mixed;    // there are fewer channels than in the source, or others
};

// INVALID when no sound can be decoded, or a mix for dialogue finds no centre channel.
must_check outcome sound_line_run(struct source *source, const struct sound_line *line,
                                  struct sound_line_result *out, struct why *why);

// Stereo, or 5.1 in the order that AAC has it: what the job wants of a source of so many channels.
AVChannelLayout sound_layout(const struct audio_job *job, int source_channels);

#endif

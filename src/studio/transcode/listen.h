// SPDX-License-Identifier: Apache-2.0
//
// Sound listened to for a measurement: loudness (libebur128), silence, clipping.
#ifndef STUDIO_TRANSCODE_LISTEN_H
#define STUDIO_TRANSCODE_LISTEN_H

#include "studio/measure.h"

#include <libavutil/frame.h>

struct listen;

// For a track of the container. NO_MEMORY.
must_check outcome listen_open(const struct measure_limits *limits, struct measurement *out,
                               uint32_t track, struct listen **listen, struct why *why);
void listen_close(struct listen **listen); // tolerates NULL

// The next decoded samples, at `ms` of the title. What they are (rate, channels) is taken from the
// first; frames that differ from it are resampled to it. NO_MEMORY, UNSUPPORTED.
must_check outcome listen_to(struct listen *listen, const AVFrame *frame, int64_t ms,
                             struct why *why);

// After the last samples: puts the track's loudness into the measurement.
void listen_finish(struct listen *listen);

#endif

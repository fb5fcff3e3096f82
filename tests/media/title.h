// SPDX-License-Identifier: Apache-2.0
//
// A title as the packager would describe it, built by hand for the manifest tests: two AVC pictures
// and one HEVC PQ at 24000/1001, English and German in AAC stereo, English in E-AC-3 5.1, audio
// description, three text tracks, a storyboard.
#ifndef TESTS_MEDIA_TITLE_H
#define TESTS_MEDIA_TITLE_H

#include "media/presentation.h"

#include "base/arena.h"

enum {
    TITLE_SEGMENTS = 23, // the last one is short
    TITLE_FRAMES = 22 * 48 + 30,
};

struct presentation title_make(struct arena *arena);

// The track of that name; asserts that there is one.
struct track *title_track(const struct presentation *title, const char *name);

#endif

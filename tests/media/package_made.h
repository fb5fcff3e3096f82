// SPDX-License-Identifier: Apache-2.0
//
// A small real package for tests: 6.5 s of 320x180 and 160x90 pictures at 25 fps with IDR pictures
// every 2 s, AAC with priming, English captions. Encoded by FFmpeg, packaged by us.
#ifndef TESTS_MEDIA_PACKAGE_MADE_H
#define TESTS_MEDIA_PACKAGE_MADE_H

#include "media/packager.h"

// Makes it once for the program; the folder's path, and what the packager reported (the arena's).
const char *package_made(struct arena *arena, struct package_report *report);

// The encoded inputs: "high.mp4", "low.mp4", "sound.mp4".
const char *package_input_made(const char *name);

#endif

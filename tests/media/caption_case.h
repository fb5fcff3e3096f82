// SPDX-License-Identifier: Apache-2.0
//
// What tests of caption readers share: a reader's cues as WebVTT, without the file's head.
#ifndef TESTS_MEDIA_CAPTION_CASE_H
#define TESTS_MEDIA_CAPTION_CASE_H

#include "media/captions.h"

enum { CAPTION_CASE_ROOM = 64 * 1024 * 1024 };

// Reads bytes of any format and compares what the WebVTT writer makes of them, behind
// "WEBVTT\n\n", with `wanted`.
void reads_as(struct slice bytes, const struct caption_options *options, const char *wanted);

// The file is refused with this outcome, and the sentence has `word` in it.
void refuses(struct slice bytes, outcome wanted, const char *word);

// Reads, writes as IMSC 1.1, reads that: times, text and places are those of the first time.
void survives_imsc(struct slice bytes);

#endif

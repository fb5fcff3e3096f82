// SPDX-License-Identifier: Apache-2.0
//
// What FFmpeg's structures say of a container, its streams and a decoded picture, in our own terms.
#ifndef MEDIA_PROBE_FACTS_H
#define MEDIA_PROBE_FACTS_H

#include "media/master.h"

#include <libavformat/avformat.h>

// Name and tracks: codec, language, role, channels. Times and packet counts are left for the scan.
void container_facts(const AVFormatContext *container, struct master_facts *facts);

// True when a stream carries the set-up of an encryption.
bool streams_are_encrypted(const AVFormatContext *container);

// Size, aspect, rotation, fields, colour, HDR metadata of the video, from its first picture (which
// knows more than the container) and the stream. False when no scaler reads the picture's pixel
// format; facts are filled all the same.
bool picture_facts(AVFormatContext *container, AVStream *stream, AVFrame *frame,
                   struct master_video *video);

// True when captions (ATSC A/53) hang on the picture, be they empty.
bool picture_has_captions(const AVFrame *frame);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// HLS playlists of a packaged title (RFC 8216 and draft-pantos-hls-rfc8216bis), pure text from a
// presentation.
//
//     main.m3u8                   multivariant: groups, one variant per video x audio group
//       +- v-1080p.m3u8           EXT-X-MAP, then a byte range of v-1080p.mp4 per segment
//       +- v-1080p-iframe.m3u8    the same, each range cut off behind the key picture
//       +- a-en.m3u8              audio, the same shape as video
//       +- t-en.m3u8              the one WebVTT file as one segment as long as the title
//       +- storyboard.m3u8        EXT-X-IMAGES-ONLY, one JPEG sheet of thumbnails per segment
//
// Numbers mean what the standard says. BANDWIDTH is the largest sum of peak rates of anything that
// can be played together (4.4.6.2), AVERAGE-BANDWIDTH the same of averages. EXTINF are microseconds
// cut from exact ticks, so that their sums do not drift. All audio and video playlists carry one
// TARGETDURATION (6.2.4). Groups of audio have the same members in each (4.4.6.1.1): where a
// language lacks a codec, its nearest track stands in, and CODECS says so.
#ifndef MEDIA_HLS_H
#define MEDIA_HLS_H

#include "media/presentation.h"

#include "base/buffer.h"

#define HLS_MULTIVARIANT_FILE "main.m3u8"

enum { HLS_NAME_BYTES = TRACK_NAME_BYTES + 16 };

// "v-1080p.m3u8" and "v-1080p-iframe.m3u8". `out` has room for HLS_NAME_BYTES.
void hls_media_name(const struct track *track, char *out);
void hls_iframe_name(const struct track *track, char *out);

// Each appends one playlist to `out`. INVALID with a sentence where presentation_check() refuses
// the presentation; TOO_LARGE or NO_MEMORY from the buffer. `track` is one of the presentation's;
// `out` is unchanged on failure.
must_check outcome hls_multivariant(const struct presentation *presentation, struct buffer *out,
                                    struct why *why);
must_check outcome hls_media(const struct presentation *presentation, const struct track *track,
                             struct buffer *out, struct why *why);

// The I-frame playlist of a video track.
must_check outcome hls_iframes(const struct presentation *presentation, const struct track *track,
                               struct buffer *out, struct why *why);

#endif

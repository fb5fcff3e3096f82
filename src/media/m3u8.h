// SPDX-License-Identifier: Apache-2.0
//
// The lines and attributes of an HLS playlist (RFC 8216 sections 4.1 and 4.2), without their
// meaning.
//
//     #EXTINF:2.002,title          tag "EXTINF", value "2.002,title"
//     # a comment                  passed over, like empty lines
//     v-1080p.mp4                  URI
//
//     BANDWIDTH=1280,CODECS="a,b"  attributes: BANDWIDTH 1280, CODECS "a,b" (quotes taken off)
#ifndef MEDIA_M3U8_H
#define MEDIA_M3U8_H

#include "base/slice.h"

struct m3u8_line {
    uint32_t number;    // from 1
    bool is_tag;        // else a URI
    struct slice name;  // of a tag, without '#'
    struct slice value; // behind ':', empty without; a URI line's URI
};

struct m3u8_reader {
    struct slice rest;
    uint32_t line_number;
};

// Starts reading. INVALID when the text does not begin with #EXTM3U.
must_check outcome m3u8_open(struct slice text, struct m3u8_reader *out, struct why *why);

// The next tag or URI; false at the end.
bool m3u8_next(struct m3u8_reader *reader, struct m3u8_line *out);

struct m3u8_attribute {
    struct slice name;
    struct slice value; // without quotes
    bool is_quoted;
};

// Takes the next attribute off the front of `*list`. NOT_FOUND at the end, INVALID when the list is
// malformed.
must_check outcome m3u8_attribute(struct slice *list, struct m3u8_attribute *out, struct why *why);

// The value of attribute `name`, or an empty slice (at NULL) when it is absent or the list is
// malformed before it.
struct slice m3u8_find(struct slice list, const char *name);

// "2.002" as microseconds, digits beyond the sixth dropped. INVALID for anything else and over
// 2^53 microseconds.
must_check outcome m3u8_seconds(struct slice text, uint64_t *out_us, struct why *why);

#endif

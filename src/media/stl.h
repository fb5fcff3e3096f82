// SPDX-License-Identifier: Apache-2.0
//
// EBU STL, the exchange format of European broadcasters (EBU Tech 3264).
//
//     0                         1024        1152
//     | General Subtitle Info   | TTI block | TTI block | ...
//       CPN DFC DSC CCT LC TCP    SGN SN EBN CS TCI TCO VP JC CF  TF (112 bytes of text)
//
//     DFC  STL25.01: frames a second        EBN  0xff: the subtitle's last block; 0xfe: user data
//     DSC  0 open, 1 and 2 teletext         CS   cumulative sets: lines that are added one by one
//     CCT  code page of the text            VP   the row; JC the lines' alignment; CF a comment
//
// Text is ISO 6937, or ISO 8859-5 to -8; control codes carry colour, italics, underlining, boxes.
#ifndef MEDIA_STL_H
#define MEDIA_STL_H

#include "media/cues.h"
#include "media/timecode.h"

enum {
    STL_HEADER_BYTES = 1024,
    STL_BLOCK_BYTES = 128,
    STL_TEXT_BYTES = 112,
    STL_SUBTITLE_BYTES_MAX =
        8192, // of one subtitle over its extension blocks; rows x columns is 920
};

struct stl_options {
    struct frame_rate rate; // {0, 0}: as the file says
    const char *start;      // time code that is the programme's 0, "TCP" for the file's own; NULL:
                            // 00:00:00:00
};

bool stl_is(struct slice bytes); // a header that looks like one

// Parses a whole file; all memory from `arena`. INVALID when the header or every subtitle is
// broken, UNSUPPORTED for an unknown code page or rate; what a block breaks is a fault of the list,
// with the block's number in place of a line.
must_check outcome stl_parse(struct arena *arena, struct slice bytes,
                             const struct stl_options *options, struct cue_list *out,
                             struct why *why);

#endif

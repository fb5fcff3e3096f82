// SPDX-License-Identifier: Apache-2.0
//
// Where a cue stands: a box on the picture, and how its lines lie in the box.
//
//     0 ------------------------------------------ 10000   of the picture's width
//     |                                              |
//     |      (x, y)                                  |     anchor   lines gather at the box's
//     |        +-------- width --------+             |              top, middle or bottom
//     |        |  first line           | height      |     align    and at the line's start,
//     |        |  second               |             |              middle or end
//     |        +-----------------------+             |
//     10000 ---------------------------------------- +     of the picture's height
//
// Numbers are hundredths of a percent, which every source reaches without loss that a person could
// see: TTML's percent, pixels and cells, the 15 x 32 grid of CEA-608, the rows of EBU STL. WebVTT
// says a place in cue settings (W3C WebVTT 1, clause 3.1): an edge, a width, an alignment.
#ifndef MEDIA_CUE_PLACE_H
#define MEDIA_CUE_PLACE_H

#include "base/buffer.h"

enum { PLACE_WHOLE = 10000 }; // the picture's width or height

enum cue_align { ALIGN_CENTER, ALIGN_START, ALIGN_END, ALIGN_LEFT, ALIGN_RIGHT };
enum cue_anchor { ANCHOR_BOTTOM, ANCHOR_TOP, ANCHOR_MIDDLE };
enum cue_writing { WRITING_HORIZONTAL, WRITING_VERTICAL_RL, WRITING_VERTICAL_LR };

struct cue_place {
    bool is_given; // false: nobody said, and the rest is 0: a player's own place, bottom centre
    uint16_t x, y, width, height; // 0 .. PLACE_WHOLE
    enum cue_align align;
    enum cue_anchor anchor;
    enum cue_writing writing;
    uint16_t font_height; // of the picture's height; 0: a player's own
    uint32_t box_colour;  // 0xRRGGBBAA behind the whole box; alpha 0: none
};

bool cue_place_equal(const struct cue_place *a, const struct cue_place *b);

// Appends WebVTT settings with a space before each; nothing for a place that is not given.
must_check outcome cue_place_format(const struct cue_place *place, struct buffer *out,
                                    struct why *why);

// What WebVTT settings say, as a box: the reverse, as near as a renderer comes to it. A line number
// counts lines of 5.33 % of the height, as the standard's default font makes them. Settings that
// are not understood are passed over.
struct cue_place cue_place_of_settings(struct slice settings);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A ladder for one title: which size and which quantiser give each rung the quality that the fixed
// ladder would give it, for fewer bits.
//
//     XPSNR                            ___ 1080p     probes of a few shots at each rung's size and
//       |                     ___..--''              at four quantisers draw a curve per size
//     A |- - - - - -x- - - o''___-------- 540p
//       |          /  __..-''                        o  540p at the fixed ladder's quantiser
//       |       ../.-'                               x  1080p, coarser: looks the same, costs less
//       |     .'/                                    the upper edge of all curves is the hull
//       +--------------------------------- bits
//
// What a rung may become:
//   - a picture at least as large, never of another encoder or range, that in *every* shot looks at
//   least as good as the fixed rung does there by XPSNR *and* by SSIM, under the fixed rung's cap;
//   - gone, when a cheaper rung looks as good to within HULL_ALIKE_CDB; the largest of an encoder
//   and a range stays.
// The cap stays: a scene harder than all that was probed gets what the fixed ladder would give it.
//
// Values in, values out.
#ifndef STUDIO_HULL_H
#define STUDIO_HULL_H

#include "base/buffer.h"
#include "base/json.h"
#include "media/grid.h"
#include "studio/ladder.h"

#include <stdbool.h>

enum {
    SURVEY_SHOTS_MAX = 3,
    SURVEY_POINTS = 4,     // of each shot and size
    HULL_ALIKE_CDB = 50,   // half a decibel: nobody sees it
    HULL_GAIN_PERCENT = 3, // less is not worth another size
};

// Quantisers that are probed: so many tenths above the rung's own.
extern const uint32_t survey_offsets[SURVEY_POINTS];

// Two ways of looking (media/xpsnr.h, media/ssim.h), both in hundredths of a decibel.
enum hull_look { LOOK_XPSNR, LOOK_SSIM, HULL_LOOKS };

struct survey_point {
    uint64_t bps;
    uint32_t cdb[HULL_LOOKS];
};

struct survey_shot {
    struct frame_span frames;
    uint64_t complexity; // bits a second of a small picture at one quantiser
    // by rung of the ladder that was surveyed, from the finest quantiser
    struct survey_point points[LADDER_RUNGS_MAX][SURVEY_POINTS];
};

struct survey {
    struct survey_shot shots[SURVEY_SHOTS_MAX];
    size_t shot_count;
};

// What became of a rung of the fixed ladder. Rates and qualities are means over the shots.
struct hull_choice {
    bool is_dropped;
    size_t size_of; // the rung whose size it takes: mostly its own
    char name[LADDER_NAME_BYTES];
    uint32_t crf_tenths;
    uint64_t fixed_bps, bps;
    uint32_t fixed_cdb[HULL_LOOKS], cdb[HULL_LOOKS];
};

// `fixed` is a fitted ladder, `choices` has room for its rungs. `*out` is fitted, too.
void hull_choose(const struct ladder *fixed, const struct survey *survey, struct ladder *out,
                 struct hull_choice *choices);

// {"shots":[{"first","end","complexity","rungs":[[{"bps","xpsnr_cdb","ssim_cdb"} x4], ...]}]};
// parsing wants exactly `rungs` of them.
must_check outcome survey_format(const struct survey *survey, size_t rungs, struct buffer *out,
                                 struct why *why);
must_check outcome survey_parse(struct slice text, size_t rungs, struct survey *out,
                                struct why *why);

// Lines for people; and the same with all that was probed, as JSON.
must_check outcome hull_text(const struct ladder *fixed, const struct hull_choice *choices,
                             struct buffer *out, struct why *why);
must_check outcome hull_json(const struct ladder *fixed, const struct survey *survey,
                             const struct hull_choice *choices, json_t **out, struct why *why);

enum { SURVEY_BYTES_MAX = 64 * 1024 };

#endif

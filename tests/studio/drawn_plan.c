// SPDX-License-Identifier: Apache-2.0
#include "drawn_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct plan *drawn_plan(const struct drawn_film *film)
{
    struct plan *plan = calloc(1, sizeof *plan);
    struct ladder ladder;
    struct why why = {""};
    const uint32_t pictures = film->seconds * 24;
    struct master_facts facts = {.container = "mov",
                                 .size_bytes = 6,
                                 .duration = {(int64_t)film->seconds, 1},
                                 .track_count = 1};
    facts.video = (struct master_video){.rate = {24, 1},
                                        .frame_count = pictures,
                                        .start = {0, 24},
                                        .packets = pictures,
                                        .width = film->width,
                                        .height = film->height,
                                        .sar_width = 1,
                                        .sar_height = 1,
                                        .bit_depth = 8};
    facts.tracks[0] = (struct master_track){.kind = TRACK_VIDEO,
                                            .start = {0, 24},
                                            .duration = {(int64_t)pictures, 24},
                                            .decodable = true};
    assert_non_null(plan);
    if (rungs_parse(slice_of(film->ladder), "ladder", &ladder, &why) != OK)
        fail_msg("%s", why.text);
    const struct plan_inputs inputs = {.title_id = film->title_id,
                                       .master = "masters/m",
                                       .facts = &facts,
                                       .ladder = &ladder,
                                       .poster = "masters/p",
                                       .encoder = "test"};
    if (plan_make(&inputs, plan, &why) != OK) fail_msg("%s", why.text);
    return plan;
}

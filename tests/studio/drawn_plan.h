// SPDX-License-Identifier: Apache-2.0
//
// A plan for tests of those who only hand jobs about: its master is a name, and nothing is encoded.
#ifndef TESTS_STUDIO_DRAWN_PLAN_H
#define TESTS_STUDIO_DRAWN_PLAN_H

#include "studio/plan.h"

struct drawn_film {
    const char *title_id;
    const char *ladder; // JSON
    uint32_t seconds;   // at 24 pictures each
    uint32_t width, height;
};

// With a poster of its own, without sound. free() it.
struct plan *drawn_plan(const struct drawn_film *film);

#endif

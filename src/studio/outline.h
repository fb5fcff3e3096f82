// SPDX-License-Identifier: Apache-2.0
//
// What onlookers may know of a title in work: how many jobs there are and what their tracks are
// called. The plan itself is sealed (ADR 64) and stays with those who have the studio's ring.
//
//     table "progress"   partition "outline"   sort <title>   JSON, of the plan that was begun last
#ifndef STUDIO_OUTLINE_H
#define STUDIO_OUTLINE_H

#include "store/table.h"
#include "studio/plan.h"

struct outline {
    const char *plan; // its id
    int64_t job_count;
    int64_t chunk_count, chunk_ms; // of all chunks but the last
    const char **rungs;            // tracks of chunk_count jobs each: "v-1080p"
    const char **others;           // tracks of one: "a-en", "storyboard"
    size_t rung_count, other_count;
};

must_check outcome outline_put(struct table_store *tables, const struct plan *plan,
                               struct why *why);

// NOT_FOUND when nothing was begun; CORRUPT. Memory of the arena.
must_check outcome outline_get(struct table_store *tables, const char *title_id,
                               struct arena *arena, struct outline *out, struct why *why);
must_check outcome outline_drop(struct table_store *tables, const char *title_id, struct why *why);

#endif

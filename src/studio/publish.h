// SPDX-License-Identifier: Apache-2.0
//
// The last step of an ingest: the record that makes a version visible, and the tidying behind it.
#ifndef STUDIO_PUBLISH_H
#define STUDIO_PUBLISH_H

#include "catalog/title.h"
#include "store/stores.h"
#include "studio/intake.h"

// Writes the title's record from what the studio said, the plan and the presentation. One write.
must_check outcome publish_title(struct stores *stores, const struct intake *intake,
                                 const struct plan *plan, const struct presentation *presentation,
                                 int64_t wall_ms, struct arena *arena, struct why *why);

// The same for a version that is published already: what the studio says is new, its tracks stay.
must_check outcome publish_again(struct stores *stores, const struct intake *intake,
                                 const struct title *published, struct arena *arena,
                                 struct why *why);

// Drops the title's intermediate files and jobs, of whatever plan, and all versions but the plan's
// and `before` (members may be watching it; "": none). With `before` NULL all versions stay.
must_check outcome publish_tidy(struct stores *stores, const struct plan *plan, const char *before,
                                struct why *why);

#endif

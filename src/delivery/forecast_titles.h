// SPDX-License-Identifier: Apache-2.0
//
// The catalogue as a forecast needs it: the files of all titles with their sizes, what was asked of
// them, and which of them are announced.
//
//     a window opens:   |<-- a day -->now<------ horizon ------>|
//                       '---------- premiere: its first --------'      before, after: none
#ifndef DELIVERY_FORECAST_TITLES_H
#define DELIVERY_FORECAST_TITLES_H

#include "base/arena.h"
#include "delivery/forecast.h"
#include "delivery/popularity.h"
#include "store/table.h"

struct forecast {                // zero at the start
    struct forecast_file *files; // /media/<title>/<version>/<file>
    size_t count, room;
    struct arena arena; // of their paths
};

// Appends the files of every visible title. TOO_LARGE over PLACEMENT_FILES_MAX of them; the table's
// outcomes.
must_check outcome forecast_gather(struct table_store *tables, const struct popularity *popularity,
                                   int64_t now_ms, int64_t horizon_ms, struct forecast *out,
                                   struct why *why);
void forecast_release(struct forecast *forecast);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// What a cache is to hold before anybody asks: a document for all sites, read by each for its tier.
//
//     {"made": "2026-11-21T20:00:00.000Z",
//      "tiers": {"isp":  {"from": "02:00", "until": "06:00", "mbps": 1200, "tail": "pass"},
//                "edge": {"from": "00:00", "until": "08:00", "mbps": 5000, "tail": "keep"}},
//      "files": [{"path": "/media/film-1/v7/v-1080p.mp4", "bytes": 4200000000,
//                 "reason": "premiere"}, ...]}
//
//     files, worth most first
//     |<-- as many as PLACED_PERCENT of the disk holds -->|<------ the rest ------>|  not listed
//      placed: fetched in the window, and to the           common: as they are      tail: its
//      disk at once whoever asks first                     asked for                folder has
//                                                                                   no file here
//
// The window is UTC and may lie over midnight; "mbps" is what all filling together takes at most.
// `tail` says what becomes of files in folders that the document does not name: "keep" treats them
// as common, "pass" never lets them onto the disk. `primrose placement` writes documents.
#ifndef DELIVERY_PLACEMENT_H
#define DELIVERY_PLACEMENT_H

#include "base/buffer.h"
#include "delivery/forecast.h"

#include <stdbool.h>

enum {
    PLACEMENT_FILES_MAX = 1 << 20,
    PLACEMENT_BYTES_MAX = 256 << 20, // of the document
    PLACED_PERCENT = 75,             // of the disk; the rest is for what is asked for
};

// What the forecast thinks of a file.
enum worth { WORTH_COMMON, WORTH_PLACED, WORTH_TAIL };

struct placement_window {
    uint32_t from_min, until_min; // of the day, UTC; until 1440 at most
};

struct placement_file {
    char *path;
    uint64_t bytes;
};

struct placement {
    struct placement_window window;
    uint64_t rate_bytes_s;
    bool passes_tail;
    struct placement_file *files; // worth most first
    size_t count, placed;         // of files; the first `placed` are to be here
    uint64_t placed_bytes;
    uint64_t *known, *folders; // hashes, sorted: of the placed files, of the folders of all
    size_t folder_count;
};

// Reads the document for `tier`, at a cache that holds `cache_bytes`. INVALID, TOO_LARGE with a
// sentence that names `what`; NOT_FOUND when it has no such tier.
must_check outcome placement_parse(struct slice text, const char *what, const char *tier,
                                   uint64_t cache_bytes, struct placement **out, struct why *why);
must_check outcome placement_load(const char *path, const char *tier, uint64_t cache_bytes,
                                  struct placement **out, struct why *why);
void placement_close(struct placement **placement); // tolerates NULL

#define autoplacement __attribute__((cleanup(placement_close))) struct placement

// The document. `tiers` is its member of that name, as JSON text; `what` names it. INVALID.
must_check outcome placement_format(const struct forecast_file *files, size_t count,
                                    struct slice tiers, const char *what, int64_t made_ms,
                                    struct buffer *out, struct why *why);

bool window_is_open(const struct placement_window *window, int64_t wall_s);

// Of a cache's key: a path, with or without a query.
enum worth placement_worth(const struct placement *placement, struct slice key);

#endif

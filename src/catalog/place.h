// SPDX-License-Identifier: Apache-2.0
//
// What titles are part of: episodes of a series, extras of a title or series.
//
//     table "episode"   partition <series>           sort "0001-00003-<id>"   season, episode
//     table "extra"     partition <title or series>  sort <id>
//
// A title's record says where it belongs; these entries let the other end find it. One that a title
// has left behind by moving is passed over when it is read.
#ifndef CATALOG_PLACE_H
#define CATALOG_PLACE_H

#include "catalog/offer.h"

// Enters the title where its record says; makes the series of a first episode (catalog/series.h).
must_check outcome place_put(struct table_store *tables, const struct title *title,
                             struct why *why);

struct title_list {
    struct title *titles;
    size_t count;
};

// The episodes of a series in their order, and the extras of a title or series by id, that the
// viewer may see; at most TITLE_PAGE_MAX. Memory is the arena's. None is no failure.
must_check outcome place_episodes(const struct title_source *source, const char *series,
                                  const struct viewer *viewer, struct arena *arena,
                                  struct title_list *out, struct why *why);
must_check outcome place_extras(const struct title_source *source, const char *of,
                                const struct viewer *viewer, struct arena *arena,
                                struct title_list *out, struct why *why);

// The episode that follows. NOT_FOUND behind the last one, and for what is no episode.
must_check outcome place_next(const struct title_source *source, const struct title *episode,
                              const struct viewer *viewer, struct arena *arena, struct title *out,
                              struct why *why);

#endif

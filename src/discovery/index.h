// SPDX-License-Identifier: Apache-2.0
//
// The index that search and the rows of the home page ask: a copy of the catalogue in one file of
// SQLite with FTS5, which may be thrown away at any time (discovery/follow.h makes it again).
//
//     name    folded names, sorted       "the lamp"  -> titles that begin so
//     text    FTS5 over folded words     "lam* van*" -> entries with words that begin so
//     lexicon all words, in memory       "lampligt"  -> lamplight*
//     genre   names of genres by date    rows of the home page
//     part    series and people -> the titles that make them visible
//     window  title -> age, territory, from, until: asked inside of every query, so that nobody is
//             told of what he may not see, and no page comes short
//
// Words are folded by discovery/fold.h. Thread-safe: one writer, readers beside it.
#ifndef DISCOVERY_INDEX_H
#define DISCOVERY_INDEX_H

#include "base/arena.h"
#include "catalog/offer.h"
#include "catalog/series.h"

struct index;

// Opens the file, making it where it is missing. One that is damaged or of another format is made
// anew, empty. UNAVAILABLE, NO_MEMORY.
must_check outcome index_open(const char *path, struct index **out, struct why *why);
void index_close(struct index **index); // tolerates NULL; nobody is asking any more

// Throws all away and begins anew; waits for those who are asking.
must_check outcome index_remake(struct index *index, struct why *why);

enum index_kind { INDEX_TITLE, INDEX_SERIES, INDEX_PERSON, INDEX_KINDS };

// --- writing: between index_begin() and index_commit(), which makes it durable -----------------

must_check outcome index_begin(struct index *index, struct why *why);
must_check outcome index_commit(struct index *index, struct why *why);
void index_rollback(struct index *index);

// `version` is the catalogue's (catalog/changes.h), kept to tell what changed.
must_check outcome index_put_title(struct index *index, const struct title *title, uint64_t version,
                                   struct why *why);
must_check outcome index_put_series(struct index *index, const struct series *series,
                                    uint64_t version, struct why *why);
// It is no longer there.
must_check outcome index_drop(struct index *index, enum index_kind kind, const char *id,
                              uint64_t version, struct why *why);

// What was kept with the entry; 0 for none.
must_check outcome index_version(struct index *index, enum index_kind kind, const char *id,
                                 uint64_t *out, struct why *why);

// The count of the catalogue's changes that it holds; 0 at first.
must_check outcome index_count(struct index *index, uint64_t *out, struct why *why);

// Says so, outside of a batch, and takes up the words that were put, so that they are found when
// they are mistyped.
must_check outcome index_settle(struct index *index, uint64_t count, struct why *why);

// --- asking -----------------------------------------------------------------------------------

struct index_hit {
    enum index_kind kind;
    const char *id;
    const char *name; // of a person; of others, what it is called is in the catalogue
    const char *face; // the title whose picture stands for it: itself, or a series' episode
};

struct index_hits {
    struct index_hit *hits;
    size_t count;
    char next[64]; // of index_browse(): where to go on; "" at the end
};

enum {
    INDEX_QUERY_BYTES_MAX = 200,
    INDEX_HITS_MAX = 100,
};

// What somebody may mean who has typed `text` so far, likeliest first: names that are it, begin
// with it, have words that begin so, then what people and other words match, then what is near by
// spelling. Memory is the arena's. INVALID for `limit` out of 1..INDEX_HITS_MAX or more bytes than
// INDEX_QUERY_BYTES_MAX. No words: no hits.
must_check outcome index_search(struct index *index, const char *text, const struct viewer *viewer,
                                size_t limit, struct arena *arena, struct index_hits *out,
                                struct why *why);

// Films and series of a genre ("" : all), newest first, behind `after` ("" or what `next` said).
// INVALID for an `after` that is none.
must_check outcome index_browse(struct index *index, const char *genre, const char *after,
                                const struct viewer *viewer, size_t limit, struct arena *arena,
                                struct index_hits *out, struct why *why);

struct index_genre {
    const char *name;
    int64_t count;
};

// The genres with most entries, at most `limit`.
must_check outcome index_genres(struct index *index, size_t limit, struct arena *arena,
                                struct index_genre **out, size_t *count, struct why *why);

// A person's titles that the viewer may see, newest first; `*name` is the person's. NOT_FOUND when
// there are none.
must_check outcome index_person(struct index *index, const char *id, const struct viewer *viewer,
                                size_t limit, struct arena *arena, const char **name,
                                struct index_hits *out, struct why *why);

#endif

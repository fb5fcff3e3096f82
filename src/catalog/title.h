// SPDX-License-Identifier: Apache-2.0
//
// What is known of a title: the record that makes it visible, kept as JSON in the table port.
//
//     table "title"        partition <id>      sort "record"          all that the API shows
//     table "title-list"   partition "all"     sort <id>              the ids; written first, and
//                                                                     once more behind the record
//
// A title is visible when its record stands: that one write publishes it, or moves it to another
// version. An id in the list without a record (a publication that was cut off) is passed over.
//
// Segments are not in here: they are in each track file's own index, and in the playlists.
#ifndef CATALOG_TITLE_H
#define CATALOG_TITLE_H

#include "base/arena.h"
#include "store/table.h"

enum {
    TITLE_CAST_MAX = 500,
    TITLE_SCENES_MAX = 1000,
    TITLE_TERRITORIES_MAX = 250,
    TITLE_TRACKS_MAX = 128,
    TITLE_GENRES_MAX = 20,
    TITLE_WORDS_MAX = 60,  // languages
    TITLE_AVAILS_MAX = 64, // windows
    TITLE_MARKS_MAX = 16,
    TITLE_CREW_MAX = 500,
    TITLE_DURATION_MS_MAX = 864000000, // ten days: longer is a mistake of units
    TITLE_PAGE_MAX = 200,
    TITLE_CURSOR_BYTES = 160,
};

struct title_rating {
    const char *system; // "fsk", "mpa", "self"
    const char *label;  // "12", "PG-13"
};

struct title_person {
    const char *id, *name, *character;
};

struct title_scene {
    const char *id, *title;
    int64_t start_ms, end_ms;
    const char **cast; // ids of people
    size_t cast_count;
};

// What it is called in another language; "" stands for the original.
struct title_words {
    const char *language, *title, *synopsis;
};

// When and where it is offered: a window. No territories: everywhere; 0: since ever, for ever.
struct title_avail {
    const char **territories;
    size_t territory_count;
    int64_t from_ms, until_ms; // wall clock; until is no longer in it
};

// A part that may be skipped, or, of "credits", after which the film is over. 0: to the end.
struct title_mark {
    const char *kind; // "intro", "recap", "credits"
    int64_t start_ms, end_ms;
};

struct title_crew {
    const char *id, *name, *job; // "director", "writer", ... in the original's words
};

// What a title is part of. A film is part of nothing: all are "" and 0.
struct title_place {
    const char *series, *series_title; // of an episode: the series' id and, where it is new, name
    int64_t season, episode;
    const char *extra_of, *extra; // of an extra: the title or series; "trailer", "making-of", ...
};

// What a programme team says of a title beside its words; the same in title.json and in the record.
struct title_entry {
    struct title_place place;
    struct title_words *words;
    struct title_avail *avails;
    struct title_mark *marks;
    struct title_crew *crew;
    size_t word_count, avail_count, mark_count, crew_count;
};

// One packaged track, as menus and the playback service need it. Zero where it does not apply.
struct title_track {
    const char *name, *file, *kind, *role, *language, *label, *codec;
    int64_t bandwidth_peak_bps, bandwidth_average_bps, size_bytes, duration_ms;
    int64_t width, height, rate_frames, rate_seconds; // video; width and height of a thumbnail
    const char *range;                                // "SDR", "PQ", "HLG"
    const char *scheme, *key_id; // "cbcs" and a UUID (catalog/title_keys.h); "": clear
    int64_t sample_rate, channels;
    int64_t columns, rows, tile_ms, sheet_count; // storyboard
};

// All texts are UTF-8 and never NULL when read; written, NULL is "".
struct title {
    const char *id;
    const char *version; // of the objects: titles/<id>/<version>/<file>
    const char *title, *synopsis, *original_language;
    int64_t year; // 0: unknown
    struct title_rating rating;
    const char **genres, **territories;
    size_t genre_count, territory_count;
    struct title_person *cast;
    size_t cast_count;
    struct title_scene *scenes;
    size_t scene_count;
    struct title_entry entry;
    int64_t edited_ms;    // when somebody edited it in the house; 0: as title.json has it
    uint64_t row_version; // of the record as it was read; not part of it
    const char *poster, *hls, *dash; // files of the version; "" for no poster
    int64_t duration_ms, published_ms;
    bool is_downloadable; // its owners allow downloads
    struct title_track *tracks;
    size_t track_count;
};

// Puts the title into the list and then publishes its record, whatever stood there. TOO_LARGE when
// its JSON exceeds an item of the table.
must_check outcome title_publish(struct table_store *tables, const struct title *title,
                                 struct why *why);

// The same for somebody who edits what he read: CONFLICT when the record is not the one that
// title->row_version names (0: there is none yet). Sets row_version.
must_check outcome title_save(struct table_store *tables, struct title *title, struct why *why);

// Takes over what a programme team writes (title, synopsis, ..., entry) and leaves the rest. Memory
// is shared.
void title_take_entry(struct title *to, const struct title *from);

// NOT_FOUND; CORRUPT when the record cannot be read. Memory is the arena's.
must_check outcome title_load(struct table_store *tables, const char *id, struct arena *arena,
                              struct title *out, struct why *why);

// The two halves of it, for who keeps titles between reads (catalog/title_shelf.h).
must_check outcome title_read(struct table_store *tables, const char *id, struct arena *arena,
                              struct table_item *out, struct why *why);
must_check outcome title_parse(const char *id, const struct table_item *item, struct arena *arena,
                               struct title *out, struct why *why);

// Takes the title from sight; its id stays in the list and is passed over. Its objects stay. OK
// when there is none.
must_check outcome title_withdraw(struct table_store *tables, const char *id, struct why *why);

// Where the titles of a page come from. Without `load`: title_load(), into the page's arena.
struct title_source {
    struct table_store *tables;
    outcome (*load)(void *context, const char *id, struct title *out, struct why *why);
    void *context;
};

must_check outcome title_source_load(const struct title_source *source, const char *id,
                                     struct arena *arena, struct title *out, struct why *why);

struct title_page {
    struct title *titles;
    size_t count;
    char next[TITLE_CURSOR_BYTES]; // for the following page; "" behind the last
};

// Visible titles in order of their ids, at most `limit` (1..TITLE_PAGE_MAX), behind `cursor` (what
// `next` said; "" or NULL: from the start). INVALID for a cursor that is none of ours.
must_check outcome title_list(const struct title_source *source, const char *cursor, size_t limit,
                              struct arena *arena, struct title_page *out, struct why *why);

#endif

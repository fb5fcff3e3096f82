// SPDX-License-Identifier: Apache-2.0
//
// The content keys of titles, wrapped by the key ring, in the table port.
//
//     table "key"         partition <key id>  sort "record"            the record; one read for a
//                                                                      licence
//     table "title-key"   partition <title>   sort "hd/00000000"       its key id
//     table "key-list"    partition "all"     sort <key id>            for rewrapping all of them
//
// A title has one key per class and period: class says which renditions it opens (audio, SD, HD,
// UHD, or all), period is 0 unless keys change along the title. Keys outlive versions: a title that
// is ingested again keeps them, so that licences that members hold go on working.
//
// Content keys leave this file only through title_key_open() and title_keys_load(). What a record
// says of its key is bound to it: altered, it does not open.
#ifndef CATALOG_TITLE_KEYS_H
#define CATALOG_TITLE_KEYS_H

#include "drm/key_ring.h"
#include "store/table.h"

enum {
    TITLE_KEY_PERIOD_MAX = 99999999,
    TITLE_KEYS_MAX = TABLE_PAGE_MAX, // of one title that are listed at once
};

struct title_key {
    struct key_id id;
    char title[65];
    enum key_class class;
    uint32_t period;
    int64_t made_ms;
    struct wrapped_key wrapped;
};

// The record of a key id, for a licence. NOT_FOUND; CORRUPT when it cannot be read.
must_check outcome title_keys_find(struct table_store *tables, const struct key_id *id,
                                   struct title_key *out, struct why *why);

// The content key itself. CORRUPT, NOT_FOUND as key_ring_unwrap(). The caller wipes `*out`.
must_check outcome title_key_open(struct key_ring *ring, const struct title_key *key,
                                  struct content_key *out, struct why *why);

// The title's records, by class word and period, at most TITLE_KEYS_MAX; memory is the arena's.
// None is no failure.
must_check outcome title_keys_list(struct table_store *tables, const char *title,
                                   struct arena *arena, struct title_key **out, size_t *count,
                                   struct why *why);

// What a key is for.
struct title_key_order {
    const char *title; // an id
    enum key_class class;
    uint32_t period; // up to TITLE_KEY_PERIOD_MAX
    int64_t wall_ms; // now
};

// The key that stands for title, class and period, or a new random one. Two callers at once get the
// same.
must_check outcome title_keys_make(struct table_store *tables, struct key_ring *ring,
                                   const struct title_key_order *order, struct title_key *out,
                                   struct why *why);

// Takes a key from elsewhere. OK when that very key stands there already; CONFLICT when title,
// class and period have another, or the key id belongs to something else.
must_check outcome title_keys_import(struct table_store *tables, struct key_ring *ring,
                                     const struct title_key_order *order,
                                     const struct content_key *key, struct why *why);

// Adds to `keys` what a packager needs for the title in period 0: a key for each of the classes
// (bits 1 << enum key_class), made where missing; with a key for all tracks, that one and those of
// the classes that stand, and none is made.
must_check outcome title_keys_load(struct table_store *tables, struct key_ring *ring,
                                   const char *title, uint32_t classes, int64_t wall_ms,
                                   struct key_set *keys, struct why *why);

struct rewrap_report {
    size_t keys;      // records seen
    size_t rewrapped; // under the active key now
};

// Wraps every content key again that is not under the active wrapping key. Media is not touched.
// May be stopped and run again at any time; stops at the first record that does not unwrap, naming
// its key id.
must_check outcome title_keys_rewrap(struct table_store *tables, struct key_ring *ring,
                                     struct rewrap_report *out, struct why *why);

// Calls `see` for every record, in order of key ids. Anything but OK from it stops and is returned.
must_check outcome title_keys_each(struct table_store *tables,
                                   outcome (*see)(void *context, const struct title_key *key,
                                                  struct why *why),
                                   void *context, struct why *why);

#endif

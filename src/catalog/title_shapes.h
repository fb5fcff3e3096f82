// SPDX-License-Identifier: Apache-2.0
//
// The JSON shapes of a title's parts, which the record and the sidecar file have in common.
#ifndef CATALOG_TITLE_SHAPES_H
#define CATALOG_TITLE_SHAPES_H

#include "catalog/shape.h"

extern const struct shape title_rating_shape; // struct title_rating
extern const struct shape title_person_shape; // struct title_person
extern const struct shape title_scene_shape;  // struct title_scene
extern const struct shape title_place_shape;  // struct title_place
extern const struct shape title_words_shape;  // struct title_words
extern const struct shape title_avail_shape;  // struct title_avail
extern const struct shape title_mark_shape;   // struct title_mark
extern const struct shape title_crew_shape;   // struct title_crew
extern const struct shape title_entry_shape;  // struct title: what a programme team writes
extern const struct shape title_shape;        // struct title: the record

enum {
    TITLE_NAME_BYTES = 300,      // of a title, a person, a scene
    TITLE_SYNOPSIS_BYTES = 4000, // some 600 words
    TITLE_WORD_BYTES = 64,
    TITLE_LANGUAGE_BYTES = 35, // as RFC 5646 section 4.4.1 suggests
    TITLE_FILE_BYTES = 255,
};

// The rows of a struct title_entry that is the member `entry` of `type`.
#define TITLE_ENTRY_FIELDS(type)                                                                   \
    SHAPE_FIELD_OBJECT(type, entry.place, "place", &title_place_shape),                            \
        SHAPE_FIELD_OBJECTS(type, entry.words, entry.word_count, "words", TITLE_WORDS_MAX,         \
                            &title_words_shape),                                                   \
        SHAPE_FIELD_OBJECTS(type, entry.avails, entry.avail_count, "avails", TITLE_AVAILS_MAX,     \
                            &title_avail_shape),                                                   \
        SHAPE_FIELD_OBJECTS(type, entry.marks, entry.mark_count, "marks", TITLE_MARKS_MAX,         \
                            &title_mark_shape),                                                    \
        SHAPE_FIELD_OBJECTS(type, entry.crew, entry.crew_count, "crew", TITLE_CREW_MAX,            \
                            &title_crew_shape)

// INVALID for a language that is there twice. `where` begins the sentence.
struct title_entry;
must_check outcome title_entry_check(const struct title_entry *entry, const char *where,
                                     struct why *why);

// INVALID unless every person that a scene names is in the cast, and ids are there once. `where`
// begins the sentence.
struct title_person;
struct title_scene;
must_check outcome title_people_check(const struct title_person *cast, size_t cast_count,
                                      const struct title_scene *scenes, size_t scene_count,
                                      const char *where, struct why *why);

#endif

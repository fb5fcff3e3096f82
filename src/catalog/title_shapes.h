// SPDX-License-Identifier: Apache-2.0
//
// The JSON shapes of a title's parts, which the record and the sidecar file have in common.
#ifndef CATALOG_TITLE_SHAPES_H
#define CATALOG_TITLE_SHAPES_H

#include "catalog/shape.h"

extern const struct shape title_rating_shape; // struct title_rating
extern const struct shape title_person_shape; // struct title_person
extern const struct shape title_scene_shape;  // struct title_scene
extern const struct shape title_shape;        // struct title: the record

enum {
    TITLE_NAME_BYTES = 300,      // of a title, a person, a scene
    TITLE_SYNOPSIS_BYTES = 4000, // some 600 words
    TITLE_WORD_BYTES = 64,
    TITLE_LANGUAGE_BYTES = 35, // as RFC 5646 section 4.4.1 suggests
    TITLE_FILE_BYTES = 255,
};

// INVALID unless every person that a scene names is in the cast, and ids are there once. `where`
// begins the sentence.
struct title_person;
struct title_scene;
must_check outcome title_people_check(const struct title_person *cast, size_t cast_count,
                                      const struct title_scene *scenes, size_t scene_count,
                                      const char *where, struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// JSON objects and C structs, by one table for both ways.
//
//     {"id": "s1", "start_ms": 0, "cast": ["ada"]}
//        |            |             |
//     struct scene {const char *id; int64_t start_ms; const char **cast; size_t cast_count;}
//
// A fault is told with the path to it: `title.json: "scenes[2].end_ms" is -5, allowed are 0 to
// 864000000`. Nothing is read beyond what the table names and bounds.
#ifndef CATALOG_SHAPE_H
#define CATALOG_SHAPE_H

#include "base/arena.h"
#include "base/json.h"

enum shape_kind {
    SHAPE_TEXT,    // const char *; "" when absent
    SHAPE_INTEGER, // int64_t; 0 when absent
    SHAPE_BOOL,    // bool; false when absent
    SHAPE_TIME,    // int64_t, milliseconds since 1970; RFC 3339 in JSON; 0 and null when absent
    SHAPE_OBJECT,  // a struct of its own inside; zero with texts "" when absent
    SHAPE_OBJECTS, // T *items and, at count_offset, size_t; NULL and 0 when absent
    SHAPE_TEXTS,   // const char **items and the same
};

enum shape_need { SHAPE_OPTIONAL, SHAPE_REQUIRED };

struct shape_field {
    const char *key;
    enum shape_kind kind;
    enum shape_need need;
    int64_t min, max; // of an integer; bytes of a text; items of a list
    size_t offset, count_offset;
    const struct shape *of; // of SHAPE_OBJECT and SHAPE_OBJECTS
    // Judges a text, or each text of SHAPE_TEXTS; `where` is how to name it. NULL: any text will
    // do.
    outcome (*check)(const char *text, const char *where, struct why *why);
};

struct shape {
    const struct shape_field *fields;
    size_t field_count;
    size_t bytes; // of the struct
    // Judges the whole object, its fields being read. `where` is "title.json: scenes[2]". May be
    // NULL.
    outcome (*judge)(const void *object, const char *where, struct why *why);
};

// Rows of a table: SHAPE_FIELD_TEXT(struct scene, id, "id", SHAPE_REQUIRED, 1, 64, shape_check_id)
#define SHAPE_FIELD_TEXT(type, member, name, required, least, most, checked)                       \
    {                                                                                              \
        .key = (name), .kind = SHAPE_TEXT, .need = (required), .min = (least), .max = (most),      \
        .offset = offsetof(type, member), .check = (checked)                                       \
    }
#define SHAPE_FIELD_INTEGER(type, member, name, required, least, most)                             \
    {                                                                                              \
        .key = (name), .kind = SHAPE_INTEGER, .need = (required), .min = (least), .max = (most),   \
        .offset = offsetof(type, member)                                                           \
    }
#define SHAPE_FIELD_BOOL(type, member, name)                                                       \
    {                                                                                              \
        .key = (name), .kind = SHAPE_BOOL, .offset = offsetof(type, member)                        \
    }
#define SHAPE_FIELD_TIME(type, member, name)                                                       \
    {                                                                                              \
        .key = (name), .kind = SHAPE_TIME, .offset = offsetof(type, member)                        \
    }
#define SHAPE_FIELD_OBJECT(type, member, name, shape)                                              \
    {                                                                                              \
        .key = (name), .kind = SHAPE_OBJECT, .offset = offsetof(type, member), .of = (shape)       \
    }
#define SHAPE_FIELD_OBJECTS(type, member, counter, name, most, shape)                              \
    {                                                                                              \
        .key = (name), .kind = SHAPE_OBJECTS, .max = (most), .offset = offsetof(type, member),     \
        .count_offset = offsetof(type, counter), .of = (shape)                                     \
    }
#define SHAPE_FIELD_TEXTS(type, member, counter, name, most, checked)                              \
    {                                                                                              \
        .key = (name), .kind = SHAPE_TEXTS, .max = (most), .offset = offsetof(type, member),       \
        .count_offset = offsetof(type, counter), .check = (checked)                                \
    }

enum { SHAPE_TEXTS_BYTES_MAX = 128 }; // of one text in SHAPE_TEXTS

// What to do about a key that the table does not have. Keys that start with "x-" are always passed
// over: they are the writer's own.
enum shape_strangers {
    SHAPE_REFUSE_STRANGERS, // a person wrote it and may have mistyped: INVALID, "did you mean"
    SHAPE_PASS_STRANGERS,   // a newer program may have written it
};

// Fills the struct at `out`; texts and lists are copied into the arena. `what` begins every
// sentence. INVALID, NO_MEMORY; `out` is untouched then.
must_check outcome shape_read(const struct shape *shape, json_t *json, const char *what,
                              enum shape_strangers strangers, struct arena *arena, void *out,
                              struct why *why);

// Makes the object; absent optional objects (whose texts are all "") are left out. The caller owns
// `*out`.
must_check outcome shape_write(const struct shape *shape, const void *object, json_t **out,
                               struct why *why);

// Checks for fields.
outcome shape_check_id(const char *text, const char *where, struct why *why);
outcome shape_check_language(const char *text, const char *where, struct why *why);  // BCP 47
outcome shape_check_territory(const char *text, const char *where, struct why *why); // "DE", "*"
outcome shape_check_file(const char *text, const char *where, struct why *why);      // no way out

#endif

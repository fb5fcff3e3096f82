// SPDX-License-Identifier: Apache-2.0
//
// A C structure as a flat JSON object, by a table of its members: one row writes it and reads it.
//
//     struct size { uint32_t width, height; char name[16]; };
//     static const struct record_member size_members[] = {
//         RECORD_U32(struct size, width), RECORD_U32(struct size, height), RECORD_TEXT(struct size,
//         name),
//     };                                       {"width":640,"height":360,"name":"nHD"}
//
// Members of inner structures are named by their path ("rate.frames"). For messages between our own
// processes and for records: reading still trusts nothing.
#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include "base/json.h"

enum record_type {
    RECORD_TYPE_TEXT, // an array of char with a NUL in it
    RECORD_TYPE_WORD, // an enum, by its word
    RECORD_TYPE_BOOL,
    RECORD_TYPE_U8,
    RECORD_TYPE_U16,
    RECORD_TYPE_U32,
    RECORD_TYPE_U64, // up to INT64_MAX
    RECORD_TYPE_I64,
};

struct record_member {
    const char *key;
    enum record_type type;
    size_t offset, size;
    const char *const *words; // of RECORD_TYPE_WORD, in the order of the enum from 0
    size_t word_count;
};

#define RECORD_MEMBER(kind, of, member)                                                            \
    {                                                                                              \
        .key = #member, .type = kind, .offset = offsetof(of, member),                              \
        .size = sizeof(((of *)0)->member)                                                          \
    }
#define RECORD_TEXT(of, member) RECORD_MEMBER(RECORD_TYPE_TEXT, of, member)
#define RECORD_BOOL(of, member) RECORD_MEMBER(RECORD_TYPE_BOOL, of, member)
#define RECORD_U8(of, member)   RECORD_MEMBER(RECORD_TYPE_U8, of, member)
#define RECORD_U16(of, member)  RECORD_MEMBER(RECORD_TYPE_U16, of, member)
#define RECORD_U32(of, member)  RECORD_MEMBER(RECORD_TYPE_U32, of, member)
#define RECORD_U64(of, member)  RECORD_MEMBER(RECORD_TYPE_U64, of, member)
#define RECORD_I64(of, member)  RECORD_MEMBER(RECORD_TYPE_I64, of, member)
#define RECORD_WORD(of, member, list)                                                              \
    {                                                                                              \
        .key = #member, .type = RECORD_TYPE_WORD, .offset = offsetof(of, member),                  \
        .size = sizeof(((of *)0)->member), .words = list,                                          \
        .word_count = sizeof(list) / sizeof((list)[0])                                             \
    }

struct record {
    const char *what; // for sentences: "facts"
    const struct record_member *members;
    size_t count;
};

#define RECORD(name, table)                                                                        \
    {                                                                                              \
        name, table, sizeof(table) / sizeof((table)[0])                                            \
    }

// Sets the members in `object`. A text that is not UTF-8 becomes "". NO_MEMORY.
must_check outcome record_format(const struct record *record, const void *of, json_t *object,
                                 struct why *why);

// Reads all members; every one is required. INVALID names the member. On failure some may be set:
// read into a structure of your own.
must_check outcome record_parse(const struct record *record, const json_t *object, void *of,
                                struct why *why);

#endif

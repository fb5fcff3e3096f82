// SPDX-License-Identifier: Apache-2.0
//
// The body of a request, read into a structure by a table; a fault points to its field.
//
//     {"name": "Ada", "maturity_age": "old"}   ->   INVALID, pointer "/maturity_age"
//
// Only members that are there are written: a structure that was filled before is patched. A member
// that the table does not know is refused, with the one that may have been meant.
#ifndef APP_INPUT_H
#define APP_INPUT_H

#include "base/json.h"

enum input_kind {
    INPUT_TEXT,   // an array of char
    INPUT_BOOL,   // bool
    INPUT_U32,    // uint32_t within min..max
    INPUT_I64,    // int64_t within min..max
    INPUT_TIME,   // int64_t: "2026-11-21T11:12:43Z" to milliseconds since 1970; null is 0
    INPUT_OBJECT, // an array of char: any JSON object as its compact text; null is ""
};

enum input_need { INPUT_OPTIONAL, INPUT_REQUIRED };

struct input_field {
    const char *key;
    enum input_kind kind;
    enum input_need need;
    size_t offset, size;
    int64_t min, max; // of numbers; of a text, its shortest length in bytes
};

#define INPUT_FIELD(type, member, name, of_kind, needed, least, most)                              \
    {                                                                                              \
        .key = (name), .kind = (of_kind), .need = (needed), .offset = offsetof(type, member),      \
        .size = sizeof(((type *)0)->member), .min = (least), .max = (most)                         \
    }

enum { INPUT_POINTER_BYTES = 128 };

struct input_fault {
    char pointer[INPUT_POINTER_BYTES]; // RFC 6901; "" : the whole document
};

// INVALID with the field in `*fault`. On failure some members may have been written.
#define INPUT_COUNT(table) (sizeof(table) / sizeof(table)[0])

must_check outcome input_read(const json_t *object, const struct input_field *fields, size_t count,
                              void *out, struct input_fault *fault, struct why *why);

// The pointer to the member that a sentence of catalog/shape.h begins with: "the request: a.b[2]
// is" is "/a/b/2". "" when it names none.
void input_pointer_of(const char *sentence, struct input_fault *out);

// "2026-11-21T11:12:43Z", with a fraction or without, to milliseconds since 1970. INVALID.
must_check outcome time_parse(const char *text, int64_t *out_ms, struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// jansson with our outcomes: strict parsing with a cap, members by name with a sentence when they
// are missing or of another type.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"

#include <jansson.h>

void json_release(json_t **json); // json_decref and NULL

#define autojson __attribute__((cleanup(json_release))) json_t

// Parses one whole document: UTF-8, no duplicate keys, nothing behind it. `what` names it in the
// sentence
// ("share/ladder.json"). INVALID with line and column. The caller owns `*out`.
must_check outcome json_parse(struct slice text, const char *what, json_t **out, struct why *why);

// Appends compact text, keys in the order they were set. NO_MEMORY, or TOO_LARGE by out's cap.
must_check outcome json_format(const json_t *json, struct buffer *out, struct why *why);

// Members of an object. Required ones are INVALID when absent; optional ones leave `*out` alone
// then. Texts are borrowed from the object. `what` names the object in the sentence.
must_check outcome json_text(const json_t *object, const char *what, const char *key,
                             const char **out, struct why *why);
must_check outcome json_text_optional(const json_t *object, const char *what, const char *key,
                                      const char **out, struct why *why);
must_check outcome json_integer_in(const json_t *object, const char *what, const char *key,
                                   int64_t min, int64_t max, int64_t *out, struct why *why);
must_check outcome json_integer_optional(const json_t *object, const char *what, const char *key,
                                         int64_t min, int64_t max, int64_t *out, struct why *why);
must_check outcome json_array_of(const json_t *object, const char *what, const char *key,
                                 json_t **out, struct why *why);

#endif

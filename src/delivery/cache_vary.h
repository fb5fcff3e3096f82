// SPDX-License-Identifier: Apache-2.0
//
// Which of several stored answers a request selects (RFC 9111 section 4.1).
//
//     answer:   Vary: Accept-Language, Foo          request:  Accept-Language: de, en    Foo: 1,2
//     kept as   names  "accept-language\nfoo\n"     and       "de,en\n1,2\n"     its values, made
//     alike
//
// Lines of one field are joined, space around commas goes; for Accept-Encoding and Accept-Language
// case and order go too. An answer whose Content-Language is what the request likes best matches
// whatever else its Accept-Language lists. "*" matches nothing.
#ifndef DELIVERY_CACHE_VARY_H
#define DELIVERY_CACHE_VARY_H

#include "base/buffer.h"
#include "net/http_parse.h"

enum { VARY_NAMES_MAX = 16, VARY_BYTES_MAX = 4096 };

// Appends the names that the answer's Vary lists, in lower case, a line each. False: "*" or more
// than we keep apart, so that no later request is known to select it.
bool vary_names(const struct http_field *fields, size_t count, struct buffer *out);

// Appends the request's values of those names, a line each. TOO_LARGE, NO_MEMORY.
must_check outcome vary_values(struct slice names, const struct http_request *request,
                               struct buffer *out);

// Whether `request` selects the answer kept under `names` and `values`.
bool vary_matches(struct slice names, struct slice values, struct slice content_language,
                  const struct http_request *request);

#endif

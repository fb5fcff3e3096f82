// SPDX-License-Identifier: Apache-2.0
//
// The members of Common Media Client Data (CTA-5004, versions 1 and 2), as players put them into a
// header field, a query's value (percent-decoded first) or a report:
//
//     bl=21300,bs,nor="seg-7.m4s",sid="6e2fb550",br=(1076;v)
//     |number  |true  |text                      |list
#ifndef NET_CMCD_H
#define NET_CMCD_H

#include "base/buffer.h"
#include "base/slice.h"

enum { CMCD_ID_BYTES = 65 }; // ids have at most 64 characters; longer texts are cut

enum cmcd_next { CMCD_MEMBER, CMCD_END, CMCD_BROKEN };

// Takes the next member off the front of `rest`. `value` is as it stands there; its `at` is NULL
// where the key alone stands, which means true.
enum cmcd_next cmcd_next(struct slice *rest, struct slice *key, struct slice *value);

// A text or token without quotes and what could harm a record; cut to fit `room`, with a NUL.
void cmcd_text(struct slice value, char *out, size_t room);

// The first number in it, for a list its first member's: "(1076;v 128)" is 1076. `*out` stays when
// there is none up to `max`.
void cmcd_number(struct slice value, uint64_t max, int64_t *out);

// What is between the first pair of quotes, escapes and all; `at` NULL when there is none.
struct slice cmcd_quoted(struct slice value);

// Puts the query without its CMCD parameter, of which each player sends its own, into an empty
// `out`. TOO_LARGE by its cap, NO_MEMORY.
must_check outcome cmcd_clean_query(struct slice query, struct buffer *out);

#endif

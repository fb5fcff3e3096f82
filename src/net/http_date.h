// SPDX-License-Identifier: Apache-2.0
//
// Dates as HTTP writes them (RFC 9110 section 5.6.7).
//
//     Sun, 06 Nov 1994 08:49:37 GMT      what is written, and the usual form to read
//     Sunday, 06-Nov-94 08:49:37 GMT     obsolete, read only
//     Sun Nov  6 08:49:37 1994           obsolete, read only
#ifndef NET_HTTP_DATE_H
#define NET_HTTP_DATE_H

#include "base/slice.h"

enum { HTTP_DATE_BYTES = 30 }; // 29 characters and a NUL

// Seconds since 1970-01-01T00:00:00Z, within the years 1970 to 9999, into `out` of HTTP_DATE_BYTES.
void http_date_format(int64_t wall_s, char *out);

// Any of the three forms; the day's name is not compared with the date. A two-digit year more than
// 50 years ahead of `now_s` is in the past. INVALID otherwise.
must_check outcome http_date_parse(struct slice text, int64_t now_s, int64_t *out_s,
                                   struct why *why);

#endif

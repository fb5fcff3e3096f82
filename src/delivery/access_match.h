// SPDX-License-Identifier: Apache-2.0
//
// The patterns that tokens carry. All end in time bounded by pattern and text, whoever wrote them.
#ifndef DELIVERY_ACCESS_MATCH_H
#define DELIVERY_ACCESS_MATCH_H

#include "base/slice.h"

// CloudFront's: '*' stands for any run of characters, '?' for any one.
bool match_wildcards(struct slice pattern, struct slice text);

enum match { MATCH_NO, MATCH_YES, MATCH_REFUSED };

// A POSIX extended regular expression (RFC 9246 section 2.1.15, CTA-5007-B) that has to match all
// of the text. MATCH_REFUSED for one that is malformed, longer than 512 bytes, or could cost much:
// with back references, or counts whose product is over 4096.
enum match match_regex(struct slice pattern, struct slice text);

#endif

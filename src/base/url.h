// SPDX-License-Identifier: Apache-2.0
//
// URLs as RFC 3986 has them: cut into parts, resolved against a base, percent-decoded under a cap.
//
//     https://user@cdn.example:8443/titles/film-1/main.m3u8?sid=7#t=30
//     scheme  userinfo host    port path                    query fragment
//
// Parts are slices of the text that was parsed and are as raw as they stood there; `at` is NULL
// where a part is absent, which is not the same as empty ("http://h/?" has an empty query).
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/buffer.h"

enum { URL_BYTES_MAX = 8192 }; // browsers and CDNs agree on about this much

struct url {
    struct slice scheme;
    struct slice userinfo;
    struct slice host;      // without brackets when is_host_ipv6
    struct slice port_text; // digits as they stood; may be empty
    struct slice path;      // never absent, may be empty
    struct slice query;
    struct slice fragment;
    uint16_t port;      // port_text's value; else the scheme's (http 80, https 443); else 0
    bool has_authority; // "//" stood there
    bool is_host_ipv6;  // "[...]" stood there
};

// Parses an absolute URL or a relative reference (RFC 3986, appendix A). INVALID on bytes that no
// URL has (controls, space, quotes, non-ASCII), a '%' without two hex digits, a bad port, an
// unclosed bracket; TOO_LARGE over URL_BYTES_MAX.
must_check outcome url_parse(struct slice text, struct url *out, struct why *why);

// Appends `reference` resolved against the absolute `base` (RFC 3986 section 5.2, dot segments
// removed). INVALID when either does not parse or the base has no scheme.
must_check outcome url_resolve(struct slice base, struct slice reference, struct buffer *out,
                               struct why *why);

// Decodes %HH into `out` of `room` bytes and sets `*out_len`. '+' stays '+'. INVALID on a broken
// escape or a decoded NUL, TOO_LARGE over the room. `out` may be overwritten on failure, `*out_len`
// not.
must_check outcome percent_decode(struct slice text, char *out, size_t room, size_t *out_len,
                                  struct why *why);

// Appends `text` with all but unreserved characters (RFC 3986 section 2.3) as %HH: safe as one path
// segment or one query value.
must_check outcome percent_encode(struct slice text, struct buffer *out, struct why *why);

// The raw value of `name` in a query "a=1&b=2" ("b" alone is an empty value). false when it is not
// there.
bool query_find(struct slice query, const char *name, struct slice *value);

#endif

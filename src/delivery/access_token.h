// SPDX-License-Identifier: Apache-2.0
//
// Our own access token: 36 letters that open one folder until a time.
//
//     |01|flags| hint of key |   expires   |depth|        MAC, 16 bytes       |    27 bytes,
//      0  1     2          5  6          9  10    11                        26     base64url
//
//     MAC = first half of HMAC-SHA-256("primrose-access" NUL, bytes 0 to 10, address, folder)
//                     flags bit 0: the client's address, one byte of its length before it:
//                     4 of IPv4, the first 8 of IPv6 (hosts change the rest); else a zero byte
//
//     depth 3 of /media/film/3f9c/v-1080p.mp4 is the folder /media/film/3f9c/ : it need not be in
//     the token, since it is in the path
//
// It is put in front of the path, /~<token>/media/film/3f9c/main.m3u8, or into the cookie
// "primrose-access".
#ifndef DELIVERY_ACCESS_TOKEN_H
#define DELIVERY_ACCESS_TOKEN_H

#include "delivery/access_keys.h"
#include "net/address.h"

enum {
    ACCESS_TOKEN_BYTES = 37, // with NUL
    ACCESS_DEPTH_MAX = 16,
};

#define ACCESS_COOKIE "primrose-access"

// Makes a token for the files in and below `folder` ("/media/film/3f9c/") until `expires_s`, by the
// first key for tokens. `client` with len 0: for whoever has it. NOT_FOUND when there is no such
// key; INVALID when the folder does not begin and end with '/', is deeper than ACCESS_DEPTH_MAX or
// the time does not fit into 32 bits. `out` has room for ACCESS_TOKEN_BYTES.
must_check outcome access_token_make(const struct access_keys *keys, const char *folder,
                                     int64_t expires_s, const struct address *client, char *out,
                                     struct why *why);

#endif

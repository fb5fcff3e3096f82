// SPDX-License-Identifier: Apache-2.0
//
// Licences of the vendors' systems: who may play is decided here, the licence is made there and
// passed through.
//
//     player --challenge, entitlement--> us: desk_judge() --grant--> gateway_wrap()
//                                                                        | to the vendor's service
//     player <------- licence ---------- us: gateway_unwrap() <----------+
//
//     system      what goes on                                            what comes back
//     Widevine    {"request","signature","signer"} around {"payload",     {"status":"OK","license"}
//                 "provider","content_id","allowed_track_types",
//                 "policy_overrides"}: classes and times of the grant
//     PlayReady   the player's SOAP, text/xml                             SOAP
//     FairPlay    the player's SPC, application/octet-stream              CKC
//
// To PlayReady's and FairPlay's services the grant is told in lines of the request, and they are
// known by the line of theirs: X-Primrose-Title, -Classes and -Until (seconds since 1970).
#ifndef LICENSE_GATEWAY_H
#define LICENSE_GATEWAY_H

#include "license/desk.h"
#include "license/partners.h"

enum {
    GATEWAY_CHALLENGE_BYTES_MAX = 48 * 1024, // Widevine's with a client id and certificates: 10 kB
    GATEWAY_ANSWER_BYTES_MAX = 256 * 1024,
    GATEWAY_FIELDS_MAX = 8,
    GATEWAY_FIELD_BYTES = PARTNER_FIELD_BYTES + 64,
};

struct gateway_call {
    const char *url;
    char lines[GATEWAY_FIELDS_MAX][GATEWAY_FIELD_BYTES]; // "Name: value"
    const char *fields[GATEWAY_FIELDS_MAX + 1];          // of the lines, NULL behind the last
    struct buffer body;                                  // its room is the caller's to release
};

// The request to the vendor's service for the player's challenge, on the verdict's grant. INVALID
// for an empty challenge, TOO_LARGE, NOT_FOUND where the vendor is not set up.
must_check outcome gateway_wrap(const struct partners *partners, enum vendor vendor,
                                struct slice challenge, const struct desk_verdict *verdict,
                                struct gateway_call *out, struct why *why);

// The licence in the service's answer, appended to `out`, and its content type. DENIED when the
// service refused; UNAVAILABLE when it failed or what it said is none of its answers.
must_check outcome gateway_unwrap(enum vendor vendor, int status, struct slice answer,
                                  struct buffer *out, const char **type, struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// Who gets which keys, until when: a pure decision over what is known.
//
//     entitlement (signed) --+
//     standing (now) --------+---> policy_decide() ---> a denial, or a grant
//     where, on what, how ---+
//
// The rules, in this order, so that the sentence shown is the one that helps:
//     account, device, title, session, grant revoked   standing
//     territory                                        claim against where the request came from
//     rental clock                                     start in time; end after so long
//     downloads                                        only where the entitlement has them
//     streams                                          those that began first go on
//     key classes                                      the entitlement's, cut by the device's
#ifndef LICENSE_POLICY_H
#define LICENSE_POLICY_H

#include "account/standing.h"
#include "license/denial.h"

// How well a device keeps keys to itself. The house says what each may open at most.
enum robustness {
    ROBUST_BROWSER,  // ClearKey: the page itself sees the keys
    ROBUST_SOFTWARE, // a CDM of ours in a process of its own
    ROBUST_VENDOR,   // Widevine, PlayReady, FairPlay: their service cuts further
    ROBUSTNESS_COUNT,
};

// When nothing is known of where a request came from (no database, a private address).
enum unknown_territory { UNKNOWN_ALLOWED, UNKNOWN_DENIED };

struct policy {
    enum key_class highest[ROBUSTNESS_COUNT];
    enum unknown_territory unknown_territory;
};

// Browsers up to HD, the rest up to UHD; an unknown territory is allowed.
struct policy policy_default(void);

enum license_use {
    USE_STREAM,
    USE_DOWNLOAD, // to be kept and played offline
};

struct policy_facts {
    const struct entitlement *claims;
    const struct standing *standing;
    enum robustness robustness;
    enum license_use use;
    const char *territory; // of the request, "DE"; "": not known
    int64_t now_ms;
};

struct grant {
    unsigned key_classes;
    bool starts_rental; // its clock is to be started before keys are given
    bool takes_stream;  // the session is to be counted before keys are given
    // The licence's own end: of the rental when it has a clock, else none of its own (INT64_MAX).
    int64_t play_until_ms;
};

// GRANTED sets `*out`. The token's own times were checked before.
enum denial policy_decide(const struct policy *policy, const struct policy_facts *facts,
                          struct grant *out);

// May the grant open a key of that class?
bool grant_opens(const struct grant *grant, enum key_class class);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A house over HTTP with one protected title, a clock that can be moved, and a log that is kept:
// what an attacker meets.
//
//     film-1   keys for audio, sd, hd, uhd: digits 0 to 3 in what follows
//
// Tokens are made with the house's own signing key, as playback makes them; whoever attacks changes
// them afterwards.
#ifndef TESTS_LICENSE_ATTACKS_STAGE_H
#define TESTS_LICENSE_ATTACKS_STAGE_H

#include "account/standing.h"
#include "app/licences.h"
#include "base/base64.h"
#include "license/denial.h"
#include "net/http_client.h"

#include "../../store/place.h"

enum { STAGE_KEYS = 4, STAGE_LOG_BYTES = 64 * 1024 };

struct stage_clock {
    struct clock clock; // first
    _Atomic int64_t wall_offset_ms, passed_ms;
};

struct stage {
    char data[128];
    struct stage_clock clock;
    struct service *service;
    struct http_client *client;
    struct entitlement_keys *signing;
    struct classed_key keys[STAGE_KEYS];
    struct p256_key *identity;
    struct device_id device;
    struct ed25519_public service_key;
    int status;
    char code[64];      // of the last denial; "" when it was none
    struct buffer body; // of the last answer
    int stderr_kept, log;
    off_t log_at; // what of it was looked at
};

int stage_open(void **state); // for cmocka
int stage_close(void **state);

int64_t stage_now_ms(const struct stage *stage);
void stage_move_clock(struct stage *stage, int64_t ms); // the wall clock alone
void stage_wait(struct stage *stage, int64_t ms);       // time passes: both clocks

// Closes the service and serves again, with these trusted proxies.
void stage_serve(struct stage *stage, const char *trusted_proxies);
void stage_serve_with(struct stage *stage, const char *trusted_proxies, const char *partners);

// For member_1: three streams, two of a title, up to HD, ten minutes.
struct entitlement stage_claims(const struct stage *stage, const char *session);
struct buffer stage_token(const struct stage *stage, const struct entitlement *claims);

// POSTs `body` to `path` with a bearer token (NULL: none) and one more header line (NULL: none).
int stage_post(struct stage *stage, const char *path, const char *token, const char *line,
               struct slice body);

// Asks for keys by ClearKey; gives the status.
int stage_clearkey(struct stage *stage, const char *token, const char *keys);

// The wish for a challenge of the stage's device, and one that was made, signed and sent. The
// one-time key is the caller's to close.
struct device_challenge stage_wish(const struct stage *stage, const char *keys);
int stage_native(struct stage *stage, const char *token, const struct p256_key *identity,
                 const struct device_challenge *wish);

// The last answer was denied with `code`: it says so, holds no key, and the log has the denial with
// neither token nor key in it.
void stage_must_deny(struct stage *stage, const char *token, const char *code);

// The attacks, a file each.
#define ATTACKS(X)                                                                                 \
    X(forged_signature)                                                                            \
    X(expired_token)                                                                               \
    X(replayed_challenge)                                                                          \
    X(algorithm_tricks)                                                                            \
    X(wrong_audience)                                                                              \
    X(other_devices_licence)                                                                       \
    X(tampered_policy)                                                                             \
    X(moved_clock)                                                                                 \
    X(rental_reset)                                                                                \
    X(key_class_upgrade)                                                                           \
    X(spoofed_territory)                                                                           \
    X(revoked_mid_session)                                                                         \
    X(stream_limit)                                                                                \
    X(flood)                                                                                       \
    X(malformed_request)                                                                           \
    X(timing)

#define ATTACK_DECLARE(name) void attack_##name(void **state);
ATTACKS(ATTACK_DECLARE)
#undef ATTACK_DECLARE

#endif

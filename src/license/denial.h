// SPDX-License-Identifier: Apache-2.0
//
// Why a licence is not given: one closed list, for players, for support and for the log.
//
// A denial travels as problem+json: its code stays the same for ever, its sentence is one that a
// player can show to whoever sits in front of it. It says what to do, and nothing that helps to
// guess: neither keys nor what other members have.
#ifndef LICENSE_DENIAL_H
#define LICENSE_DENIAL_H

#include "drm/entitlement.h"

// name, HTTP status, code, sentence
#define DENIALS(X)                                                                                 \
    X(GRANTED, 200, "granted", "The licence is given.")                                            \
    X(DENY_TOKEN_MISSING, 401, "entitlement-missing", "Start the title again to play it.")         \
    X(DENY_TOKEN_MALFORMED, 401, "entitlement-malformed", "Start the title again to play it.")     \
    X(DENY_TOKEN_FORGED, 401, "entitlement-forged", "Start the title again to play it.")           \
    X(DENY_TOKEN_KEY, 401, "entitlement-key-unknown", "Start the title again to play it.")         \
    X(DENY_TOKEN_AUDIENCE, 401, "entitlement-audience", "Start the title again to play it.")       \
    X(DENY_TOKEN_EARLY, 401, "entitlement-early", "Try again in a minute.")                        \
    X(DENY_TOKEN_EXPIRED, 401, "entitlement-expired",                                              \
      "This play has been open for too long: start the title again.")                              \
    X(DENY_ACCOUNT, 403, "account-barred",                                                         \
      "This account cannot play titles just now: ask whoever runs this service.")                  \
    X(DENY_DEVICE, 403, "device-revoked",                                                          \
      "This device was signed out: sign in on it again to play.")                                  \
    X(DENY_SESSION, 403, "session-ended", "This title goes on on another device.")                 \
    X(DENY_GRANT, 403, "entitlement-revoked", "Your access to this title has ended.")              \
    X(DENY_TITLE, 403, "title-withdrawn", "This title is not available any more.")                 \
    X(DENY_TERRITORY, 403, "territory", "This title is not available where you are.")              \
    X(DENY_TERRITORY_UNKNOWN, 403, "territory-unknown",                                            \
      "We cannot tell which country you are in: switch off a VPN or proxy and try again.")         \
    X(DENY_STREAMS, 403, "too-many-streams",                                                       \
      "Your plan's devices are all playing: stop one of them and try again.")                      \
    X(DENY_TITLE_STREAMS, 403, "too-many-streams-of-title",                                        \
      "This title plays on as many of your devices as it may: stop one and try again.")            \
    X(DENY_RENTAL_LATE, 403, "rental-not-started", "The time to start this rental is over.")       \
    X(DENY_RENTAL_OVER, 403, "rental-over", "This rental has ended.")                              \
    X(DENY_OFFLINE, 403, "downloads-not-allowed", "This title cannot be downloaded.")              \
    X(DENY_CLASS, 403, "key-class", "This device may not play this quality.")                      \
    X(DENY_OTHER_TITLE, 403, "key-of-another-title", "Start the title again to play it.")          \
    X(DENY_KEY_UNKNOWN, 404, "key-unknown", "There is no key for what this player asks.")          \
    X(DENY_REQUEST, 400, "licence-request-malformed", "The player's request cannot be read.")      \
    X(DENY_DEVICE_UNKNOWN, 403, "device-unregistered", "Register this device before it plays.")    \
    X(DENY_DEVICE_OTHER, 403, "device-other", "This play was started on another device.")          \
    X(DENY_REPLAY, 403, "challenge-replayed", "The player's request was answered before.")         \
    X(DENY_PACE, 429, "too-many-licences",                                                         \
      "This device asks too often: wait a minute and try again.")                                  \
    X(DENY_VENDOR, 403, "vendor-denied",                                                           \
      "This device may not play this title: update it, or use another.")                           \
    X(DENY_CLOCK, 403, "device-clock", "This device's clock is wrong: set it and try again.")

#define DENIAL_ENUM(name, status, code, sentence) name,
enum denial { DENIALS(DENIAL_ENUM) DENIAL_COUNT };
#undef DENIAL_ENUM

int denial_status(enum denial denial);           // HTTP
const char *denial_code(enum denial denial);     // "rental-over"
const char *denial_sentence(enum denial denial); // for a screen

// What is wrong with a token, as a denial.
enum denial denial_of_fault(enum entitlement_fault fault);

#endif

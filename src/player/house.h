// SPDX-License-Identifier: Apache-2.0
//
// A Primrose house as a player sees it: asks what a play needs, registers a device, fetches native
// licences. Blocking; one thread.
//
//     POST /v1/playback            {title_id}            -> manifests, licence
//     (player/house_play.h) POST /v1/licences/devices    registration          -> whose licences to
//     trust POST /v1/licences/native     challenge, token      -> licence
#ifndef PLAYER_HOUSE_H
#define PLAYER_HOUSE_H

#include "base/buffer.h"
#include "base/json.h"
#include "drm/device_licence.h"
#include "net/http_client.h"

enum {
    HOUSE_TOKEN_BYTES = 2049,  // an entitlement is at most 2048
    HOUSE_ADDRESS_BYTES = 512, //
    HOUSE_SERVICES_MAX = 4,
};

struct house_playback {
    bool is_protected; // the rest is for protected titles
    char devices_url[HOUSE_ADDRESS_BYTES], native_url[HOUSE_ADDRESS_BYTES];
    char token[HOUSE_TOKEN_BYTES];
    struct key_id key_ids[LICENCE_KEYS_MAX];
    size_t key_count;
};

struct house_member {
    const char *origin; // "http://127.0.0.1:8080"
    const char *token;  // of a session; "" in an open house
};

// The house's address and the title's id, told by the address of its manifest or of its pages:
// "http://127.0.0.1:8080/media/<title>/<version>/main.m3u8", ".../title/<title>",
// ".../watch/<title>". NOT_FOUND when it is none of a house.
must_check outcome house_of(const char *url, char origin[HOUSE_ADDRESS_BYTES],
                            char title[DEVICE_TITLE_BYTES], struct why *why);

struct house_request {
    const char *what; // for sentences: "this play"
    const char *method, *url;
    const char *type;  // of the body; NULL without one
    const char *token; // bearer; NULL or "": none
    const char *key;   // Idempotency-Key; NULL: none
    struct slice body;
};

// Asks and takes 200, 201 and 204 for an answer; a refusal is its outcome (410 is NOT_FOUND), with
// status, code and sentence of the house.
must_check outcome house_send(struct http_client *client, const struct house_request *request,
                              struct buffer *out, struct why *why);

// "licence" and "key_ids" of an answer about a play or a download.
must_check outcome house_take_licence(const json_t *answer, const char *origin,
                                      struct house_playback *out, struct why *why);

// An address in an answer, which may be relative to the house, into `out` of HOUSE_ADDRESS_BYTES.
must_check outcome house_take_address(const json_t *object, const char *key, const char *origin,
                                      char *out, struct why *why);

// Outcomes of both: those of the fetch; DENIED, NOT_FOUND ... with the house's own sentence when it
// refuses; INVALID when its answer is none.
must_check outcome house_register(struct http_client *client, const struct house_playback *playback,
                                  struct slice registration,
                                  struct ed25519_public out[HOUSE_SERVICES_MAX], size_t *out_count,
                                  struct why *why);
must_check outcome house_licence(struct http_client *client, const struct house_playback *playback,
                                 struct slice challenge, struct buffer *out, struct why *why);

// One question of the house's interface, in JSON both ways.
struct house_question {
    const char *what; // for sentences: "signing in"
    const char *method, *url;
    const char *token;  // of a session, or NULL
    const json_t *body; // or NULL
};

// Outcomes as above. The caller owns `*out`, which is NULL after an answer without a body.
must_check outcome house_ask(struct http_client *client, const struct house_question *question,
                             json_t **out, struct why *why);

#endif

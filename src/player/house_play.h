// SPDX-License-Identifier: Apache-2.0
//
// A play in a house, as its interface has it: one call begins it, reports keep it, one ends it.
//
//     POST   /v1/playback {title_id}    -> session, manifests, licence, where to go on
//     POST   /v1/positions              every 30 s: where it is; 410: it was taken over
//     DELETE /v1/streams/<session>      the stream is free for another
//
// Blocking; one thread. Outcomes of all: those of the fetch and of house_send(); INVALID when an
// answer is none.
#ifndef PLAYER_HOUSE_PLAY_H
#define PLAYER_HOUSE_PLAY_H

#include "base/random.h"
#include "player/house.h"

struct house_play {
    char title[DEVICE_TITLE_BYTES], session[ID_BYTES];
    char hls_url[HOUSE_ADDRESS_BYTES], dash_url[HOUSE_ADDRESS_BYTES]; // absolute
    int64_t resume_ms; // where the member stopped, on whichever device; 0: nowhere
    int64_t duration_ms;
    int64_t heartbeat_ms; // between two reports
    int64_t ahead_ms;     // of the house's clock before this one
    struct house_playback licence;
};

must_check outcome house_play_begin(struct http_client *client, const struct house_member *member,
                                    const char *title, struct house_play *out, struct why *why);

// Where the play is. NOT_FOUND when the house has ended it: another device took it over.
must_check outcome house_play_report(struct http_client *client, const struct house_member *member,
                                     const struct house_play *play, int64_t position_ms,
                                     struct why *why);

must_check outcome house_play_end(struct http_client *client, const struct house_member *member,
                                  const struct house_play *play, struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// What tests of the CDM share: small encrypted packages of ours, a licence service that speaks the
// native protocol, and a track that plays through primrose-cdm into primrose-decode.
#ifndef TESTS_PLAYER_CDM_RIG_H
#define TESTS_PLAYER_CDM_RIG_H

#include "player/cdm.h"
#include "player/protected_lane.h"

#include <limits.h>

enum { HOUR_MS = 3600000, FILMS = 4 };

extern char folder[]; // goes when the tests end

struct made {
    struct key_id id;
    char path[PATH_MAX];
    size_t frames;
};
extern struct made films[2][FILMS]; // by scheme - 1: AVC, HEVC, AV1, AAC

// The content key, made at random by a child that tells nobody: it passes through this process only
// masked, so that a search of this process's memory means something.
extern uint8_t masked_key[CONTENT_KEY_BYTES], mask[CONTENT_KEY_BYTES];
extern const struct key_id film_key;

int make_films(void **state); // group setup and teardown
int drop_films(void **state);

const char *built(const char *program);    // borrowed until the next call
struct cdm *start_cdm(const char *device); // NULL: forgotten when it closes
void trust_service(struct cdm *cdm);
// The service's answer to a challenge, in `out`, which the caller releases.
void serve_licence(struct slice registration, struct slice challenge,
                   const struct licence_terms *terms, struct buffer *out);
struct licence_terms terms_for(enum licence_kind kind); // from now for an hour
// Challenge and answer in one.
outcome get_licence(struct cdm *cdm, const struct licence_terms *terms, struct device_licence *out,
                    struct why *why);
struct cdm *licensed_cdm(void);

struct playing {
    struct decoder *decoder;
    struct protected_lane lane;
    struct buffer bytes;
    size_t init_bytes;
};

void playing_open(struct playing *playing, struct cdm *cdm, const struct made *film);
outcome playing_feed(struct playing *playing, struct why *why);
struct decoder_counts playing_end(struct playing *playing);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// A play of a house's title as that house sees it, when a member plays or all that is known is a
// page's address. A manifest in an open house needs none of this.
//
//     open: one call, which judges who may and says where the manifest is
//       look: told where the play is, every heartbeat once the buffer holds 5 s; or taken over
//     close: told where it stopped; the member's stream is free for another
#ifndef PLAYER_PLAY_HOUSE_H
#define PLAYER_PLAY_HOUSE_H

#include "player/house_play.h"
#include "player/playout.h"

struct play_house;

// `*out` stays NULL when the manifest is to be played as it is. A URL that ends with ".mpd" asks
// for DASH. What `member` points to must outlive the play.
must_check outcome play_house_open(const char *url, const struct house_member *member,
                                   struct play_house **out, struct why *why);

// What the house said; valid until it is closed. Of NULL: `url` itself, NULL, 0.
const char *play_house_manifest(const struct play_house *house, const char *url);
const struct house_playback *play_house_licence(const struct play_house *house);
int64_t play_house_resume_us(const struct play_house *house);

// To be called when time has passed on the screen. NOT_FOUND when another device took the play
// over; a house that does not answer ends no play. Tolerates NULL.
must_check outcome play_house_look(struct play_house *house, const struct playout *playout,
                                   struct why *why);

void play_house_close(struct play_house **house, const struct playout *playout); // tolerates NULL

#endif

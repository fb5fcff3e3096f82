// SPDX-License-Identifier: Apache-2.0
//
// One report of a player, a line of Common Media Client Data, version 2, in event mode
// (CTA-5004-B):
//
//     e=ps,sid="session_01M7Z",cid="primrose",sn=4,ts=1795274408128,sta=r,br=(1076),bl=(0)
//     |key=token|   text      |                |number             |     |first of a list
//
// Keys come in any order; those that are not in the tables of cmcd.c are passed over. Custom keys
// have a prefix and a hyphen; ours (org.primrose-...) say where the start went.
#ifndef PLAYBACK_CMCD_H
#define PLAYBACK_CMCD_H

#include "net/cmcd.h"

enum {
    CMCD_LINE_BYTES = 2048,
    CMCD_TEXT_BYTES = CMCD_ID_BYTES,
    CMCD_NUMBER_MAX = INT32_MAX,
};

// Numbers are -1 and texts "" where the line has none.
struct cmcd_report {
    char event[CMCD_TEXT_BYTES];   // e: "ps" state, "br" bitrate, "t" interval, "e" error, "ce" own
    char state[CMCD_TEXT_BYTES];   // sta: s p k r a w e f q d
    char session[CMCD_TEXT_BYTES]; // sid
    char content[CMCD_TEXT_BYTES]; // cid: the title
    char host[CMCD_TEXT_BYTES];    // h: who served
    char error[CMCD_TEXT_BYTES];   // ec
    int64_t at_ms;                 // ts, wall clock of the player
    int64_t sequence;              // sn
    int64_t start_ms;              // msd: from the play intent to the first frame
    int64_t bitrate_kbps;          // br
    int64_t dropped_frames;        // df
    int64_t play_ms, manifest_ms, media_ms, frame_ms; // parts of the start, see playback/qoe.h
};

// INVALID when it is no such line, or too long.
must_check outcome cmcd_report_parse(struct slice line, struct cmcd_report *out, struct why *why);

#endif

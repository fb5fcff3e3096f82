// SPDX-License-Identifier: Apache-2.0
//
// CEA-608 ("line 21") captions: byte pairs of one field to cues (ANSI/CTA-608-E).
//
//     pair 94 20      RCL   pop-on: what follows is written to the hidden memory
//     pair 94 d0      PAC   row 14, column 0, white
//     pair c8 e5      "He"  two characters of seven bits with odd parity
//     pair 94 2f      EOC   the memories change places: shown from this frame on
//
//     hidden   [ He llo           ]  --EOC-->  displayed [ Hello            ]  15 rows of 32 cells
//
// A pair takes one frame. Control codes come twice in a row; the second is passed over. Roll-up
// text is shown from when its row begins to when the next row rolls it; paint-on text from its
// first character to the next caption. Neighbouring rows make one cue; rows apart are cues of
// their own, each with its place in the safe area (10 % in from every edge).
#ifndef MEDIA_CEA608_H
#define MEDIA_CEA608_H

#include "media/cues.h"

enum {
    CEA608_ROWS = 15,
    CEA608_COLUMNS = 32,
    // A decoder erases what nobody has touched for so long (47 CFR 15.119(j)): how long the last
    // caption of a file stays that nobody erases.
    CEA608_STALE_MS = 16000,
};

struct cea608_cell {
    uint16_t letter; // code point; 0: the picture shows through
    uint8_t colour;  // index of the foreground colours
    bool is_italic, is_underlined;
};

struct cea608_screen {
    struct cea608_cell cells[CEA608_ROWS][CEA608_COLUMNS];
};

enum cea608_mode { CEA608_NONE, CEA608_POP_ON, CEA608_ROLL_UP, CEA608_PAINT_ON, CEA608_TEXT };

struct cea608 {
    struct cue_builder *builder;
    uint8_t channel;        // of the field, 0 or 1: the one that is read
    uint8_t active_channel; // the one that characters belong to now
    bool is_xds;            // inside a data packet of field 2
    enum cea608_mode mode;
    struct cea608_screen screens[2];
    uint8_t displayed; // index of the screen that is shown
    uint8_t row, column, base_row, roll_rows;
    struct cea608_cell pen; // look of the next character
    uint16_t last_control;  // to pass over its repetition; 0: the last pair was none
    int64_t shown_ms;       // since when the displayed screen is as it is
    int64_t last_ms;        // of the last pair that was not empty
};

// Reads channel 0 (CC1 or CC3) or 1 (CC2 or CC4) of a field. Cues go to `builder`.
struct cea608 cea608_init(struct cue_builder *builder, uint8_t channel);

// One pair of the field, with or without parity bits, at `ms`, which never falls.
must_check outcome cea608_pair(struct cea608 *decoder, uint8_t first, uint8_t second, int64_t ms,
                               struct why *why);

// After the last pair: what is still shown stays until `end_ms`, but not longer than
// CEA608_STALE_MS after the last pair.
must_check outcome cea608_finish(struct cea608 *decoder, int64_t end_ms, struct why *why);

#endif

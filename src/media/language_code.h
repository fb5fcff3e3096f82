// SPDX-License-Identifier: Apache-2.0
//
// Language tags from what media files carry: ISO 639-2/T in 15 bits (ISO/IEC 14496-12 clause 8.4.2)
// or BCP 47 text (clause 8.4.6). BCP 47 wants the shortest code: "en", not "eng".
#ifndef MEDIA_LANGUAGE_CODE_H
#define MEDIA_LANGUAGE_CODE_H

#include "base/slice.h"
#include "media/presentation.h"

// Three letters of 5 bits, each less 0x60, to `out` of LANGUAGE_BYTES; "und" for anything else
// (QuickTime's old Macintosh codes among it).
void language_from_packed(uint16_t packed, char *out);
uint16_t language_to_packed(const char *tag); // "und" for tags that have no code of three letters

// A tag, or an ISO 639-2 code (T or B), shortened, to `out`; left alone when it is no tag.
void language_from_text(struct slice text, char *out);

#endif

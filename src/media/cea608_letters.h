// SPDX-License-Identifier: Apache-2.0
//
// The character sets of CEA-608 (ANSI/CTA-608-E tables 49 to 54, 5 to 10) as code points.
#ifndef MEDIA_CEA608_LETTERS_H
#define MEDIA_CEA608_LETTERS_H

#include <stdint.h>

uint16_t cea608_basic(uint8_t byte);   // 0x20 .. 0x7f
uint16_t cea608_special(uint8_t byte); // 0x30 .. 0x3f behind 0x11
// 0x20 .. 0x3f behind 0x12 (Spanish, French) or 0x13 (Portuguese, German, Danish).
uint16_t cea608_extended(uint8_t first, uint8_t second);

#endif

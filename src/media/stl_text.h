// SPDX-License-Identifier: Apache-2.0
//
// The text field of an EBU STL subtitle: code pages, and control codes as styles.
#ifndef MEDIA_STL_TEXT_H
#define MEDIA_STL_TEXT_H

#include "media/cue_class.h"

enum stl_page { STL_LATIN, STL_CYRILLIC, STL_ARABIC, STL_GREEK, STL_HEBREW, STL_PAGE_COUNT };

// Writes the field as cue text. Teletext text starts white on black with every line.
must_check outcome stl_text_put(struct slice field, enum stl_page page, bool is_teletext,
                                struct cue_writer *writer, struct why *why);

// Lines of the field, and whether it has a double-height code (each line then takes two rows).
uint32_t stl_text_lines(struct slice field, bool *is_double);

// The character at the front of `field` (not empty, no control code), and its bytes: two where a
// floating accent comes before its letter. 0xfffd for a byte without a meaning.
uint32_t stl_character(struct slice field, enum stl_page page, size_t *bytes);

#endif

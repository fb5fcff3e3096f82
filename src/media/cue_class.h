// SPDX-License-Identifier: Apache-2.0
//
// What a run of text looks like, said in WebVTT cue text: tags for slope, weight and underline,
// class names for the rest.
//
//     <c.yellow.bg_blue><i>text</i></c>       the eight colours of the standard (WebVTT 1, 5.1)
//     <c.fg_ff8800>    <c.bg_00000080>        any other colour, RRGGBB or RRGGBBAA
//     <c.size_150>                            percent of the cue's own size
//
// A WebVTT file that uses classes of the last two kinds gets a STYLE block that gives them their
// meaning; the IMSC writer reads them back. So one form carries what both targets can show.
#ifndef MEDIA_CUE_CLASS_H
#define MEDIA_CUE_CLASS_H

#include "base/buffer.h"

struct cue_style {
    uint32_t colour;       // 0xRRGGBBAA; 0: nobody said
    uint32_t background;   // the same; alpha 0: none
    uint16_t size_percent; // 0: 100
    bool is_bold, is_italic, is_underlined;
};

bool cue_style_equal(const struct cue_style *a, const struct cue_style *b);

// Adds what one class name says to `style`; false for a name outside the vocabulary.
bool cue_class_apply(struct slice name, struct cue_style *style);

// Appends STYLE blocks for every class of the vocabulary used in `text` that no player knows and
// that is not in `out` from `from` on. Call it with each cue's text.
must_check outcome cue_class_define(struct slice text, size_t from, struct buffer *out,
                                    struct why *why);

// Writes cue text run by run. Spaces at line ends and empty lines go: an empty line would end the
// cue.
struct cue_writer {
    struct buffer *out;
    size_t from;            // where this cue's text starts in `out`
    struct cue_style style; // of the open run
    struct cue_style space_style;
    size_t spaces; // owed: they are written when text follows them in the same line
    bool is_open, has_text, wants_line, is_line_empty;
};

enum cue_space {
    SPACE_COLLAPSE, // white space of any length and kind is one space
    SPACE_PRESERVE, // spaces count, line feeds break the line
};

struct cue_writer cue_writer_init(struct buffer *out);
must_check outcome cue_writer_text(struct cue_writer *writer, const struct cue_style *style,
                                   struct slice text, enum cue_space space, struct why *why);
must_check outcome cue_writer_break(struct cue_writer *writer, struct why *why);
// Closes the run and puts a tag of the caller's ("<ruby>"), which is not checked.
must_check outcome cue_writer_tag(struct cue_writer *writer, const char *tag, struct why *why);
// Closes what is open. The text of the cue is then out[from, len), empty when nothing can be seen.
must_check outcome cue_writer_finish(struct cue_writer *writer, struct why *why);

#endif

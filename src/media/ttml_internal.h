// SPDX-License-Identifier: Apache-2.0
//
// The TTML reader from inside: XML -> tree of nodes with absolute times -> cues.
#ifndef MEDIA_TTML_INTERNAL_H
#define MEDIA_TTML_INTERNAL_H

#include "media/cue_class.h"
#include "media/cues.h"
#include "media/xml.h"

enum {
    TTML_DEPTH_MAX = 64,      // of nested elements; EBU-TT has six
    TTML_SPLITS_MAX = 2000,   // times at which one paragraph changes: karaoke by syllable has fifty
    TTML_WORK_MAX = 40000000, // nodes looked at while cues are made; a film takes about 100,000
};

#define TTML_NS  "http://www.w3.org/ns/ttml"
#define TTP_NS   TTML_NS "#parameter"
#define TTS_NS   TTML_NS "#styling"
#define ITTP_NS  TTML_NS "/profile/imsc1#parameter"
#define ITTS_NS  TTML_NS "/profile/imsc1#styling"
#define SMPTE_NS "http://www.smpte-ra.org/schemas/2052-1/2010/smpte-tt"

// Ticks since the document's begin. Their rate is chosen so that every way of writing a time that
// the document may use is a whole number of them.
#define TTML_NEVER INT64_MAX

enum ttml_unit {
    UNIT_NONE,
    UNIT_PERCENT,
    UNIT_PIXEL,
    UNIT_CELL,
    UNIT_EM,
    UNIT_ROOT_W,
    UNIT_ROOT_H
};

struct ttml_length {
    int32_t thousandths;
    enum ttml_unit unit;
};

enum ttml_property {
    PROP_COLOR,
    PROP_BACKGROUND,
    PROP_WEIGHT,
    PROP_SLOPE,
    PROP_DECORATION,
    PROP_DISPLAY,
    PROP_VISIBILITY,
    PROP_ALIGN,
    PROP_ANCHOR,
    PROP_WRITING,
    PROP_DIRECTION,
    PROP_BIDI,
    PROP_RUBY,
    PROP_FONT_SIZE,
    PROP_ORIGIN,
    PROP_POSITION,
    PROP_EXTENT,
    PROP_OPACITY,
    PROP_COUNT
};

enum ttml_bidi { BIDI_NORMAL, BIDI_EMBED, BIDI_OVERRIDE, BIDI_ISOLATE };
enum ttml_ruby {
    RUBY_NONE,
    RUBY_CONTAINER,
    RUBY_BASE,
    RUBY_TEXT,
    RUBY_BASES,
    RUBY_TEXTS,
    RUBY_DELIMITER
};

// Values of properties; only those whose bit is in `set` mean something.
struct ttml_style {
    uint32_t set;
    uint32_t color, background;
    bool is_bold, is_italic, is_underlined, is_displayed, is_visible, is_rtl, is_transparent;
    uint8_t align, anchor, writing, bidi, ruby; // the enums of media/cue_place.h and above
    struct ttml_length font_size;
    struct ttml_length origin[2], extent[2];
    struct ttml_length position[2];
    bool is_position_far[2]; // the offset counts from the right, the bottom
};

enum ttml_kind { NODE_REGION, NODE_BODY, NODE_DIV, NODE_P, NODE_SPAN, NODE_BR, NODE_TEXT };

struct ttml_set {
    int64_t begin, end; // absolute
    struct ttml_style style;
    struct ttml_set *next;
};

struct ttml_node {
    enum ttml_kind kind;
    struct ttml_node *parent, *first, *last, *next;
    int64_t begin, end;             // absolute ticks; end may be TTML_NEVER
    const struct ttml_node *region; // by an attribute of its own; NULL: none
    const struct ttml_style *style; // specified, referred to and inline; not inherited
    struct ttml_set *sets, *last_set;
    struct slice text;     // of NODE_TEXT; borrowed from the XML
    struct slice language; // where it differs from the parent's; empty: it does not
    bool keeps_space;
};

// A named style or region, in order of names once the head is read.
struct ttml_name {
    struct slice id;
    const xmlNode *xml;
    struct ttml_style *style; // NULL: not resolved yet
    struct ttml_node *region; // NULL: a style
    bool is_open;             // being resolved: meeting it again is a loop
};

struct ttml_document {
    struct arena *arena;
    const xmlNode *root;
    int64_t tick_rate;                  // ticks a second
    int64_t frame_ticks;                // ticks of a frame
    int64_t unit_ticks;                 // of ttp:tickRate
    uint32_t frame_rate;                // nominal, bound of the frames of a clock time
    bool is_smpte, is_drop;             // ttp:timeBase="smpte"
    uint32_t columns, rows;             // ttp:cellResolution
    uint32_t pixel_width, pixel_height; // tts:extent of tt; 0: none
    struct ttml_style initial;
    uint32_t *used;          // bits of properties that stand anywhere in the document
    struct ttml_name *names; // styles and regions
    size_t name_count, name_room;
    struct ttml_node **regions; // in document order
    size_t region_count;
    struct ttml_node *body;
    struct slice language;
};

// --- ttml_values.c: what stands in attributes; false where it is no such value --------------

bool ttml_color(struct slice text, uint32_t *out);
bool ttml_length(struct slice text, struct ttml_length *out);
bool ttml_lengths(struct slice text, struct ttml_length out[2]); // "a b"
bool ttml_whole_pair(struct slice text, uint32_t max, uint32_t out[2]);
bool ttml_word(struct slice *rest, struct slice *word); // space-separated

// --- ttml_words.c: properties that are checked and passed over -------------------------------

// INVALID with the clause when `name` is one of them and `value` none of its values.
must_check outcome ttml_words_check(const xmlNode *node, const char *name, struct slice value,
                                    struct why *why);

// --- ttml_time.c ----------------------------------------------------------------------------

// Reads the clock from tt's attributes. INVALID with the clause.
must_check outcome ttml_clock(struct ttml_document *document, struct why *why);
// A time expression in ticks (TTML2 clause 12.3.1).
must_check outcome ttml_time(const struct ttml_document *document, struct slice text, int64_t *out,
                             struct why *why);
int64_t ttml_ms(const struct ttml_document *document, int64_t ticks);

// --- ttml_style.c ---------------------------------------------------------------------------

// An attribute's value, in an arena where it is not one run of text already. `ns` NULL: none.
must_check outcome ttml_attribute(const struct ttml_document *document, const xmlNode *node,
                                  const char *ns, const char *name, struct slice *out,
                                  struct why *why);
// Adds what the element's own tts: attributes say. INVALID with the clause for a bad value.
must_check outcome ttml_style_read(const struct ttml_document *document, const xmlNode *node,
                                   struct ttml_style *style, struct why *why);
void ttml_style_merge(struct ttml_style *style, const struct ttml_style *over);
// Specified style of a content element or region: what it refers to, then its own attributes.
must_check outcome ttml_style_of(struct ttml_document *document, const xmlNode *node,
                                 struct ttml_style *out, struct why *why);
struct ttml_name *ttml_find(const struct ttml_document *document, struct slice id);
must_check outcome ttml_head(struct ttml_document *document, const xmlNode *head, struct why *why);

// --- ttml_tree.c ----------------------------------------------------------------------------

bool ttml_is_element(const xmlNode *node, const char *name); // of the TTML namespace
must_check outcome ttml_region_tree(struct ttml_document *document, const xmlNode *xml,
                                    struct ttml_node *region, struct why *why);
must_check outcome ttml_body_tree(struct ttml_document *document, const xmlNode *xml,
                                  struct why *why);

// --- ttml_cues.c ----------------------------------------------------------------------------

must_check outcome ttml_cues(const struct ttml_document *document, struct cue_builder *builder,
                             struct why *why);

#endif

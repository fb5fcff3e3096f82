// SPDX-License-Identifier: Apache-2.0
#include "media/ttml_internal.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 20000 }; // styles and regions of one document; the largest seen have 300

static bool is_in(const xmlNs *ns, const char *uri)
{
    return ns != NULL && strcmp((const char *)ns->href, uri) == 0;
}

static outcome value_of(const struct ttml_document *document, const xmlAttr *attribute,
                        struct slice *out, struct why *why)
{
    const xmlNode *text = attribute->children;
    if (text == NULL) {
        *out = (struct slice){(const uint8_t *)"", 0};
        return OK;
    }
    if (text->next == NULL && text->type == XML_TEXT_NODE) {
        *out = slice_of((const char *)text->content);
        return OK;
    }
    xmlChar *joined = xmlNodeListGetString(attribute->doc, text, 1);
    const char *copy =
        joined == NULL ? NULL : arena_copy(document->arena, slice_of((const char *)joined));
    xmlFree(joined);
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory to read XML");
    *out = slice_of(copy);
    return OK;
}

outcome ttml_attribute(const struct ttml_document *document, const xmlNode *node, const char *ns,
                       const char *name, struct slice *out, struct why *why)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next) {
        const bool is_ours = ns == NULL ? at->ns == NULL : is_in(at->ns, ns);
        if (is_ours && strcmp((const char *)at->name, name) == 0)
            return value_of(document, at, out, why);
    }
    return OK;
}

// --- properties ------------------------------------------------------------------------------

// The words of a property, separated by '|', in the order of its enum; -1 for none of them.
static int choose(struct slice value, const char *words)
{
    struct slice rest = slice_of(words), word;
    for (int i = 0; slice_cut(&rest, '|', &word); i++)
        if (slice_equal(value, word)) return i;
    return -1;
}

static bool put_choice(struct slice value, const char *words, uint8_t *out)
{
    const int chosen = choose(value, words);
    if (chosen >= 0) *out = (uint8_t)chosen;
    return chosen >= 0;
}

static bool put_flag(struct slice value, const char *words, bool *out)
{
    const int chosen = choose(value, words); // pairs: no, yes
    if (chosen >= 0) *out = chosen % 2 == 1;
    return chosen >= 0;
}

static bool put_color(struct slice value, struct ttml_style *style)
{
    return ttml_color(value, &style->color);
}

static bool put_background(struct slice value, struct ttml_style *style)
{
    return ttml_color(value, &style->background);
}

static bool put_weight(struct slice value, struct ttml_style *style)
{
    return put_flag(value, "normal|bold", &style->is_bold);
}

static bool put_slope(struct slice value, struct ttml_style *style)
{
    return put_flag(value, "normal|italic|normal|oblique", &style->is_italic) ||
           put_flag(value, "reverseOblique", &style->is_italic);
}

// Only the underline survives: neither target has the others.
static bool put_decoration(struct slice value, struct ttml_style *style)
{
    struct slice word;
    while (ttml_word(&value, &word)) {
        const int chosen = choose(
            word, "none|underline|noUnderline|lineThrough|noLineThrough|overline|noOverline");
        if (chosen < 0) return false;
        if (chosen <= 2) style->is_underlined = chosen == 1;
    }
    return true;
}

static bool put_display(struct slice value, struct ttml_style *style)
{
    const int chosen = choose(value, "none|auto|inlineBlock");
    style->is_displayed = chosen > 0;
    return chosen >= 0;
}

static bool put_visibility(struct slice value, struct ttml_style *style)
{
    return put_flag(value, "hidden|visible", &style->is_visible);
}

static bool put_align(struct slice value, struct ttml_style *style)
{
    if (slice_is(value, "justify")) value = slice_of("start"); // what is nearest to it
    return put_choice(value, "center|start|end|left|right", &style->align);
}

static bool put_anchor(struct slice value, struct ttml_style *style)
{
    if (slice_is(value, "justify")) value = slice_of("before");
    return put_choice(value, "after|before|center", &style->anchor);
}

static bool put_writing(struct slice value, struct ttml_style *style)
{
    uint8_t chosen = 0;
    if (!put_choice(value, "lrtb|lr|rltb|rl|tbrl|tb|tblr", &chosen)) return false;
    style->writing = chosen == 6   ? WRITING_VERTICAL_LR
                     : chosen >= 4 ? WRITING_VERTICAL_RL
                                   : WRITING_HORIZONTAL;
    return true;
}

static bool put_direction(struct slice value, struct ttml_style *style)
{
    return put_flag(value, "ltr|rtl", &style->is_rtl);
}

static bool put_bidi(struct slice value, struct ttml_style *style)
{
    return put_choice(value, "normal|embed|bidiOverride|isolate", &style->bidi);
}

static bool put_ruby(struct slice value, struct ttml_style *style)
{
    return put_choice(value, "none|container|base|text|baseContainer|textContainer|delimiter",
                      &style->ruby);
}

static bool put_font_size(struct slice value, struct ttml_style *style)
{
    struct ttml_length pair[2]; // width and height: the height counts
    if (ttml_lengths(value, pair)) {
        style->font_size = pair[1];
        return pair[1].thousandths >= 0;
    }
    return ttml_length(slice_trim(value), &style->font_size) && style->font_size.thousandths >= 0;
}

static bool put_origin(struct slice value, struct ttml_style *style)
{
    static const struct ttml_length zero = {0, UNIT_PERCENT};
    if (slice_is(value, "auto")) {
        style->origin[0] = style->origin[1] = zero;
        return true;
    }
    return ttml_lengths(value, style->origin);
}

static bool put_extent(struct slice value, struct ttml_style *style)
{
    static const struct ttml_length whole = {100000, UNIT_PERCENT};
    if (slice_is(value, "auto")) {
        style->extent[0] = style->extent[1] = whole;
        return true;
    }
    return ttml_lengths(value, style->extent) && style->extent[0].thousandths >= 0 &&
           style->extent[1].thousandths >= 0;
}

// One to four words: edges, "center", lengths (TTML2 <position>).
static bool put_position(struct slice value, struct ttml_style *style)
{
    static const struct ttml_length half = {50000, UNIT_PERCENT}, none = {0, UNIT_PERCENT};
    struct slice words[4];
    int count = 0;
    while (count < 4 && ttml_word(&value, &words[count]))
        count++;
    if (count == 0 || slice_trim(value).len > 0) return false;
    style->position[0] = style->position[1] = half;
    style->is_position_far[0] = style->is_position_far[1] = false;
    bool is_used[2] = {false, false};
    int pending = -1; // an edge that a length may follow
    int centres = 0;
    for (int i = 0; i < count; i++) {
        struct ttml_length length;
        const int edge = choose(words[i], "left|right|top|bottom");
        if (edge >= 0) {
            const int axis = edge / 2;
            if (is_used[axis]) return false;
            is_used[axis] = true;
            style->position[axis] = none;
            style->is_position_far[axis] = edge % 2 == 1;
            pending = count > 2 ? axis : -1;
        } else if (slice_is(words[i], "center")) {
            centres++;
            pending = -1;
        } else if (ttml_length(words[i], &length)) {
            if (length.unit == UNIT_EM || length.unit == UNIT_CELL) return false; // IMSC 1.1, 8.4.8
            const int axis = pending >= 0 ? pending : count == 2 && i == 1 ? 1 : 0;
            if (pending < 0 && (is_used[axis] || count > 2)) return false;
            is_used[axis] = true;
            style->position[axis] = length;
            pending = -1;
        } else {
            return false;
        }
    }
    return is_used[0] + is_used[1] + centres <= 2;
}

static bool put_opacity(struct slice value, struct ttml_style *style)
{
    char digits[24];
    char *end;
    if (value.len == 0 || value.len >= sizeof digits) return false;
    memcpy(digits, value.at, value.len);
    digits[value.len] = '\0';
    const double opacity = strtod(digits, &end);
    style->is_transparent = opacity <= 0;
    return *end == '\0';
}

static const struct property {
    const char *name;
    bool (*put)(struct slice value, struct ttml_style *style);
} properties[PROP_COUNT] = {
    [PROP_COLOR] = {"color", put_color},
    [PROP_BACKGROUND] = {"backgroundColor", put_background},
    [PROP_WEIGHT] = {"fontWeight", put_weight},
    [PROP_SLOPE] = {"fontStyle", put_slope},
    [PROP_DECORATION] = {"textDecoration", put_decoration},
    [PROP_DISPLAY] = {"display", put_display},
    [PROP_VISIBILITY] = {"visibility", put_visibility},
    [PROP_ALIGN] = {"textAlign", put_align},
    [PROP_ANCHOR] = {"displayAlign", put_anchor},
    [PROP_WRITING] = {"writingMode", put_writing},
    [PROP_DIRECTION] = {"direction", put_direction},
    [PROP_BIDI] = {"unicodeBidi", put_bidi},
    [PROP_RUBY] = {"ruby", put_ruby},
    [PROP_FONT_SIZE] = {"fontSize", put_font_size},
    [PROP_ORIGIN] = {"origin", put_origin},
    [PROP_POSITION] = {"position", put_position},
    [PROP_EXTENT] = {"extent", put_extent},
    [PROP_OPACITY] = {"opacity", put_opacity},
};

outcome ttml_style_read(const struct ttml_document *document, const xmlNode *node,
                        struct ttml_style *style, struct why *why)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next) {
        if (!is_in(at->ns, TTS_NS)) continue;
        int found = 0;
        while (found < PROP_COUNT && strcmp(properties[found].name, (const char *)at->name) != 0)
            found++;
        struct slice value = {NULL, 0};
        TRY(value_of(document, at, &value, why));
        if (found == PROP_COUNT) { // a look that neither target has
            TRY(ttml_words_check(node, (const char *)at->name, value, why));
            continue;
        }
        if (!properties[found].put(slice_trim(value), style))
            return fail(why, INVALID, "line %d: \"%.*s\" is no value of tts:%s (TTML2 clause 10.2)",
                        (int)xmlGetLineNo(node), SLICE_ARG(slice_part(value, 0, 60)),
                        properties[found].name);
        style->set |= UINT32_C(1) << found;
        *document->used |= UINT32_C(1) << found;
    }
    return OK;
}

void ttml_style_merge(struct ttml_style *style, const struct ttml_style *over)
{
#define TAKE(property, field)                                                                      \
    if ((over->set & UINT32_C(1) << (property)) != 0)                                              \
    memcpy(&style->field, &over->field, sizeof style->field)
    TAKE(PROP_COLOR, color);
    TAKE(PROP_BACKGROUND, background);
    TAKE(PROP_WEIGHT, is_bold);
    TAKE(PROP_SLOPE, is_italic);
    TAKE(PROP_DECORATION, is_underlined);
    TAKE(PROP_DISPLAY, is_displayed);
    TAKE(PROP_VISIBILITY, is_visible);
    TAKE(PROP_ALIGN, align);
    TAKE(PROP_ANCHOR, anchor);
    TAKE(PROP_WRITING, writing);
    TAKE(PROP_DIRECTION, is_rtl);
    TAKE(PROP_BIDI, bidi);
    TAKE(PROP_RUBY, ruby);
    TAKE(PROP_FONT_SIZE, font_size);
    TAKE(PROP_ORIGIN, origin);
    TAKE(PROP_POSITION, position);
    TAKE(PROP_POSITION, is_position_far);
    TAKE(PROP_EXTENT, extent);
    TAKE(PROP_OPACITY, is_transparent);
#undef TAKE
    style->set |= over->set;
}

// --- styles by name --------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const struct slice *left = &((const struct ttml_name *)a)->id;
    const struct slice *right = &((const struct ttml_name *)b)->id;
    const size_t len = left->len < right->len ? left->len : right->len;
    const int order = len == 0 ? 0 : memcmp(left->at, right->at, len);
    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

struct ttml_name *ttml_find(const struct ttml_document *document, struct slice id)
{
    const struct ttml_name wanted = {.id = id};
    if (document->name_count == 0) return NULL;
    return bsearch(&wanted, document->names, document->name_count, sizeof wanted, compare);
}

static outcome resolve(struct ttml_document *document, struct ttml_name *name, int depth,
                       struct why *why);

// Later references win over earlier ones (TTML2 clause 10.4.1.2).
static outcome merge_references(struct ttml_document *document, const xmlNode *node, int depth,
                                struct ttml_style *out, struct why *why)
{
    struct slice references = {NULL, 0}, word;
    TRY(ttml_attribute(document, node, NULL, "style", &references, why));
    while (ttml_word(&references, &word)) {
        struct ttml_name *name = ttml_find(document, word);
        if (name == NULL || name->region != NULL)
            return fail(why, INVALID,
                        "line %d: style=\"%.*s\" names no style of the document (TTML2 clause "
                        "10.2.1)",
                        (int)xmlGetLineNo(node), SLICE_ARG(slice_part(word, 0, 60)));
        TRY(resolve(document, name, depth + 1, why));
        ttml_style_merge(out, name->style);
    }
    return OK;
}

static outcome resolve(struct ttml_document *document, struct ttml_name *name, int depth,
                       struct why *why)
{
    if (name->style != NULL) return OK;
    if (name->is_open || depth > TTML_DEPTH_MAX)
        return fail(why, INVALID,
                    "line %d: style \"%.*s\" refers to itself (TTML2 clause 10.4.1.3)",
                    (int)xmlGetLineNo(name->xml), SLICE_ARG(slice_part(name->id, 0, 60)));
    struct ttml_style *style = ARENA_NEW(document->arena, struct ttml_style);
    if (style == NULL) return fail(why, NO_MEMORY, "no memory for a style");
    name->is_open = true;
    TRY(merge_references(document, name->xml, depth, style, why));
    TRY(ttml_style_read(document, name->xml, style, why));
    name->style = style;
    return OK;
}

outcome ttml_style_of(struct ttml_document *document, const xmlNode *node, struct ttml_style *out,
                      struct why *why)
{
    TRY(merge_references(document, node, 0, out, why));
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        // Styles nested in a region, between what it refers to and what it says itself.
        struct ttml_style nested = {0};
        if (!ttml_is_element(child, "style") || !ttml_is_element(node, "region")) continue;
        TRY(merge_references(document, child, 0, &nested, why));
        TRY(ttml_style_read(document, child, &nested, why));
        ttml_style_merge(out, &nested);
    }
    return ttml_style_read(document, node, out, why);
}

// --- the head --------------------------------------------------------------------------------

static outcome add_name(struct ttml_document *document, const xmlNode *node,
                        struct ttml_node *region, struct why *why)
{
    struct slice id = {NULL, 0};
    TRY(ttml_attribute(document, node, (const char *)XML_XML_NAMESPACE, "id", &id, why));
    if (id.len == 0) return OK; // nobody can refer to it
    if (document->name_count == document->name_room) {
        const size_t room = document->name_room == 0 ? 64 : document->name_room * 2;
        if (room > NAMES_MAX)
            return fail(why, TOO_LARGE, "more than %d styles and regions", NAMES_MAX);
        struct ttml_name *names = arena_take_array(document->arena, room, sizeof *names);
        if (names == NULL) return fail(why, NO_MEMORY, "no memory for %zu styles", room);
        if (document->name_count > 0)
            memcpy(names, document->names, document->name_count * sizeof *names);
        document->names = names;
        document->name_room = room;
    }
    document->names[document->name_count++] =
        (struct ttml_name){.id = id, .xml = node, .region = region};
    return OK;
}

static outcome read_initial(struct ttml_document *document, const xmlNode *node, struct why *why)
{
    if (xmlHasNsProp(node, (const xmlChar *)"condition", NULL) != NULL)
        return fail(why, INVALID,
                    "line %d: initial/@condition is not allowed (IMSC 1.1 clause 6, #condition)",
                    (int)xmlGetLineNo(node));
    return ttml_style_read(document, node, &document->initial, why);
}

static outcome gather_styles(struct ttml_document *document, const xmlNode *styling,
                             struct why *why)
{
    for (const xmlNode *node = styling->children; node != NULL; node = node->next) {
        if (ttml_is_element(node, "style")) TRY(add_name(document, node, NULL, why));
        if (ttml_is_element(node, "initial")) TRY(read_initial(document, node, why));
    }
    return OK;
}

static outcome gather_regions(struct ttml_document *document, const xmlNode *layout,
                              struct why *why)
{
    for (const xmlNode *node = layout->children; node != NULL; node = node->next) {
        if (!ttml_is_element(node, "region")) continue;
        if (document->region_count == NAMES_MAX)
            return fail(why, TOO_LARGE, "more than %d regions", NAMES_MAX);
        struct ttml_node *region = ARENA_NEW(document->arena, struct ttml_node);
        if (region == NULL) return fail(why, NO_MEMORY, "no memory for a region");
        region->kind = NODE_REGION;
        document->regions[document->region_count++] = region;
        TRY(add_name(document, node, region, why));
    }
    return OK;
}

static outcome check_names(const struct ttml_document *document, struct why *why)
{
    for (size_t i = 1; i < document->name_count; i++)
        if (compare(&document->names[i - 1], &document->names[i]) == 0)
            return fail(why, INVALID,
                        "line %d: xml:id=\"%.*s\" is given twice (XML ID, and TTML2 clause 8.2.4)",
                        (int)xmlGetLineNo(document->names[i].xml),
                        SLICE_ARG(slice_part(document->names[i].id, 0, 60)));
    return OK;
}

outcome ttml_head(struct ttml_document *document, const xmlNode *head, struct why *why)
{
    size_t region_count = 0;
    for (const xmlNode *node = head->children; node != NULL; node = node->next) {
        if (ttml_is_element(node, "styling")) TRY(gather_styles(document, node, why));
        for (const xmlNode *child = node->children;
             ttml_is_element(node, "layout") && child != NULL; child = child->next)
            region_count += ttml_is_element(child, "region");
    }
    document->regions = arena_take_array(document->arena, region_count, sizeof *document->regions);
    if (document->regions == NULL) return fail(why, NO_MEMORY, "no memory for regions");
    for (const xmlNode *node = head->children; node != NULL; node = node->next)
        if (ttml_is_element(node, "layout")) TRY(gather_regions(document, node, why));
    if (document->name_count > 1)
        qsort(document->names, document->name_count, sizeof *document->names, compare);
    TRY(check_names(document, why));
    for (size_t i = 0; i < document->name_count; i++)
        if (document->names[i].region != NULL)
            TRY(ttml_region_tree(document, document->names[i].xml, document->names[i].region, why));
    return OK;
}

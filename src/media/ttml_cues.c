// SPDX-License-Identifier: Apache-2.0
#include "media/ttml_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    REGIONS_A_P_MAX =
        16, // that one paragraph's spans go to; a screen shows four (IMSC 1.1, 7.12.1.3)
    TEXT_BYTES_MAX = 4 * CUE_TEXT_BYTES_MAX,

};

// Looks in force at a place in the tree, everything inherited.
struct computed {
    struct cue_style text;
    uint8_t align, anchor, writing, bidi;
    bool is_rtl;
    bool is_hidden;     // visibility, which a child may undo
    bool is_gone;       // display or opacity, which none can
    uint32_t font_size; // hundredths of a percent of the picture's height
};

struct maker {
    const struct ttml_document *document;
    struct cue_builder *builder;
    struct buffer text;
    uint64_t work;
    int64_t *times; // at which the paragraph at hand changes
    size_t time_count;
};

static outcome count_work(struct maker *maker, struct why *why)
{
    if (++maker->work > TTML_WORK_MAX)
        return fail(why, TOO_LARGE,
                    "the document changes too often to be captions: cut it into parts");
    return OK;
}

// --- styles ----------------------------------------------------------------------------------

static int64_t part(int64_t thousandths, int64_t of, int64_t whole)
{
    const int64_t value = thousandths * of / whole;
    return value < -100000000 ? -100000000 : value > 100000000 ? 100000000 : value;
}

// A length in hundredths of a percent of the picture, along an axis (0 width, 1 height).
static int64_t measure(const struct ttml_document *document, struct ttml_length length, int axis,
                       int64_t percent_of)
{
    const int64_t cells = axis == 0 ? document->columns : document->rows;
    const int64_t pixels = axis == 0 ? document->pixel_width : document->pixel_height;
    switch (length.unit) {
    case UNIT_PERCENT: return part(length.thousandths, percent_of, 100000);
    case UNIT_EM: return part(length.thousandths, percent_of, 1000);
    case UNIT_CELL: return part(length.thousandths, PLACE_WHOLE, 1000 * cells);
    case UNIT_PIXEL: return pixels == 0 ? 0 : part(length.thousandths, PLACE_WHOLE, 1000 * pixels);
    case UNIT_ROOT_W:
    case UNIT_ROOT_H: return part(length.thousandths, PLACE_WHOLE, 100000);
    case UNIT_NONE: break;
    }
    return 0;
}

static struct computed computed_init(const struct ttml_document *document)
{
    return (struct computed){
        .font_size = PLACE_WHOLE / document->rows, .align = ALIGN_START, .anchor = ANCHOR_TOP};
}

static bool has(const struct ttml_style *style, enum ttml_property property)
{
    return (style->set >> property & 1) != 0;
}

static void apply(const struct ttml_document *document, const struct ttml_style *style,
                  struct computed *to)
{
    if (has(style, PROP_COLOR)) to->text.colour = style->color == 0xffffffff ? 0 : style->color;
    if (has(style, PROP_BACKGROUND) && (style->background & 0xff) != 0)
        to->text.background = style->background;
    if (has(style, PROP_WEIGHT)) to->text.is_bold = style->is_bold;
    if (has(style, PROP_SLOPE)) to->text.is_italic = style->is_italic;
    if (has(style, PROP_DECORATION)) to->text.is_underlined = style->is_underlined;
    if (has(style, PROP_VISIBILITY)) to->is_hidden = !style->is_visible;
    if (has(style, PROP_DISPLAY) && !style->is_displayed) to->is_gone = true;
    if (has(style, PROP_OPACITY) && style->is_transparent) to->is_gone = true;
    if (has(style, PROP_ALIGN)) to->align = style->align;
    if (has(style, PROP_ANCHOR)) to->anchor = style->anchor;
    if (has(style, PROP_WRITING)) to->writing = style->writing;
    if (has(style, PROP_DIRECTION)) to->is_rtl = style->is_rtl;
    to->bidi = has(style, PROP_BIDI) ? style->bidi : BIDI_NORMAL;
    if (has(style, PROP_FONT_SIZE)) {
        const int64_t size = measure(document, style->font_size, 1, to->font_size);
        to->font_size = (uint32_t)(size < 1 ? 1 : size > PLACE_WHOLE ? PLACE_WHOLE : size);
    }
}

// What a node specifies at `time`: its style, and the animations that run then.
static struct ttml_style specified(const struct ttml_node *node, int64_t time)
{
    struct ttml_style style = {0};
    if (node->style != NULL) style = *node->style;
    for (const struct ttml_set *set = node->sets; set != NULL; set = set->next)
        if (set->begin <= time && time < set->end) ttml_style_merge(&style, &set->style);
    return style;
}

static void apply_node(const struct ttml_document *document, const struct ttml_node *node,
                       int64_t time, struct computed *to)
{
    if (node->sets == NULL) {
        if (node->style != NULL) apply(document, node->style, to);
        return;
    }
    const struct ttml_style style = specified(node, time);
    apply(document, &style, to);
}

// The chain of ancestors, from the region down to `node`.
static void apply_chain(const struct ttml_document *document, const struct ttml_node *node,
                        int64_t time, struct computed *to)
{
    if (node == NULL) return;
    apply_chain(document, node->parent, time, to); // depth: TTML_DEPTH_MAX
    apply_node(document, node, time, to);
}

// --- places ----------------------------------------------------------------------------------

static uint16_t clamp(int64_t value)
{
    return (uint16_t)(value < 0 ? 0 : value > PLACE_WHOLE ? PLACE_WHOLE : value);
}

static void set_box(const struct ttml_document *document, const struct ttml_style *style,
                    struct cue_place *place)
{
    int64_t origin[2] = {0, 0}, extent[2] = {PLACE_WHOLE, PLACE_WHOLE};
    for (int axis = 0; axis < 2; axis++) {
        if (has(style, PROP_EXTENT))
            extent[axis] = measure(document, style->extent[axis], axis, PLACE_WHOLE);
        if (has(style, PROP_ORIGIN))
            origin[axis] = measure(document, style->origin[axis], axis, PLACE_WHOLE);
        if (!has(style, PROP_POSITION)) continue;
        const int64_t room = PLACE_WHOLE - extent[axis];
        const int64_t offset = measure(document, style->position[axis], axis, room);
        origin[axis] = style->is_position_far[axis] ? room - offset : offset;
    }
    place->x = clamp(origin[0]);
    place->y = clamp(origin[1]);
    place->width = clamp(origin[0] + extent[0] - place->x);
    place->height = clamp(origin[1] + extent[1] - place->y);
    if (place->width > PLACE_WHOLE - place->x) place->width = PLACE_WHOLE - place->x;
    if (place->height > PLACE_WHOLE - place->y) place->height = PLACE_WHOLE - place->y;
}

// `p` is the paragraph's computed style, `region` NULL for the default region: the whole picture.
static struct cue_place place_of(const struct ttml_document *document,
                                 const struct ttml_node *region, int64_t time,
                                 const struct computed *p, enum cue_anchor anchor)
{
    struct cue_place place = {
        .is_given = true,
        .width = PLACE_WHOLE,
        .height = PLACE_WHOLE,
        .align = (enum cue_align)p->align,
        .anchor = anchor,
        .writing = (enum cue_writing)p->writing,
        .font_height = (uint16_t)p->font_size,
    };
    if (p->is_rtl && (place.align == ALIGN_START || place.align == ALIGN_END))
        place.align = place.align == ALIGN_START ? ALIGN_RIGHT : ALIGN_LEFT;
    struct ttml_style style = document->initial;
    if (region != NULL) {
        const struct ttml_style own = specified(region, time);
        ttml_style_merge(&style, &own);
        if (has(&own, PROP_BACKGROUND)) place.box_colour = own.background;
    }
    if ((place.box_colour & 0xff) == 0) place.box_colour = 0;
    set_box(document, &style, &place);
    return place;
}

// --- text ------------------------------------------------------------------------------------

struct scene {
    struct maker *maker;
    const struct ttml_node *region; // the cue's; NULL: the default one
    int64_t time;
    uint32_t font_size; // of the paragraph
    struct cue_writer writer;
};

// The region that an ancestor, or the node itself, asks for; `*is_lost` when two disagree, so that
// neither shows it (TTML2 clause 11.3.1.3).
static const struct ttml_node *region_of(const struct ttml_node *node, bool *is_lost)
{
    const struct ttml_node *region = NULL;
    *is_lost = false;
    for (; node != NULL; node = node->parent) {
        if (node->region == NULL) continue;
        if (region == NULL)
            region = node->region;
        else if (node->region != region)
            *is_lost = true;
    }
    return region;
}

static bool is_here(const struct scene *scene, const struct ttml_node *text)
{
    bool is_lost;
    const struct ttml_node *region = region_of(text->parent, &is_lost);
    // With regions in the document, what asks for none is in none.
    if (region == NULL && scene->maker->document->region_count > 0) return false;
    return !is_lost && region == scene->region;
}

static outcome put_control(struct scene *scene, uint16_t character, struct why *why)
{
    const uint8_t bytes[3] = {(uint8_t)(0xe0 | character >> 12),
                              (uint8_t)(0x80 | (character >> 6 & 0x3f)),
                              (uint8_t)(0x80 | (character & 0x3f))};
    const struct cue_style plain = {0};
    return cue_writer_text(&scene->writer, &plain, (struct slice){bytes, 3}, SPACE_COLLAPSE, why);
}

static outcome put_children(struct scene *scene, const struct ttml_node *node,
                            const struct computed *computed, struct why *why);

static outcome put_span(struct scene *scene, const struct ttml_node *span,
                        const struct computed *parent, struct why *why)
{
    static const uint16_t opens[2][4] = {{0, 0x202a, 0x202d, 0x2066}, {0, 0x202b, 0x202e, 0x2067}};
    static const char *const tags[][2] = {
        [RUBY_CONTAINER] = {"<ruby>", "</ruby>"},
        [RUBY_TEXT] = {"<rt>", "</rt>"},
        [RUBY_DELIMITER] = {NULL, NULL},
    };
    struct computed own = *parent;
    apply_node(scene->maker->document, span, scene->time, &own);
    const struct ttml_style style = specified(span, scene->time);
    const uint8_t ruby = has(&style, PROP_RUBY) ? style.ruby : RUBY_NONE;
    if (own.is_gone || ruby == RUBY_DELIMITER) return OK;
    const uint16_t open = opens[own.is_rtl][own.bidi];
    if (tags[ruby][0] != NULL) TRY(cue_writer_tag(&scene->writer, tags[ruby][0], why));
    if (open != 0) TRY(put_control(scene, open, why));
    TRY(put_children(scene, span, &own, why));
    if (open != 0) TRY(put_control(scene, own.bidi == BIDI_ISOLATE ? 0x2069 : 0x202c, why));
    return tags[ruby][1] != NULL ? cue_writer_tag(&scene->writer, tags[ruby][1], why) : OK;
}

static outcome put_text(struct scene *scene, const struct ttml_node *text,
                        const struct computed *computed, struct why *why)
{
    if (computed->is_hidden || !is_here(scene, text)) return OK;
    struct cue_style style = computed->text;
    const uint32_t percent = (computed->font_size * 100 + scene->font_size / 2) / scene->font_size;
    style.size_percent = (uint16_t)(percent > 1000 ? 1000 : percent < 1 ? 1 : percent);
    return cue_writer_text(&scene->writer, &style, text->text,
                           text->keeps_space ? SPACE_PRESERVE : SPACE_COLLAPSE, why);
}

static outcome put_children(struct scene *scene, const struct ttml_node *node,
                            const struct computed *computed, struct why *why)
{
    for (const struct ttml_node *child = node->first; child != NULL; child = child->next) {
        TRY(count_work(scene->maker, why));
        if (scene->time < child->begin || scene->time >= child->end) continue;
        if (child->kind == NODE_TEXT)
            TRY(put_text(scene, child, computed, why));
        else if (child->kind == NODE_SPAN)
            TRY(put_span(scene, child, computed, why));
        else if (child->kind == NODE_BR && is_here(scene, child))
            TRY(cue_writer_break(&scene->writer, why));
    }
    return OK;
}

// --- cues of a paragraph ---------------------------------------------------------------------

static outcome add_time(struct maker *maker, int64_t time, const struct ttml_node *p,
                        struct why *why)
{
    if (time <= p->begin || time >= p->end) return OK;
    if (maker->time_count == TTML_SPLITS_MAX)
        return fail(why, TOO_LARGE, "a paragraph changes more than %d times", TTML_SPLITS_MAX);
    maker->times[maker->time_count++] = time;
    return OK;
}

static outcome add_own_times(struct maker *maker, const struct ttml_node *node,
                             const struct ttml_node *p, struct why *why)
{
    TRY(count_work(maker, why));
    if (node->begin > p->begin) TRY(add_time(maker, node->begin, p, why));
    if (node->end < p->end) TRY(add_time(maker, node->end, p, why));
    for (const struct ttml_set *set = node->sets; set != NULL; set = set->next) {
        TRY(add_time(maker, set->begin, p, why));
        TRY(add_time(maker, set->end, p, why));
    }
    return OK;
}

static outcome add_times(struct maker *maker, const struct ttml_node *node,
                         const struct ttml_node *p, struct why *why)
{
    for (const struct ttml_node *child = node->first; child != NULL; child = child->next) {
        if (child->kind == NODE_TEXT) continue;
        TRY(add_own_times(maker, child, p, why));
        TRY(add_times(maker, child, p, why)); // depth: TTML_DEPTH_MAX
    }
    return OK;
}

static int compare_times(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

// All moments at which what `region` shows of `p` may change, in order, from its begin to its end.
static outcome gather_times(struct maker *maker, const struct ttml_node *p,
                            const struct ttml_node *region, struct why *why)
{
    maker->time_count = 0;
    maker->times[maker->time_count++] = p->begin;
    for (const struct ttml_node *node = p; node != NULL; node = node->parent)
        TRY(add_own_times(maker, node, p, why));
    if (region != NULL) TRY(add_own_times(maker, region, p, why));
    TRY(add_times(maker, p, p, why));
    qsort(maker->times, maker->time_count, sizeof *maker->times, compare_times);
    return OK;
}

// The cue that `region` shows of `p` at `time`, without its times; no text: none.
static outcome show(struct maker *maker, const struct ttml_node *p, const struct ttml_node *region,
                    int64_t time, struct cue *out, struct why *why)
{
    struct computed root = computed_init(maker->document);
    apply(maker->document, &maker->document->initial, &root);
    if (region != NULL) apply_node(maker->document, region, time, &root);
    root.text.background = 0; // the region's own box has it
    const enum cue_anchor anchor = (enum cue_anchor)root.anchor;
    apply_chain(maker->document, p, time, &root);
    *out = (struct cue){.text = {NULL, 0}};
    maker->text.len = 0;
    if (root.is_gone) return OK;
    struct scene scene = {maker, region, time, root.font_size, cue_writer_init(&maker->text)};
    TRY(put_children(&scene, p, &root, why));
    TRY(cue_writer_finish(&scene.writer, why));
    out->place = place_of(maker->document, region, time, &root, anchor);
    out->text = buffer_slice(&maker->text);
    return OK;
}

static outcome add_cue(struct maker *maker, struct cue *cue, int64_t begin, int64_t end,
                       struct why *why)
{
    const int64_t start_ms = ttml_ms(maker->document, begin);
    int64_t end_ms = end == TTML_NEVER ? CUE_MS_MAX : ttml_ms(maker->document, end);
    if (end_ms > CUE_MS_MAX) end_ms = CUE_MS_MAX;
    if (cue->text.len == 0 || end_ms <= start_ms) return OK;
    cue->start_ms = start_ms;
    cue->end_ms = end_ms;
    const char *kept = arena_copy(maker->builder->arena, cue->text);
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for captions");
    cue->text.at = (const uint8_t *)kept;
    return cues_add(maker->builder, *cue, why);
}

static bool is_alike(const struct cue *a, const struct cue *b)
{
    return slice_equal(a->text, b->text) && cue_place_equal(&a->place, &b->place);
}

static outcome cues_in_region(struct maker *maker, const struct ttml_node *p,
                              const struct ttml_node *region, struct why *why)
{
    TRY(gather_times(maker, p, region, why));
    struct cue *last = NULL; // of this paragraph, ending where the next begins
    for (size_t i = 0; i < maker->time_count; i++) {
        const int64_t begin = maker->times[i];
        const int64_t end = i + 1 < maker->time_count ? maker->times[i + 1] : p->end;
        struct cue cue = {.text = {NULL, 0}};
        if (begin == end) continue;
        if (region == NULL || (region->begin <= begin && begin < region->end))
            TRY(show(maker, p, region, begin, &cue, why));
        if (last != NULL && is_alike(last, &cue)) {
            const int64_t end_ms = end == TTML_NEVER ? CUE_MS_MAX : ttml_ms(maker->document, end);
            last->end_ms = end_ms > CUE_MS_MAX ? CUE_MS_MAX : end_ms;
            continue;
        }
        const size_t before = maker->builder->list.count;
        TRY(add_cue(maker, &cue, begin, end, why));
        const bool is_added = maker->builder->list.count > before;
        last = is_added ? &maker->builder->list.cues[before] : NULL;
    }
    return OK;
}

// The regions that the texts of a paragraph are in.
static outcome gather_regions(struct maker *maker, const struct ttml_node *node,
                              const struct ttml_node **regions, size_t *count, struct why *why)
{
    for (const struct ttml_node *child = node->first; child != NULL; child = child->next) {
        TRY(count_work(maker, why));
        TRY(gather_regions(maker, child, regions, count, why)); // depth: TTML_DEPTH_MAX
        if (child->kind != NODE_TEXT) continue;
        bool is_lost;
        const struct ttml_node *region = region_of(child->parent, &is_lost);
        size_t at = 0;
        while (at < *count && regions[at] != region)
            at++;
        const bool is_shown = region != NULL || maker->document->region_count == 0;
        if (is_lost || !is_shown || at < *count || *count == REGIONS_A_P_MAX) continue;
        regions[(*count)++] = region;
    }
    return OK;
}

static outcome cues_of_p(struct maker *maker, const struct ttml_node *p, struct why *why)
{
    const struct ttml_node *regions[REGIONS_A_P_MAX];
    size_t count = 0;
    if (p->begin >= p->end) return OK;
    TRY(gather_regions(maker, p, regions, &count, why));
    for (size_t i = 0; i < count; i++)
        TRY(cues_in_region(maker, p, regions[i], why));
    return OK;
}

static outcome cues_below(struct maker *maker, const struct ttml_node *node, struct why *why)
{
    for (const struct ttml_node *child = node->first; child != NULL; child = child->next) {
        if (child->kind == NODE_P)
            TRY(cues_of_p(maker, child, why));
        else
            TRY(cues_below(maker, child, why)); // depth: TTML_DEPTH_MAX
    }
    return OK;
}

outcome ttml_cues(const struct ttml_document *document, struct cue_builder *builder,
                  struct why *why)
{
    struct maker maker = {
        .document = document,
        .builder = builder,
        .text = buffer_init(TEXT_BYTES_MAX),
        .times = arena_take_array(builder->arena, TTML_SPLITS_MAX, sizeof *maker.times),
    };
    if (maker.times == NULL) return fail(why, NO_MEMORY, "no memory for captions");
    const outcome result = cues_below(&maker, document->body, why);
    buffer_release(&maker.text);
    return result;
}

// SPDX-License-Identifier: Apache-2.0
#include "media/ttml_internal.h"

#include <string.h>

// An element's times relative to its parent's begin, and whether its children follow one another.
struct timing {
    int64_t begin, end; // end TTML_NEVER: as long as the parent
    bool is_seq;
};

bool ttml_is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           strcmp((const char *)node->ns->href, TTML_NS) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

static int64_t later(int64_t at, int64_t by)
{
    return by == TTML_NEVER || at == TTML_NEVER ? TTML_NEVER : at + by;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static outcome read_time(const struct ttml_document *document, const xmlNode *xml, const char *name,
                         int64_t *out, struct why *why)
{
    struct slice text = {NULL, 0};
    struct why fault = {""};
    TRY(ttml_attribute(document, xml, NULL, name, &text, why));
    if (text.at == NULL) return OK;
    const outcome result = ttml_time(document, text, out, &fault);
    if (result == OK) return OK;
    return fail(why, result, "line %d: %s/@%s: %s", (int)xmlGetLineNo(xml), (const char *)xml->name,
                name, fault.text);
}

// begin, dur and end of an element whose reference is `reference` after its parent's begin, as far
// as they are said. `*end` is left alone when they are not.
static outcome read_timing(const struct ttml_document *document, const xmlNode *xml,
                           int64_t reference, struct timing *timing, bool *has_end, struct why *why)
{
    int64_t begin = 0, end = TTML_NEVER, duration = TTML_NEVER;
    struct slice container = {NULL, 0};
    TRY(read_time(document, xml, "begin", &begin, why));
    TRY(read_time(document, xml, "end", &end, why));
    TRY(read_time(document, xml, "dur", &duration, why));
    TRY(ttml_attribute(document, xml, NULL, "timeContainer", &container, why));
    if (container.at != NULL && !slice_is(container, "par") && !slice_is(container, "seq"))
        return fail(why, INVALID, "line %d: timeContainer is par or seq (TTML2 clause 12.2.4)",
                    (int)xmlGetLineNo(xml));
    timing->is_seq = slice_is(container, "seq");
    timing->begin = later(reference, begin);
    *has_end = end != TTML_NEVER || duration != TTML_NEVER;
    if (*has_end) timing->end = least(later(reference, end), later(timing->begin, duration));
    return OK;
}

static outcome new_node(const struct ttml_document *document, struct ttml_node *parent,
                        enum ttml_kind kind, struct ttml_node **out, struct why *why)
{
    struct ttml_node *node = ARENA_NEW(document->arena, struct ttml_node);
    if (node == NULL) return fail(why, NO_MEMORY, "no memory for the captions");
    node->kind = kind;
    node->parent = parent;
    node->end = TTML_NEVER;
    if (parent != NULL) {
        node->keeps_space = parent->keeps_space;
        if (parent->last == NULL)
            parent->first = node;
        else
            parent->last->next = node;
        parent->last = node;
    }
    *out = node;
    return OK;
}

static outcome read_set(struct ttml_document *document, const xmlNode *xml, struct ttml_node *node,
                        int64_t reference, struct timing *timing, struct why *why)
{
    struct ttml_set *set = ARENA_NEW(document->arena, struct ttml_set);
    bool has_end;
    if (set == NULL) return fail(why, NO_MEMORY, "no memory for an animation");
    timing->end = TTML_NEVER;
    TRY(read_timing(document, xml, reference, timing, &has_end, why));
    TRY(ttml_style_read(document, xml, &set->style, why));
    set->begin = timing->begin;
    set->end = timing->end;
    if (node->last_set == NULL)
        node->sets = set;
    else
        node->last_set->next = set;
    node->last_set = set;
    return OK;
}

// Attributes that are not times.
static outcome read_attributes(struct ttml_document *document, const xmlNode *xml,
                               struct ttml_node *node, struct why *why)
{
    const char *const xml_ns = (const char *)XML_XML_NAMESPACE;
    struct slice space = {NULL, 0}, region = {NULL, 0};
    struct ttml_style *style = ARENA_NEW(document->arena, struct ttml_style);
    if (style == NULL) return fail(why, NO_MEMORY, "no memory for a style");
    TRY(ttml_attribute(document, xml, xml_ns, "space", &space, why));
    TRY(ttml_attribute(document, xml, xml_ns, "lang", &node->language, why));
    TRY(ttml_attribute(document, xml, NULL, "region", &region, why));
    if (space.at != NULL) node->keeps_space = slice_is(space, "preserve");
    TRY(ttml_style_of(document, xml, style, why));
    node->style = style;
    if (region.at == NULL || node->kind == NODE_REGION) return OK;
    const struct ttml_name *name = ttml_find(document, slice_trim(region));
    if (name == NULL || name->region == NULL)
        return fail(
            why, INVALID,
            "line %d: region=\"%.*s\" names no region of the document (TTML2 clause 11.2.1)",
            (int)xmlGetLineNo(xml), SLICE_ARG(slice_part(region, 0, 60)));
    node->region = name->region;
    return OK;
}

static outcome refuse_images(const struct ttml_document *document, const xmlNode *xml,
                             struct why *why)
{
    struct slice image = {NULL, 0};
    TRY(ttml_attribute(document, xml, SMPTE_NS, "backgroundImage", &image, why));
    if (image.at == NULL && !ttml_is_element(xml, "image")) return OK;
    return fail(why, UNSUPPORTED,
                "line %d: captions that are pictures (image profile, IMSC 1.1 clause 9) have no "
                "text to convert",
                (int)xmlGetLineNo(xml));
}

static bool may_hold(enum ttml_kind parent, const xmlNode *xml, enum ttml_kind *out)
{
    static const struct {
        const char *name;
        enum ttml_kind kind;
        unsigned parents; // bits of kinds
    } elements[] = {
        {"div", NODE_DIV, 1u << NODE_BODY | 1u << NODE_DIV},
        {"p", NODE_P, 1u << NODE_DIV},
        {"span", NODE_SPAN, 1u << NODE_P | 1u << NODE_SPAN},
        {"br", NODE_BR, 1u << NODE_P | 1u << NODE_SPAN},
    };
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        if (!ttml_is_element(xml, elements[i].name)) continue;
        *out = elements[i].kind;
        return (elements[i].parents >> parent & 1) != 0;
    }
    return false;
}

static outcome read_element(struct ttml_document *document, const xmlNode *xml,
                            struct ttml_node *node, int64_t reference, int depth,
                            struct timing *timing, struct why *why);

// A child of an element: moves the reference of the next one, and the implicit end.
static outcome read_child(struct ttml_document *document, const xmlNode *child,
                          struct ttml_node *node, const struct timing *timing, int depth,
                          int64_t *implicit_end, struct why *why)
{
    const bool is_mixed = node->kind == NODE_P || node->kind == NODE_SPAN;
    const int64_t reference = timing->is_seq ? *implicit_end - timing->begin : 0;
    struct timing inner = {.end = TTML_NEVER};
    struct ttml_node *added = NULL;
    enum ttml_kind kind;
    if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
        // In a seq container text lasts for no time (TTML2 clause 12.4).
        if (!is_mixed || timing->is_seq) return OK;
        TRY(new_node(document, node, NODE_TEXT, &added, why));
        added->text = slice_of((const char *)child->content);
        *implicit_end = TTML_NEVER;
        return OK;
    }
    if (child->type != XML_ELEMENT_NODE) return OK;
    TRY(refuse_images(document, child, why));
    if (timing->is_seq && *implicit_end == TTML_NEVER) return OK; // its brother never ends
    const bool is_set = ttml_is_element(child, "set");
    if (!is_set && !may_hold(node->kind, child, &kind)) {
        if (child->ns == NULL || strcmp((const char *)child->ns->href, TTML_NS) != 0 ||
            ttml_is_element(child, "metadata") || ttml_is_element(child, "style") ||
            ttml_is_element(child, "animate"))
            return OK;
        return fail(why, INVALID, "line %d: %s is not allowed in %s (TTML2 clause 8.1)",
                    (int)xmlGetLineNo(child), (const char *)child->name,
                    (const char *)child->parent->name);
    }
    if (is_set) {
        TRY(read_set(document, child, node, reference, &inner, why));
    } else {
        TRY(new_node(document, node, kind, &added, why));
        TRY(read_element(document, child, added, reference, depth + 1, &inner, why));
    }
    const int64_t end = later(timing->begin, inner.end);
    if (timing->is_seq)
        *implicit_end = end;
    else if (end == TTML_NEVER || *implicit_end == TTML_NEVER)
        *implicit_end = TTML_NEVER;
    else if (end > *implicit_end)
        *implicit_end = end;
    return OK;
}

// Reads an element; its node's times are relative to the parent's begin until they are resolved.
static outcome read_element(struct ttml_document *document, const xmlNode *xml,
                            struct ttml_node *node, int64_t reference, int depth,
                            struct timing *timing, struct why *why)
{
    if (depth > TTML_DEPTH_MAX)
        return fail(why, TOO_LARGE, "line %d: elements nest deeper than %d", (int)xmlGetLineNo(xml),
                    TTML_DEPTH_MAX);
    bool has_end;
    TRY(read_attributes(document, xml, node, why));
    TRY(read_timing(document, xml, reference, timing, &has_end, why));
    const bool is_in_seq = reference != 0;
    int64_t implicit_end = timing->begin;
    if (node->kind == NODE_REGION || (node->kind == NODE_BR && !is_in_seq))
        implicit_end = TTML_NEVER;
    for (const xmlNode *child = xml->children; child != NULL; child = child->next)
        TRY(read_child(document, child, node, timing, depth, &implicit_end, why));
    if (!has_end) timing->end = implicit_end;
    node->begin = timing->begin;
    node->end = timing->end;
    return OK;
}

// From times relative to the parent to absolute ones, within the parent's.
static void resolve_times(struct ttml_node *node, int64_t parent_begin, int64_t parent_end)
{
    node->begin = later(parent_begin, node->begin);
    node->end = least(parent_end, later(parent_begin, node->end));
    for (struct ttml_set *set = node->sets; set != NULL; set = set->next) {
        set->begin = later(node->begin, set->begin);
        set->end = least(node->end, later(node->begin, set->end));
    }
    for (struct ttml_node *child = node->first; child != NULL; child = child->next) {
        if (child->kind == NODE_TEXT) {
            child->begin = node->begin;
            child->end = node->end;
        } else {
            resolve_times(child, node->begin, node->end); // depth: TTML_DEPTH_MAX
        }
    }
}

outcome ttml_region_tree(struct ttml_document *document, const xmlNode *xml,
                         struct ttml_node *region, struct why *why)
{
    struct timing timing = {.end = TTML_NEVER};
    TRY(refuse_images(document, xml, why));
    TRY(read_element(document, xml, region, 0, 1, &timing, why));
    resolve_times(region, 0, TTML_NEVER);
    return OK;
}

outcome ttml_body_tree(struct ttml_document *document, const xmlNode *xml, struct why *why)
{
    struct timing timing = {.end = TTML_NEVER};
    struct slice space = {NULL, 0};
    TRY(new_node(document, NULL, NODE_BODY, &document->body, why));
    TRY(ttml_attribute(document, document->root, (const char *)XML_XML_NAMESPACE, "space", &space,
                       why));
    document->body->keeps_space = slice_is(space, "preserve");
    TRY(read_element(document, xml, document->body, 0, 1, &timing, why));
    resolve_times(document->body, 0, TTML_NEVER);
    return OK;
}

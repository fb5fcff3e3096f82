// SPDX-License-Identifier: Apache-2.0
#include "media/ttml.h"

#include "media/ttml_internal.h"

#include <string.h>

enum { CELLS_MAX = 10000, PIXELS_MAX = 100000 };

// Passes over a byte order mark, white space, the XML declaration, comments and instructions.
static struct slice skip_prologue(struct slice text)
{
    if (slice_starts(text, "\xef\xbb\xbf")) text = slice_part(text, 3, text.len);
    for (;;) {
        text = slice_trim(text);
        const char *end = slice_starts(text, "<!--") ? "-->"
                          : slice_starts(text, "<?") ? "?>"
                                                     : NULL;
        if (end == NULL) return text;
        const uint8_t *found = memmem(text.at, text.len, end, strlen(end));
        if (found == NULL) return (struct slice){NULL, 0};
        text = slice_part(text, (size_t)(found - text.at) + strlen(end), text.len);
    }
}

bool ttml_is(struct slice text)
{
    struct slice rest = skip_prologue(text);
    if (!slice_starts(rest, "<") || rest.len < 3) return false;
    rest = slice_part(rest, 1, rest.len);
    size_t len = 0;
    while (len < rest.len && rest.at[len] > ' ' && rest.at[len] != '>' && rest.at[len] != '/')
        len++;
    const struct slice name = slice_part(rest, 0, len);
    return slice_is(name, "tt") || slice_ends(name, ":tt");
}

// --- the parameters of tt --------------------------------------------------------------------

static outcome read_cells(struct ttml_document *document, struct why *why)
{
    struct slice text = {NULL, 0};
    uint32_t cells[2] = {32, 15};
    TRY(ttml_attribute(document, document->root, TTP_NS, "cellResolution", &text, why));
    if (text.at != NULL && !ttml_whole_pair(text, CELLS_MAX, cells))
        return fail(why, INVALID,
                    "ttp:cellResolution=\"%.*s\" is no pair of whole numbers, \"32 15\" (TTML2 "
                    "clause 7.2.1)",
                    SLICE_ARG(slice_part(text, 0, 40)));
    document->columns = cells[0];
    document->rows = cells[1];
    return OK;
}

static outcome read_pixels(struct ttml_document *document, struct why *why)
{
    struct slice text = {NULL, 0};
    struct ttml_length extent[2];
    TRY(ttml_attribute(document, document->root, TTS_NS, "extent", &text, why));
    if (text.at == NULL || slice_is(slice_trim(text), "auto")) return OK;
    const bool is_pair = ttml_lengths(text, extent);
    for (int axis = 0; axis < 2; axis++)
        if (!is_pair || extent[axis].unit != UNIT_PIXEL || extent[axis].thousandths <= 0 ||
            extent[axis].thousandths > PIXELS_MAX * 1000)
            return fail(why, INVALID,
                        "tt/@tts:extent=\"%.*s\" is no size in pixels, \"1920px 1080px\" (IMSC "
                        "1.1 clause 7.12.6)",
                        SLICE_ARG(slice_part(text, 0, 40)));
    document->pixel_width = (uint32_t)(extent[0].thousandths / 1000);
    document->pixel_height = (uint32_t)(extent[1].thousandths / 1000);
    return OK;
}

// "16 9": the two ways of saying the picture's shape, of which a document may use one.
static outcome check_aspect(const struct ttml_document *document, struct why *why)
{
    static const struct {
        const char *ns, *name, *clause;
    } ratios[] = {
        {ITTP_NS, "aspectRatio", "7.8.1"},
        {TTP_NS, "displayAspectRatio", "7.12.5"},
    };
    uint32_t pair[2];
    int found = 0;
    for (size_t i = 0; i < 2; i++) {
        struct slice text = {NULL, 0};
        TRY(ttml_attribute(document, document->root, ratios[i].ns, ratios[i].name, &text, why));
        if (text.at == NULL) continue;
        found++;
        if (!ttml_whole_pair(text, PIXELS_MAX, pair))
            return fail(why, INVALID,
                        "%s=\"%.*s\" is no pair of whole numbers, \"16 9\" (IMSC 1.1 clause %s)",
                        ratios[i].name, SLICE_ARG(slice_part(text, 0, 40)), ratios[i].clause);
    }
    if (found == 2)
        return fail(why, INVALID,
                    "ittp:aspectRatio and ttp:displayAspectRatio are both given (IMSC 1.1 clause "
                    "7.12.5)");
    return OK;
}

static outcome check_profile(const struct ttml_document *document, struct why *why)
{
    struct slice profile = {NULL, 0};
    TRY(ttml_attribute(document, document->root, TTP_NS, "profile", &profile, why));
    if (profile.at == NULL)
        TRY(ttml_attribute(document, document->root, TTP_NS, "contentProfiles", &profile, why));
    if (profile.len > 0 && memmem(profile.at, profile.len, "/image", 6) != NULL)
        return fail(why, UNSUPPORTED,
                    "this is an image profile document (IMSC 1.1 clause 9): its captions are "
                    "pictures and have no text to convert");
    return OK;
}

static outcome read_parameters(struct ttml_document *document, struct why *why)
{
    TRY(check_profile(document, why));
    TRY(check_aspect(document, why));
    TRY(read_cells(document, why));
    TRY(read_pixels(document, why));
    TRY(ttml_attribute(document, document->root, (const char *)XML_XML_NAMESPACE, "lang",
                       &document->language, why));
    return ttml_clock(document, why);
}

// --- the document ----------------------------------------------------------------------------

static outcome read_document(struct ttml_document *document, struct cue_builder *builder,
                             struct why *why)
{
    const xmlNode *head = NULL, *body = NULL;
    if (!ttml_is_element(document->root, "tt"))
        return fail(why, INVALID,
                    "the first element is not tt of the namespace " TTML_NS
                    " (TTML2 clauses 5.1 and 8.1.1)");
    TRY(read_parameters(document, why));
    for (const xmlNode *node = document->root->children; node != NULL; node = node->next) {
        if (ttml_is_element(node, "head") && head == NULL && body == NULL)
            head = node;
        else if (ttml_is_element(node, "body") && body == NULL)
            body = node;
        else if (ttml_is_element(node, "head") || ttml_is_element(node, "body"))
            return fail(why, INVALID,
                        "line %d: tt holds one head and then one body (TTML2 clause "
                        "8.1.1)",
                        (int)xmlGetLineNo(node));
    }
    if (head != NULL) TRY(ttml_head(document, head, why));
    if (body == NULL) return OK;
    TRY(ttml_body_tree(document, body, why));
    if ((*document->used >> PROP_ORIGIN & *document->used >> PROP_POSITION & 1) != 0)
        return fail(why, INVALID,
                    "tts:origin and tts:position stand in one document (IMSC 1.1 clauses 8.4.7 and "
                    "8.4.8)");
    return ttml_cues(document, builder, why);
}

static outcome read_open(struct arena *arena, const struct xml_document *xml, struct cue_list *out,
                         struct why *why)
{
    struct cue_builder builder = {.arena = arena};
    uint32_t used = 0;
    struct ttml_document document = {.arena = arena, .root = xml_root(xml), .used = &used};
    TRY(read_document(&document, &builder, why));
    TRY(cues_finish(&builder, out, why));
    const char *language = arena_copy(arena, document.language);
    if (language == NULL) return fail(why, NO_MEMORY, "no memory for captions");
    out->language = (struct slice){(const uint8_t *)language, document.language.len};
    return OK;
}

outcome ttml_parse(struct arena *arena, struct slice text, struct cue_list *out, struct why *why)
{
    struct why fault = {""};
    struct xml_document *xml = NULL;
    TRY(caption_text_check(&text, why));
    const outcome opened = xml_open(text, &xml, &fault);
    if (opened == INVALID)
        return fail(why, INVALID, "%s (IMSC 1.1 clause 7.1: well-formed XML)", fault.text);
    if (opened != OK) return fail(why, opened, "%s", fault.text);
    const outcome result = read_open(arena, xml, out, why);
    xml_close(&xml);
    return result;
}

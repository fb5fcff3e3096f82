// SPDX-License-Identifier: Apache-2.0
#include "media/cue_class.h"

#include <stdio.h>
#include <string.h>

enum { CLASS_BYTES = 24 };

// The colours that every WebVTT player knows by name.
static const struct {
    const char *name;
    uint32_t colour;
} named[] = {
    {"white", 0xffffffff},  {"lime", 0x00ff00ff},    {"cyan", 0x00ffffff}, {"red", 0xff0000ff},
    {"yellow", 0xffff00ff}, {"magenta", 0xff00ffff}, {"blue", 0x0000ffff}, {"black", 0x000000ff},
};

bool cue_style_equal(const struct cue_style *a, const struct cue_style *b)
{
    return a->colour == b->colour && a->background == b->background &&
           a->size_percent == b->size_percent && a->is_bold == b->is_bold &&
           a->is_italic == b->is_italic && a->is_underlined == b->is_underlined;
}

static bool read_hex(struct slice digits, uint32_t *out)
{
    uint8_t bytes[4] = {0, 0, 0, 255};
    if (digits.len != 6 && digits.len != 8) return false;
    if (slice_hex(digits, bytes, digits.len / 2, NULL) != OK) return false;
    *out = read_u32be(bytes);
    return true;
}

static bool read_named(struct slice name, uint32_t *out)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (!slice_is(name, named[i].name)) continue;
        *out = named[i].colour;
        return true;
    }
    return false;
}

bool cue_class_apply(struct slice name, struct cue_style *style)
{
    uint64_t percent = 0;
    if (slice_starts(name, "bg_")) {
        const struct slice rest = slice_part(name, 3, name.len);
        return read_named(rest, &style->background) || read_hex(rest, &style->background);
    }
    if (slice_starts(name, "fg_")) return read_hex(slice_part(name, 3, name.len), &style->colour);
    if (slice_starts(name, "size_")) {
        if (slice_u64(slice_part(name, 5, name.len), 1000, &percent, NULL) != OK) return false;
        style->size_percent = (uint16_t)percent;
        return true;
    }
    return read_named(name, &style->colour);
}

// --- the STYLE block -------------------------------------------------------------------------

static size_t class_length(struct slice text)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != '.' && text.at[len] != '>' && text.at[len] != ' ' &&
           text.at[len] != '\n')
        len++;
    return len;
}

static outcome define(struct slice name, size_t from, struct buffer *out, struct why *why)
{
    struct cue_style style = {0};
    uint32_t ignored;
    const bool is_background = slice_starts(name, "bg_");
    const bool is_known =
        read_named(is_background ? slice_part(name, 3, name.len) : name, &ignored);
    if (is_known || name.len >= CLASS_BYTES || !cue_class_apply(name, &style)) return OK;
    char selector[CLASS_BYTES + 16];
    const int len = snprintf(selector, sizeof selector, "::cue(.%.*s)", SLICE_ARG(name));
    if (memmem(out->at + from, out->len - from, selector, (size_t)len) != NULL) return OK;
    TRY(buffer_format(out, why, "STYLE\n%s { ", selector));
    if (style.size_percent != 0)
        return buffer_format(out, why, "font-size: %u%% }\n\n", style.size_percent);
    return buffer_format(out, why, "%s: #%08x }\n\n", is_background ? "background-color" : "color",
                         is_background ? style.background : style.colour);
}

outcome cue_class_define(struct slice text, size_t from, struct buffer *out, struct why *why)
{
    const uint8_t *at = text.at;
    size_t left = text.len;
    for (;;) {
        const uint8_t *tag = left == 0 ? NULL : memmem(at, left, "<c.", 3);
        if (tag == NULL) return OK;
        struct slice rest = {tag + 3, left - (size_t)(tag - at) - 3};
        for (;;) {
            const size_t len = class_length(rest);
            TRY(define(slice_part(rest, 0, len), from, out, why));
            const bool is_more = len < rest.len && rest.at[len] == '.';
            rest = slice_part(rest, len + 1, rest.len);
            if (!is_more) break;
        }
        at = rest.at;
        left = rest.len;
    }
}

// --- the writer ------------------------------------------------------------------------------

struct cue_writer cue_writer_init(struct buffer *out)
{
    return (struct cue_writer){.out = out, .from = out->len, .is_line_empty = true};
}

static outcome put_colour(struct buffer *out, const char *kind, uint32_t colour, struct why *why)
{
    const char *prefix = strcmp(kind, "fg_") == 0 ? "" : kind;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (named[i].colour == colour)
            return buffer_format(out, why, ".%s%s", prefix, named[i].name);
    if ((colour & 0xff) == 0xff) return buffer_format(out, why, ".%s%06x", kind, colour >> 8);
    return buffer_format(out, why, ".%s%08x", kind, colour);
}

static bool has_class(const struct cue_style *style)
{
    return style->colour != 0 || (style->background & 0xff) != 0 ||
           (style->size_percent != 0 && style->size_percent != 100);
}

static outcome open_run(struct cue_writer *writer, const struct cue_style *style, struct why *why)
{
    struct buffer *out = writer->out;
    writer->style = *style;
    writer->is_open = true;
    if (has_class(style)) {
        TRY(buffer_put_text(out, "<c", why));
        if (style->colour != 0) TRY(put_colour(out, "fg_", style->colour, why));
        if ((style->background & 0xff) != 0) TRY(put_colour(out, "bg_", style->background, why));
        if (style->size_percent != 0 && style->size_percent != 100)
            TRY(buffer_format(out, why, ".size_%u", style->size_percent));
        TRY(buffer_put_u8(out, '>', why));
    }
    if (style->is_bold) TRY(buffer_put_text(out, "<b>", why));
    if (style->is_italic) TRY(buffer_put_text(out, "<i>", why));
    return style->is_underlined ? buffer_put_text(out, "<u>", why) : OK;
}

static outcome close_run(struct cue_writer *writer, struct why *why)
{
    struct buffer *out = writer->out;
    const struct cue_style *style = &writer->style;
    if (!writer->is_open) return OK;
    writer->is_open = false;
    if (style->is_underlined) TRY(buffer_put_text(out, "</u>", why));
    if (style->is_italic) TRY(buffer_put_text(out, "</i>", why));
    if (style->is_bold) TRY(buffer_put_text(out, "</b>", why));
    return has_class(style) ? buffer_put_text(out, "</c>", why) : OK;
}

// Before any byte of a run: the line break that was owed, and the run's tags.
static outcome prepare(struct cue_writer *writer, const struct cue_style *style, struct why *why)
{
    const bool is_same = writer->is_open && cue_style_equal(&writer->style, style);
    if (!is_same) TRY(close_run(writer, why));
    if (writer->wants_line) {
        writer->wants_line = false;
        TRY(buffer_put_u8(writer->out, '\n', why));
    }
    return is_same ? OK : open_run(writer, style, why);
}

static void owe_space(struct cue_writer *writer, const struct cue_style *style,
                      enum cue_space space)
{
    if (space == SPACE_COLLAPSE && (writer->is_line_empty || writer->spaces > 0)) return;
    if (writer->spaces++ == 0) writer->space_style = *style;
}

static outcome pay_spaces(struct cue_writer *writer, struct why *why)
{
    if (writer->spaces == 0) return OK;
    TRY(prepare(writer, &writer->space_style, why));
    for (; writer->spaces > 0; writer->spaces--)
        TRY(buffer_put_u8(writer->out, ' ', why));
    return OK;
}

static outcome put_byte(struct buffer *out, uint8_t byte, struct why *why)
{
    switch (byte) {
    case '&': return buffer_put_text(out, "&amp;", why);
    case '<': return buffer_put_text(out, "&lt;", why);
    case '>': return buffer_put_text(out, "&gt;", why);
    default: return buffer_put_u8(out, byte, why);
    }
}

static bool is_plain(uint8_t byte)
{
    return byte > ' ' && byte != '&' && byte != '<' && byte != '>';
}

outcome cue_writer_text(struct cue_writer *writer, const struct cue_style *style, struct slice text,
                        enum cue_space space, struct why *why)
{
    for (size_t i = 0; i < text.len;) {
        const uint8_t byte = text.at[i];
        if (byte <= ' ') {
            i++;
            if (byte == '\n' && space == SPACE_PRESERVE)
                TRY(cue_writer_break(writer, why));
            else if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
                owe_space(writer, style, space);
            continue;
        }
        TRY(pay_spaces(writer, why));
        TRY(prepare(writer, style, why));
        writer->has_text = true;
        writer->is_line_empty = false;
        size_t end = i;
        while (end < text.len && is_plain(text.at[end]))
            end++;
        if (end == i)
            TRY(put_byte(writer->out, text.at[i++], why));
        else
            TRY(buffer_put(writer->out, slice_part(text, i, end - i), why));
        if (end > i) i = end;
    }
    return OK;
}

outcome cue_writer_break(struct cue_writer *writer, struct why *why)
{
    writer->spaces = 0;
    writer->is_line_empty = true;
    if (!writer->has_text || writer->wants_line) return OK;
    writer->wants_line = true;
    return OK;
}

outcome cue_writer_tag(struct cue_writer *writer, const char *tag, struct why *why)
{
    if (!writer->is_line_empty) TRY(pay_spaces(writer, why));
    TRY(close_run(writer, why));
    if (writer->wants_line) {
        writer->wants_line = false;
        TRY(buffer_put_u8(writer->out, '\n', why));
    }
    return buffer_put_text(writer->out, tag, why);
}

outcome cue_writer_finish(struct cue_writer *writer, struct why *why)
{
    TRY(close_run(writer, why));
    if (!writer->has_text) writer->out->len = writer->from;
    return OK;
}

// SPDX-License-Identifier: Apache-2.0
#include "media/cue_place.h"

#include <string.h>

enum {
    LINE_HEIGHT = 533, // of a line in a player's default font: 5.33 vh
};

bool cue_place_equal(const struct cue_place *a, const struct cue_place *b)
{
    return a->is_given == b->is_given && a->x == b->x && a->y == b->y && a->width == b->width &&
           a->height == b->height && a->align == b->align && a->anchor == b->anchor &&
           a->writing == b->writing && a->font_height == b->font_height &&
           a->box_colour == b->box_colour;
}

// " line:12.5%": as few digits as say it.
static outcome put_percent(struct buffer *out, const char *name, uint32_t hundredths,
                           struct why *why)
{
    TRY(buffer_format(out, why, " %s:%u", name, hundredths / 100));
    const uint32_t rest = hundredths % 100;
    if (rest % 10 != 0) return buffer_format(out, why, ".%02u%%", rest);
    if (rest != 0) return buffer_format(out, why, ".%u%%", rest / 10);
    return buffer_put_u8(out, '%', why);
}

// Across the lines' direction: the edge that the anchor names.
static outcome put_line(const struct cue_place *place, struct buffer *out, struct why *why)
{
    const bool is_horizontal = place->writing == WRITING_HORIZONTAL;
    const uint32_t from = is_horizontal ? place->y : place->x;
    const uint32_t size = is_horizontal ? place->height : place->width;
    switch (place->anchor) {
    case ANCHOR_TOP: return put_percent(out, "line", from, why);
    case ANCHOR_MIDDLE:
        TRY(put_percent(out, "line", from + size / 2, why));
        return buffer_put_text(out, ",center", why);
    case ANCHOR_BOTTOM: break;
    }
    TRY(put_percent(out, "line", from + size, why));
    return buffer_put_text(out, ",end", why);
}

outcome cue_place_format(const struct cue_place *place, struct buffer *out, struct why *why)
{
    static const char *const aligns[] = {"", " align:start", " align:end", " align:left",
                                         " align:right"};
    static const char *const writings[] = {"", " vertical:rl", " vertical:lr"};
    if (!place->is_given) return OK;
    const bool is_horizontal = place->writing == WRITING_HORIZONTAL;
    const uint32_t from = is_horizontal ? place->x : place->y;
    const uint32_t size = is_horizontal ? place->width : place->height;
    const bool is_whole = from == 0 && size == PLACE_WHOLE;
    uint32_t position = from;
    if (place->align == ALIGN_CENTER) position = from + size / 2;
    if (place->align == ALIGN_END || place->align == ALIGN_RIGHT) position = from + size;
    TRY(buffer_put_text(out, writings[place->writing], why));
    TRY(put_line(place, out, why));
    if (!is_whole && !(place->align == ALIGN_CENTER && position == PLACE_WHOLE / 2))
        TRY(put_percent(out, "position", position, why));
    if (size != PLACE_WHOLE) TRY(put_percent(out, "size", size, why));
    return buffer_put_text(out, aligns[place->align], why);
}

// --- the reverse -----------------------------------------------------------------------------

struct settings {
    int32_t line; // hundredths of a percent, or a number of lines
    bool has_line, is_line_number;
    enum cue_anchor anchor;
    int32_t position; // -1: not said
    int32_t size;
    enum cue_align align;
    enum cue_writing writing;
};

// "12.5%", "-3": hundredths, and whether a '%' followed. false when it is no number.
static bool read_number(struct slice text, int32_t *out, bool *is_percent)
{
    bool is_negative = false;
    int64_t value = 0;
    int64_t scale = 0; // of the next fraction digit, 0 before the point
    size_t at = 0;
    if (text.len > 0 && text.at[0] == '-') {
        is_negative = true;
        at++;
    }
    const size_t first = at;
    for (; at < text.len && at < first + 9; at++) {
        const uint8_t byte = text.at[at];
        if (byte == '.' && scale == 0)
            scale = 10;
        else if (byte < '0' || byte > '9')
            break;
        else if (scale == 0)
            value = value * 10 + (byte - '0') * 100;
        else {
            value += (byte - '0') * scale;
            scale = scale == 10 ? 1 : 0;
            if (scale == 0) scale = -1;
        }
        if (scale == -1) { // further digits say nothing
            at++;
            while (at < text.len && text.at[at] >= '0' && text.at[at] <= '9')
                at++;
            break;
        }
    }
    if (at == first || value > 100 * PLACE_WHOLE) return false;
    *is_percent = at < text.len && text.at[at] == '%';
    if (at + (*is_percent ? 1 : 0) != text.len) return false;
    *out = (int32_t)(is_negative ? -value : value);
    return true;
}

static void read_line(struct slice value, struct settings *settings)
{
    struct slice number;
    struct slice rest = value;
    bool is_percent = false;
    int32_t line;
    if (!slice_cut(&rest, ',', &number) || !read_number(number, &line, &is_percent)) return;
    settings->has_line = true;
    settings->is_line_number = !is_percent;
    settings->line = is_percent ? line : line / 100;
    settings->anchor = slice_is(rest, "end")      ? ANCHOR_BOTTOM
                       : slice_is(rest, "center") ? ANCHOR_MIDDLE
                                                  : ANCHOR_TOP;
}

static void read_percent(struct slice value, int32_t *out)
{
    struct slice number;
    bool is_percent = false;
    int32_t read;
    if (slice_cut(&value, ',', &number) && read_number(number, &read, &is_percent) && is_percent &&
        read >= 0 && read <= PLACE_WHOLE)
        *out = read;
}

static void read_align(struct slice value, struct settings *settings)
{
    static const char *const words[] = {"center", "start", "end", "left", "right"};
    for (int i = 0; i < 5; i++)
        if (slice_is(value, words[i])) settings->align = (enum cue_align)i;
}

static void read_setting(struct slice word, struct settings *settings)
{
    struct slice name;
    if (!slice_cut(&word, ':', &name)) return;
    if (slice_is(name, "line")) read_line(word, settings);
    if (slice_is(name, "position")) read_percent(word, &settings->position);
    if (slice_is(name, "size")) read_percent(word, &settings->size);
    if (slice_is(name, "align")) read_align(word, settings);
    if (slice_is(name, "vertical"))
        settings->writing = slice_is(word, "rl")   ? WRITING_VERTICAL_RL
                            : slice_is(word, "lr") ? WRITING_VERTICAL_LR
                                                   : WRITING_HORIZONTAL;
}

static uint16_t clamp(int32_t value)
{
    return (uint16_t)(value < 0 ? 0 : value > PLACE_WHOLE ? PLACE_WHOLE : value);
}

// Along the lines: from where, how long. Centred text takes the room that is left on its tighter
// side, twice.
static void span_along(const struct settings *settings, int32_t *from, int32_t *size)
{
    const enum cue_align align = settings->align;
    const bool is_start = align == ALIGN_START || align == ALIGN_LEFT;
    int32_t position = settings->position;
    if (position < 0) position = is_start ? 0 : align == ALIGN_CENTER ? 5000 : PLACE_WHOLE;
    int32_t room = is_start ? PLACE_WHOLE - position : position;
    if (align == ALIGN_CENTER)
        room = 2 * (position < PLACE_WHOLE - position ? position : PLACE_WHOLE - position);
    *size = settings->size < room ? settings->size : room;
    *from = is_start ? position : align == ALIGN_CENTER ? position - *size / 2 : position - *size;
}

// Across them: the box reaches from the edge that is said to the far side of the picture.
static void span_across(struct settings *settings, int32_t *from, int32_t *to)
{
    int32_t line = settings->line;
    if (settings->is_line_number) {
        settings->anchor = line < 0 ? ANCHOR_BOTTOM : ANCHOR_TOP;
        line = line < 0 ? PLACE_WHOLE + (line + 1) * LINE_HEIGHT : line * LINE_HEIGHT;
    }
    line = clamp(line);
    *from = 0;
    *to = PLACE_WHOLE;
    if (settings->anchor == ANCHOR_TOP) *from = line;
    if (settings->anchor == ANCHOR_BOTTOM) *to = line;
    if (settings->anchor != ANCHOR_MIDDLE) return;
    const int32_t half = line < PLACE_WHOLE - line ? line : PLACE_WHOLE - line;
    *from = line - half;
    *to = line + half;
}

struct cue_place cue_place_of_settings(struct slice text)
{
    struct settings settings = {.position = -1, .size = PLACE_WHOLE};
    struct slice word;
    while (slice_cut(&text, ' ', &word))
        read_setting(slice_trim(word), &settings);
    const bool is_default = !settings.has_line && settings.position < 0 &&
                            settings.size == PLACE_WHOLE && settings.align == ALIGN_CENTER &&
                            settings.writing == WRITING_HORIZONTAL;
    if (is_default) return (struct cue_place){.is_given = false};
    int32_t from, size, near, far;
    if (!settings.has_line) {
        settings.line = -1;
        settings.is_line_number = true;
    }
    span_along(&settings, &from, &size);
    span_across(&settings, &near, &far);
    const bool is_horizontal = settings.writing == WRITING_HORIZONTAL;
    return (struct cue_place){
        .is_given = true,
        .x = clamp(is_horizontal ? from : near),
        .y = clamp(is_horizontal ? near : from),
        .width = clamp(is_horizontal ? size : far - near),
        .height = clamp(is_horizontal ? far - near : size),
        .align = settings.align,
        .anchor = settings.anchor,
        .writing = settings.writing,
    };
}

// SPDX-License-Identifier: Apache-2.0
#include "media/cue_text.h"

#include <assert.h>
#include <string.h>

enum {
    NEST_MAX = 16, // open tags at once; people nest three
    HOUR_MS = 3600000,
    MINUTE_MS = 60000,
    SECOND_MS = 1000,
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

bool has_arrow(struct slice line)
{
    return line.len >= 3 && memmem(line.at, line.len, "-->", 3) != NULL;
}

// Up to `digits_max` digits off the front of `*rest`; the count of digits.
static size_t take_digits(struct slice *rest, size_t digits_max, int64_t *value)
{
    size_t count = 0;
    *value = 0;
    while (count < digits_max && count < rest->len && is_digit(rest->at[count]))
        *value = *value * 10 + (rest->at[count++] - '0');
    *rest = slice_part(*rest, count, rest->len);
    return count;
}

static int64_t take_fraction_ms(struct slice *rest)
{
    static const int64_t scale[] = {0, 100, 10, 1};
    if (rest->len == 0 || (rest->at[0] != '.' && rest->at[0] != ',')) return 0;
    *rest = slice_part(*rest, 1, rest->len);
    int64_t value;
    const size_t digits = take_digits(rest, 3, &value);
    return value * scale[digits];
}

outcome cue_time_parse(struct slice *rest, int64_t *out_ms, struct why *why)
{
    struct slice at = *rest;
    int64_t parts[3] = {0, 0, 0};
    size_t count = 0;
    for (;;) {
        if (take_digits(&at, count == 0 ? 4 : 2, &parts[count]) == 0)
            return fail(why, INVALID,
                        "\"%.*s\" is no time: write hours:minutes:seconds.thousandths",
                        SLICE_ARG(slice_part(*rest, 0, 20)));
        count++;
        if (count == 3 || at.len == 0 || at.at[0] != ':') break;
        at = slice_part(at, 1, at.len);
    }
    const int64_t hours = count == 3 ? parts[0] : 0;
    const int64_t minutes = count == 3 ? parts[1] : parts[0];
    const int64_t seconds = count == 3 ? parts[2] : parts[1];
    if (count < 2)
        return fail(why, INVALID, "\"%.*s\" is no time: write hours:minutes:seconds.thousandths",
                    SLICE_ARG(slice_part(*rest, 0, 20)));
    if (minutes > 59 || seconds > 59)
        return fail(why, INVALID, "minutes and seconds of \"%.*s\" end at 59",
                    SLICE_ARG(slice_part(*rest, 0, 20)));
    const int64_t ms =
        hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + take_fraction_ms(&at);
    if (ms > CUE_MS_MAX || (at.len > 0 && is_digit(at.at[0])))
        return fail(why, INVALID, "\"%.*s\" is no time of a film",
                    SLICE_ARG(slice_part(*rest, 0, 20)));
    *rest = at;
    *out_ms = ms;
    return OK;
}

outcome cue_timing_parse(struct slice line, int64_t *start_ms, int64_t *end_ms, struct slice *rest,
                         struct why *why)
{
    int64_t start;
    int64_t end;
    struct slice at = slice_trim(line);
    TRY(cue_time_parse(&at, &start, why));
    at = slice_trim(at);
    if (!slice_starts(at, "-->"))
        return fail(why, INVALID, "there is no \"-->\" behind the start time");
    at = slice_trim(slice_part(at, 3, at.len));
    TRY(cue_time_parse(&at, &end, why));
    if (at.len > 0 && at.at[0] != ' ' && at.at[0] != '\t')
        return fail(why, INVALID, "\"%.*s\" stands behind the end time without a space",
                    SLICE_ARG(slice_part(at, 0, 20)));
    if (end <= start)
        return fail(why, INVALID, "the cue ends %lld ms before it has begun",
                    (long long)(start - end));
    *start_ms = start;
    *end_ms = end;
    *rest = slice_trim(at);
    return OK;
}

outcome cue_time_format(int64_t ms, struct buffer *out, struct why *why)
{
    assert(ms >= 0);
    return buffer_format(out, why, "%02lld:%02lld:%02lld.%03lld", (long long)(ms / HOUR_MS),
                         (long long)(ms / MINUTE_MS % 60), (long long)(ms / SECOND_MS % 60),
                         (long long)(ms % SECOND_MS));
}

// The tags of WebVTT; `annotation`: text behind the name means something.
static const struct tag {
    const char *name;
    bool has_annotation;
} tags[] = {
    {"b", false},  {"c", false},    {"i", false}, {"lang", true},
    {"rt", false}, {"ruby", false}, {"u", false}, {"v", true},
};

static const struct tag *find_tag(struct slice name)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (slice_is_nocase(name, tags[i].name)) return &tags[i];
    return NULL;
}

struct cleaner {
    struct buffer *out;
    size_t from; // where this cue's text starts in `out`
    const struct tag *open[NEST_MAX];
    size_t depth;
    int64_t shift_ms;
};

// Closes open tags down to `depth`.
static outcome close_to(struct cleaner *cleaner, size_t depth, struct why *why)
{
    while (cleaner->depth > depth)
        TRY(buffer_format(cleaner->out, why, "</%s>", cleaner->open[--cleaner->depth]->name));
    return OK;
}

static outcome put_end_tag(struct cleaner *cleaner, struct slice name, struct why *why)
{
    for (size_t i = cleaner->depth; i-- > 0;)
        if (slice_is_nocase(name, cleaner->open[i]->name)) return close_to(cleaner, i, why);
    return OK; // ends nothing: goes
}

// Escapes: '&' that starts no reference, '<', and '>' (so that no arrow can arise).
static outcome put_text(struct buffer *out, struct slice text, struct why *why)
{
    static const char *const references[] = {"&amp;", "&lt;", "&gt;", "&lrm;", "&rlm;", "&nbsp;"};
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.at[i];
        bool is_reference = false;
        for (size_t r = 0; byte == '&' && r < sizeof references / sizeof references[0]; r++)
            is_reference =
                is_reference || slice_starts(slice_part(text, i, text.len), references[r]);
        if (byte == '\n') // inside an annotation
            TRY(buffer_put_u8(out, ' ', why));
        else if (byte == '<')
            TRY(buffer_put_text(out, "&lt;", why));
        else if (byte == '>')
            TRY(buffer_put_text(out, "&gt;", why));
        else if (byte == '&' && !is_reference)
            TRY(buffer_put_text(out, "&amp;", why));
        else
            TRY(buffer_put_u8(out, byte, why));
    }
    return OK;
}

static bool is_class_byte(uint8_t byte)
{
    return is_letter(byte) || is_digit(byte) || byte == '-' || byte == '_' || byte == '.' ||
           byte >= 0x80;
}

static outcome put_start_tag(struct cleaner *cleaner, const struct tag *tag, struct slice classes,
                             struct slice annotation, struct why *why)
{
    if (cleaner->depth == NEST_MAX) return OK;
    TRY(buffer_format(cleaner->out, why, "<%s", tag->name));
    if (classes.len > 1)
        for (size_t i = 0; i < classes.len; i++)
            if (is_class_byte(classes.at[i])) TRY(buffer_put_u8(cleaner->out, classes.at[i], why));
    if (tag->has_annotation && annotation.len > 0) {
        TRY(buffer_put_u8(cleaner->out, ' ', why));
        TRY(put_text(cleaner->out, annotation, why));
    }
    cleaner->open[cleaner->depth++] = tag;
    return buffer_put_u8(cleaner->out, '>', why);
}

static outcome put_timestamp(struct cleaner *cleaner, struct slice inside, struct why *why)
{
    int64_t ms;
    if (cue_time_parse(&inside, &ms, NULL) != OK || inside.len > 0) return OK;
    ms += cleaner->shift_ms;
    if (ms < 0) return OK;
    TRY(buffer_put_u8(cleaner->out, '<', why));
    TRY(cue_time_format(ms, cleaner->out, why));
    return buffer_put_u8(cleaner->out, '>', why);
}

static size_t name_length(struct slice inside)
{
    size_t len = 0;
    while (len < inside.len && inside.at[len] != '.' && inside.at[len] != ' ' &&
           inside.at[len] != '\t' && inside.at[len] != '\n')
        len++;
    return len;
}

// Text up to the next markup. What markup leaves behind may be empty lines; they would end the cue.
static outcome put_lines(struct cleaner *cleaner, struct slice text, struct why *why)
{
    const struct buffer *out = cleaner->out;
    struct slice line;
    bool is_first = true;
    while (slice_cut(&text, '\n', &line)) {
        if (!is_first && out->len > cleaner->from && out->at[out->len - 1] != '\n')
            TRY(buffer_put_u8(cleaner->out, '\n', why));
        TRY(put_text(cleaner->out, line, why));
        is_first = false;
    }
    return OK;
}

// What stands between '<' and '>'.
static outcome put_tag(struct cleaner *cleaner, struct slice inside, struct why *why)
{
    if (inside.len > 0 && is_digit(inside.at[0])) return put_timestamp(cleaner, inside, why);
    if (inside.len > 0 && inside.at[0] == '/')
        return put_end_tag(cleaner, slice_trim(slice_part(inside, 1, inside.len)), why);
    const size_t name_len = name_length(inside);
    const struct tag *tag = find_tag(slice_part(inside, 0, name_len));
    if (tag == NULL) return OK;
    struct slice classes = slice_part(inside, name_len, inside.len);
    size_t class_len = 0;
    while (class_len < classes.len && classes.at[class_len] != ' ' &&
           classes.at[class_len] != '\t' && classes.at[class_len] != '\n')
        class_len++;
    const struct slice annotation = slice_trim(slice_part(classes, class_len, classes.len));
    return put_start_tag(cleaner, tag, slice_part(classes, 0, class_len), annotation, why);
}

// Length of the markup at the front of `text`: "<...>", "{\...}", or 0 when it is plain text.
static size_t markup_length(struct slice text)
{
    const bool is_brace = slice_starts(text, "{\\");
    if (!is_brace && text.at[0] != '<') return 0;
    if (!is_brace &&
        (text.len < 2 || (!is_letter(text.at[1]) && !is_digit(text.at[1]) && text.at[1] != '/')))
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] == (is_brace ? '}' : '>')) return i + 1;
        if (!is_brace && text.at[i] == '<') return 0;
    }
    return 0;
}

static outcome clean(struct cleaner *cleaner, struct slice text, struct why *why)
{
    while (text.len > 0) {
        const size_t markup = markup_length(text);
        if (markup > 0) {
            if (text.at[0] == '<') TRY(put_tag(cleaner, slice_part(text, 1, markup - 2), why));
            text = slice_part(text, markup, text.len);
            continue;
        }
        size_t len = 1; // up to where markup may start again
        while (len < text.len && text.at[len] != '<' && text.at[len] != '{')
            len++;
        TRY(put_lines(cleaner, slice_part(text, 0, len), why));
        text = slice_part(text, len, text.len);
    }
    TRY(close_to(cleaner, 0, why));
    struct buffer *out = cleaner->out;
    if (out->len > cleaner->from && out->at[out->len - 1] == '\n') out->len--;
    return OK;
}

outcome cue_text_clean(struct slice text, struct buffer *out, struct why *why)
{
    struct cleaner cleaner = {.out = out, .from = out->len};
    return clean(&cleaner, text, why);
}

static bool has_timestamp(struct slice text)
{
    for (size_t i = 1; i < text.len; i++)
        if (text.at[i - 1] == '<' && is_digit(text.at[i])) return true;
    return false;
}

outcome cue_text_shift(struct arena *arena, struct slice text, int64_t by_ms, struct slice *out,
                       struct why *why)
{
    if (by_ms == 0 || !has_timestamp(text)) {
        *out = text;
        return OK;
    }
    autobuffer shifted = buffer_init(2 * CUE_TEXT_BYTES_MAX);
    struct cleaner cleaner = {.out = &shifted, .shift_ms = by_ms};
    TRY(clean(&cleaner, text, why));
    const char *copy = arena_copy(arena, buffer_slice(&shifted));
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory to move a cue");
    *out = (struct slice){(const uint8_t *)copy, shifted.len};
    return OK;
}

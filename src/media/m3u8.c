// SPDX-License-Identifier: Apache-2.0
#include "media/m3u8.h"

enum { FRACTION_DIGITS = 6 };

static bool next_line(struct m3u8_reader *reader, struct slice *line)
{
    if (!slice_cut(&reader->rest, '\n', line)) return false;
    reader->line_number++;
    *line = slice_trim(*line);
    return true;
}

outcome m3u8_open(struct slice text, struct m3u8_reader *out, struct why *why)
{
    if (slice_starts(text, "\xef\xbb\xbf"))
        text = slice_part(text, 3, text.len); // 4: none, yet met
    struct m3u8_reader reader = {.rest = text};
    struct slice line;
    if (!next_line(&reader, &line) || !slice_is(line, "#EXTM3U"))
        return fail(why, INVALID, "the playlist does not begin with #EXTM3U");
    *out = reader;
    return OK;
}

bool m3u8_next(struct m3u8_reader *reader, struct m3u8_line *out)
{
    struct slice line;
    while (next_line(reader, &line)) {
        if (line.len == 0) continue;
        if (line.at[0] != '#') {
            *out = (struct m3u8_line){.number = reader->line_number, .value = line};
            return true;
        }
        if (!slice_starts(line, "#EXT")) continue;
        struct slice value = slice_part(line, 1, line.len);
        struct slice name = {NULL, 0};
        (void)slice_cut(&value, ':', &name);                         // there is at least "EXT"
        if (value.at == NULL) value = slice_part(name, name.len, 0); // no ':': empty
        *out = (struct m3u8_line){reader->line_number, true, name, value};
        return true;
    }
    return false;
}

static bool is_name_byte(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-';
}

outcome m3u8_attribute(struct slice *list, struct m3u8_attribute *out, struct why *why)
{
    struct slice rest = slice_trim(*list);
    if (rest.len == 0) return NOT_FOUND;
    size_t len = 0;
    while (len < rest.len && is_name_byte(rest.at[len]))
        len++;
    if (len == 0 || len == rest.len || rest.at[len] != '=')
        return fail(why, INVALID, "\"%.*s\" is no attribute: NAME=value is wanted",
                    SLICE_ARG(slice_part(rest, 0, 40)));
    const struct slice name = slice_part(rest, 0, len);
    rest = slice_part(rest, len + 1, rest.len);
    const bool is_quoted = rest.len > 0 && rest.at[0] == '"';
    if (is_quoted) rest = slice_part(rest, 1, rest.len);
    size_t end = 0;
    while (end < rest.len && rest.at[end] != (is_quoted ? '"' : ','))
        end++;
    if (is_quoted && end == rest.len)
        return fail(why, INVALID, "attribute %.*s lacks its closing quote",
                    SLICE_ARG(slice_part(name, 0, 40)));
    const struct slice value = slice_part(rest, 0, end);
    rest = slice_trim(slice_part(rest, end + (is_quoted ? 1 : 0), rest.len));
    if (rest.len > 0 && rest.at[0] != ',')
        return fail(why, INVALID, "a comma is missing behind attribute %.*s",
                    SLICE_ARG(slice_part(name, 0, 40)));
    *list = slice_part(rest, 1, rest.len);
    *out = (struct m3u8_attribute){name, value, is_quoted};
    return OK;
}

struct slice m3u8_find(struct slice list, const char *name)
{
    struct m3u8_attribute attribute;
    while (m3u8_attribute(&list, &attribute, NULL) == OK)
        if (slice_is(attribute.name, name)) return attribute.value;
    return (struct slice){NULL, 0};
}

outcome m3u8_seconds(struct slice text, uint64_t *out_us, struct why *why)
{
    struct slice fraction = text;
    struct slice whole = {NULL, 0};
    (void)slice_cut(&fraction, '.', &whole);
    uint64_t seconds = 0;
    uint64_t us = 0;
    TRY(slice_u64(whole, (UINT64_C(1) << 53) / 1000000 - 1, &seconds, why));
    for (size_t i = 0; i < fraction.len; i++) {
        if (fraction.at[i] < '0' || fraction.at[i] > '9')
            return fail(why, INVALID, "\"%.*s\" is no number of seconds",
                        SLICE_ARG(slice_part(text, 0, 40)));
    }
    for (size_t i = 0; i < FRACTION_DIGITS; i++)
        us = us * 10 + (i < fraction.len ? (uint64_t)(fraction.at[i] - '0') : 0);
    *out_us = seconds * 1000000 + us;
    return OK;
}

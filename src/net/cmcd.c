// SPDX-License-Identifier: Apache-2.0
#include "net/cmcd.h"

static bool is_key_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_' || byte == '*';
}

// Printable ASCII without '"' and '\\'; what may stand in a record without a thought.
static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static size_t text_end(struct slice line, size_t at)
{
    for (size_t i = at + 1; i < line.len; i++) {
        if (line.at[i] == '\\')
            i++;
        else if (line.at[i] == '"')
            return i + 1;
    }
    return 0;
}

// Behind the value that begins at `at`; 0 when it has no end.
static size_t value_end(struct slice line, size_t at)
{
    if (at < line.len && line.at[at] == '"') return text_end(line, at);
    const uint8_t end = at < line.len && line.at[at] == '(' ? ')' : ',';
    for (size_t i = at; i < line.len; i++)
        if (line.at[i] == end) return end == ')' ? i + 1 : i;
    return end == ')' ? 0 : line.len;
}

enum cmcd_next cmcd_next(struct slice *rest, struct slice *key, struct slice *value)
{
    const struct slice line = *rest;
    if (line.len == 0) return CMCD_END;
    size_t end = 0;
    while (end < line.len && is_key_byte(line.at[end]))
        end++;
    *key = slice_part(line, 0, end);
    *value = (struct slice){NULL, 0};
    if (end < line.len && line.at[end] == '=') {
        const size_t from = end + 1;
        end = value_end(line, from);
        if (end != 0) *value = slice_part(line, from, end - from);
    }
    if (key->len == 0 || end == 0 || (end < line.len && line.at[end] != ',')) return CMCD_BROKEN;
    *rest = slice_part(line, end + 1, line.len);
    while (rest->len > 0 && rest->at[0] == ' ') // CTA-5004 has none, players of its first days had
        *rest = slice_part(*rest, 1, rest->len);
    return CMCD_MEMBER;
}

void cmcd_text(struct slice value, char *out, size_t room)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len && len < room - 1; i++)
        if (is_plain(value.at[i]) && value.at[i] != '(' && value.at[i] != ')')
            out[len++] = (char)value.at[i];
    out[len] = '\0';
}

void cmcd_number(struct slice value, uint64_t max, int64_t *out)
{
    size_t from = 0;
    while (from < value.len && (value.at[from] == '(' || value.at[from] == ' '))
        from++;
    size_t len = 0;
    while (from + len < value.len && value.at[from + len] >= '0' && value.at[from + len] <= '9')
        len++;
    uint64_t number;
    if (slice_u64(slice_part(value, from, len), max, &number, NULL) == OK) *out = (int64_t)number;
}

struct slice cmcd_quoted(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] != '"') continue;
        const size_t end = text_end(value, i);
        if (end != 0) return slice_part(value, i + 1, end - i - 2);
        break;
    }
    return (struct slice){NULL, 0};
}

outcome cmcd_clean_query(struct slice query, struct buffer *out)
{
    struct slice part;
    while (slice_cut(&query, '&', &part)) {
        if (slice_starts(part, "CMCD=")) continue;
        if (out->len > 0) TRY(buffer_put_text(out, "&", NULL));
        TRY(buffer_put(out, part, NULL));
    }
    return OK;
}

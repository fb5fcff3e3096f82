// SPDX-License-Identifier: Apache-2.0
#include "playback/cmcd.h"

#include <string.h>

#define AT(member) offsetof(struct cmcd_report, member)

static const struct {
    const char *key;
    size_t at;
} texts[] = {
    {"e", AT(event)},     {"sta", AT(state)}, {"sid", AT(session)},
    {"cid", AT(content)}, {"h", AT(host)},    {"ec", AT(error)},
};

static const struct {
    const char *key;
    size_t at;
    uint64_t max;
} numbers[] = {
    {"ts", AT(at_ms), INT64_MAX / 2},
    {"sn", AT(sequence), CMCD_NUMBER_MAX},
    {"msd", AT(start_ms), CMCD_NUMBER_MAX},
    {"br", AT(bitrate_kbps), CMCD_NUMBER_MAX},
    {"df", AT(dropped_frames), CMCD_NUMBER_MAX},
    {"org.primrose-play", AT(play_ms), CMCD_NUMBER_MAX},
    {"org.primrose-manifest", AT(manifest_ms), CMCD_NUMBER_MAX},
    {"org.primrose-media", AT(media_ms), CMCD_NUMBER_MAX},
    {"org.primrose-frame", AT(frame_ms), CMCD_NUMBER_MAX},
};

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

static void put_text(struct slice value, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len && len < CMCD_TEXT_BYTES - 1; i++)
        if (is_plain(value.at[i]) && value.at[i] != '(' && value.at[i] != ')')
            out[len++] = (char)value.at[i];
    out[len] = '\0';
}

// The first run of digits, for a list its first member: "(1076;v 128)" is 1076.
static void put_number(struct slice value, uint64_t max, int64_t *out)
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

static void put_member(struct slice key, struct slice value, struct cmcd_report *out)
{
    uint8_t *base = (uint8_t *)out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (slice_is(key, texts[i].key)) put_text(value, (char *)(base + texts[i].at));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!slice_is(key, numbers[i].key)) continue;
        int64_t number = -1;
        put_number(value, numbers[i].max, &number);
        memcpy(base + numbers[i].at, &number, sizeof number);
    }
}

static void clear(struct cmcd_report *out)
{
    memset(out, 0, sizeof *out);
    const int64_t none = -1;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        memcpy((uint8_t *)out + numbers[i].at, &none, sizeof none);
}

outcome cmcd_report_parse(struct slice line, struct cmcd_report *out, struct why *why)
{
    if (line.len > CMCD_LINE_BYTES)
        return fail(why, INVALID, "a report is longer than %d bytes", CMCD_LINE_BYTES);
    struct cmcd_report report;
    clear(&report);
    for (size_t at = 0; at < line.len;) {
        size_t end = at;
        while (end < line.len && is_key_byte(line.at[end]))
            end++;
        const struct slice key = slice_part(line, at, end - at);
        struct slice value = {NULL, 0};
        if (end < line.len && line.at[end] == '=') {
            const size_t from = end + 1;
            end = value_end(line, from);
            if (end != 0) value = slice_part(line, from, end - from);
        }
        if (key.len == 0 || end == 0 || (end < line.len && line.at[end] != ','))
            return fail(why, INVALID, "a report is no CMCD: key=value, parted by commas");
        put_member(key, value, &report);
        at = end + 1;
    }
    *out = report;
    return OK;
}

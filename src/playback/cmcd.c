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

static void put_member(struct slice key, struct slice value, struct cmcd_report *out)
{
    uint8_t *base = (uint8_t *)out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (slice_is(key, texts[i].key))
            cmcd_text(value, (char *)(base + texts[i].at), CMCD_TEXT_BYTES);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!slice_is(key, numbers[i].key)) continue;
        int64_t number = -1;
        cmcd_number(value, numbers[i].max, &number);
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
    struct slice key, value;
    enum cmcd_next next;
    while ((next = cmcd_next(&line, &key, &value)) == CMCD_MEMBER)
        put_member(key, value, &report);
    if (next == CMCD_BROKEN)
        return fail(why, INVALID, "a report is no CMCD: key=value, parted by commas");
    *out = report;
    return OK;
}

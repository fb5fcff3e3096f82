// SPDX-License-Identifier: Apache-2.0
#include "media/timecode.h"

#include <assert.h>
#include <stdio.h>

enum { HOURS_MAX = 99, RATE_MAX = 120 };

static bool take_two(struct slice *rest, uint32_t *out)
{
    if (rest->len < 2) return false;
    uint64_t value;
    if (slice_u64(slice_part(*rest, 0, 2), 99, &value, NULL) != OK) return false;
    *out = (uint32_t)value;
    *rest = slice_part(*rest, 2, rest->len);
    return true;
}

static bool take_separator(struct slice *rest, uint8_t *out)
{
    if (rest->len == 0) return false;
    *out = rest->at[0];
    *rest = slice_part(*rest, 1, rest->len);
    return *out == ':' || *out == ';' || *out == ',' || *out == '.';
}

outcome timecode_parse(struct slice *rest, struct timecode *out, enum timecode_count *count,
                       struct why *why)
{
    struct slice at = *rest;
    struct timecode code;
    uint8_t colon, last;
    const bool is_code = take_two(&at, &code.hours) && take_separator(&at, &colon) &&
                         take_two(&at, &code.minutes) && take_separator(&at, &colon) &&
                         take_two(&at, &code.seconds) && take_separator(&at, &last) &&
                         take_two(&at, &code.frames);
    if (!is_code || (at.len > 0 && at.at[0] >= '0' && at.at[0] <= '9'))
        return fail(why, INVALID, "\"%.*s\" is no time code: write hh:mm:ss:ff",
                    SLICE_ARG(slice_part(*rest, 0, 20)));
    *rest = at;
    *out = code;
    *count = last == ':' ? COUNT_NON_DROP : COUNT_DROP;
    return OK;
}

outcome timecode_frame(const struct timecode *code, enum timecode_count count,
                       struct frame_rate rate, int64_t *out_frame, struct why *why)
{
    assert(rate.frames > 0 && rate.seconds > 0);
    const uint32_t per_second = (rate.frames + rate.seconds - 1) / rate.seconds;
    if (code->hours > HOURS_MAX || code->minutes > 59 || code->seconds > 59 ||
        code->frames >= per_second)
        return fail(why, INVALID,
                    "time code %02u:%02u:%02u:%02u does not exist at %u frames a second",
                    code->hours, code->minutes, code->seconds, code->frames, per_second);
    const int64_t minutes = (int64_t)code->hours * 60 + code->minutes;
    int64_t frame = (minutes * 60 + code->seconds) * per_second + code->frames;
    const bool is_drop_rate = rate.seconds == 1001 && per_second % 30 == 0;
    if (count == COUNT_DROP && is_drop_rate) {
        const uint32_t dropped = per_second / 15; // 2 a minute at 30, 4 at 60
        const bool is_gap = code->minutes % 10 != 0 && code->seconds == 0 && code->frames < dropped;
        frame -= dropped * (minutes - minutes / 10);
        if (is_gap) frame += dropped - code->frames;
    }
    *out_frame = frame;
    return OK;
}

int64_t frame_ms(int64_t frame, struct frame_rate rate)
{
    assert(frame >= 0 && frame < INT64_C(1) << 40);
    const int64_t numerator = frame * 1000 * rate.seconds;
    return (2 * numerator + rate.frames) / (2 * (int64_t)rate.frames);
}

// The drop-frame number of a frame: numbers are put back in that drop-frame leaves out.
static int64_t drop_number(int64_t frame, int64_t per_second)
{
    const int64_t dropped = per_second / 15;
    const int64_t per_minute = per_second * 60 - dropped;
    const int64_t per_ten = per_minute * 10 + dropped;
    const int64_t tens = frame / per_ten, rest = frame % per_ten;
    const int64_t minutes = rest < per_second * 60 ? 0 : 1 + (rest - per_second * 60) / per_minute;
    return frame + dropped * (9 * tens + minutes);
}

void timecode_format(int64_t ms, struct frame_rate rate, char *out)
{
    assert(ms >= 0 && rate.frames > 0 && rate.seconds > 0);
    const int64_t per_second = (rate.frames + rate.seconds - 1) / rate.seconds;
    const bool is_drop = rate.seconds == 1001 && per_second % 30 == 0;
    // A frame's own moment is rounded to the millisecond: half of one more finds it again.
    int64_t frame = (2 * ms + 1) * rate.frames / (2000 * (int64_t)rate.seconds);
    if (is_drop) frame = drop_number(frame, per_second);
    const uint64_t number = (uint64_t)frame, seconds = number / (uint64_t)per_second;
    (void)snprintf(out, TIMECODE_BYTES, "%02u:%02u:%02u%c%02u", (unsigned)(seconds / 3600 % 10000),
                   (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), is_drop ? ';' : ':',
                   (unsigned)(number % (uint64_t)per_second));
}

outcome frame_rate_parse(struct slice text, struct frame_rate *out, struct why *why)
{
    static const struct {
        const char *text;
        struct frame_rate rate;
    } known[] = {
        {"23.976", {24000, 1001}}, {"23.98", {24000, 1001}},  {"29.97", {30000, 1001}},
        {"59.94", {60000, 1001}},  {"47.952", {48000, 1001}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!slice_is(text, known[i].text)) continue;
        *out = known[i].rate;
        return OK;
    }
    struct slice rest = text;
    struct slice part;
    uint64_t frames = 0, seconds = 1;
    const bool is_read = slice_cut(&rest, '/', &part) &&
                         slice_u64(part, 120000, &frames, NULL) == OK &&
                         (rest.len == 0 || slice_u64(rest, 1001, &seconds, NULL) == OK);
    if (!is_read || frames == 0 || seconds == 0 || frames > RATE_MAX * seconds)
        return fail(why, INVALID, "\"%.*s\" is no frame rate: write 25, 24000/1001 or 29.97",
                    SLICE_ARG(slice_part(text, 0, 20)));
    *out = (struct frame_rate){(uint32_t)frames, (uint32_t)seconds};
    return OK;
}

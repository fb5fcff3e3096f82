// SPDX-License-Identifier: Apache-2.0
#include "media/ttml_internal.h"

#include "media/timecode.h"

#include <string.h>

enum {
    DECIMAL_RATE = 1000000, // fractions of seconds are exact to a microsecond
    FRAME_RATE_MAX = 1000,
    TICK_RATE_MAX = 100000000,
    DIGITS_MAX = 12,
};

#define TICKS_A_SECOND_MAX (INT64_C(1) << 38) // 500 hours then stay within 2^59

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static outcome read_rate(const struct ttml_document *document, const char *name, uint64_t max,
                         uint64_t *out, bool *is_given, struct why *why)
{
    struct slice text = {NULL, 0};
    TRY(ttml_attribute(document, document->root, TTP_NS, name, &text, why));
    *is_given = text.at != NULL;
    if (!*is_given) return OK;
    uint64_t value = 0;
    if (slice_u64(slice_trim(text), max, &value, NULL) != OK || value == 0)
        return fail(why, INVALID,
                    "ttp:%s=\"%.*s\" is no whole number from 1 to %llu (TTML2 clause 7.2)", name,
                    SLICE_ARG(slice_part(text, 0, 40)), (unsigned long long)max);
    *out = value;
    return OK;
}

static outcome read_multiplier(const struct ttml_document *document, uint32_t out[2],
                               struct why *why)
{
    struct slice text = {NULL, 0};
    TRY(ttml_attribute(document, document->root, TTP_NS, "frameRateMultiplier", &text, why));
    if (text.at == NULL) return OK;
    char copy[40];
    size_t len = 0;
    for (; len < text.len && len + 1 < sizeof copy; len++) // TTML1 drafts wrote "1000:1001"
        copy[len] = text.at[len] == ':' ? ' ' : (char)text.at[len];
    if (!ttml_whole_pair((struct slice){(const uint8_t *)copy, len}, 100000, out))
        return fail(why, INVALID,
                    "ttp:frameRateMultiplier=\"%.*s\" is no pair of whole numbers, \"1000 1001\" "
                    "(TTML2 clause 7.2.6)",
                    SLICE_ARG(slice_part(text, 0, 40)));
    return OK;
}

static outcome read_base(struct ttml_document *document, struct why *why)
{
    struct slice base = {NULL, 0}, drop = {NULL, 0}, markers = {NULL, 0};
    TRY(ttml_attribute(document, document->root, TTP_NS, "timeBase", &base, why));
    TRY(ttml_attribute(document, document->root, TTP_NS, "dropMode", &drop, why));
    TRY(ttml_attribute(document, document->root, TTP_NS, "markerMode", &markers, why));
    if (base.at == NULL || slice_is(base, "media")) return OK;
    if (!slice_is(base, "smpte"))
        return fail(why, UNSUPPORTED,
                    "ttp:timeBase=\"%.*s\": times must count from the picture's start, "
                    "\"media\" (IMSC 1.1 clause 7.12.11)",
                    SLICE_ARG(slice_part(base, 0, 40)));
    if (slice_is(markers, "discontinuous"))
        return fail(why, UNSUPPORTED,
                    "ttp:markerMode=\"discontinuous\": time codes that jump have no moments "
                    "(IMSC 1.1 clause 7.12.11 asks for ttp:timeBase=\"media\")");
    document->is_smpte = true;
    document->is_drop = slice_is(drop, "dropNTSC");
    return OK;
}

outcome ttml_clock(struct ttml_document *document, struct why *why)
{
    uint64_t frames = 30, ticks = 1;
    uint32_t multiplier[2] = {1, 1};
    bool has_frames, has_ticks;
    TRY(read_base(document, why));
    TRY(read_rate(document, "frameRate", FRAME_RATE_MAX, &frames, &has_frames, why));
    TRY(read_multiplier(document, multiplier, why));
    TRY(read_rate(document, "tickRate", TICK_RATE_MAX, &ticks, &has_ticks, why));
    // With a frame rate and no tick rate a tick is a frame (TTML2 clause 7.2.17, subframes apart).
    const int64_t frame_units = (int64_t)frames * multiplier[0];
    const int64_t shared = common_divisor(frame_units, multiplier[1]);
    const int64_t frame_rate = frame_units / shared; // frames in frame_seconds
    const int64_t frame_seconds = multiplier[1] / shared;
    int64_t rate = DECIMAL_RATE / common_divisor(DECIMAL_RATE, frame_rate) * frame_rate;
    if (has_ticks) rate = rate / common_divisor(rate, (int64_t)ticks) * (int64_t)ticks;
    if (rate > TICKS_A_SECOND_MAX)
        return fail(why, UNSUPPORTED,
                    "the frame rate and the tick rate of this document have no common clock: "
                    "%lld ticks a second would be needed",
                    (long long)rate);
    document->tick_rate = rate;
    document->frame_ticks = rate / frame_rate * frame_seconds;
    document->unit_ticks = has_ticks    ? rate / (int64_t)ticks
                           : has_frames ? document->frame_ticks
                                        : rate;
    document->frame_rate = (uint32_t)frames;
    return OK;
}

int64_t ttml_ms(const struct ttml_document *document, int64_t ticks)
{
    const int64_t seconds = ticks / document->tick_rate;
    const int64_t rest = ticks % document->tick_rate;
    const int64_t ms = (2 * rest * 1000 + document->tick_rate) / (2 * document->tick_rate);
    return seconds * 1000 + ms;
}

// Digits, and perhaps a fraction, as value * scale ticks.
static bool take_number(struct slice *rest, uint64_t *whole, uint64_t *fraction,
                        uint64_t *fraction_scale, size_t *digits)
{
    size_t at = 0;
    *whole = 0;
    *fraction = 0;
    *fraction_scale = 1;
    while (at < rest->len && at < DIGITS_MAX && rest->at[at] >= '0' && rest->at[at] <= '9')
        *whole = *whole * 10 + (uint64_t)(rest->at[at++] - '0');
    *digits = at;
    if (at == 0) return false;
    if (at + 1 < rest->len && rest->at[at] == '.' && rest->at[at + 1] >= '0' &&
        rest->at[at + 1] <= '9') {
        for (at++; at < rest->len && rest->at[at] >= '0' && rest->at[at] <= '9'; at++) {
            if (*fraction_scale >= DECIMAL_RATE * 1000) continue; // finer than any clock
            *fraction = *fraction * 10 + (uint64_t)(rest->at[at] - '0');
            *fraction_scale *= 10;
        }
    }
    *rest = slice_part(*rest, at, rest->len);
    return true;
}

// whole.fraction * ticks, to the nearest tick; false past any film.
static bool scale(uint64_t whole, uint64_t fraction, uint64_t fraction_scale, int64_t ticks,
                  int64_t longest, int64_t *out)
{
    if (whole > (uint64_t)(longest / ticks)) return false;
    // fraction / fraction_scale * ticks without leaving 64 bits: the scale is at most 10^9.
    const uint64_t whole_ticks = (uint64_t)ticks / fraction_scale;
    const uint64_t rest_ticks = (uint64_t)ticks % fraction_scale;
    *out = (int64_t)whole * ticks +
           (int64_t)(fraction * whole_ticks +
                     (fraction * rest_ticks + fraction_scale / 2) / fraction_scale);
    return *out <= longest;
}

static bool read_offset(const struct ttml_document *document, struct slice rest, uint64_t whole,
                        uint64_t fraction, uint64_t fraction_scale, int64_t *out)
{
    const struct {
        const char *metric;
        int64_t ticks;
    } metrics[] = {
        {"h", 3600 * document->tick_rate}, {"m", 60 * document->tick_rate},
        {"s", document->tick_rate},        {"ms", document->tick_rate / 1000},
        {"f", document->frame_ticks},      {"t", document->unit_ticks},
    };
    const int64_t longest = CUE_MS_MAX / 1000 * document->tick_rate;
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        if (slice_is(rest, metrics[i].metric))
            return scale(whole, fraction, fraction_scale, metrics[i].ticks, longest, out);
    return false;
}

static bool take_field(struct slice *rest, uint64_t *out, size_t digits_min, size_t digits_max)
{
    uint64_t fraction, fraction_scale;
    size_t digits;
    struct slice at = *rest;
    if (at.len == 0 || at.at[0] != ':') return false;
    at = slice_part(at, 1, at.len);
    if (!take_number(&at, out, &fraction, &fraction_scale, &digits)) return false;
    if (digits < digits_min || digits > digits_max || fraction_scale != 1) return false;
    *rest = at;
    return true;
}

// "hh:mm:ss", "hh:mm:ss.fraction", "hh:mm:ss:frames", "hh:mm:ss:frames.subframes"; the hours are
// read.
static bool read_clock(const struct ttml_document *document, struct slice rest, uint64_t hours,
                       int64_t *out)
{
    uint64_t minutes, seconds, fraction = 0, fraction_scale = 1, frames = 0;
    size_t digits;
    if (hours > CUE_MS_MAX / 3600000 || !take_field(&rest, &minutes, 2, 2) || minutes > 59)
        return false;
    if (rest.len == 0 || rest.at[0] != ':') return false;
    rest = slice_part(rest, 1, rest.len);
    if (!take_number(&rest, &seconds, &fraction, &fraction_scale, &digits)) return false;
    if (digits != 2 || seconds > 60) return false;
    const bool has_frames = rest.len > 0 && fraction_scale == 1;
    if (has_frames && (!take_field(&rest, &frames, 2, 4) || frames >= document->frame_rate))
        return false;
    if (rest.len > 0) return false; // sub-frames: IMSC has none
    const int64_t longest = INT64_MAX / 4;
    if (document->is_smpte) {
        const struct timecode code = {(uint32_t)hours, (uint32_t)minutes, (uint32_t)seconds,
                                      (uint32_t)frames};
        const bool is_drop = document->is_drop && document->frame_rate % 30 == 0;
        const struct frame_rate rate = is_drop
                                           ? (struct frame_rate){document->frame_rate * 1000, 1001}
                                           : (struct frame_rate){document->frame_rate, 1};
        int64_t frame;
        if (timecode_frame(&code, is_drop ? COUNT_DROP : COUNT_NON_DROP, rate, &frame, NULL) != OK)
            return false;
        *out = frame * document->frame_ticks;
        return true;
    }
    if (!scale(hours * 3600 + minutes * 60 + seconds, fraction, fraction_scale, document->tick_rate,
               longest, out))
        return false;
    *out += (int64_t)frames * document->frame_ticks;
    return true;
}

outcome ttml_time(const struct ttml_document *document, struct slice text, int64_t *out,
                  struct why *why)
{
    struct slice rest = slice_trim(text);
    uint64_t whole, fraction, fraction_scale;
    size_t digits;
    bool is_read = take_number(&rest, &whole, &fraction, &fraction_scale, &digits);
    if (is_read && rest.len > 0 && rest.at[0] == ':')
        is_read = digits >= 2 && fraction_scale == 1 && read_clock(document, rest, whole, out);
    else
        is_read = is_read && read_offset(document, rest, whole, fraction, fraction_scale, out);
    if (!is_read)
        return fail(why, INVALID, "\"%.*s\" is no time expression (TTML2 clause 12.3.1)",
                    SLICE_ARG(slice_part(text, 0, 40)));
    return OK;
}

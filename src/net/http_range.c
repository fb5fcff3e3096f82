// SPDX-License-Identifier: Apache-2.0
#include "net/http_range.h"

// Digits as a number, UINT64_MAX where it would be more: any end past the last byte means the last
// byte. false when there are none or something else is among them.
static bool read_position(struct slice digits, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(digits.at[i] - '0'), &value))
            value = UINT64_MAX / 10 * 10; // stays huge, and overflows again with each digit
    }
    *out = value;
    return digits.len > 0;
}

// One "first-last", "first-" or "-suffix".
static enum http_range read_one(struct slice text, uint64_t size, struct http_span *out)
{
    struct slice last_text = slice_trim(text), first_text;
    if (!slice_cut(&last_text, '-', &first_text) || last_text.at == NULL) return HTTP_RANGE_WHOLE;
    uint64_t first = 0, last = UINT64_MAX;
    if (first_text.len == 0) {
        uint64_t suffix;
        if (!read_position(last_text, &suffix)) return HTTP_RANGE_WHOLE;
        if (suffix == 0 || size == 0) return HTTP_RANGE_REFUSED;
        first = suffix >= size ? 0 : size - suffix;
    } else {
        if (!read_position(first_text, &first)) return HTTP_RANGE_WHOLE;
        if (last_text.len > 0 && !read_position(last_text, &last)) return HTTP_RANGE_WHOLE;
        if (last < first) return HTTP_RANGE_WHOLE;
        if (first >= size) return HTTP_RANGE_REFUSED;
    }
    const uint64_t to_end = size - first;
    *out = (struct http_span){first, last - first < to_end ? last - first + 1 : to_end};
    return HTTP_RANGE_PART;
}

enum http_range http_range_parse(struct slice value, uint64_t size, struct http_span *out)
{
    struct slice rest = value, unit, one;
    if (!slice_cut(&rest, '=', &unit) || rest.at == NULL) return HTTP_RANGE_WHOLE;
    if (!slice_is_nocase(unit, "bytes")) return HTTP_RANGE_WHOLE; // section 14.2: unknown units
    size_t count = 0;
    struct http_span found = {0, 0};
    enum http_range range = HTTP_RANGE_WHOLE;
    while (slice_cut(&rest, ',', &one)) {
        if (slice_trim(one).len == 0) continue; // lists may have empty members (section 5.6.1.2)
        range = read_one(one, size, &found);
        if (range == HTTP_RANGE_WHOLE) return HTTP_RANGE_WHOLE;
        count++;
    }
    if (count > 1) return HTTP_RANGE_REFUSED;
    if (range == HTTP_RANGE_PART) *out = found;
    return range;
}

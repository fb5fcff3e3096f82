// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_vary.h"

#include "net/http_bytes.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 64 }; // members that are put in order; a longer list stays as it came

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool vary_names(const struct http_field *fields, size_t count, struct buffer *out)
{
    size_t names = 0;
    for (size_t i = 0; i < count; i++) {
        if (!slice_is_nocase(fields[i].name, "Vary")) continue;
        struct slice rest = fields[i].value, name;
        while (slice_cut(&rest, ',', &name)) {
            name = slice_trim(name);
            if (name.len == 0) continue;
            if (!http_is_token(name) || slice_is(name, "*") || ++names > VARY_NAMES_MAX)
                return false;
            for (size_t k = 0; k < name.len; k++)
                if (buffer_put_u8(out, lower(name.at[k]), NULL) != OK) return false;
            if (buffer_put_u8(out, '\n', NULL) != OK) return false;
        }
    }
    return true;
}

static bool is_unordered(struct slice name)
{
    return slice_is(name, "accept-language") || slice_is(name, "accept-encoding");
}

// Every member of every line of the field, trimmed, empty ones left out.
static size_t list_members(const struct http_request *request, struct slice name,
                           struct slice *members, size_t max)
{
    char text[128];
    if (name.len >= sizeof text) return 0;
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    size_t count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        if (!slice_is_nocase(request->fields[i].name, text)) continue;
        struct slice rest = request->fields[i].value, member;
        while (count < max && slice_cut(&rest, ',', &member)) {
            member = slice_trim(member);
            if (member.len > 0) members[count++] = member;
        }
    }
    return count;
}

static int compare_nocase(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    const size_t len = x->len < y->len ? x->len : y->len;
    for (size_t i = 0; i < len; i++) {
        const int difference = lower(x->at[i]) - lower(y->at[i]);
        if (difference != 0) return difference;
    }
    return x->len < y->len ? -1 : x->len > y->len;
}

// One name's value, made alike, without its line end.
static outcome put_value(const struct http_request *request, struct slice name, struct buffer *out)
{
    struct slice members[LIST_MAX];
    const size_t count = list_members(request, name, members, LIST_MAX);
    const bool is_loose = is_unordered(name);
    if (is_loose) qsort(members, count, sizeof members[0], compare_nocase);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_put_u8(out, ',', NULL));
        for (size_t k = 0; k < members[i].len; k++) {
            const uint8_t c = members[i].at[k];
            if (is_loose && (c == ' ' || c == '\t')) continue;
            TRY(buffer_put_u8(out, is_loose ? lower(c) : c, NULL));
        }
    }
    return OK;
}

outcome vary_values(struct slice names, const struct http_request *request, struct buffer *out)
{
    struct slice rest = names, name;
    while (slice_cut(&rest, '\n', &name)) {
        if (name.len == 0) continue;
        TRY(put_value(request, name, out));
        TRY(buffer_put_u8(out, '\n', NULL));
    }
    return OK;
}

// Thousandths of a member's weight (RFC 9110 section 12.4.2).
static int weight_of(struct slice *member)
{
    struct slice rest = *member, language;
    (void)slice_cut(&rest, ';', &language);
    *member = slice_trim(language);
    rest = slice_trim(rest);
    if (rest.len < 3 || (rest.at[0] | 0x20) != 'q' || rest.at[1] != '=') return 1000;
    int weight = 0, unit = 1000;
    for (size_t i = 2; i < rest.len && unit > 0; i++) {
        if (rest.at[i] == '.') continue;
        if (!byte_is(rest.at[i], BYTE_DIGIT)) return 0;
        weight += (rest.at[i] - '0') * unit;
        unit /= 10;
    }
    return weight;
}

static bool is_best_language(const struct http_request *request, struct slice content_language)
{
    struct slice members[LIST_MAX];
    const size_t count = list_members(request, slice_of("accept-language"), members, LIST_MAX);
    int best = 0, own = 0;
    for (size_t i = 0; i < count; i++) {
        struct slice language = members[i];
        const int weight = weight_of(&language);
        if (weight > best) best = weight;
        if (compare_nocase(&language, &content_language) == 0 && weight > own) own = weight;
    }
    return own > 0 && own == best;
}

bool vary_matches(struct slice names, struct slice values, struct slice content_language,
                  const struct http_request *request)
{
    if (names.len == 0) return true;
    autobuffer text = buffer_init(VARY_BYTES_MAX);
    struct slice name, value;
    while (slice_cut(&names, '\n', &name) && slice_cut(&values, '\n', &value)) {
        if (name.len == 0) continue;
        text.len = 0;
        if (put_value(request, name, &text) != OK) return false;
        if (slice_equal(buffer_slice(&text), value)) continue;
        const bool is_liked = slice_is(name, "accept-language") && content_language.len > 0 &&
                              is_best_language(request, content_language);
        if (!is_liked) return false;
    }
    return true;
}

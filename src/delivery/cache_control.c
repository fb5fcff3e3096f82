// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_control.h"

#include "net/http_bytes.h"

#include <string.h>

enum { TARGETED_BYTES_MAX = 1024, INTEGER_DIGITS_MAX = 15 };

enum kind { KIND_FLAG, KIND_SECONDS };

#define AT(member) offsetof(struct cache_control, member)

static const struct {
    const char *name;
    enum kind kind;
    size_t at;
} directives[] = {
    {"max-age", KIND_SECONDS, AT(max_age_s)},
    {"must-revalidate", KIND_FLAG, AT(must_revalidate)},
    {"must-understand", KIND_FLAG, AT(must_understand)},
    {"no-cache", KIND_FLAG, AT(no_cache)},
    {"no-store", KIND_FLAG, AT(no_store)},
    {"only-if-cached", KIND_FLAG, AT(only_if_cached)},
    {"private", KIND_FLAG, AT(is_private)},
    {"proxy-revalidate", KIND_FLAG, AT(must_revalidate)},
    {"public", KIND_FLAG, AT(is_public)},
    {"s-maxage", KIND_SECONDS, AT(s_maxage_s)},
    {"stale-if-error", KIND_SECONDS, AT(stale_if_error_s)},
    {"stale-while-revalidate", KIND_SECONDS, AT(stale_while_revalidate_s)},
};

enum { DIRECTIVE_COUNT = sizeof directives / sizeof directives[0] };

struct cache_control cache_control_none(void)
{
    return (struct cache_control){.max_age_s = CACHE_AGE_ABSENT,
                                  .s_maxage_s = CACHE_AGE_ABSENT,
                                  .stale_while_revalidate_s = CACHE_AGE_ABSENT,
                                  .stale_if_error_s = CACHE_AGE_ABSENT};
}

static bool *flag_at(struct cache_control *control, size_t at)
{
    return (bool *)(void *)((char *)control + at);
}

static int64_t *seconds_at(struct cache_control *control, size_t at)
{
    return (int64_t *)(void *)((char *)control + at);
}

// Seconds, capped (RFC 9111 section 1.2.2); 0 for what is no number.
static int64_t read_seconds(struct slice digits)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!byte_is(digits.at[i], BYTE_DIGIT)) return 0;
        value = value * 10 + (digits.at[i] - '0');
        if (value > CACHE_SECONDS_MAX) value = CACHE_SECONDS_MAX;
    }
    return value;
}

static void take_directive(struct cache_control *control, struct slice name, struct slice value)
{
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
        if (!slice_is_nocase(name, directives[i].name)) continue;
        if (directives[i].kind == KIND_FLAG) {
            *flag_at(control, directives[i].at) = true;
            return;
        }
        int64_t *seconds = seconds_at(control, directives[i].at);
        const int64_t read = read_seconds(value);
        if (*seconds == CACHE_AGE_ABSENT || read < *seconds) *seconds = read;
        return;
    }
}

// Cuts one directive off the front; a comma may stand inside quotes.
static bool cut_directive(struct slice *rest, struct slice *out)
{
    if (rest->at == NULL) return false;
    bool is_quoted = false;
    size_t len = 0;
    for (; len < rest->len && (is_quoted || rest->at[len] != ','); len++) {
        if (rest->at[len] == '"') is_quoted = !is_quoted;
        if (is_quoted && rest->at[len] == '\\' && len + 1 < rest->len) len++;
    }
    *out = slice_trim(slice_part(*rest, 0, len));
    *rest = len < rest->len ? slice_part(*rest, len + 1, rest->len) : (struct slice){NULL, 0};
    return true;
}

void cache_control_read(struct slice value, struct cache_control *control)
{
    struct slice rest = value, directive;
    while (cut_directive(&rest, &directive)) {
        struct slice argument = directive, name;
        (void)slice_cut(&argument, '=', &name);
        if (argument.at == NULL) argument = (struct slice){NULL, 0};
        if (argument.len >= 2 && argument.at[0] == '"' && argument.at[argument.len - 1] == '"')
            argument = slice_part(argument, 1, argument.len - 2);
        take_directive(control, name, argument);
    }
}

// Structured fields (RFC 9651), as much of them as a dictionary of directives needs: keys, and
// members that are true, an integer, a token or a string. Anything else voids the field.

static void skip_space(struct slice *rest)
{
    while (rest->len > 0 && (rest->at[0] == ' ' || rest->at[0] == '\t'))
        *rest = slice_part(*rest, 1, rest->len);
}

static bool is_key_byte(uint8_t c, size_t at)
{
    const bool is_first = (c >= 'a' && c <= 'z') || c == '*';
    return is_first || (at > 0 && (byte_is(c, BYTE_DIGIT) || c == '_' || c == '-' || c == '.'));
}

static bool take_key(struct slice *rest, struct slice *key)
{
    size_t len = 0;
    while (len < rest->len && is_key_byte(rest->at[len], len))
        len++;
    *key = slice_part(*rest, 0, len);
    *rest = slice_part(*rest, len, rest->len);
    return len > 0;
}

enum bare { BARE_INTEGER, BARE_OTHER, BARE_NONE };

static enum bare take_string(struct slice *rest)
{
    for (size_t i = 1; i < rest->len; i++) {
        if (rest->at[i] == '\\') {
            i++;
        } else if (rest->at[i] == '"') {
            *rest = slice_part(*rest, i + 1, rest->len);
            return BARE_OTHER;
        }
    }
    return BARE_NONE;
}

static enum bare take_bare(struct slice *rest, struct slice *out)
{
    if (rest->len == 0) return BARE_NONE;
    const uint8_t first = rest->at[0];
    if (first == '"') return take_string(rest);
    if (first == '?' && rest->len > 1 && (rest->at[1] == '0' || rest->at[1] == '1')) {
        *rest = slice_part(*rest, 2, rest->len);
        return BARE_OTHER;
    }
    const bool is_number = byte_is(first, BYTE_DIGIT) || first == '-';
    const bool is_token = (first | 0x20) >= 'a' && (first | 0x20) <= 'z';
    if (!is_number && !is_token && first != '*') return BARE_NONE;
    size_t len = 1;
    while (len < rest->len && (is_number ? byte_is(rest->at[len], BYTE_DIGIT)
                                         : byte_is(rest->at[len], BYTE_TOKEN) ||
                                               rest->at[len] == ':' || rest->at[len] == '/'))
        len++;
    if (is_number && (len > INTEGER_DIGITS_MAX + 1 || (first == '-' && len == 1))) return BARE_NONE;
    *out = slice_part(*rest, 0, len);
    *rest = slice_part(*rest, len, rest->len);
    return is_number ? BARE_INTEGER : BARE_OTHER;
}

static bool skip_parameters(struct slice *rest)
{
    struct slice key, value;
    while (rest->len > 0 && rest->at[0] == ';') {
        *rest = slice_part(*rest, 1, rest->len);
        skip_space(rest);
        if (!take_key(rest, &key)) return false;
        if (rest->len == 0 || rest->at[0] != '=') continue;
        *rest = slice_part(*rest, 1, rest->len);
        if (take_bare(rest, &value) == BARE_NONE) return false;
    }
    return true;
}

static enum kind kind_of(struct slice key)
{
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
        if (slice_is(key, directives[i].name)) return directives[i].kind;
    return KIND_FLAG;
}

static bool take_member(struct slice *rest, struct cache_control *control)
{
    struct slice key, value = {NULL, 0};
    if (!take_key(rest, &key)) return false;
    enum bare bare = BARE_OTHER;
    const bool has_value = rest->len > 0 && rest->at[0] == '=';
    if (has_value) {
        *rest = slice_part(*rest, 1, rest->len);
        bare = take_bare(rest, &value);
        if (bare == BARE_NONE) return false;
    }
    if (!skip_parameters(rest)) return false;
    if (kind_of(key) == KIND_SECONDS && bare != BARE_INTEGER) return false; // RFC 9213 section 2.1
    take_directive(control, key, value);
    return true;
}

static bool read_dictionary(struct slice rest, struct cache_control *control)
{
    skip_space(&rest);
    while (rest.len > 0) {
        if (!take_member(&rest, control)) return false;
        skip_space(&rest);
        if (rest.len == 0) return true;
        if (rest.at[0] != ',') return false;
        rest = slice_part(rest, 1, rest.len);
        skip_space(&rest);
        if (rest.len == 0) return false; // a comma at the end
    }
    return false; // an empty field says nothing (RFC 9213 section 2.2)
}

// All lines of the field, joined by commas, in `text`. 0: there is none, or it is too long.
static size_t join(const struct http_field *fields, size_t count, const char *name, char *text)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (!slice_is_nocase(fields[i].name, name)) continue;
        const struct slice value = fields[i].value;
        if (len + value.len + 1 > TARGETED_BYTES_MAX) return 0;
        if (len > 0) text[len++] = ',';
        memcpy(text + len, value.at, value.len);
        len += value.len;
    }
    return len;
}

bool cache_control_targeted(const struct http_field *fields, size_t count,
                            struct cache_control *out)
{
    static const char *const names[] = {"CDN-Cache-Control", "Surrogate-Control"};
    char text[TARGETED_BYTES_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t len = join(fields, count, names[i], text);
        struct cache_control read = cache_control_none();
        if (len == 0 || !read_dictionary((struct slice){(const uint8_t *)text, len}, &read))
            continue;
        *out = read;
        return true;
    }
    return false;
}

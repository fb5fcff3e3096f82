// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <string.h>

static bool is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(uint8_t c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool is_unreserved(uint8_t c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// Bytes that may stand somewhere in a URL: RFC 3986 less the controls, space, quotes and non-ASCII
// that it leaves out. The few that browsers leave raw in queries ("{|}^`") are let through.
static outcome check_bytes(struct slice text, struct why *why)
{
    if (text.len > URL_BYTES_MAX)
        return fail(why, TOO_LARGE, "a URL of %zu bytes is over the limit of %d", text.len,
                    URL_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
            return fail(why, INVALID,
                        "byte 0x%02x at offset %zu may not stand in a URL: write it as %%%02X", c,
                        i, c);
        if (c == '%' &&
            (text.len - i < 3 || hex_value(text.at[i + 1]) < 0 || hex_value(text.at[i + 2]) < 0))
            return fail(why, INVALID, "'%%' at offset %zu is not followed by two hex digits", i);
    }
    return OK;
}

// Cuts what stands before the first of `stops` off the front of `*rest`, leaving the stop there.
static struct slice take_until(struct slice *rest, const char *stops)
{
    size_t len = 0;
    while (len < rest->len && strchr(stops, rest->at[len]) == NULL)
        len++;
    const struct slice part = slice_part(*rest, 0, len);
    *rest = slice_part(*rest, len, rest->len);
    return part;
}

static bool starts_with_byte(struct slice s, char byte)
{
    return s.len > 0 && s.at[0] == (uint8_t)byte;
}

static struct slice take_scheme(struct slice *rest)
{
    struct slice after = *rest;
    const struct slice scheme = take_until(&after, ":/?#");
    bool is_scheme = starts_with_byte(after, ':') && scheme.len > 0 && is_alpha(scheme.at[0]);
    for (size_t i = 0; i < scheme.len && is_scheme; i++) {
        const uint8_t c = scheme.at[i];
        is_scheme = is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    }
    if (!is_scheme) return (struct slice){NULL, 0};
    *rest = slice_part(after, 1, after.len);
    return scheme;
}

static outcome parse_authority(struct slice authority, struct url *url, struct why *why)
{
    struct slice rest = authority;
    for (size_t i = authority.len; i-- > 0;) {
        if (authority.at[i] != '@') continue;
        url->userinfo = slice_part(authority, 0, i);
        rest = slice_part(authority, i + 1, authority.len);
        break;
    }
    if (starts_with_byte(rest, '[')) {
        rest = slice_part(rest, 1, rest.len);
        url->host = take_until(&rest, "]");
        url->is_host_ipv6 = true;
        if (!starts_with_byte(rest, ']'))
            return fail(why, INVALID, "the host's '[' is not closed: write http://[::1]:8080/");
        rest = slice_part(rest, 1, rest.len);
    } else {
        url->host = take_until(&rest, ":");
    }
    if (rest.len == 0) return OK;
    if (rest.at[0] != ':') return fail(why, INVALID, "only a port may follow the host's ']'");
    url->port_text = slice_part(rest, 1, rest.len);
    if (url->port_text.len == 0) return OK;
    uint64_t port;
    TRY(slice_u64(url->port_text, 65535, &port, why));
    url->port = (uint16_t)port;
    return OK;
}

outcome url_parse(struct slice text, struct url *out, struct why *why)
{
    TRY(check_bytes(text, why));
    struct url url = {0};
    struct slice rest = text.at == NULL ? slice_of("") : text;
    url.scheme = take_scheme(&rest);
    if (slice_starts(rest, "//")) {
        rest = slice_part(rest, 2, rest.len);
        url.has_authority = true;
        TRY(parse_authority(take_until(&rest, "/?#"), &url, why));
    }
    if (url.port_text.len == 0) {
        if (slice_is_nocase(url.scheme, "http")) url.port = 80;
        if (slice_is_nocase(url.scheme, "https")) url.port = 443;
    }
    url.path = take_until(&rest, "?#");
    if (starts_with_byte(rest, '?')) {
        rest = slice_part(rest, 1, rest.len);
        url.query = take_until(&rest, "#");
    }
    if (starts_with_byte(rest, '#')) url.fragment = slice_part(rest, 1, rest.len);
    *out = url;
    return OK;
}

// RFC 3986 section 5.2.4, appended to `out`; `floor` is where the path begins there.
static outcome put_path(struct slice path, struct buffer *out, struct why *why)
{
    const size_t floor = out->len;
    struct slice rest = path;
    bool is_first = true;
    struct slice segment;
    while (slice_cut(&rest, '/', &segment)) {
        const bool is_last = rest.at == NULL;
        const bool is_dot = slice_is(segment, "."), is_up = slice_is(segment, "..");
        if (is_up) { // drop the segment before, and its slash
            while (out->len > floor && out->at[out->len - 1] != '/')
                out->len--;
            if (out->len > floor) out->len--;
        }
        if (is_dot || is_up) {
            if (is_last) TRY(buffer_put_u8(out, '/', why));
            continue;
        }
        if (!is_first) TRY(buffer_put_u8(out, '/', why));
        TRY(buffer_put(out, segment, why));
        is_first = false;
    }
    return OK;
}

// The reference's path behind the base's last slash (RFC 3986 section 5.2.3).
static outcome put_merged_path(const struct url *base, struct slice path, struct buffer *out,
                               struct why *why)
{
    autobuffer merged = buffer_init(2 * URL_BYTES_MAX + 1);
    size_t keep = base->path.len;
    while (keep > 0 && base->path.at[keep - 1] != '/')
        keep--;
    if (keep == 0 && base->has_authority) TRY(buffer_put_u8(&merged, '/', why));
    TRY(buffer_put(&merged, slice_part(base->path, 0, keep), why));
    TRY(buffer_put(&merged, path, why));
    return put_path(buffer_slice(&merged), out, why);
}

static outcome put_authority(const struct url *url, struct buffer *out, struct why *why)
{
    if (!url->has_authority) return OK;
    TRY(buffer_put_text(out, "//", why));
    if (url->userinfo.at != NULL) {
        TRY(buffer_put(out, url->userinfo, why));
        TRY(buffer_put_u8(out, '@', why));
    }
    TRY(buffer_put_text(out, url->is_host_ipv6 ? "[" : "", why));
    TRY(buffer_put(out, url->host, why));
    TRY(buffer_put_text(out, url->is_host_ipv6 ? "]" : "", why));
    if (url->port_text.at == NULL) return OK;
    TRY(buffer_put_u8(out, ':', why));
    return buffer_put(out, url->port_text, why);
}

static outcome put_marked(char mark, struct slice part, struct buffer *out, struct why *why)
{
    if (part.at == NULL) return OK;
    TRY(buffer_put_u8(out, (uint8_t)mark, why));
    return buffer_put(out, part, why);
}

static outcome put_resolved(const struct url *base, const struct url *ref, struct buffer *out,
                            struct why *why)
{
    const bool is_absolute = ref->scheme.at != NULL;
    TRY(buffer_put(out, is_absolute ? ref->scheme : base->scheme, why));
    TRY(buffer_put_u8(out, ':', why));
    const bool is_own_authority = is_absolute || ref->has_authority;
    TRY(put_authority(is_own_authority ? ref : base, out, why));
    struct slice query = ref->query;
    if (is_own_authority || starts_with_byte(ref->path, '/')) {
        TRY(put_path(ref->path, out, why));
    } else if (ref->path.len > 0) {
        TRY(put_merged_path(base, ref->path, out, why));
    } else {
        TRY(buffer_put(out, base->path, why));
        if (query.at == NULL) query = base->query;
    }
    TRY(put_marked('?', query, out, why));
    return put_marked('#', ref->fragment, out, why);
}

outcome url_resolve(struct slice base, struct slice reference, struct buffer *out, struct why *why)
{
    struct url from, to;
    TRY(url_parse(base, &from, why));
    TRY(url_parse(reference, &to, why));
    if (from.scheme.at == NULL)
        return fail(why, INVALID, "\"%.*s\" is no base for a relative URL: it has no scheme",
                    SLICE_ARG(slice_part(base, 0, 120)));
    const size_t before = out->len;
    const outcome result = put_resolved(&from, &to, out, why);
    if (result != OK) out->len = before;
    return result;
}

outcome percent_decode(struct slice text, char *out, size_t room, size_t *out_len, struct why *why)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c == '%') {
            const int high = text.len - i < 3 ? -1 : hex_value(text.at[i + 1]);
            const int low = text.len - i < 3 ? -1 : hex_value(text.at[i + 2]);
            if (high < 0 || low < 0)
                return fail(why, INVALID, "'%%' at offset %zu is not followed by two hex digits",
                            i);
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (c == '\0') return fail(why, INVALID, "a NUL byte may not stand in a name");
        if (len == room)
            return fail(why, TOO_LARGE, "a name longer than %zu bytes cannot be one of ours", room);
        out[len++] = (char)c;
    }
    *out_len = len;
    return OK;
}

outcome percent_encode(struct slice text, struct buffer *out, struct why *why)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        const uint8_t escape[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
        const struct slice plain = slice_part(text, i, 1);
        TRY(buffer_put(out, is_unreserved(c) ? plain : (struct slice){escape, 3}, why));
    }
    return OK;
}

bool query_find(struct slice query, const char *name, struct slice *value)
{
    struct slice pair;
    while (slice_cut(&query, '&', &pair)) {
        struct slice rest = pair, key;
        if (!slice_cut(&rest, '=', &key) || !slice_is(key, name)) continue;
        *value = rest.at == NULL ? slice_part(pair, pair.len, 0) : rest;
        return true;
    }
    return false;
}

// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include "base/url.h"

#include <assert.h>
#include <string.h>

// Not passed on: what a parent could answer differently for without the key knowing (a poisoned
// cache), and what is written anew.
static const char *const kept_back[] = {
    "Expect",           "Forwarded",         "Host",
    "X-Forwarded-Host", "X-Forwarded-Port",  "X-Original-URL",
    "X-Rewrite-URL",    "X-Forwarded-Proto", "X-HTTP-Method-Override",
};

static const char *const conditions[] = {
    "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range",
};

static bool is_among(struct slice name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is_nocase(name, names[i])) return true;
    return false;
}

static outcome put_field(struct buffer *out, struct slice name, struct slice value)
{
    TRY(buffer_put(out, name, NULL));
    TRY(buffer_put_text(out, ": ", NULL));
    TRY(buffer_put(out, value, NULL));
    return buffer_put_text(out, "\r\n", NULL);
}

outcome request_fields(const struct edge *edge, const struct http_exchange *exchange,
                       enum request_conditions whose, struct buffer *out)
{
    const struct http_request *request = exchange->request;
    const bool is_signed = parents_are_signed(edge->parents);
    char from[ADDRESS_TEXT_BYTES];
    for (size_t i = 0; i < request->field_count; i++) {
        const struct slice name = request->fields[i].name;
        const bool is_condition =
            is_among(name, conditions, sizeof conditions / sizeof conditions[0]);
        if (rules_is_hop(name) || (is_condition && whose == CONDITIONS_OURS) ||
            (is_signed && !is_condition) || cmcd_is_field(name) ||
            is_among(name, kept_back, sizeof kept_back / sizeof kept_back[0]) ||
            rules_is_listed(request->fields, request->field_count, name))
            continue;
        TRY(put_field(out, name, request->fields[i].value));
    }
    if (is_signed) return OK;
    if (address_format(&exchange->peer, from)[0] != '\0') // behind what the viewer made up
        TRY(buffer_format(out, NULL, "X-Forwarded-For: %s\r\n", from));
    return buffer_format(out, NULL, "Via: %s\r\n", edge->via);
}

bool request_is_loop(const struct edge *edge, const struct http_request *request)
{
    const char *own = strchr(edge->via, ' ') + 1;
    const size_t own_len = strlen(own);
    for (size_t i = 0; i < request->field_count; i++) {
        const struct slice value = request->fields[i].value;
        if (slice_is_nocase(request->fields[i].name, "Via") && value.len >= own_len &&
            memmem(value.at, value.len, own, own_len) != NULL)
            return true;
    }
    return false;
}

static outcome put_conditions(struct fetch *fetch, struct buffer *out)
{
    struct slice modified;
    const struct cache_head *stored = fetch->stored;
    if (!fetch->is_conditional || stored == NULL) return OK;
    if (stored->validators.etag.at != NULL)
        TRY(put_field(out, slice_of("If-None-Match"), stored->validators.etag));
    if (head_find(stored, "Last-Modified", &modified))
        TRY(put_field(out, slice_of("If-Modified-Since"), modified));
    return OK;
}

// A part, and only of the same representation.
static outcome put_range(struct fetch *fetch, struct buffer *out)
{
    if (!fetch->has_range) return OK;
    if (fetch->suffix > 0)
        TRY(buffer_format(out, NULL, "Range: bytes=-%llu\r\n", (unsigned long long)fetch->suffix));
    else if (fetch->is_open_ended)
        TRY(buffer_format(out, NULL, "Range: bytes=%llu-\r\n",
                          (unsigned long long)fetch->range_first));
    else
        TRY(buffer_format(out, NULL, "Range: bytes=%llu-%llu\r\n",
                          (unsigned long long)fetch->range_first,
                          (unsigned long long)fetch->range_end - 1));
    struct slice value;
    const struct cache_head *known = fetch->object == NULL ? NULL : fetch->stored;
    if (known == NULL || fetch->is_conditional || !known->is_strong) return OK;
    if (known->validators.etag.at != NULL)
        return put_field(out, slice_of("If-Range"), known->validators.etag);
    if (head_find(known, "Last-Modified", &value))
        return put_field(out, slice_of("If-Range"), value);
    return OK;
}

// The path as S3 signs it: each octet of the object's name but unreserved ones escaped.
static outcome put_s3_path(const struct fetch *fetch, struct buffer *out)
{
    char name[CACHE_KEY_BYTES_MAX + 1];
    size_t len = 0;
    struct slice key = fetch->key, path, part;
    (void)slice_cut(&key, '?', &path);
    TRY(percent_decode(path, name, sizeof name, &len, NULL));
    TRY(buffer_put_text(out, fetch->parent.prefix, NULL));
    struct slice rest = slice_part((struct slice){(const uint8_t *)name, len}, 1, len);
    while (slice_cut(&rest, '/', &part)) {
        if (slice_is(part, ".") || slice_is(part, "..")) return INVALID; // out of the bucket?
        TRY(buffer_put_text(out, "/", NULL));
        TRY(percent_encode(part, out, NULL));
    }
    return OK;
}

static outcome put_s3_line(struct fetch *fetch, struct buffer *out)
{
    autobuffer path = buffer_init(CACHE_KEY_BYTES_MAX * 3 + PARENT_PREFIX_BYTES);
    autosigv4 fields = {0};
    const char *method = fetch->method == METHOD_HEAD ? "HEAD" : "GET";
    TRY(put_s3_path(fetch, &path));
    const char *text = buffer_text(&path);
    if (text == NULL) return NO_MEMORY;
    TRY(aws_sign(fetch->parent.s3, method, text, &fields, NULL));
    TRY(buffer_format(out, NULL, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s\r\n", method, text,
                      fetch->parent.authority, fields.date, fields.payload));
    TRY(buffer_put(out, buffer_slice(&fields.granted), NULL));
    TRY(buffer_put_text(out, "\r\n", NULL));
    if (fields.token.len == 0) return OK;
    TRY(buffer_put(out, buffer_slice(&fields.token), NULL));
    return buffer_put_text(out, "\r\n", NULL);
}

static outcome put_line(struct fetch *fetch, struct buffer *out)
{
    if (fetch->parent.s3 != NULL) return put_s3_line(fetch, out);
    TRY(buffer_put(out, fetch->method_word, NULL));
    TRY(buffer_format(out, NULL, " %s", fetch->parent.prefix));
    TRY(buffer_put(out, fetch->key, NULL));
    return buffer_format(out, NULL, " HTTP/1.1\r\nHost: %s\r\n", fetch->parent.authority);
}

outcome request_head(struct fetch *fetch)
{
    struct buffer *out = &fetch->head;
    out->len = 0;
    TRY(put_line(fetch, out));
    TRY(buffer_put(out, buffer_slice(&fetch->fields), NULL));
    TRY(put_conditions(fetch, out));
    if (fetch->parent.kind == PARENT_PEER) // what it has not got, the parents have
        TRY(buffer_put_text(out, "Cache-Control: only-if-cached\r\n", NULL));
    TRY(put_range(fetch, out));
    const bool says_length = fetch->body.len > 0 || fetch->method == METHOD_POST ||
                             fetch->method == METHOD_PUT || fetch->method == METHOD_PATCH;
    if (says_length) TRY(buffer_format(out, NULL, "Content-Length: %zu\r\n", fetch->body.len));
    return buffer_put_text(out, "\r\n", NULL);
}

static bool read_number(struct slice text, uint64_t *out)
{
    return slice_u64(text, INT64_MAX, out, NULL) == OK;
}

bool request_range(const struct http_request *request, uint64_t *first, uint64_t *end,
                   uint64_t *suffix)
{
    struct slice value, rest, unit, from;
    if (request->method != METHOD_GET || !http_request_find(request, FIELD_RANGE, &value))
        return false;
    rest = value;
    if (!slice_cut(&rest, '=', &unit) || rest.at == NULL || !slice_is_nocase(unit, "bytes"))
        return false;
    rest = slice_trim(rest);
    if (!slice_cut(&rest, '-', &from) || rest.at == NULL) return false;
    *first = *suffix = 0;
    *end = SIZE_UNKNOWN;
    uint64_t last = 0;
    if (from.len == 0) return read_number(rest, suffix) && *suffix > 0;
    if (!read_number(from, first)) return false;
    if (rest.len == 0) return true;
    if (!read_number(rest, &last) || last < *first) return false;
    *end = last + 1;
    return true;
}

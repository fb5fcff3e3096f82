// SPDX-License-Identifier: Apache-2.0
#include "net/http_condition.h"

#include "net/http_date.h"

enum comparison { COMPARE_STRONG, COMPARE_WEAK };

static bool is_weak(struct slice etag)
{
    return slice_starts(etag, "W/");
}

static struct slice opaque(struct slice etag)
{
    return is_weak(etag) ? slice_part(etag, 2, etag.len) : etag;
}

static bool tags_match(struct slice a, struct slice b, enum comparison comparison)
{
    if (comparison == COMPARE_STRONG && (is_weak(a) || is_weak(b))) return false;
    return slice_equal(opaque(a), opaque(b));
}

// Takes one entity-tag off the front. A comma may stand inside its quotes.
static bool take_tag(struct slice *rest, struct slice *tag)
{
    while (rest->len > 0 && (rest->at[0] == ' ' || rest->at[0] == '\t' || rest->at[0] == ','))
        *rest = slice_part(*rest, 1, rest->len);
    size_t len = slice_starts(*rest, "W/") ? 2 : 0;
    if (len >= rest->len || rest->at[len] != '"') return false;
    len++;
    while (len < rest->len && rest->at[len] != '"')
        len++;
    if (len == rest->len) return false;
    *tag = slice_part(*rest, 0, len + 1);
    *rest = slice_part(*rest, len + 1, rest->len);
    return true;
}

// Is the representation named by any line of the field? "*" names every one that exists.
static bool list_names(const struct http_request *request, enum http_field_id id, struct slice etag,
                       enum comparison comparison)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != id) continue;
        struct slice rest = request->fields[i].value, tag;
        if (slice_is(rest, "*")) return true;
        while (take_tag(&rest, &tag))
            if (etag.at != NULL && tags_match(tag, etag, comparison)) return true;
    }
    return false;
}

static bool read_date(const struct http_request *request, enum http_field_id id, int64_t now_s,
                      int64_t *out_s)
{
    struct slice value;
    return http_request_find(request, id, &value) &&
           http_date_parse(value, now_s, out_s, NULL) == OK;
}

enum http_verdict http_condition_check(const struct http_request *request,
                                       const struct http_validators *validators, int64_t now_s)
{
    const bool is_read = request->method == METHOD_GET || request->method == METHOD_HEAD;
    int64_t date_s;
    if (request->first[FIELD_IF_MATCH] != 0) {
        if (!list_names(request, FIELD_IF_MATCH, validators->etag, COMPARE_STRONG))
            return VERDICT_FAILED;
    } else if (validators->modified_s >= 0 &&
               read_date(request, FIELD_IF_UNMODIFIED_SINCE, now_s, &date_s) &&
               validators->modified_s > date_s) {
        return VERDICT_FAILED;
    }
    if (request->first[FIELD_IF_NONE_MATCH] != 0) {
        if (list_names(request, FIELD_IF_NONE_MATCH, validators->etag, COMPARE_WEAK))
            return is_read ? VERDICT_NOT_MODIFIED : VERDICT_FAILED;
    } else if (is_read && validators->modified_s >= 0 &&
               read_date(request, FIELD_IF_MODIFIED_SINCE, now_s, &date_s) &&
               validators->modified_s <= date_s) {
        return VERDICT_NOT_MODIFIED;
    }
    return VERDICT_GO_ON;
}

bool http_range_applies(const struct http_request *request,
                        const struct http_validators *validators, int64_t now_s)
{
    struct slice value;
    if (!http_request_find(request, FIELD_IF_RANGE, &value)) return true;
    struct slice rest = value, tag;
    if (take_tag(&rest, &tag))
        return rest.len == 0 && validators->etag.at != NULL &&
               tags_match(tag, validators->etag, COMPARE_STRONG);
    int64_t date_s;
    return validators->modified_s >= 0 && http_date_parse(value, now_s, &date_s, NULL) == OK &&
           date_s == validators->modified_s; // exactly: section 13.1.5
}

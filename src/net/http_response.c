// SPDX-License-Identifier: Apache-2.0
#include "net/http_response.h"

#include "net/http_bytes.h"

#include <assert.h>
#include <string.h>

enum { STATUS_AT = 9, STATUS_LINE_BYTES_MIN = 12 }; // "HTTP/1.1 200"

static enum http_fault take_status_line(struct http_response *response, struct slice line)
{
    if (line.len < STATUS_LINE_BYTES_MIN || !slice_starts(line, "HTTP/") || line.at[8] != ' ')
        return FAULT_VERSION;
    if (line.at[5] != '1' || line.at[6] != '.' || !byte_is(line.at[7], BYTE_DIGIT))
        return FAULT_VERSION_UNKNOWN;
    uint64_t status;
    if (slice_u64(slice_part(line, STATUS_AT, 3), 999, &status, NULL) != OK || status < 100)
        return FAULT_STATUS;
    struct slice reason = slice_part(line, STATUS_LINE_BYTES_MIN, line.len);
    if (reason.len > 0 && reason.at[0] != ' ') return FAULT_STATUS;
    for (size_t i = 0; i < reason.len; i++)
        if (!byte_is(reason.at[i], BYTE_VALUE)) return FAULT_STATUS;
    response->status = (int)status;
    response->minor = line.at[7] == '0' ? 0 : 1;
    response->reason = slice_trim(reason);
    response->is_last = response->minor == 0;
    return FAULT_NONE;
}

// What the fields say about framing, before they are put together.
struct framing_fields {
    bool has_coding;
};

static enum http_fault take_field(struct http_response *response, struct slice line,
                                  struct framing_fields *framing)
{
    if (response->field_count == HTTP_FIELDS_MAX) return FAULT_FIELDS_LARGE;
    struct http_field *field = &response->fields[response->field_count];
    const enum http_fault fault = http_field_parse(line, field);
    if (fault != FAULT_NONE) return fault;
    response->field_count++;
    switch (field->id) {
    case FIELD_CONTENT_LENGTH:
        if (response->has_length) return FAULT_FIELD_TWICE;
        response->has_length = true;
        if (slice_u64(field->value, INT64_MAX, &response->length, NULL) != OK) return FAULT_LENGTH;
        break;
    case FIELD_TRANSFER_ENCODING:
        if (framing->has_coding) return FAULT_FIELD_TWICE;
        if (response->minor == 0) return FAULT_CODING_OLD;
        if (!slice_is_nocase(field->value, "chunked")) return FAULT_CODING_UNKNOWN;
        framing->has_coding = true;
        break;
    case FIELD_CONNECTION:
        if (http_list_has(field->value, "close")) response->is_last = true;
        break;
    default: break;
    }
    return FAULT_NONE;
}

static enum http_fault check_whole(struct http_response *response, enum http_method method,
                                   const struct framing_fields *framing)
{
    if (framing->has_coding && response->has_length) return FAULT_LENGTH_AND_CODING;
    const bool has_no_body = method == METHOD_HEAD || response->status < 200 ||
                             response->status == 204 || response->status == 304;
    if (has_no_body) {
        response->framing = FRAMING_LENGTH;
    } else if (framing->has_coding) {
        response->framing = FRAMING_CHUNKED;
    } else if (response->has_length) {
        response->framing = FRAMING_LENGTH;
        response->content_length = response->length;
    } else {
        response->framing = FRAMING_NONE;
        response->is_last = true;
    }
    return FAULT_NONE;
}

static enum http_fault take_head(struct slice bytes, enum http_method method,
                                 struct http_response *response)
{
    memset(response, 0, offsetof(struct http_response, fields));
    struct framing_fields framing = {false};
    struct slice rest = bytes, line;
    bool is_first = true;
    while (slice_cut(&rest, '\n', &line)) {
        line.len--; // its CR, which the scan has seen
        if (line.len == 0 && !is_first) return check_whole(response, method, &framing);
        const enum http_fault fault =
            is_first ? take_status_line(response, line) : take_field(response, line, &framing);
        if (fault != FAULT_NONE) return fault;
        is_first = false;
    }
    assert(0 && "the scan found the empty line");
    return FAULT_STATUS;
}

enum http_parsed http_response_parse(struct http_scan *scan, struct slice bytes,
                                     enum http_method method, struct http_response *out,
                                     size_t *head_bytes, enum http_fault *fault)
{
    size_t end = 0;
    const enum http_parsed parsed = http_head_scan(scan, bytes, &end, fault);
    if (parsed != HTTP_READY) return parsed;
    const enum http_fault found =
        scan->start > 0 ? FAULT_STATUS // an empty line before it: not what was asked for
                        : take_head(slice_part(bytes, 0, end), method, out);
    if (found != FAULT_NONE) {
        *fault = found;
        return HTTP_REFUSED;
    }
    *head_bytes = end;
    return HTTP_READY;
}

bool http_response_find(const struct http_response *response, const char *name, struct slice *value)
{
    for (size_t i = 0; i < response->field_count; i++) {
        if (!slice_is_nocase(response->fields[i].name, name)) continue;
        *value = response->fields[i].value;
        return true;
    }
    return false;
}

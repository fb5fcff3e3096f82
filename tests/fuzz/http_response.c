// SPDX-License-Identifier: Apache-2.0
#include "net/http_response.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice part, struct slice whole)
{
    assert(part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
    assert(part.len == 0 || memchr(part.at, '\r', part.len) == NULL);
    assert(part.len == 0 || memchr(part.at, '\n', part.len) == NULL);
    assert(part.len == 0 || memchr(part.at, '\0', part.len) == NULL);
}

static void check_response(const struct http_response *response, struct slice head)
{
    assert(response->status >= 100 && response->status <= 999);
    assert(response->field_count <= HTTP_FIELDS_MAX);
    assert(response->framing != FRAMING_CHUNKED || !response->has_length);
    assert(response->framing != FRAMING_NONE || response->is_last);
    check_inside(response->reason, head);
    for (size_t i = 0; i < response->field_count; i++) {
        check_inside(response->fields[i].name, head);
        check_inside(response->fields[i].value, head);
        assert(http_is_token(response->fields[i].name));
    }
}

// The same bytes at once and in pieces must give the same verdict.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_response whole, pieces;
    const struct slice all = {data, size};
    const enum http_method method = size % 3 == 0 ? METHOD_HEAD : METHOD_GET;
    struct http_scan scan = {0};
    size_t head = 0, head_again = 0;
    enum http_fault fault = FAULT_NONE, fault_again = FAULT_NONE;
    const enum http_parsed parsed = http_response_parse(&scan, all, method, &whole, &head, &fault);
    scan = (struct http_scan){0};
    enum http_parsed again = HTTP_MORE;
    const size_t step = size > 2000 ? size / 100 : 1 + size % 7;
    for (size_t have = 0; again == HTTP_MORE && have < size;) {
        have = size - have < step ? size : have + step;
        again = http_response_parse(&scan, slice_part(all, 0, have), method, &pieces, &head_again,
                                    &fault_again);
    }
    assert(parsed == again && fault == fault_again && head == head_again);
    if (parsed == HTTP_READY) check_response(&whole, slice_part(all, 0, head));
    assert(parsed != HTTP_REFUSED || fault != FAULT_NONE);
    return 0;
}

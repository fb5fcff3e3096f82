// SPDX-License-Identifier: Apache-2.0
#include "net/http_chunks.h"
#include "net/http_condition.h"
#include "net/http_range.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice part, struct slice whole)
{
    if (part.at == NULL || slice_is(part, "*")) return;
    assert(part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check_request(const struct http_request *request, struct slice head)
{
    assert(request->field_count <= HTTP_FIELDS_MAX && request->path.len > 0);
    assert(request->minor == 0 || request->host.at != NULL);
    check_inside(request->path, head);
    check_inside(request->query, head);
    check_inside(request->host, head);
    for (size_t i = 0; i < request->field_count; i++) {
        check_inside(request->fields[i].name, head);
        check_inside(request->fields[i].value, head);
        const struct slice value = request->fields[i].value;
        assert(value.len == 0 || memchr(value.at, '\r', value.len) == NULL);
        assert(value.len == 0 || memchr(value.at, '\n', value.len) == NULL);
        assert(value.len == 0 || memchr(value.at, '\0', value.len) == NULL);
    }
    const struct http_validators validators = {slice_of("\"etag\""), 784111777};
    (void)http_condition_check(request, &validators, 1795000000);
    (void)http_range_applies(request, &validators, 1795000000);
    struct slice value;
    struct http_span span = {0, 1};
    if (http_request_find(request, FIELD_RANGE, &value) &&
        http_range_parse(value, 1000, &span) == HTTP_RANGE_PART)
        assert(span.size > 0 && span.offset + span.size <= 1000);
}

static void read_chunks(struct slice in)
{
    struct http_chunks chunks = http_chunks_init(1 << 20);
    struct slice data;
    enum http_fault fault = FAULT_NONE;
    enum http_parsed parsed;
    uint64_t total = 0;
    do {
        parsed = http_chunks_read(&chunks, &in, &data, &fault);
        total += data.len;
    } while (parsed == HTTP_MORE && in.len > 0);
    assert(total == chunks.total && total <= 1 << 20);
    assert(parsed != HTTP_REFUSED || fault != FAULT_NONE);
}

// The same bytes at once and in pieces must give the same verdict.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_request whole, pieces;
    const struct slice all = {data, size};
    struct http_scan scan = {0};
    size_t head = 0, head_again = 0;
    enum http_fault fault = FAULT_NONE, fault_again = FAULT_NONE;
    const enum http_parsed parsed = http_request_parse(&scan, all, &whole, &head, &fault);
    scan = (struct http_scan){0};
    enum http_parsed again = HTTP_MORE;
    const size_t step = size > 2000 ? size / 100 : 1 + size % 7;
    for (size_t have = 0; again == HTTP_MORE && have < size;) {
        have = size - have < step ? size : have + step;
        again =
            http_request_parse(&scan, slice_part(all, 0, have), &pieces, &head_again, &fault_again);
    }
    assert(parsed == again && fault == fault_again && head == head_again);
    if (parsed == HTTP_READY) {
        check_request(&whole, slice_part(all, 0, head));
        if (whole.framing == FRAMING_CHUNKED) read_chunks(slice_part(all, head, size));
    }
    read_chunks(all);
    return 0;
}

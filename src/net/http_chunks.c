// SPDX-License-Identifier: Apache-2.0
#include "net/http_chunks.h"

#include "net/http_bytes.h"

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    BODY_LF,
    BODY_END,
};

enum { SIZE_DIGITS_MAX = 16 }; // 64 bits

struct http_chunks http_chunks_init(uint64_t total_max)
{
    return (struct http_chunks){.total_max = total_max};
}

static uint8_t hex_value(uint8_t c)
{
    if (byte_is(c, BYTE_DIGIT)) return (uint8_t)(c - '0');
    return (uint8_t)((c | 0x20) - 'a' + 10);
}

static enum http_fault read_size(struct http_chunks *chunks, uint8_t c)
{
    if (byte_is(c, BYTE_HEX)) {
        if (++chunks->digits > SIZE_DIGITS_MAX) return FAULT_CHUNK_SIZE;
        chunks->left = chunks->left << 4 | hex_value(c);
        return FAULT_NONE;
    }
    if (chunks->digits == 0) return FAULT_CHUNK_SIZE;
    if (chunks->left > chunks->total_max - chunks->total) return FAULT_BODY_LARGE;
    if (c == '\r')
        chunks->state = CHUNK_SIZE_LF;
    else if (c == ';')
        chunks->state = CHUNK_EXTENSION;
    else
        return c == '\n' ? FAULT_BARE_LF : FAULT_CHUNK_SIZE;
    return FAULT_NONE;
}

// Exactly `expected`, then on to `next`.
static enum http_fault read_exact(struct http_chunks *chunks, uint8_t c, char expected,
                                  enum chunk_state next, enum http_fault otherwise)
{
    if (c != (uint8_t)expected) return c == '\n' ? FAULT_BARE_LF : otherwise;
    chunks->state = (uint8_t)next;
    return FAULT_NONE;
}

// A byte of an extension or a trailer, which ends at CR.
static enum http_fault read_extra(struct http_chunks *chunks, uint8_t c, enum chunk_state at_cr)
{
    if (++chunks->extra_bytes > HTTP_CHUNK_EXTRA_BYTES_MAX) return FAULT_CHUNK_EXTRA;
    if (c == '\r')
        chunks->state = (uint8_t)at_cr;
    else if (c == '\n')
        return FAULT_BARE_LF;
    else if (!byte_is(c, BYTE_VALUE))
        return FAULT_CHUNK_EXTRA;
    return FAULT_NONE;
}

static enum http_fault read_trailer_name(struct http_chunks *chunks, uint8_t c)
{
    if (++chunks->extra_bytes > HTTP_CHUNK_EXTRA_BYTES_MAX) return FAULT_CHUNK_EXTRA;
    const bool is_name = byte_is(c, BYTE_TOKEN);
    if (chunks->state == TRAILER_START && c == '\r')
        chunks->state = BODY_LF;
    else if (is_name)
        chunks->state = TRAILER_NAME;
    else if (c == ':' && chunks->state == TRAILER_NAME)
        chunks->state = TRAILER_VALUE;
    else
        return c == '\n' ? FAULT_BARE_LF : FAULT_CHUNK_EXTRA;
    return FAULT_NONE;
}

// One byte that is not chunk data.
static enum http_fault read_byte(struct http_chunks *chunks, uint8_t c)
{
    switch ((enum chunk_state)chunks->state) {
    case CHUNK_SIZE: return read_size(chunks, c);
    case CHUNK_EXTENSION: return read_extra(chunks, c, CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        return read_exact(chunks, c, '\n', chunks->left == 0 ? TRAILER_START : CHUNK_DATA,
                          FAULT_BARE_CR);
    case CHUNK_DATA_CR: return read_exact(chunks, c, '\r', CHUNK_DATA_LF, FAULT_CHUNK_END);
    case CHUNK_DATA_LF:
        chunks->digits = 0;
        return read_exact(chunks, c, '\n', CHUNK_SIZE, FAULT_BARE_CR);
    case TRAILER_START:
    case TRAILER_NAME: return read_trailer_name(chunks, c);
    case TRAILER_VALUE: return read_extra(chunks, c, TRAILER_LF);
    case TRAILER_LF: return read_exact(chunks, c, '\n', TRAILER_START, FAULT_BARE_CR);
    case BODY_LF: return read_exact(chunks, c, '\n', BODY_END, FAULT_BARE_CR);
    case CHUNK_DATA:
    case BODY_END: break;
    }
    return FAULT_CHUNK_END;
}

enum http_parsed http_chunks_read(struct http_chunks *chunks, struct slice *in, struct slice *data,
                                  enum http_fault *fault)
{
    *data = (struct slice){NULL, 0};
    while (in->len > 0 && chunks->state != BODY_END) {
        if (chunks->state == CHUNK_DATA) {
            const size_t run = in->len < chunks->left ? in->len : (size_t)chunks->left;
            *data = slice_part(*in, 0, run);
            *in = slice_part(*in, run, in->len);
            chunks->left -= run;
            chunks->total += run;
            if (chunks->left == 0) chunks->state = CHUNK_DATA_CR;
            return HTTP_MORE;
        }
        const enum http_fault found = read_byte(chunks, in->at[0]);
        if (found != FAULT_NONE) {
            *fault = found;
            return HTTP_REFUSED;
        }
        *in = slice_part(*in, 1, in->len);
    }
    return chunks->state == BODY_END ? HTTP_READY : HTTP_MORE;
}

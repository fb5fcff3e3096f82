// SPDX-License-Identifier: Apache-2.0
#include "drm/cbor.h"

#include "base/utf8.h"

#include <assert.h>
#include <cbor.h>
#include <string.h>

enum { HEAD_BYTES_MAX = 9 };

enum item_type {
    ITEM_OTHER,
    ITEM_UINT,
    ITEM_NEGATIVE,
    ITEM_BYTES,
    ITEM_TEXT,
    ITEM_ARRAY,
    ITEM_MAP
};

static const char *const type_words[] = {
    [ITEM_OTHER] = "something else",
    [ITEM_UINT] = "a number",
    [ITEM_NEGATIVE] = "a number",
    [ITEM_BYTES] = "bytes",
    [ITEM_TEXT] = "a text",
    [ITEM_ARRAY] = "an array",
    [ITEM_MAP] = "a map",
};

struct item {
    enum item_type type;
    uint64_t value; // of a number, or a count or length; -1 - value is the negative number
    struct slice content;
};

static void set(void *item, enum item_type type, uint64_t value)
{
    *(struct item *)item = (struct item){.type = type, .value = value};
}

static void on_u8(void *item, uint8_t value)
{
    set(item, ITEM_UINT, value);
}

static void on_u16(void *item, uint16_t value)
{
    set(item, ITEM_UINT, value);
}

static void on_u32(void *item, uint32_t value)
{
    set(item, ITEM_UINT, value);
}

static void on_u64(void *item, uint64_t value)
{
    set(item, ITEM_UINT, value);
}

static void on_negative8(void *item, uint8_t value)
{
    set(item, ITEM_NEGATIVE, value);
}

static void on_negative16(void *item, uint16_t value)
{
    set(item, ITEM_NEGATIVE, value);
}

static void on_negative32(void *item, uint32_t value)
{
    set(item, ITEM_NEGATIVE, value);
}

static void on_negative64(void *item, uint64_t value)
{
    set(item, ITEM_NEGATIVE, value);
}

static void on_bytes(void *item, cbor_data at, size_t len)
{
    *(struct item *)item = (struct item){ITEM_BYTES, len, {at, len}};
}

static void on_text(void *item, cbor_data at, size_t len)
{
    *(struct item *)item = (struct item){ITEM_TEXT, len, {at, len}};
}

static void on_array(void *item, size_t count)
{
    set(item, ITEM_ARRAY, count);
}

static void on_map(void *item, size_t count)
{
    set(item, ITEM_MAP, count);
}

static size_t head_bytes(uint64_t value)
{
    if (value < 24) return 1;
    if (value <= UINT8_MAX) return 2;
    if (value <= UINT16_MAX) return 3;
    return value <= UINT32_MAX ? 5 : HEAD_BYTES_MAX;
}

static outcome take(struct cbor_reader *reader, enum item_type type, struct item *out,
                    struct why *why)
{
    struct cbor_callbacks callbacks = cbor_empty_callbacks; // what we do not take stays ITEM_OTHER
    callbacks.uint8 = on_u8;
    callbacks.uint16 = on_u16;
    callbacks.uint32 = on_u32;
    callbacks.uint64 = on_u64;
    callbacks.negint8 = on_negative8;
    callbacks.negint16 = on_negative16;
    callbacks.negint32 = on_negative32;
    callbacks.negint64 = on_negative64;
    callbacks.byte_string = on_bytes;
    callbacks.string = on_text;
    callbacks.array_start = on_array;
    callbacks.map_start = on_map;

    struct item item = {.type = ITEM_OTHER};
    const struct cbor_decoder_result result =
        cbor_stream_decode(reader->rest.at, reader->rest.len, &callbacks, &item);
    if (result.status != CBOR_DECODER_FINISHED)
        return fail(why, INVALID, "%s is cut off or no CBOR", reader->what);
    const bool is_wanted = item.type == type || (type == ITEM_UINT && item.type == ITEM_NEGATIVE);
    if (!is_wanted)
        return fail(why, INVALID, "%s has %s where %s should be", reader->what,
                    type_words[item.type], type_words[type]);
    if (result.read != head_bytes(item.value) + item.content.len)
        return fail(why, INVALID, "%s has a length or number that is not in its shortest form",
                    reader->what);
    reader->rest = slice_part(reader->rest, result.read, SIZE_MAX);
    *out = item;
    return OK;
}

struct cbor_reader cbor_reader_init(struct slice bytes, const char *what)
{
    return (struct cbor_reader){bytes, what};
}

outcome cbor_take_int(struct cbor_reader *reader, int64_t *out, struct why *why)
{
    struct item item;
    TRY(take(reader, ITEM_UINT, &item, why));
    if (item.value > INT64_MAX)
        return fail(why, INVALID, "%s has a number beyond 63 bits", reader->what);
    *out = item.type == ITEM_NEGATIVE ? -1 - (int64_t)item.value : (int64_t)item.value;
    return OK;
}

outcome cbor_take_uint(struct cbor_reader *reader, uint64_t max, uint64_t *out, struct why *why)
{
    struct item item;
    TRY(take(reader, ITEM_UINT, &item, why));
    if (item.type == ITEM_NEGATIVE || item.value > max)
        return fail(why, INVALID, "%s has a number that is not from 0 to %llu", reader->what,
                    (unsigned long long)max);
    *out = item.value;
    return OK;
}

outcome cbor_expect_int(struct cbor_reader *reader, int64_t value, struct why *why)
{
    int64_t number = 0;
    TRY(cbor_take_int(reader, &number, why));
    if (number == value) return OK;
    return fail(why, INVALID, "%s has %lld where %lld should be", reader->what, (long long)number,
                (long long)value);
}

static outcome take_string(struct cbor_reader *reader, enum item_type type, size_t max,
                           struct slice *out, struct why *why)
{
    struct item item;
    TRY(take(reader, type, &item, why));
    if (item.content.len > max)
        return fail(why, INVALID, "%s has %s of %zu bytes where up to %zu may be", reader->what,
                    type_words[type], item.content.len, max);
    *out = item.content;
    return OK;
}

outcome cbor_take_bytes(struct cbor_reader *reader, size_t max, struct slice *out, struct why *why)
{
    return take_string(reader, ITEM_BYTES, max, out, why);
}

outcome cbor_take_text(struct cbor_reader *reader, size_t max, struct slice *out, struct why *why)
{
    struct slice text;
    TRY(take_string(reader, ITEM_TEXT, max, &text, why));
    if (utf8_prefix(text) != text.len)
        return fail(why, INVALID, "%s has a text that is not UTF-8", reader->what);
    *out = text;
    return OK;
}

outcome cbor_take_exactly(struct cbor_reader *reader, uint8_t *out, size_t len, struct why *why)
{
    struct slice bytes = {NULL, 0};
    TRY(cbor_take_bytes(reader, len, &bytes, why));
    if (bytes.len != len)
        return fail(why, INVALID, "%s has %zu bytes where %zu should be", reader->what, bytes.len,
                    len);
    memcpy(out, bytes.at, len);
    return OK;
}

outcome cbor_take_array(struct cbor_reader *reader, size_t max, size_t *out, struct why *why)
{
    struct item item;
    TRY(take(reader, ITEM_ARRAY, &item, why));
    if (item.value > max)
        return fail(why, INVALID, "%s has an array of %llu items where up to %zu may be",
                    reader->what, (unsigned long long)item.value, max);
    *out = (size_t)item.value;
    return OK;
}

static outcome expect(struct cbor_reader *reader, enum item_type type, uint64_t value,
                      struct why *why)
{
    struct item item;
    TRY(take(reader, type, &item, why));
    if (item.value == value) return OK;
    return fail(why, INVALID, "%s has %s of %llu where %llu should be", reader->what,
                type_words[type], (unsigned long long)item.value, (unsigned long long)value);
}

outcome cbor_expect_array(struct cbor_reader *reader, size_t count, struct why *why)
{
    return expect(reader, ITEM_ARRAY, count, why);
}

outcome cbor_expect_map(struct cbor_reader *reader, size_t count, struct why *why)
{
    return expect(reader, ITEM_MAP, count, why);
}

outcome cbor_expect_end(const struct cbor_reader *reader, struct why *why)
{
    if (reader->rest.len == 0) return OK;
    return fail(why, INVALID, "%s has %zu bytes behind its end", reader->what, reader->rest.len);
}

// A head, with room for its content.
static outcome put_head(struct buffer *out, size_t (*encode)(uint64_t, unsigned char *, size_t),
                        uint64_t value, size_t content, struct why *why)
{
    TRY(buffer_reserve(out, head_bytes(value) + content, why));
    const size_t made = encode(value, out->at + out->len, head_bytes(value));
    assert(made == head_bytes(value));
    out->len += made;
    return OK;
}

outcome cbor_put_uint(struct buffer *out, uint64_t value, struct why *why)
{
    return put_head(out, cbor_encode_uint, value, 0, why);
}

outcome cbor_put_int(struct buffer *out, int64_t value, struct why *why)
{
    if (value >= 0) return cbor_put_uint(out, (uint64_t)value, why);
    return put_head(out, cbor_encode_negint, (uint64_t)(-1 - value), 0, why);
}

outcome cbor_put_bytes(struct buffer *out, struct slice bytes, struct why *why)
{
    TRY(put_head(out, cbor_encode_bytestring_start, bytes.len, bytes.len, why));
    return buffer_put(out, bytes, why);
}

outcome cbor_put_text(struct buffer *out, struct slice text, struct why *why)
{
    TRY(put_head(out, cbor_encode_string_start, text.len, text.len, why));
    return buffer_put(out, text, why);
}

outcome cbor_put_array(struct buffer *out, size_t count, struct why *why)
{
    return put_head(out, cbor_encode_array_start, count, 0, why);
}

outcome cbor_put_map(struct buffer *out, size_t pairs, struct why *why)
{
    return put_head(out, cbor_encode_map_start, pairs, 0, why);
}

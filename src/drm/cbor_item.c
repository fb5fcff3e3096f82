// SPDX-License-Identifier: Apache-2.0
#include "drm/cbor_item.h"

#include "base/utf8.h"

#include <cbor.h>

struct taken {
    struct cbor_item item;
    bool is_refused;
};

static void take_uint(struct taken *taken, uint64_t value)
{
    taken->item.kind = CBOR_UINT;
    taken->item.number = (int64_t)value;
    taken->is_refused = value > INT64_MAX;
}

static void take_negint(struct taken *taken, uint64_t value) // -1 - value
{
    taken->item.kind = CBOR_NEGINT;
    taken->is_refused = value >= INT64_MAX;
    if (!taken->is_refused) taken->item.number = -1 - (int64_t)value;
}

static void on_uint8(void *taken, uint8_t value)
{
    take_uint(taken, value);
}
static void on_uint16(void *taken, uint16_t value)
{
    take_uint(taken, value);
}
static void on_uint32(void *taken, uint32_t value)
{
    take_uint(taken, value);
}
static void on_uint64(void *taken, uint64_t value)
{
    take_uint(taken, value);
}
static void on_negint8(void *taken, uint8_t value)
{
    take_negint(taken, value);
}
static void on_negint16(void *taken, uint16_t value)
{
    take_negint(taken, value);
}
static void on_negint32(void *taken, uint32_t value)
{
    take_negint(taken, value);
}
static void on_negint64(void *taken, uint64_t value)
{
    take_negint(taken, value);
}

static void on_bytes(void *context, cbor_data at, size_t len)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_BYTES;
    taken->item.bytes = (struct slice){at, len};
}

static void on_text(void *context, cbor_data at, size_t len)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_TEXT;
    taken->item.bytes = (struct slice){at, len};
    taken->is_refused = utf8_prefix(taken->item.bytes) != len;
}

static void on_array(void *context, size_t count)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_ARRAY;
    taken->item.count = count;
}

static void on_map(void *context, size_t count)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_MAP;
    taken->item.count = count;
}

static void on_tag(void *context, uint64_t tag)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_TAG;
    taken->item.count = tag;
}

static void on_double(void *context, double value)
{
    struct taken *taken = context;
    taken->item.kind = CBOR_FLOAT;
    taken->item.real = value;
}

static void on_float(void *context, float value)
{
    on_double(context, (double)value);
}

static void on_simple(void *context)
{
    ((struct taken *)context)->item.kind = CBOR_OTHER;
}

static void on_boolean(void *context, bool value)
{
    (void)value;
    on_simple(context);
}

static void on_refused(void *context)
{
    ((struct taken *)context)->is_refused = true;
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string_start = on_refused, // the starts of indefinite lengths
    .byte_string = on_bytes,
    .string_start = on_refused,
    .string = on_text,
    .indef_array_start = on_refused,
    .array_start = on_array,
    .indef_map_start = on_refused,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_simple,
    .null = on_simple,
    .boolean = on_boolean,
    .indef_break = on_refused,
};

// libcbor before 0.10 refuses tags 6 to 20, COSE's among them: tags of one byte are read here.
static bool take_short_tag(struct slice *rest, struct cbor_item *out)
{
    const uint8_t first = rest->at[0];
    if (first < 0xc0 || first > 0xd7) return false;
    *out = (struct cbor_item){.kind = CBOR_TAG, .count = first & 0x1f};
    *rest = slice_part(*rest, 1, rest->len);
    return true;
}

outcome cbor_item_take(struct slice *rest, struct cbor_item *out, struct why *why)
{
    struct taken taken = {.item = {.kind = CBOR_OTHER}};
    if (rest->len == 0) return fail(why, INVALID, "the CBOR ends before its last item");
    if (take_short_tag(rest, out)) return OK;
    const struct cbor_decoder_result result =
        cbor_stream_decode(rest->at, rest->len, &callbacks, &taken);
    if (result.status != CBOR_DECODER_FINISHED || result.read == 0 || result.read > rest->len)
        return fail(why, INVALID, "the CBOR is cut off or malformed");
    if (taken.is_refused)
        return fail(why, INVALID,
                    "the CBOR has an item of indefinite length, a text that is not UTF-8 or a "
                    "number past 63 bits");
    *rest = slice_part(*rest, result.read, rest->len);
    *out = taken.item;
    return OK;
}

outcome cbor_item_take_kind(struct slice *rest, enum cbor_kind kind, struct cbor_item *out,
                            struct why *why)
{
    struct slice ahead = *rest;
    struct cbor_item item;
    TRY(cbor_item_take(&ahead, &item, why));
    if (item.kind != kind) return fail(why, INVALID, "the CBOR has an item of an unexpected kind");
    *rest = ahead;
    *out = item;
    return OK;
}

outcome cbor_item_skip(struct slice *rest, struct slice *whole, struct why *why)
{
    struct slice ahead = *rest;
    uint64_t left[CBOR_DEPTH_MAX] = {1}; // items still to come, by depth
    size_t depth = 0;
    for (;;) {
        while (left[depth] == 0 && depth > 0)
            depth--;
        if (left[depth] == 0) break;
        left[depth]--;
        struct cbor_item item;
        TRY(cbor_item_take(&ahead, &item, why));
        uint64_t inner = 0;
        if (item.kind == CBOR_ARRAY) inner = item.count;
        if (item.kind == CBOR_TAG) inner = 1;
        if (item.kind == CBOR_MAP)
            inner = item.count > UINT64_MAX / 2 ? UINT64_MAX : item.count * 2;
        if (inner == 0) continue;
        if (inner > ahead.len) return fail(why, INVALID, "the CBOR ends before its last item");
        if (++depth == CBOR_DEPTH_MAX)
            return fail(why, INVALID, "the CBOR nests more than %d deep", CBOR_DEPTH_MAX);
        left[depth] = inner;
    }
    if (whole != NULL) *whole = slice_part(*rest, 0, rest->len - ahead.len);
    *rest = ahead;
    return OK;
}

// SPDX-License-Identifier: Apache-2.0
#include "media/random_access.h"

#include "media/box.h"

enum {
    AVC_LENGTH_AT = 4,   // avcC: lengthSizeMinusOne in the low two bits
    HEVC_LENGTH_AT = 21, // hvcC: the same
    AVC_SLICE_LAST = 5,
    AVC_IDR = 5,
    HEVC_SLICE_LAST = 31,
    OBU_SEQUENCE_HEADER = 1,
    OBU_FRAME_HEADER = 3,
    OBU_FRAME = 6,
};

static enum access_kind avc_access(uint8_t header)
{
    const unsigned type = header & 0x1fu;
    if (type == 0 || type > AVC_SLICE_LAST) return ACCESS_UNKNOWN; // no slice
    return type == AVC_IDR ? ACCESS_CLEAN : ACCESS_NONE;
}

static enum access_kind hevc_access(uint8_t header)
{
    const unsigned type = header >> 1 & 0x3fu;
    if (type > HEVC_SLICE_LAST) return ACCESS_UNKNOWN;
    if (type == 19 || type == 20) return ACCESS_CLEAN;
    return type >= 16 && type <= 21 ? ACCESS_OPEN : ACCESS_NONE;
}

// The first slice among length-prefixed NAL units decides.
static enum access_kind nal_access(struct slice head, size_t length_bytes,
                                   enum access_kind (*judge)(uint8_t))
{
    while (head.len > length_bytes) {
        uint64_t size = 0;
        for (size_t i = 0; i < length_bytes; i++)
            size = size << 8 | head.at[i];
        head = slice_part(head, length_bytes, head.len);
        const enum access_kind kind = judge(head.at[0]);
        if (kind != ACCESS_UNKNOWN) return kind;
        if (size > head.len) break;
        head = slice_part(head, (size_t)size, head.len);
    }
    return ACCESS_UNKNOWN;
}

// leb128() of the AV1 specification, clause 4.10.5.
static uint64_t take_leb128(struct slice *rest)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8 && rest->len > 0; i++) {
        const uint8_t byte = rest->at[0];
        *rest = slice_part(*rest, 1, rest->len);
        value |= (uint64_t)(byte & 0x7fu) << (7 * i);
        if ((byte & 0x80u) == 0) break;
    }
    return value;
}

static enum access_kind av1_access(struct slice head)
{
    bool has_sequence_header = false;
    while (head.len >= 2) {
        const uint8_t header = head.at[0];
        const unsigned type = header >> 3 & 15u;
        const bool has_extension = (header & 4u) != 0;
        const bool has_size = (header & 2u) != 0;
        head = slice_part(head, has_extension ? 2 : 1, head.len);
        const uint64_t size = has_size ? take_leb128(&head) : head.len;
        if (type == OBU_SEQUENCE_HEADER) has_sequence_header = true;
        if ((type == OBU_FRAME_HEADER || type == OBU_FRAME) && head.len > 0) {
            const bool shows_existing = (head.at[0] & 0x80u) != 0;
            const bool is_key = (head.at[0] >> 5 & 3u) == 0;
            return has_sequence_header && !shows_existing && is_key ? ACCESS_CLEAN : ACCESS_NONE;
        }
        if (size > head.len) break;
        head = slice_part(head, (size_t)size, head.len);
    }
    return ACCESS_UNKNOWN;
}

enum access_kind sample_access(const struct stream *stream, struct slice head)
{
    const struct slice config = stream->config;
    if (stream->kind == TRACK_AUDIO) return ACCESS_CLEAN;
    switch (stream->codec) {
    case CODEC_AVC:
        if (config.len <= AVC_LENGTH_AT) return ACCESS_UNKNOWN;
        return nal_access(head, 1 + (config.at[AVC_LENGTH_AT] & 3u), avc_access);
    case CODEC_HEVC:
        if (config.len <= HEVC_LENGTH_AT) return ACCESS_UNKNOWN;
        return nal_access(head, 1 + (config.at[HEVC_LENGTH_AT] & 3u), hevc_access);
    case CODEC_AV1: return av1_access(head);
    default: return ACCESS_UNKNOWN;
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "media/parameter_hoist.h"

#include "base/file.h"
#include "media/box.h"

#include <string.h>

enum {
    SET_BYTES_MAX = 2048,    // x265's SPS with all scaling lists has about 1.3 KiB
    PREFIX_BYTES = 8 * 1024, // of a sync sample: delimiter and sets come first
    HVCC_FIELDS_BYTES = 22,
    NAL_AVC_SPS = 7,
    NAL_AVC_PPS = 8,
    NAL_AVC_SPS_EXTENSION = 13,
    NAL_HEVC_VPS = 32,
    NAL_HEVC_PPS = 34,
};

static unsigned nal_type(enum codec codec, uint8_t first_byte)
{
    return codec == CODEC_AVC ? first_byte & 0x1fu : first_byte >> 1 & 0x3fu;
}

static bool is_set(enum codec codec, uint8_t first_byte)
{
    const unsigned type = nal_type(codec, first_byte);
    if (codec == CODEC_AVC)
        return type == NAL_AVC_SPS || type == NAL_AVC_PPS || type == NAL_AVC_SPS_EXTENSION;
    return type >= NAL_HEVC_VPS && type <= NAL_HEVC_PPS;
}

static bool is_known(const struct parameter_hoist *hoist, struct slice set)
{
    for (size_t i = 0; i < hoist->count; i++)
        if (slice_equal(hoist->sets[i], set)) return true;
    return false;
}

static bool add_set(struct parameter_hoist *hoist, struct slice set)
{
    if (set.len == 0 || set.len > SET_BYTES_MAX) return false;
    if (is_known(hoist, set)) return true;
    if (hoist->count == HOIST_SETS_MAX) return false;
    hoist->sets[hoist->count++] = set;
    return true;
}

// The sets of avcC or hvcC; false when they cannot be taken.
static bool read_config(struct parameter_hoist *hoist, struct slice config)
{
    struct fields fields = fields_of(config);
    bool is_good = true;
    const bool is_avc = hoist->codec == CODEC_AVC;
    fields_skip(&fields, is_avc ? 4 : HVCC_FIELDS_BYTES - 1);
    hoist->length_bytes = (uint8_t)((fields_u8(&fields) & 3u) + 1);
    // avcC has a list of SPS and one of PPS, hvcC says how many lists there are.
    const unsigned lists = is_avc ? 2 : fields_u8(&fields);
    for (unsigned i = 0; i < lists && !fields.is_short; i++) {
        if (!is_avc) fields_skip(&fields, 1);
        const unsigned count = !is_avc  ? fields_u16(&fields)
                               : i == 0 ? fields_u8(&fields) & 0x1fu
                                        : fields_u8(&fields);
        for (unsigned k = 0; k < count && !fields.is_short; k++)
            is_good = add_set(hoist, fields_bytes(&fields, fields_u16(&fields))) && is_good;
    }
    return is_good && !fields.is_short && hoist->length_bytes != 3;
}

static uint32_t read_length(const uint8_t *at, unsigned bytes)
{
    uint32_t length = 0;
    for (unsigned i = 0; i < bytes; i++)
        length = length << 8 | at[i];
    return length;
}

// Keeps a copy of a set that the first sample brought.
static bool learn(struct arena *arena, struct parameter_hoist *hoist, struct slice set)
{
    const char *copy = arena_copy(arena, set);
    return copy != NULL && add_set(hoist, (struct slice){(const uint8_t *)copy, set.len});
}

// Are the sets at the start of a sync sample all known? `teacher`: where unknown ones are kept, or
// NULL.
static bool check_prefix(struct parameter_hoist *hoist, struct slice prefix, uint64_t sample_bytes,
                         struct arena *teacher)
{
    uint64_t at = 0;
    while (at + hoist->length_bytes + 1 <= prefix.len) {
        const uint32_t length = read_length(prefix.at + at, hoist->length_bytes);
        at += hoist->length_bytes;
        if (length == 0 || length > sample_bytes - at) return false;
        if (is_set(hoist->codec, prefix.at[at])) {
            if (length > prefix.len - at) return false;
            const struct slice set = slice_part(prefix, (size_t)at, length);
            if (!is_known(hoist, set) && (teacher == NULL || !learn(teacher, hoist, set)))
                return false;
        }
        at += length;
    }
    return true;
}

static outcome check_samples(struct arena *arena, struct sample_source *source,
                             struct parameter_hoist *hoist, bool *is_possible, struct why *why)
{
    struct arena *teacher = hoist->count == 0 ? arena : NULL;
    *is_possible = true;
    while (*is_possible) {
        uint8_t prefix[PREFIX_BYTES];
        struct sample sample;
        struct window_file file;
        bool is_end;
        TRY(sample_source_next(source, &sample, &is_end, why));
        if (is_end) break;
        if (!sample.is_sync) continue;
        const size_t len = sample.size < sizeof prefix ? sample.size : sizeof prefix;
        TRY(sample_source_file(source, sample.file, &file, why));
        TRY(fd_read_at(file.fd, prefix, len, sample.offset, why));
        *is_possible = check_prefix(hoist, (struct slice){prefix, len}, sample.size, teacher);
        teacher = NULL;
    }
    *is_possible = *is_possible && hoist->count > 0;
    return sample_source_rewind(source, why);
}

// hvcC anew: the fields as they were, then an array per type that says it is complete.
static outcome make_hvcc(struct arena *arena, const struct parameter_hoist *hoist,
                         struct slice *config, struct why *why)
{
    enum { IS_COMPLETE = 0x80, TYPES = NAL_HEVC_PPS - NAL_HEVC_VPS + 1 };
    autobuffer made = buffer_init(STREAM_CONFIG_BYTES_MAX);
    TRY(buffer_put(&made, slice_part(*config, 0, HVCC_FIELDS_BYTES), why));
    TRY(buffer_put_u8(&made, TYPES, why));
    for (unsigned type = NAL_HEVC_VPS; type <= NAL_HEVC_PPS; type++) {
        uint16_t count = 0;
        for (size_t i = 0; i < hoist->count; i++)
            if (nal_type(CODEC_HEVC, hoist->sets[i].at[0]) == type) count++;
        TRY(buffer_put_u8(&made, (uint8_t)(IS_COMPLETE | type), why));
        TRY(buffer_put_u16be(&made, count, why));
        for (size_t i = 0; i < hoist->count; i++) {
            const struct slice set = hoist->sets[i];
            if (nal_type(CODEC_HEVC, set.at[0]) != type) continue;
            TRY(buffer_put_u16be(&made, (uint16_t)set.len, why));
            TRY(buffer_put(&made, set, why));
        }
    }
    const char *kept = arena_copy(arena, buffer_slice(&made));
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for a decoder configuration");
    *config = (struct slice){(const uint8_t *)kept, made.len};
    return OK;
}

outcome parameter_hoist_plan(struct arena *arena, struct sample_source *source,
                             struct stream *stream, struct parameter_hoist *out, struct why *why)
{
    struct parameter_hoist hoist = {.is_needed = true, .codec = stream->codec};
    *out = (struct parameter_hoist){.is_needed = false};
    if (!stream->in_band || !read_config(&hoist, stream->config)) return OK;
    if (hoist.codec == CODEC_AVC && hoist.count == 0) return OK; // avcC says more than its sets
    bool is_possible;
    TRY(check_samples(arena, source, &hoist, &is_possible, why));
    if (!is_possible) return OK;
    struct stream hoisted = *stream;
    hoisted.in_band = false;
    if (hoist.codec == CODEC_HEVC) TRY(make_hvcc(arena, &hoist, &hoisted.config, why));
    TRY(stream_complete(&hoisted, why));
    *stream = hoisted;
    *out = hoist;
    return OK;
}

static outcome refuse(const struct sample *sample, const char *what, struct why *why)
{
    return fail(why, INVALID, "the picture at byte %llu of the video %s: transcode it",
                (unsigned long long)sample->offset, what);
}

static outcome add_hole(struct sample_hole *holes, size_t *count, const struct sample *sample,
                        struct sample_hole hole, struct why *why)
{
    if (*count > 0 && holes[*count - 1].offset + holes[*count - 1].size == hole.offset) {
        holes[*count - 1].size += hole.size;
        return OK;
    }
    if (*count == HOIST_HOLES_MAX) return refuse(sample, "scatters its parameter sets", why);
    holes[(*count)++] = hole;
    return OK;
}

// The NAL unit of `length` bytes at `at` of the sample is a set: is it one that the configuration
// has?
static outcome check_set(const struct parameter_hoist *hoist, struct gather *gather,
                         const struct window_file *file, const struct sample *sample, uint32_t at,
                         uint32_t length, struct why *why)
{
    uint8_t set[SET_BYTES_MAX];
    if (length > sizeof set) return refuse(sample, "has an oversized parameter set", why);
    TRY(gather_copy(gather, file, sample->offset + at, length, set, why));
    if (is_known(hoist, (struct slice){set, length})) return OK;
    return refuse(sample, "changes its parameter sets", why);
}

outcome parameter_hoist_sample(const struct parameter_hoist *hoist, struct gather *gather,
                               const struct window_file *file, const struct sample *sample,
                               struct sample_hole *holes, size_t *count, struct why *why)
{
    const uint32_t prefix = hoist->length_bytes;
    size_t found = 0;
    uint32_t at = 0, left_out = 0;
    while (at < sample->size) {
        uint8_t head[5]; // length and the first byte of the NAL unit
        if (sample->size - at < prefix + 1) return refuse(sample, "ends inside a NAL unit", why);
        TRY(gather_copy(gather, file, sample->offset + at, prefix + 1, head, why));
        const uint32_t length = read_length(head, prefix);
        if (length == 0 || length > sample->size - at - prefix)
            return refuse(sample, "has a NAL unit that reaches past it", why);
        if (is_set(hoist->codec, head[prefix])) {
            TRY(check_set(hoist, gather, file, sample, at + prefix, length, why));
            TRY(add_hole(holes, &found, sample, (struct sample_hole){at, prefix + length}, why));
            left_out += prefix + length;
        }
        at += prefix + length;
    }
    if (left_out == sample->size) return refuse(sample, "has nothing but parameter sets", why);
    *count = found;
    return OK;
}

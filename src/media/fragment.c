// SPDX-License-Identifier: Apache-2.0
#include "media/fragment.h"

#include <assert.h>

enum {
    BASE_IS_MOOF = 0x20000,
    DESCRIPTION_INDEX = 0x2,
    DEFAULT_DURATION = 0x8,
    DEFAULT_SIZE = 0x10,
    DEFAULT_FLAGS = 0x20,
    RUN_DATA_OFFSET = 0x1,
    RUN_FIRST_FLAGS = 0x4,
    RUN_DURATION = 0x100,
    RUN_SIZE = 0x200,
    RUN_FLAGS = 0x400,
    RUN_SHIFT = 0x800,
    // sample_depends_on, sample_is_non_sync_sample (ISO/IEC 14496-12 clause 8.8.3.1)
    FLAGS_SYNC = 0x02000000,
    FLAGS_NON_SYNC = 0x01010000,
};

struct shared { // by all samples of the fragment
    bool duration, size, no_shift;
    bool sync_after_first; // samples 1 .. n-1 are alike
};

static struct shared find_shared(const struct fragment *fragment)
{
    const struct sample *samples = fragment->samples;
    struct shared shared = {true, true, true, true};
    for (size_t i = 0; i < fragment->count; i++) {
        shared.duration = shared.duration && samples[i].duration_ticks == samples[0].duration_ticks;
        shared.size = shared.size && samples[i].size == samples[0].size;
        shared.no_shift = shared.no_shift && samples[i].shift_ticks == 0;
        if (i > 0)
            shared.sync_after_first =
                shared.sync_after_first && samples[i].is_sync == samples[1].is_sync;
    }
    return shared;
}

static uint32_t sample_flags(const struct sample *sample)
{
    return sample->is_sync ? FLAGS_SYNC : FLAGS_NON_SYNC;
}

static void put_tfhd(struct box_writer *writer, const struct fragment *fragment,
                     const struct shared *shared)
{
    const struct sample *samples = fragment->samples;
    const bool is_clear = fragment->protection != NULL && fragment->protection->is_clear;
    const uint32_t flags = BASE_IS_MOOF | (is_clear ? DESCRIPTION_INDEX : 0) |
                           (shared->duration ? DEFAULT_DURATION : 0) |
                           (shared->size ? DEFAULT_SIZE : 0) |
                           (shared->sync_after_first ? DEFAULT_FLAGS : 0);
    full_box_begin(writer, BOX_TYPE('t', 'f', 'h', 'd'), 0, flags);
    put_u32(writer, 1); // track
    if (is_clear) put_u32(writer, 2);
    if (shared->duration) put_u32(writer, samples[0].duration_ticks);
    if (shared->size) put_u32(writer, samples[0].size);
    if (shared->sync_after_first) put_u32(writer, sample_flags(&samples[fragment->count > 1]));
    box_end(writer);
}

// Returns where the data offset is to be filled in.
static size_t put_trun(struct box_writer *writer, const struct fragment *fragment,
                       const struct shared *shared)
{
    const struct sample *samples = fragment->samples;
    const bool has_first =
        shared->sync_after_first && samples[0].is_sync != samples[fragment->count > 1].is_sync;
    const uint32_t flags = RUN_DATA_OFFSET | (has_first ? RUN_FIRST_FLAGS : 0) |
                           (shared->duration ? 0 : RUN_DURATION) | (shared->size ? 0 : RUN_SIZE) |
                           (shared->sync_after_first ? 0 : RUN_FLAGS) |
                           (shared->no_shift ? 0 : RUN_SHIFT);
    full_box_begin(writer, BOX_TYPE('t', 'r', 'u', 'n'), 1, flags);
    put_u32(writer, (uint32_t)fragment->count);
    const size_t data_offset_at = writer->buffer->len;
    put_u32(writer, 0);
    if (has_first) put_u32(writer, sample_flags(&samples[0]));
    for (size_t i = 0; i < fragment->count; i++) {
        if (!shared->duration) put_u32(writer, samples[i].duration_ticks);
        if (!shared->size) put_u32(writer, samples[i].size);
        if (!shared->sync_after_first) put_u32(writer, sample_flags(&samples[i]));
        if (!shared->no_shift) put_u32(writer, (uint32_t)samples[i].shift_ticks);
    }
    box_end(writer);
    return data_offset_at;
}

outcome fragment_head_put(struct buffer *buffer, const struct fragment *fragment, struct why *why)
{
    assert(fragment->count > 0 && fragment->count <= UINT32_MAX);
    uint64_t bytes = MDAT_HEADER_BYTES;
    for (size_t i = 0; i < fragment->count; i++)
        bytes += fragment->samples[i].size;
    if (bytes > INT32_MAX)
        return fail(why, TOO_LARGE, "a segment of %llu bytes is too large: choose shorter ones",
                    (unsigned long long)bytes);

    const struct shared shared = find_shared(fragment);
    const size_t start = buffer->len;
    struct box_writer writer = box_writer_init(buffer, why);
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'f'));
    full_box_begin(&writer, BOX_TYPE('m', 'f', 'h', 'd'), 0, 0);
    put_u32(&writer, fragment->sequence);
    box_end(&writer);
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'f'));
    put_tfhd(&writer, fragment, &shared);
    full_box_begin(&writer, BOX_TYPE('t', 'f', 'd', 't'), 1, 0);
    put_u64(&writer, fragment->decode_ticks);
    box_end(&writer);
    const size_t data_offset_at = put_trun(&writer, fragment, &shared);
    if (fragment->protection != NULL)
        fragment_protection_put(&writer, fragment->protection, fragment->count, start);
    box_end(&writer);
    box_end(&writer);
    const size_t moof_bytes = buffer->len - start;
    put_u32(&writer, (uint32_t)bytes);
    put_u32(&writer, BOX_TYPE('m', 'd', 'a', 't'));
    TRY(box_writer_end(&writer));
    buffer_patch_u32be(buffer, data_offset_at, (uint32_t)(moof_bytes + MDAT_HEADER_BYTES));
    return OK;
}

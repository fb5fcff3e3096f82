// SPDX-License-Identifier: Apache-2.0
#include "media/sidx.h"

enum {
    FIXED_BYTES_V0 = 4 + 4 + 4 + 8 + 4, // version and flags, id, timescale, two times, count
    FIXED_BYTES_V1 = 4 + 4 + 4 + 16 + 4,
    REFERENCE_BYTES = 12,
};

static outcome read_entry(const uint8_t *at, struct sidx_entry *out, struct why *why)
{
    const uint32_t reference = read_u32be(at);
    if (reference >> 31)
        return fail(why, UNSUPPORTED,
                    "the sidx refers to another sidx: a flat index is needed here");
    const uint32_t sap = read_u32be(at + 8);
    *out = (struct sidx_entry){
        .size = reference & 0x7fffffff,
        .duration = read_u32be(at + 4),
        .starts_with_sap = sap >> 31,
        .sap_type = sap >> 28 & 7,
    };
    return OK;
}

outcome sidx_parse(const struct box *box, struct arena *arena, struct sidx *out, struct why *why)
{
    const struct slice body = box->body;
    const bool is_v1 = body.len > 0 && body.at[0] == 1;
    const size_t fixed = is_v1 ? FIXED_BYTES_V1 : FIXED_BYTES_V0;
    if (body.len < fixed || body.at[0] > 1)
        return fail(why, INVALID, "the sidx at byte %llu is cut off or of an unknown version",
                    (unsigned long long)box->offset);

    struct sidx sidx = {.timescale = read_u32be(body.at + 8)};
    sidx.earliest_time = is_v1 ? read_u64be(body.at + 12) : read_u32be(body.at + 12);
    const uint64_t first_offset = is_v1 ? read_u64be(body.at + 20) : read_u32be(body.at + 16);
    sidx.entry_count = read_u16be(body.at + fixed - 2);
    if (sidx.timescale == 0)
        return fail(why, INVALID, "the sidx at byte %llu has a timescale of zero",
                    (unsigned long long)box->offset);
    if (sidx.entry_count > SEGMENTS_MAX || (body.len - fixed) / REFERENCE_BYTES < sidx.entry_count)
        return fail(why, INVALID, "the sidx at byte %llu lists %zu segments and is cut off",
                    (unsigned long long)box->offset, sidx.entry_count);
    if (first_offset > INT64_MAX || box->offset + box->size > INT64_MAX)
        return fail(why, INVALID, "the sidx at byte %llu points past any file",
                    (unsigned long long)box->offset);

    sidx.entries = arena_take_array(arena, sidx.entry_count, sizeof *sidx.entries);
    if (sidx.entries == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu segments", sidx.entry_count);
    uint64_t offset = box->offset + box->size + first_offset;
    for (size_t i = 0; i < sidx.entry_count; i++) {
        TRY(read_entry(body.at + fixed + i * REFERENCE_BYTES, &sidx.entries[i], why));
        sidx.entries[i].offset = offset;
        offset += sidx.entries[i].size;
    }
    *out = sidx;
    return OK;
}

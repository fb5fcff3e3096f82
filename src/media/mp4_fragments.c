// SPDX-License-Identifier: Apache-2.0
#include "media/mp4_internal.h"

// ISO/IEC 14496-12 clauses 8.8.7 and 8.8.8
enum {
    TFHD_BASE_DATA_OFFSET = 0x1,
    TFHD_DESCRIPTION = 0x2,
    TFHD_DURATION = 0x8,
    TFHD_SIZE = 0x10,
    TFHD_FLAGS = 0x20,
    TFHD_BASE_IS_MOOF = 0x20000,
    TRUN_DATA_OFFSET = 0x1,
    TRUN_FIRST_FLAGS = 0x4,
    TRUN_DURATION = 0x100,
    TRUN_SIZE = 0x200,
    TRUN_FLAGS = 0x400,
    TRUN_SHIFT = 0x800,
    FLAGS_NON_SYNC = 0x10000,
};

// Finds the next moof of the file and reads it.
static outcome next_moof(struct mp4_cursor *cursor, bool *is_end, struct why *why)
{
    struct fragment_place *place = &cursor->fragment;
    const struct mp4 *mp4 = cursor->mp4;
    uint64_t at = place->next_box == 0 ? mp4->first_moof : place->next_box;
    while (at < mp4->file_bytes) {
        struct box box;
        TRY(box_read(mp4->fd, mp4->file_bytes, at, &box, why));
        at += box.size;
        if (box.type != BOX_TYPE('m', 'o', 'o', 'f')) continue;
        cursor->moof.len = 0;
        TRY(box_load(mp4->fd, &box, &cursor->moof, &box, why));
        place->next_box = at;
        place->moof_offset = box.offset;
        place->trafs = box_children(&box);
        *is_end = false;
        return OK;
    }
    place->next_box = at;
    *is_end = true;
    return OK;
}

static outcome parse_tfhd(struct mp4_cursor *cursor, const struct box *tfhd, struct why *why)
{
    struct fragment_place *place = &cursor->fragment;
    struct fields fields = fields_of(tfhd->body);
    const struct full_box full = fields_full_box(&fields);
    fields_skip(&fields, 4);
    place->data_base = place->moof_offset;
    if (full.flags & TFHD_BASE_DATA_OFFSET) place->data_base = fields_u64(&fields);
    const uint32_t description = full.flags & TFHD_DESCRIPTION ? fields_u32(&fields) : 1;
    place->defaults = cursor->track->defaults;
    if (full.flags & TFHD_DURATION) place->defaults.duration = fields_u32(&fields);
    if (full.flags & TFHD_SIZE) place->defaults.size = fields_u32(&fields);
    if (full.flags & TFHD_FLAGS) place->defaults.flags = fields_u32(&fields);
    TRY(fields_check(&fields, tfhd, why));
    const size_t known = cursor->track->facts.is_encrypted ? cursor->track->entry_count : 1;
    if (description == 0 || description > known)
        return fail(why, UNSUPPORTED,
                    "the fragment at byte %llu uses sample description %u: transcode the track",
                    (unsigned long long)place->moof_offset, description);
    place->data_at = place->data_base;
    place->description = description;
    return OK;
}

// Takes the base decode time: it may leave a hole, which whoever reads on may refuse, but not go
// back.
static outcome parse_tfdt(struct mp4_cursor *cursor, const struct box *tfdt, struct why *why)
{
    struct fragment_place *place = &cursor->fragment;
    struct fields fields = fields_of(tfdt->body);
    const struct full_box full = fields_full_box(&fields);
    const uint64_t time = fields_u32_or_64(&fields, full.version);
    TRY(fields_check(&fields, tfdt, why));
    if (time > INT64_MAX / 2 || (int64_t)time < place->decode_ticks)
        return fail(why, INVALID,
                    "decode times go back: the fragment at byte %llu starts at tick %llu, the one "
                    "before ends at %lld",
                    (unsigned long long)place->moof_offset, (unsigned long long)time,
                    (long long)place->decode_ticks);
    place->decode_ticks = (int64_t)time;
    return OK;
}

// Enters a traf of our track; others are passed over.
static outcome enter_traf(struct mp4_cursor *cursor, const struct box *traf, struct why *why)
{
    struct box tfhd, child;
    TRY(box_find(traf, BOX_TYPE('t', 'f', 'h', 'd'), &tfhd, why));
    if (tfhd.body.len < 8) return fail(why, INVALID, "a tfhd box is too short");
    if (read_u32be(tfhd.body.at + 4) != cursor->track->facts.id) return OK;
    TRY(parse_tfhd(cursor, &tfhd, why));
    struct box_walk walk = box_children(traf);
    while (box_walk_has(&walk)) {
        TRY(box_next(&walk, &child, why));
        if (child.type == BOX_TYPE('t', 'f', 'd', 't')) TRY(parse_tfdt(cursor, &child, why));
    }
    cursor->fragment.runs = box_children(traf);
    if (cursor->track->facts.is_encrypted)
        return traf_protection_init(traf, &cursor->track->entries[cursor->fragment.description - 1],
                                    &cursor->fragment.protection, why);
    return OK;
}

static outcome enter_trun(struct mp4_cursor *cursor, const struct box *trun, struct why *why)
{
    struct fragment_place *place = &cursor->fragment;
    struct fields fields = fields_of(trun->body);
    const struct full_box full = fields_full_box(&fields);
    const uint32_t count = fields_u32(&fields);
    if (full.flags & TRUN_DATA_OFFSET) {
        const int64_t offset = (int32_t)fields_u32(&fields);
        if (__builtin_add_overflow(place->data_base, (uint64_t)offset, &place->data_at) &&
            offset >= 0)
            return fail(why, INVALID, "a data offset overflows");
    }
    place->has_first_flags = (full.flags & TRUN_FIRST_FLAGS) != 0;
    if (place->has_first_flags) place->first_flags = fields_u32(&fields);
    TRY(fields_check(&fields, trun, why));
    size_t entry_bytes = 0;
    for (uint32_t flag = TRUN_DURATION; flag <= TRUN_SHIFT; flag <<= 1)
        entry_bytes += full.flags & flag ? 4 : 0;
    const uint64_t samples_max =
        entry_bytes == 0 ? MP4_MOOF_BYTES_MAX : fields.rest.len / entry_bytes;
    if (count > samples_max)
        return fail(why, INVALID, "the trun box at byte %llu claims %u samples, it holds %llu",
                    (unsigned long long)trun->offset, count, (unsigned long long)samples_max);
    if (entry_bytes == 0 && count > 0 && place->defaults.size == 0)
        return fail(why, INVALID, "the trun box at byte %llu lists samples without bytes",
                    (unsigned long long)trun->offset);
    place->run = fields;
    place->run_flags = full.flags;
    place->run_left = count;
    return OK;
}

static outcome take_sample(struct mp4_cursor *cursor, struct sample *out, struct why *why)
{
    struct fragment_place *place = &cursor->fragment;
    const uint32_t flags = place->run_flags;
    struct sample_defaults values = place->defaults;
    if (flags & TRUN_DURATION) values.duration = fields_u32(&place->run);
    if (flags & TRUN_SIZE) values.size = fields_u32(&place->run);
    if (place->has_first_flags) values.flags = place->first_flags;
    if (flags & TRUN_FLAGS) values.flags = fields_u32(&place->run);
    const int32_t shift = flags & TRUN_SHIFT ? (int32_t)fields_u32(&place->run) : 0;
    place->has_first_flags = false;
    place->run_left--;
    const uint64_t file_bytes = cursor->mp4->file_bytes;
    if (place->data_at > file_bytes || values.size > file_bytes - place->data_at)
        return fail(why, INVALID,
                    "a sample of the fragment at byte %llu lies outside the file: it is damaged or "
                    "cut off",
                    (unsigned long long)place->moof_offset);
    if (cursor->track->facts.is_encrypted)
        TRY(traf_protection_next(&place->protection, values.size, &cursor->protection, why));
    *out = (struct sample){.offset = place->data_at,
                           .size = values.size,
                           .decode_ticks = place->decode_ticks,
                           .duration_ticks = values.duration,
                           .shift_ticks = shift,
                           .is_sync = (values.flags & FLAGS_NON_SYNC) == 0};
    place->data_at += values.size;
    if (__builtin_add_overflow(place->decode_ticks, values.duration, &place->decode_ticks))
        return fail(why, INVALID, "decode times overflow");
    return OK;
}

outcome fragment_next(struct mp4_cursor *cursor, struct sample *out, bool *is_end, struct why *why)
{
    struct fragment_place *place = &cursor->fragment;
    while (place->run_left == 0) {
        struct box box;
        if (box_walk_has(&place->runs)) {
            TRY(box_next(&place->runs, &box, why));
            if (box.type == BOX_TYPE('t', 'r', 'u', 'n')) TRY(enter_trun(cursor, &box, why));
        } else if (box_walk_has(&place->trafs)) {
            TRY(box_next(&place->trafs, &box, why));
            if (box.type == BOX_TYPE('t', 'r', 'a', 'f')) TRY(enter_traf(cursor, &box, why));
        } else {
            bool is_last;
            TRY(next_moof(cursor, &is_last, why));
            if (is_last) {
                *is_end = true;
                return OK;
            }
        }
    }
    struct sample sample;
    TRY(take_sample(cursor, &sample, why));
    *out = sample;
    *is_end = false;
    return OK;
}

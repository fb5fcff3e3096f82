// SPDX-License-Identifier: Apache-2.0
#include "media/mp4_internal.h"

#include "base/file.h"

#include <assert.h>

// Points at entry `index` of a table, reading the window around it when it is not there.
static outcome entry_at(const struct mp4 *mp4, const struct table *table,
                        struct table_window *window, uint32_t index, const uint8_t **out,
                        struct why *why)
{
    assert(index < table->count && table->entry_bytes > 0);
    if (index < window->first || index - window->first >= window->count) {
        const uint32_t room = TABLE_WINDOW_BYTES / table->entry_bytes;
        const uint32_t left = table->count - index;
        const uint32_t count = left < room ? left : room;
        window->count = 0;
        TRY(fd_read_at(mp4->fd, window->bytes, (size_t)count * table->entry_bytes,
                       table->offset + (uint64_t)index * table->entry_bytes, why));
        window->first = index;
        window->count = count;
    }
    *out = window->bytes + (size_t)(index - window->first) * table->entry_bytes;
    return OK;
}

static outcome next_timing(struct mp4_cursor *cursor, struct sample *sample, struct why *why)
{
    const struct sample_tables *tables = &cursor->track->tables;
    struct table_place *place = &cursor->table;
    const uint8_t *entry;
    while (place->stts_left == 0) {
        if (place->stts_entry >= tables->stts.count)
            return fail(why, INVALID, "the stts table times %u of %u samples", place->sample,
                        tables->sample_count);
        TRY(entry_at(cursor->mp4, &tables->stts, &cursor->stts, place->stts_entry, &entry, why));
        place->stts_left = read_u32be(entry);
        place->delta = read_u32be(entry + 4);
        place->stts_entry++;
        if (place->delta > INT32_MAX)
            return fail(why, INVALID, "decode times go back at sample %u", place->sample);
    }
    while (place->ctts_left == 0 && place->ctts_entry < tables->ctts.count) {
        TRY(entry_at(cursor->mp4, &tables->ctts, &cursor->ctts, place->ctts_entry, &entry, why));
        place->ctts_left = read_u32be(entry);
        place->shift = (int32_t)read_u32be(entry + 4); // QuickTime's are signed in version 0 too
        place->ctts_entry++;
    }
    if (place->ctts_left == 0)
        place->shift = 0;
    else
        place->ctts_left--;
    place->stts_left--;
    sample->decode_ticks = place->decode_ticks;
    sample->duration_ticks = place->delta;
    sample->shift_ticks = place->shift;
    if (__builtin_add_overflow(place->decode_ticks, place->delta, &place->decode_ticks))
        return fail(why, INVALID, "decode times overflow at sample %u", place->sample);
    return OK;
}

// Goes to the next chunk that has samples.
static outcome next_chunk(struct mp4_cursor *cursor, struct why *why)
{
    const struct sample_tables *tables = &cursor->track->tables;
    struct table_place *place = &cursor->table;
    const uint8_t *entry;
    while (place->chunk_left == 0) {
        if (place->chunk >= tables->chunks.count)
            return fail(why, INVALID, "the chunk tables hold %u of %u samples", place->sample,
                        tables->sample_count);
        while (place->stsc_entry + 1 < tables->stsc.count) {
            TRY(entry_at(cursor->mp4, &tables->stsc, &cursor->stsc, place->stsc_entry + 1, &entry,
                         why));
            if (read_u32be(entry) - 1 > place->chunk) break;
            place->stsc_entry++;
        }
        if (place->stsc_entry >= tables->stsc.count)
            return fail(why, INVALID, "the stsc table is empty");
        TRY(entry_at(cursor->mp4, &tables->stsc, &cursor->stsc, place->stsc_entry, &entry, why));
        if (read_u32be(entry) == 0 || read_u32be(entry) - 1 > place->chunk)
            return fail(why, INVALID, "the stsc table does not start with chunk 1");
        place->chunk_left = read_u32be(entry + 4);
        if (read_u32be(entry + 8) != 1)
            return fail(why, UNSUPPORTED,
                        "the track changes its sample description at sample %u: transcode it",
                        place->sample);
        TRY(entry_at(cursor->mp4, &tables->chunks, &cursor->chunks, place->chunk, &entry, why));
        place->offset =
            tables->chunks.entry_bytes == 8 ? read_u64be(entry) : (uint64_t)read_u32be(entry);
        place->chunk++;
    }
    place->chunk_left--;
    return OK;
}

static outcome next_sync(struct mp4_cursor *cursor, struct sample *sample, struct why *why)
{
    const struct sample_tables *tables = &cursor->track->tables;
    struct table_place *place = &cursor->table;
    sample->is_sync = !tables->has_stss;
    if (place->stss_entry >= tables->stss.count) return OK;
    const uint8_t *entry;
    TRY(entry_at(cursor->mp4, &tables->stss, &cursor->stss, place->stss_entry, &entry, why));
    const uint32_t number = read_u32be(entry);
    if (number < place->sample + 1)
        return fail(why, INVALID, "the stss table is not in rising order near sample %u",
                    place->sample);
    if (number == place->sample + 1) {
        sample->is_sync = true;
        place->stss_entry++;
    }
    return OK;
}

outcome table_next(struct mp4_cursor *cursor, struct sample *out, bool *is_end, struct why *why)
{
    const struct sample_tables *tables = &cursor->track->tables;
    struct table_place *place = &cursor->table;
    if (place->sample >= tables->sample_count) {
        *is_end = true;
        return OK;
    }
    struct sample sample = {.size = tables->sample_bytes};
    if (sample.size == 0) {
        const uint8_t *entry;
        TRY(entry_at(cursor->mp4, &tables->stsz, &cursor->stsz, place->sample, &entry, why));
        sample.size = read_u32be(entry);
    }
    TRY(next_timing(cursor, &sample, why));
    TRY(next_chunk(cursor, why));
    TRY(next_sync(cursor, &sample, why));
    sample.offset = place->offset;
    const uint64_t file_bytes = cursor->mp4->file_bytes;
    if (sample.offset > file_bytes || sample.size > file_bytes - sample.offset)
        return fail(why, INVALID,
                    "sample %u lies at byte %llu, outside the file: it is damaged or cut off",
                    place->sample, (unsigned long long)sample.offset);
    place->offset += sample.size;
    place->sample++;
    *out = sample;
    *is_end = false;
    return OK;
}

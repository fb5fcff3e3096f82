// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "media/language_code.h"
#include "media/mp4_internal.h"
#include "media/sample_entry.h"

enum {
    SMALL_BOX_BYTES_MAX = 1024 * 1024, // headers; stsd with ICC profiles has some 100 KiB
    EDITS_MAX = 4096,
};

// What the handlers of boxes work on.
struct scan {
    struct arena *arena;
    struct mp4 *mp4;
    struct track_state *track; // NULL outside trak
    unsigned depth;
};

typedef outcome box_handler(struct scan *scan, const struct box *box, struct why *why);

// Calls the handler of each child; boxes without one are passed over. Bodies stay on disk.
static outcome scan_children(struct scan *scan, const struct box *parent, struct why *why);

static outcome load_fields(const struct scan *scan, const struct box *box, struct buffer *bytes,
                           struct fields *fields, struct full_box *full, struct why *why)
{
    struct box loaded;
    TRY(box_load(scan->mp4->fd, box, bytes, &loaded, why));
    *fields = fields_of(loaded.body);
    *full = fields_full_box(fields);
    return OK;
}

static outcome on_mvhd(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    fields_skip(&fields, full.version == 0 ? 8 : 16);
    scan->mp4->movie_timescale = fields_u32(&fields);
    return fields_check(&fields, box, why);
}

static outcome on_trak(struct scan *scan, const struct box *box, struct why *why)
{
    struct mp4 *mp4 = scan->mp4;
    if (scan->track != NULL) return fail(why, INVALID, "a trak box lies in a trak box");
    if (mp4->track_count == MP4_TRACKS_MAX)
        return fail(why, TOO_LARGE, "there are more than %d tracks", MP4_TRACKS_MAX);
    struct track_state *track = &mp4->tracks[mp4->track_count];
    *track = (struct track_state){.facts.reason.text = "the track has no sample description"};
    scan->track = track;
    TRY(scan_children(scan, box, why));
    scan->track = NULL;
    mp4->track_count++;
    return OK;
}

static outcome on_tkhd(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    fields_skip(&fields, full.version == 0 ? 8 : 16);
    scan->track->facts.id = fields_u32(&fields);
    return fields_check(&fields, box, why);
}

static outcome on_elst(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    const uint32_t count = fields_u32(&fields);
    if (count > EDITS_MAX)
        return fail(why, TOO_LARGE, "an edit list has %u entries, the limit is %d", count,
                    EDITS_MAX);
    struct edit_entry *edits = arena_take_array(scan->arena, count, sizeof *edits);
    if (edits == NULL) return fail(why, NO_MEMORY, "no memory for an edit list");
    for (uint32_t i = 0; i < count; i++) {
        edits[i].duration = fields_u32_or_64(&fields, full.version);
        edits[i].media_time =
            full.version == 0 ? (int32_t)fields_u32(&fields) : (int64_t)fields_u64(&fields);
        edits[i].rate = fields_u32(&fields);
    }
    scan->track->edits = edits;
    scan->track->edit_count = count;
    return fields_check(&fields, box, why);
}

static outcome on_mdhd(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    fields_skip(&fields, full.version == 0 ? 8 : 16);
    scan->track->facts.stream.timescale = fields_u32(&fields);
    const uint64_t duration = fields_u32_or_64(&fields, full.version);
    const uint64_t unknown = full.version == 0 ? UINT32_MAX : UINT64_MAX;
    scan->track->media_duration = duration == unknown ? 0 : duration;
    language_from_packed(fields_u16(&fields), scan->track->facts.stream.language);
    return fields_check(&fields, box, why);
}

static outcome on_elng(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    language_from_text(fields.rest, scan->track->facts.stream.language);
    return OK;
}

static outcome on_hdlr(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    fields_skip(&fields, 4);
    scan->track->facts.handler = fields_u32(&fields);
    return fields_check(&fields, box, why);
}

// What else lies in user data is anybody's: it is not judged.
static outcome on_udta(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct box loaded;
    struct why ignored;
    if (box->size > SMALL_BOX_BYTES_MAX) return OK;
    TRY(box_load(scan->mp4->fd, box, &bytes, &loaded, why));
    const outcome found = loudness_parse(&loaded, &scan->track->facts.stream.loudness, &ignored);
    return found == NO_MEMORY ? found : OK;
}

static bool is_protected_entry(const struct box *entry)
{
    return entry->type == BOX_TYPE('e', 'n', 'c', 'v') ||
           entry->type == BOX_TYPE('e', 'n', 'c', 'a');
}

// The entries of an encrypted track: fragments name one by its number. A clear one stands for a
// clear lead.
static outcome scan_protected(struct track_state *track, const struct box *stsd, struct why *why)
{
    struct mp4_track *facts = &track->facts;
    struct box_walk walk = box_children(stsd);
    while (box_walk_has(&walk)) {
        struct stream stream = {.timescale = facts->stream.timescale,
                                .loudness = facts->stream.loudness};
        struct encryption_facts encryption = {.is_protected = false};
        struct box entry;
        TRY(box_next(&walk, &entry, why));
        if (track->entry_count == ENTRIES_MAX)
            return fail(why, UNSUPPORTED, "the encrypted track has more than %d sample entries",
                        ENTRIES_MAX);
        if (is_protected_entry(&entry))
            TRY(sample_entry_parse_protected(&entry, &stream, &encryption, why));
        if (track->entry_count == 0) {
            for (size_t i = 0; i < sizeof stream.language; i++)
                stream.language[i] = facts->stream.language[i];
            facts->stream = stream;
            facts->encryption = encryption;
        }
        track->entries[track->entry_count++] = encryption;
    }
    facts->is_encrypted = true;
    return OK;
}

static outcome keep_config(struct scan *scan, struct stream *stream, struct why *why)
{
    stream->config.at = (const uint8_t *)arena_copy(scan->arena, stream->config);
    if (stream->config.at == NULL) return fail(why, NO_MEMORY, "no memory for a configuration");
    return OK;
}

static outcome on_stsd(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct mp4_track *facts = &scan->track->facts;
    struct box stsd, entry;
    TRY(box_load(scan->mp4->fd, box, &bytes, &stsd, why));
    struct box_walk entries = box_children(&stsd);
    if (!box_walk_has(&entries)) return OK;
    TRY(box_next(&entries, &entry, why));
    struct stream stream = facts->stream;
    const outcome parsed = sample_entry_parse(&entry, &stream, &facts->reason);
    if (parsed == NO_MEMORY) return parsed;
    struct why ignored; // who does not decrypt is told the first reason
    if (is_protected_entry(&entry) && scan_protected(scan->track, &stsd, &ignored) == OK)
        return keep_config(scan, &facts->stream, why);
    if (parsed != OK) return OK; // one track that cannot be used does not spoil the others
    TRY(keep_config(scan, &stream, why));
    facts->stream = stream;
    facts->is_usable = true;
    facts->reason.text[0] = '\0';
    return OK;
}

static outcome on_dref(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    enum { SELF_CONTAINED = 1 };
    struct box dref, entry;
    TRY(box_load(scan->mp4->fd, box, &bytes, &dref, why));
    struct box_walk entries = box_children(&dref);
    if (!box_walk_has(&entries)) return OK;
    TRY(box_next(&entries, &entry, why));
    struct fields fields = fields_of(entry.body);
    scan->track->is_external = (fields_full_box(&fields).flags & SELF_CONTAINED) == 0;
    return OK;
}

static struct table *table_of(struct track_state *track, uint32_t type)
{
    switch (type) {
    case BOX_TYPE('s', 't', 't', 's'): return &track->tables.stts;
    case BOX_TYPE('c', 't', 't', 's'): return &track->tables.ctts;
    case BOX_TYPE('s', 't', 's', 's'): return &track->tables.stss;
    case BOX_TYPE('s', 't', 's', 'c'): return &track->tables.stsc;
    case BOX_TYPE('s', 't', 's', 'z'): return &track->tables.stsz;
    default: return &track->tables.chunks;
    }
}

static uint32_t table_entry_bytes(uint32_t type)
{
    switch (type) {
    case BOX_TYPE('s', 't', 's', 'c'): return 12;
    case BOX_TYPE('s', 't', 't', 's'):
    case BOX_TYPE('c', 't', 't', 's'):
    case BOX_TYPE('c', 'o', '6', '4'): return 8;
    default: return 4;
    }
}

// A table stays where it is: only its place and length are noted.
static outcome on_table(struct scan *scan, const struct box *box, struct why *why)
{
    enum { HEAD_BYTES_MAX = 12 };
    const bool is_sizes = box->type == BOX_TYPE('s', 't', 's', 'z');
    const size_t head_bytes = is_sizes ? HEAD_BYTES_MAX : 8;
    const uint64_t body = box->size - box->header_bytes;
    char text[BOX_TYPE_TEXT_BYTES];
    uint8_t head[HEAD_BYTES_MAX];
    (void)box_type_text(box->type, text);
    if (body < head_bytes) return fail(why, INVALID, "the %s box is too short", text);
    TRY(fd_read_at(scan->mp4->fd, head, head_bytes, box->offset + box->header_bytes, why));

    struct table found = {.offset = box->offset + box->header_bytes + head_bytes,
                          .count = read_u32be(head + head_bytes - 4),
                          .entry_bytes = table_entry_bytes(box->type)};
    struct sample_tables *tables = &scan->track->tables;
    if (is_sizes) {
        tables->sample_count = found.count;
        tables->sample_bytes = read_u32be(head + 4);
        if (found.count > MP4_SAMPLES_MAX)
            return fail(why, TOO_LARGE, "a track has %u samples, the limit is %d", found.count,
                        MP4_SAMPLES_MAX);
        if (tables->sample_bytes != 0) return OK;
    }
    if (found.count > (body - head_bytes) / found.entry_bytes)
        return fail(why, INVALID, "the %s box claims %u entries, it holds %llu", text, found.count,
                    (unsigned long long)((body - head_bytes) / found.entry_bytes));
    if (box->type == BOX_TYPE('s', 't', 's', 's')) tables->has_stss = true;
    *table_of(scan->track, box->type) = found;
    return OK;
}

static outcome on_stz2(struct scan *scan, const struct box *box, struct why *why)
{
    scan->track->has_compact_sizes = true;
    return OK;
}

static outcome on_trex(struct scan *scan, const struct box *box, struct why *why)
{
    autobuffer bytes = buffer_init(SMALL_BOX_BYTES_MAX);
    struct mp4 *mp4 = scan->mp4;
    struct fields fields;
    struct full_box full;
    TRY(load_fields(scan, box, &bytes, &fields, &full, why));
    if (mp4->trex_count == MP4_TRACKS_MAX)
        return fail(why, TOO_LARGE, "there are more than %d trex boxes", MP4_TRACKS_MAX);
    struct trex *trex = &mp4->trex[mp4->trex_count++];
    trex->track_id = fields_u32(&fields);
    fields_skip(&fields, 4);
    trex->defaults.duration = fields_u32(&fields);
    trex->defaults.size = fields_u32(&fields);
    trex->defaults.flags = fields_u32(&fields);
    return fields_check(&fields, box, why);
}

enum scope { ANYWHERE, IN_TRACK };

static const struct {
    uint32_t type;
    enum scope scope;
    box_handler *handle;
} handlers[] = {
    {BOX_TYPE('m', 'v', 'h', 'd'), ANYWHERE, on_mvhd},
    {BOX_TYPE('t', 'r', 'a', 'k'), ANYWHERE, on_trak},
    {BOX_TYPE('m', 'v', 'e', 'x'), ANYWHERE, scan_children},
    {BOX_TYPE('t', 'r', 'e', 'x'), ANYWHERE, on_trex},
    {BOX_TYPE('t', 'k', 'h', 'd'), IN_TRACK, on_tkhd},
    {BOX_TYPE('e', 'd', 't', 's'), IN_TRACK, scan_children},
    {BOX_TYPE('e', 'l', 's', 't'), IN_TRACK, on_elst},
    {BOX_TYPE('m', 'd', 'i', 'a'), IN_TRACK, scan_children},
    {BOX_TYPE('m', 'd', 'h', 'd'), IN_TRACK, on_mdhd},
    {BOX_TYPE('e', 'l', 'n', 'g'), IN_TRACK, on_elng},
    {BOX_TYPE('h', 'd', 'l', 'r'), IN_TRACK, on_hdlr},
    {BOX_TYPE('m', 'i', 'n', 'f'), IN_TRACK, scan_children},
    {BOX_TYPE('d', 'i', 'n', 'f'), IN_TRACK, scan_children},
    {BOX_TYPE('d', 'r', 'e', 'f'), IN_TRACK, on_dref},
    {BOX_TYPE('s', 't', 'b', 'l'), IN_TRACK, scan_children},
    {BOX_TYPE('s', 't', 's', 'd'), IN_TRACK, on_stsd},
    {BOX_TYPE('s', 't', 't', 's'), IN_TRACK, on_table},
    {BOX_TYPE('c', 't', 't', 's'), IN_TRACK, on_table},
    {BOX_TYPE('s', 't', 's', 's'), IN_TRACK, on_table},
    {BOX_TYPE('s', 't', 's', 'c'), IN_TRACK, on_table},
    {BOX_TYPE('s', 't', 's', 'z'), IN_TRACK, on_table},
    {BOX_TYPE('s', 't', 'z', '2'), IN_TRACK, on_stz2},
    {BOX_TYPE('s', 't', 'c', 'o'), IN_TRACK, on_table},
    {BOX_TYPE('c', 'o', '6', '4'), IN_TRACK, on_table},
    {BOX_TYPE('u', 'd', 't', 'a'), IN_TRACK, on_udta},
};

static outcome scan_children(struct scan *scan, const struct box *parent, struct why *why)
{
    const uint64_t end = parent->offset + parent->size;
    uint64_t at = parent->offset + parent->header_bytes;
    if (parent->type == BOX_TYPE('d', 'r', 'e', 'f')) at += 8;
    if (++scan->depth > BOX_DEPTH_MAX)
        return fail(why, INVALID, "boxes are nested more than %d deep", BOX_DEPTH_MAX);
    while (end - at >= 8) {
        struct box box;
        TRY(box_read(scan->mp4->fd, end, at, &box, why));
        at += box.size;
        for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
            if (handlers[i].type != box.type) continue;
            if (handlers[i].scope == ANYWHERE || scan->track != NULL)
                TRY(handlers[i].handle(scan, &box, why));
            break;
        }
    }
    scan->depth--;
    return OK;
}

// Presentation time as media time + shift, from the edit list.
static outcome resolve_edits(const struct mp4 *mp4, struct track_state *track, struct why *why)
{
    enum { NORMAL_RATE = 0x10000, DAY_S = 24 * 60 * 60 };
    const uint32_t timescale = track->facts.stream.timescale;
    const int64_t limit = (int64_t)timescale * DAY_S * 365;
    int64_t delay = 0, duration = 0;
    const struct edit_entry *media = NULL;
    for (size_t i = 0; i < track->edit_count; i++) {
        const struct edit_entry *edit = &track->edits[i];
        if (edit->duration > (uint64_t)INT64_MAX)
            return fail(why, INVALID, "an edit of the track is endless");
        const int64_t ticks =
            media_time_rescale((struct media_time){(int64_t)edit->duration, mp4->movie_timescale},
                               timescale)
                .ticks;
        if (ticks > limit || edit->media_time > limit || edit->media_time < -1)
            return fail(why, INVALID, "an edit of the track lies years away");
        if (edit->media_time == -1 && media == NULL) {
            delay += ticks;
        } else if (edit->media_time >= 0 && media == NULL && edit->rate == NORMAL_RATE) {
            media = edit;
            duration = ticks;
        } else if (edit->duration > 0) {
            return fail(why, UNSUPPORTED,
                        "the track plays its media in %zu pieces (edit list): flatten it by "
                        "transcoding",
                        track->edit_count);
        }
    }
    if (delay > limit) return fail(why, INVALID, "the track starts years late");
    track->edit_shift = delay - (media == NULL ? 0 : media->media_time);
    track->edit_end = duration == 0 ? INT64_MAX : delay + duration;
    const int64_t shown =
        duration != 0 ? track->edit_end : (int64_t)track->media_duration + track->edit_shift;
    track->facts.duration = (struct media_time){
        track->media_duration == 0 || shown < 0 || shown > limit ? 0 : shown, timescale};
    return OK;
}

// What only the whole of moov tells; a track that fails is not usable, and says why.
static void finish_track(const struct mp4 *mp4, struct track_state *track)
{
    struct mp4_track *facts = &track->facts;
    for (size_t i = 0; i < mp4->trex_count; i++)
        if (mp4->trex[i].track_id == facts->id) track->defaults = mp4->trex[i].defaults;
    if (!facts->is_usable && !facts->is_encrypted) return;
    struct why unused, *why = facts->is_encrypted ? &unused : &facts->reason;
    outcome result = OK;
    if (facts->stream.timescale == 0 || mp4->movie_timescale == 0)
        result = fail(why, INVALID, "the timescale of the track or the movie is zero");
    else if (track->is_external)
        result = fail(why, UNSUPPORTED,
                      "the media of the track lies in another file: make it self-contained");
    else if (track->has_compact_sizes)
        result =
            fail(why, UNSUPPORTED, "the track has compact sample sizes (stz2): re-wrap the file");
    else
        result = resolve_edits(mp4, track, why);
    facts->is_usable = facts->is_usable && result == OK;
    facts->is_encrypted = facts->is_encrypted && result == OK;
}

outcome mp4_scan_moov(struct arena *arena, struct mp4 *mp4, const struct box *moov, struct why *why)
{
    struct scan scan = {.arena = arena, .mp4 = mp4};
    mp4->tracks = arena_take_array(arena, MP4_TRACKS_MAX, sizeof *mp4->tracks);
    if (mp4->tracks == NULL) return fail(why, NO_MEMORY, "no memory for track headers");
    mp4->track_count = 0;
    TRY(scan_children(&scan, moov, why));
    for (size_t i = 0; i < mp4->track_count; i++)
        finish_track(mp4, &mp4->tracks[i]);
    return OK;
}

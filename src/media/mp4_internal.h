// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the MP4 reader share: opening and cursors (mp4_reader.c), headers
// (mp4_headers.c), sample tables (mp4_tables.c), movie fragments (mp4_fragments.c).
#ifndef MEDIA_MP4_INTERNAL_H
#define MEDIA_MP4_INTERNAL_H

#include "media/box.h"
#include "media/mp4_reader.h"

// A table of the sample table box: where its entries are in the file.
struct table {
    uint64_t offset;
    uint32_t count;
    uint32_t entry_bytes;
};

struct sample_tables {
    struct table stts, ctts, stsz, stsc, chunks, stss;
    uint32_t sample_count;
    uint32_t sample_bytes; // of every sample; 0: see stsz
    bool has_stss;         // without it every sample is a sync sample
};

// Defaults of a movie fragment's samples, from trex and then tfhd.
struct sample_defaults {
    uint32_t duration, size, flags;
};

struct edit_entry {
    uint64_t duration;  // movie timescale; 0: to the end of the media
    int64_t media_time; // -1: nothing is shown
    uint32_t rate;      // 16.16
};

enum { ENTRIES_MAX = 4 }; // sample entries of an encrypted track: a clear lead needs two

struct track_state {
    struct mp4_track facts;
    struct encryption_facts entries[ENTRIES_MAX]; // of an encrypted track's sample entries
    size_t entry_count;
    struct sample_tables tables;
    struct sample_defaults defaults;
    struct edit_entry *edits;
    size_t edit_count;
    bool is_external;        // dref names another file
    bool has_compact_sizes;  // stz2
    uint64_t media_duration; // of mdhd; 0: not told
    // Presentation time = media time + edit_shift; samples from edit_end on are left out.
    int64_t edit_shift;
    int64_t edit_end; // INT64_MAX: none
};

struct trex {
    uint32_t track_id;
    struct sample_defaults defaults;
};

struct mp4 {
    int fd;
    bool owns_fd;
    bool is_fragmented;
    const char *name;
    uint64_t file_bytes;
    uint64_t first_moof;
    uint32_t movie_timescale;
    struct track_state *tracks;
    size_t track_count;
    struct trex trex[MP4_TRACKS_MAX];
    size_t trex_count;
};

enum { TABLE_WINDOW_BYTES = 4096 };

// The part of a table that is in memory.
struct table_window {
    uint32_t first, count;
    uint8_t bytes[TABLE_WINDOW_BYTES];
};

// Where a cursor is in the sample tables. All zero is the start.
struct table_place {
    uint32_t sample;
    int64_t decode_ticks;
    uint32_t stts_entry, stts_left, delta;
    uint32_t ctts_entry, ctts_left;
    int32_t shift;
    uint32_t stss_entry;
    uint32_t stsc_entry, chunk, chunk_left;
    uint64_t offset;
};

// Where a cursor is in the movie fragments. All zero is the start.
struct fragment_place {
    uint64_t next_box; // 0: at first_moof
    uint64_t moof_offset;
    struct box_walk trafs, runs; // what is left of the moof and of the traf
    struct sample_defaults defaults;
    struct fields run; // what is left of the trun
    uint32_t run_flags, run_left, first_flags;
    bool has_first_flags;
    bool signed_shifts;
    uint64_t data_base, data_at;
    int64_t decode_ticks;
    uint32_t description; // number of the sample entry, from 1
    struct traf_protection protection;
};

struct mp4_cursor {
    struct mp4 *mp4;
    const struct track_state *track;
    bool is_done;
    uint32_t samples;    // given so far
    int32_t least_shift; // seen so far: how far a picture may be shown before its decode time
    struct table_place table;
    struct table_window stts, ctts, stsz, stsc, chunks, stss;
    struct fragment_place fragment;
    struct sample_protection protection; // of the last sample of an encrypted track
    struct buffer moof;
};

// Fills timescale, tracks and trex from the children of `moov`, whose body is not loaded.
must_check outcome mp4_scan_moov(struct arena *arena, struct mp4 *mp4, const struct box *moov,
                                 struct why *why);

// The next sample with times of the media (before the edit list).
must_check outcome table_next(struct mp4_cursor *cursor, struct sample *out, bool *is_end,
                              struct why *why);
must_check outcome fragment_next(struct mp4_cursor *cursor, struct sample *out, bool *is_end,
                                 struct why *why);

#endif

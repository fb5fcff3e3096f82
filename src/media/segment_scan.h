// SPDX-License-Identifier: Apache-2.0
//
// What an init segment and media segments really say, read from their bytes: the facts that the
// lint holds against the manifests.
//
//     init      ftyp  moov               brands, codec, timescale, edit list, aspect
//     segment   [styp] [sidx] moof mdat  times, sizes, the first sample's own bytes
//
// Works on fragmented ISO BMFF, in one file or in many. Of a file with several tracks the (first)
// video track is read.
#ifndef MEDIA_SEGMENT_SCAN_H
#define MEDIA_SEGMENT_SCAN_H

#include "media/box.h"
#include "media/random_access.h"
#include "media/sidx.h"

enum {
    BRANDS_MAX = 32,
    SCAN_BOX_BYTES_MAX = 16 * 1024 * 1024, // moov of a fragmented file, moof: some KiB
    SCAN_SAMPLES_MAX = 1024 * 1024,        // in one segment; a minute of audio has some thousand
    SCAN_FRAGMENTS_MAX = 10000,            // in one segment; low latency has some dozen
};

struct media_init {
    uint32_t brands[BRANDS_MAX]; // major brand first
    size_t brand_count;
    size_t track_count; // of the file; the facts below are of one of them
    uint32_t track_id;
    uint32_t handler;
    uint32_t entry_type;  // 'avc1', 'encv' ...
    bool is_readable;     // the codec is known and clear: stream and codec are filled
    struct stream stream; // timescale is filled in any case
    char codec[CODEC_BYTES];
    uint32_t movie_timescale;
    bool has_edit;
    int64_t edit_media_time; // of the first edit that shows media, ticks of the track
    uint64_t edit_delay;     // of empty edits before it, movie ticks
    uint32_t default_duration, default_size, default_flags; // of trex
};

// Reads `range` (size 0: all) of the file. INVALID when it is no init segment.
// Config and texts are the arena's.
must_check outcome media_init_read(struct arena *arena, int fd, uint64_t file_bytes,
                                   struct byte_range range, struct media_init *out,
                                   struct why *why);
bool media_init_has_brand(const struct media_init *init, uint32_t brand);

struct scanned_segment {
    uint64_t offset, size; // the range that was scanned
    uint64_t moof_offset;  // of the first fragment
    uint64_t decode_time;  // tfdt of the first fragment
    uint64_t duration;     // sum of all samples, ticks
    int64_t earliest_time; // of composition, before the edit list
    uint32_t sample_count;
    uint64_t first_sample_end; // offset in the file
    bool is_marked_sync;       // the container says so of the first sample
    enum access_kind access;   // the first sample's bytes say so
};

// Reads the segment in `range` (size 0: all) of the file. INVALID when boxes are damaged, there is
// no fragment of the track, or a sample lies outside the file.
must_check outcome segment_scan(int fd, uint64_t file_bytes, struct byte_range range,
                                const struct media_init *init, struct scanned_segment *out,
                                struct why *why);

#endif

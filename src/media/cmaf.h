// SPDX-License-Identifier: Apache-2.0
//
// Writes one rendition as a CMAF track file (ISO/IEC 23000-19 clause 7.3.3) that HLS byte ranges
// and DASH on-demand share:
//
//     |<------ init ------->|<- index ->|<- segment 0 ->|<- segment 1 ->| ...
//     | ftyp | moov         | sidx      | moof | mdat   | moof | mdat   |
//
//     ftyp  brands cmf2 and cmfc, iso6, dash, and the media profile where it is true (cfhd, chdf,
//           cfsd, chhd, cud1, caac, ...)
//     moov  one track; sample defaults of zero in trex; an edit list only for audio priming (and
//           for video whose source starts inside a group of pictures: then cmfc alone is claimed)
//     sidx  one reference per segment, presentation times, SAP type 1 or 2
//     moof  one traf, one trun; defaults repeated in tfhd; composition offsets in trun version 1,
//           so that the first picture of a segment is shown at its decode time
//
// Streams that carry parameter sets in band (avc3, hev1) lose them where they never change, and
// become avc1 and hvc1, which Apple's players ask for (media/parameter_hoist.h).
//
// Two passes over the source. Opening reads timing alone and plans the segments, so that the room
// for `sidx` is known; writing goes forwards once, and `sidx` is put into its room at the end.
// Media bytes go from the source to the file through a small pool of windows, never sample by
// sample. Memory is the plan (about 40 bytes a segment), one segment's sample list, and the pool.
#ifndef MEDIA_CMAF_H
#define MEDIA_CMAF_H

#include "media/cuts.h"
#include "media/presentation.h"
#include "media/protector.h"
#include "media/window_pool.h"

enum { CMAF_SEGMENT_SAMPLES_MAX = 200000 }; // 60 s of 0.3 ms

struct cmaf_writer;

// Plans the segments and writes `ftyp`, `moov` and room for `sidx` to `fd`, which must be seekable,
// empty, and stays the caller's. The source and the cuts are borrowed until close; the arena and
// the pool must outlive the writer. Of `track` only name, file, role, label and language are the
// caller's to fill (language "" takes the source's); all else is filled in by cmaf_finish(),
// segments from `arena`. INVALID when a segment does not start with a sync sample.
must_check outcome cmaf_open(struct arena *arena, struct sample_source *source,
                             const struct cuts *cuts, struct window_pool *pool, int fd,
                             struct track *track, struct cmaf_writer **out, struct why *why);

// The same, encrypted on the way: `order` is borrowed until this call returns. A segment is then
// held in memory while its samples are mapped and encrypted.
must_check outcome cmaf_open_protected(struct arena *arena, struct sample_source *source,
                                       const struct cuts *cuts, struct window_pool *pool, int fd,
                                       const struct protection_order *order, struct track *track,
                                       struct cmaf_writer **out, struct why *why);
void cmaf_close(struct cmaf_writer **writer); // tolerates NULL

size_t cmaf_segment_count(const struct cmaf_writer *writer);

// Writes the next segment. Tracks of one source file are best written in turns, segment by segment:
// then the file is read once.
must_check outcome cmaf_segment(struct cmaf_writer *writer, struct why *why);

// After the last segment: writes `sidx` and fills the track.
must_check outcome cmaf_finish(struct cmaf_writer *writer, struct why *why);

#endif

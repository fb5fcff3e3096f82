// SPDX-License-Identifier: Apache-2.0
//
// Sample entries: how `stsd` says what a stream is (ISO/IEC 14496-12 clauses 8.5.2, 12.1.3 and
// 12.2.3), read and written.
//
//     avc1 | 78 bytes: data reference, width, height ... | avcC | colr | pasp | mdcv | clli
//     mp4a | 28 bytes: data reference, channels, rate    | esds
#ifndef MEDIA_SAMPLE_ENTRY_H
#define MEDIA_SAMPLE_ENTRY_H

#include "drm/cenc.h"
#include "media/box_writer.h"
#include "media/protection_reader.h"
#include "media/stream.h"

// Fills kind, codec, in_band, config (borrowed from the entry) and the facts of `out`, which keeps
// its timescale, language and loudness. UNSUPPORTED for other codecs and for encrypted entries,
// INVALID for damaged ones. `box_children()` of QuickTime's longer sound entries is handled here.
must_check outcome sample_entry_parse(const struct box *entry, struct stream *out, struct why *why);

// The same of an encv or enca entry: its stream as it is when decrypted, and how it is encrypted.
// INVALID when it has no sinf.
must_check outcome sample_entry_parse_protected(const struct box *entry, struct stream *out,
                                                struct encryption_facts *out_facts,
                                                struct why *why);

void sample_entry_put(struct box_writer *writer, const struct stream *stream);

// The same as encv or enca, with sinf behind all else.
void sample_entry_put_protected(struct box_writer *writer, const struct stream *stream,
                                const struct track_encryption *encryption);

#endif

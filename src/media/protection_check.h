// SPDX-License-Identifier: Apache-2.0
//
// Judges how the samples of an encrypted track are encrypted, one by one.
//
//     without keys   senc | clear |protected|  adds up to the sample
//                    NAL  |len|hdr| ...     |  lengths, headers and parameter sets lie in clear
//     with its key   decrypted, every header parses again, and no protected byte lies in one
//
// (ISO/IEC 23001-7 clauses 9.5.2 and 10; AV1 headers can be told from tile data with a key alone.)
#ifndef MEDIA_PROTECTION_CHECK_H
#define MEDIA_PROTECTION_CHECK_H

#include "media/mp4_reader.h"

struct protection_report {
    uint64_t samples, protected_samples, subsamples;
    uint64_t bytes, protected_bytes; // of samples
    uint64_t decrypted_samples;      // with a key that was given
};

// Checks every sample of an encrypted track of a fragmented file. `keys` may be NULL. INVALID with
// the first fault: which sample, where, what; other outcomes as those of the reader. `out` counts
// up to there also on failure.
must_check outcome protection_check(struct arena *arena, struct mp4 *mp4, size_t track_index,
                                    const struct key_set *keys, struct protection_report *out,
                                    struct why *why);

#endif

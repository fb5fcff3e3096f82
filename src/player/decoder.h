// SPDX-License-Identifier: Apache-2.0
//
// Decodes what a headless play fetched, to prove that it decodes: every picture or sound is decoded
// and counted, none is kept. A stranger's stream is hostile bytes, so the codecs run in a child
// process behind base/sandbox.
//
//     player                                     child (one per track)
//       decoder_feed    bytes -> shared memory file --+
//                       record -> pipe ---------------+-> demux, decode, count
//       decoder_wait_first  <- pipe <------------------  at the first frame
//       decoder_finish      <- shared counters <-------  at the end
//
// Feeding never waits for decoding: the pipe holds thousands of records, and the child gives the
// memory back as it reads.
#ifndef PLAYER_DECODER_H
#define PLAYER_DECODER_H

#include "base/slice.h"

struct decoder;

enum decoder_part {
    DECODER_INIT,  // an init segment, or empty bytes where segments bring their own: a new run
    DECODER_MEDIA, // a media segment of the run
};

struct decoder_counts {
    uint64_t frames; // pictures, or audio frames of the codec
    uint64_t errors; // packets that the codec refused, and runs that could not be opened
};

// Starts the child: `program`, or with NULL "primrose-decode" beside the running program. A program
// of its own, so that codecs are linked into nothing else. NOT_FOUND when it is not there,
// UNAVAILABLE when the kernel refuses a process.
must_check outcome decoder_open(struct decoder **out, const char *program, struct why *why);

// Hands over bytes in decoding order. UNAVAILABLE when the child died: hostile media can do that.
must_check outcome decoder_feed(struct decoder *decoder, enum decoder_part part, struct slice bytes,
                                struct why *why);

// Gives the child's feeding ends to the caller, who hands them to another process and closes them:
// shared memory for bytes, and the pipe of records. decoder_feed() must not be called any more.
void decoder_hand_over(struct decoder *decoder, int *out_bytes_fd, int *out_records_fd);

// Waits until the first frame is decoded. TIMED_OUT after `wait_ms`, UNAVAILABLE when the child
// died.
must_check outcome decoder_wait_first(struct decoder *decoder, int64_t wait_ms, struct why *why);

// Tells the child that no more comes, waits for it at most `wait_ms` and fetches the counts.
// UNAVAILABLE when it died of what it was fed, TIMED_OUT when it had to be ended.
must_check outcome decoder_finish(struct decoder *decoder, int64_t wait_ms,
                                  struct decoder_counts *out, struct why *why);

void decoder_close(struct decoder **decoder); // tolerates NULL; ends a child that still runs

#endif

// SPDX-License-Identifier: Apache-2.0
//
// Whether an MPEG transport stream is whole (ISO/IEC 13818-1): demuxers pass over what is missing,
// a receiver of a master must not.
//
//     |47 pid cc ....188 bytes|47 ...|47 ...| ... |47 ..|      <- a file that ends inside a packet,
//              ^ counts 0..15 per pid; a step that          or whose last PES of a declared length
//                is not taken is a lost packet              is not all there, was cut
#ifndef MEDIA_TS_SCAN_H
#define MEDIA_TS_SCAN_H

#include "drm/sealed_file.h"

enum { TS_PACKET_BYTES = 188, TS_PIDS = 8192 };

struct ts_pid {
    bool is_seen;
    uint8_t counter;
    uint32_t pes_left;   // bytes of the PES that are still to come
    bool is_pes_bounded; // it declares its length
};

struct ts_scan {
    uint64_t packets;
    uint64_t continuity_errors;
    uint64_t sync_losses;
    uint64_t scrambled;
    uint64_t tail_bytes; // behind the last whole packet
    uint64_t pes_cut;    // PIDs whose last PES of a declared length is not all there
    struct ts_pid pids[TS_PIDS];
};

// True when the bytes look like transport packets: three sync bytes in their places. `*stride` is
// 188, 192 (a time before each packet) or 204 (parity behind), `*offset` of the first sync byte.
bool ts_is(struct slice bytes, size_t *stride, size_t *offset);

// Looks at one packet of TS_PACKET_BYTES; `scan` starts zeroed.
void ts_scan_packet(struct ts_scan *scan, const uint8_t *packet);

// Reads a whole file. `*is_transport` is false, and nothing else set, when it is none. `scan` is
// large: keep it off the stack. UNAVAILABLE on a read error.
must_check outcome ts_scan_file(struct sealed_file *file, struct ts_scan *scan, bool *is_transport,
                                struct why *why);

#endif

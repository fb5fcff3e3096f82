// SPDX-License-Identifier: Apache-2.0
//
// A transcoder as tests use it: the built program, and jobs with few words.
#ifndef TESTS_STUDIO_RIG_H
#define TESTS_STUDIO_RIG_H

#include "studio/transcoder.h"

// The program in the build folder. `silence_ms_max` 0: as usual.
struct transcoder *rig_open(int64_t silence_ms_max);

// Probes; the master must be accepted. The report is allocated: free() it.
struct master_report *rig_probe(struct transcoder *transcoder, int master_fd);

// Probes; the refusal and its sentence are what comes back.
enum master_refusal rig_refusal(const char *path, struct why *sentence);

// Frames of 2 s at the master's rate.
uint32_t rig_segment_frames(const struct master_facts *facts);

struct rendition_job rig_rendition(int fd, uint32_t width, uint32_t height);

// Encodes frames first .. end - 1 as one rendition into a new file. Must succeed.
int rig_chunk(struct transcoder *transcoder, int master_fd, const struct master_facts *facts,
              uint64_t first, uint64_t end, uint32_t width, uint32_t height);

#endif

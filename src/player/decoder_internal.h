// SPDX-License-Identifier: Apache-2.0
//
// What the two sides of player/decoder.h share.
#ifndef PLAYER_DECODER_INTERNAL_H
#define PLAYER_DECODER_INTERNAL_H

#include "player/decoder.h"

#include <fcntl.h>

// The child's descriptors. Standard input, output and error keep their numbers.
enum { DECODER_BYTES_FD = 3, DECODER_RECORDS_FD, DECODER_FIRST_FD, DECODER_COUNTS_FD };
enum { DECODER_FDS = 4 };

enum { DECODER_EXIT_SETUP = 3 }; // the child could not build its wall

// One decoder_feed, as it crosses the pipe; smaller than PIPE_BUF, so never torn.
struct decoder_record {
    uint64_t part; // enum decoder_part
    uint64_t offset;
    uint64_t size;
};

#endif

// SPDX-License-Identifier: Apache-2.0
//
// The boxes of a file as a tree with their key fields, for people and scripts.
//
//     {"type": "moof", "offset": 1108, "size": 604, "meaning": "movie fragment", "boxes": [
//        {"type": "mfhd", ..., "fields": {"sequence": 1}}, ...]}
//
// Any ISO BMFF file (MP4, MOV, CMAF, a segment alone); every byte untrusted. Media data is never
// read; long tables are told by their count.
#ifndef MEDIA_BOX_TREE_H
#define MEDIA_BOX_TREE_H

#include "base/json.h"

enum {
    BOX_TREE_BOXES_MAX = 200000,                // a ten-hour track of 2 s segments has 150,000
    BOX_TREE_LOAD_BYTES_MAX = 64 * 1024 * 1024, // moov of a long unfragmented file
};

// The tree of the file at `path`: {"file", "size", "boxes": [...]} and, where a box is damaged,
// "fault" with the sentence beside what could be read. The caller owns `*out`. UNSUPPORTED when the
// file does not begin with a box; NOT_FOUND, DENIED; TOO_LARGE over BOX_TREE_BOXES_MAX; NO_MEMORY.
must_check outcome box_tree(const char *path, json_t **out, struct why *why);

#endif

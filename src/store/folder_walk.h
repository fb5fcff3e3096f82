// SPDX-License-Identifier: Apache-2.0
//
// The files below a folder in the byte order of their paths, as an object store lists its keys.
//
//     a-b      '-' is 0x2d
//     a.c      '.' is 0x2e
//     a/d      '/' is 0x2f: a folder sorts as if its name ended with a slash
//     a0
#ifndef STORE_FOLDER_WALK_H
#define STORE_FOLDER_WALK_H

#include "base/outcome.h"

// Calls `visit` with the path, relative to the folder `root`, of each file below it whose path
// starts with `prefix` (relative, without "." and ".." between its slashes: the caller has
// checked). The entry `except` of the folder itself is left out (NULL: none). A folder is read
// whole before its files are visited, so that `visit` may remove them; what vanishes meanwhile is
// passed over. Stops with what `visit` returns unless OK. TOO_LARGE for a folder of more than a
// million entries; UNAVAILABLE and its kin when one cannot be read.
must_check outcome folder_walk(int root, const char *prefix, const char *except,
                               outcome (*visit)(void *context, const char *path, struct why *why),
                               void *context, struct why *why);

#endif

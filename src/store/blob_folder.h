// SPDX-License-Identifier: Apache-2.0
//
// The blob port over a folder: a key is a path below it, an object a plain file that any tool can
// read.
//
//     <root>/titles/film-1/3f9c/v-1080p.mp4      an object
//     <root>/+parts/v8x2Qk                       being written; '+' cannot stand in a key
//
//     create -> part, locked --write--> part --commit--> times set, fsync, rename over the key,
//     fsync of the folder
//
// A part is locked (flock) by its writer for as long as that process lives. Opening the store
// removes the parts that nobody holds: what writers left behind that were killed.
//
// The etag is the modification time in ns with the size. The store sets that time itself at commit,
// the part below the millisecond at random, so that two writes in one tick of the file system's
// clock still differ, and a copy made by rsync -a or tar keeps its etags. No extended attributes
// and no hash of gigabytes are needed. Where a file system keeps whole seconds only, replacing an
// object by another of the same size within one second goes unnoticed.
#ifndef STORE_BLOB_FOLDER_H
#define STORE_BLOB_FOLDER_H

#include "base/clock.h"
#include "store/blob.h"

// Opens the folder at `root`, making it where missing. Any number of processes may have it open.
// The clock, which must outlive the store, dates the objects. Thread-safe.
must_check outcome blob_folder_open(const char *root, const struct clock *clock,
                                    struct blob_store **out, struct why *why);

#endif

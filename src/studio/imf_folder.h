// SPDX-License-Identifier: Apache-2.0
//
// An IMF package that lies in a folder: its lists read, its files found and hashed.
#ifndef STUDIO_IMF_FOLDER_H
#define STUDIO_IMF_FOLDER_H

#include "media/imf.h"

struct imf_folder {
    struct imf_package package;
    struct imf_composition composition; // the chosen one
    const char *composition_path;       // in the folder
    size_t composition_count;
};

bool imf_folder_is(const char *folder); // there is an asset map

// Reads the asset map, its packing lists, and the composition `wanted` (a file's name or an id; ""
// for the only one). NOT_FOUND; INVALID where several could be meant, or a list is broken.
must_check outcome imf_folder_open(const char *folder, const char *wanted, struct arena *arena,
                                   struct imf_folder *out, struct why *why);

// The lists alone, whatever compositions there are. Outcomes as above.
must_check outcome imf_folder_lists(const char *folder, struct arena *arena,
                                    struct imf_package *out, struct why *why);

// Reads an asset as a composition. NOT_FOUND when its name is none of one; INVALID when it is none.
must_check outcome imf_folder_composition(const char *folder, const struct imf_asset *asset,
                                          struct arena *arena, struct imf_composition *out,
                                          struct why *why);

// The file that an essence id names, as a path in the folder. NOT_FOUND: in no list, or not there.
must_check outcome imf_folder_file(const struct imf_folder *imf, const char *id, const char **out,
                                   struct why *why);

// Compares a listed asset's file with its size and SHA-1. CORRUPT with what differs, NOT_FOUND.
must_check outcome imf_folder_verify(const char *folder, const struct imf_asset *asset,
                                     struct why *why);

#endif

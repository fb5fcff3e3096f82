// SPDX-License-Identifier: Apache-2.0
//
// `primrose inspect` of an IMF package: what plays when, and whether every listed file is whole.
#ifndef CMD_INSPECT_IMF_H
#define CMD_INSPECT_IMF_H

#include "base/json.h"

// {folder, compositions: [{file, title, edit_rate, tracks: [{kind, resources: [{file, edit_rate,
// entry, duration, repeat}]}]}], assets: [{file, bytes, fault}]}. A file that is missing or damaged
// is a fault of its asset. Every file is read once, for its SHA-1. The caller owns `*out`.
must_check outcome imf_describe(const char *folder, json_t **out, struct why *why);

// Prints it; true when there is no fault.
bool imf_print(const json_t *package);
bool imf_is_sound(const json_t *package);

#endif

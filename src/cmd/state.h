// SPDX-License-Identifier: Apache-2.0
//
// Where this user's player keeps what it needs between runs.
//
//     $XDG_STATE_HOME/primrose/  or  ~/.local/state/primrose/    device, sessions
//     $XDG_DATA_HOME/primrose/   or  ~/.local/share/primrose/    downloads/
#ifndef CMD_STATE_H
#define CMD_STATE_H

#include "base/outcome.h"

#include <limits.h>

// The path of `name`, in a folder that is made. INVALID without a home folder.
must_check outcome state_path(const char *name, char out[PATH_MAX], struct why *why);

// The folder of downloads, which is not made.
must_check outcome state_downloads(char out[PATH_MAX], struct why *why);

#endif

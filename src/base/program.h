// SPDX-License-Identifier: Apache-2.0
//
// Where the running program lies, and what was installed with it:
//
//     build/primrose   build/primrose-transcode   build/../share/qc
//     bin/primrose     bin/primrose-transcode     bin/../share/primrose/qc
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "base/outcome.h"

#include <limits.h>

// The running program's own path into `out` of PATH_MAX.
must_check outcome program_path(char *out, struct why *why);

// `name` in its folder ("primrose-decode", "../share/qc") into `out` of PATH_MAX. TOO_LARGE when
// the path is too long; whether something is there is not looked at.
must_check outcome program_beside(const char *name, char *out, struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0
//
// Files that come with the program: beside the build folder, or under share/primrose where it is
// installed.
#ifndef CMD_SHARE_H
#define CMD_SHARE_H

#include "studio/qc_rules.h"

// The rule set that people name: NULL is the default one; a word is one of share/qc, anything with
// '/' or '.' in it a file. NOT_FOUND for a word that is none.
must_check outcome share_rules(const char *name, struct qc_rules *out, struct why *why);

#endif

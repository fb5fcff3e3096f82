// SPDX-License-Identifier: Apache-2.0
//
// What the ports share in judging names: every backend refuses the same ones, with the same
// sentence.
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "base/outcome.h"

#include <stddef.h>

// INVALID unless `text` has `min` to `max` bytes, all printable ASCII. `what` names it: "the sort
// key".
must_check outcome key_text_check(const char *what, const char *text, size_t min, size_t max,
                                  struct why *why);

// INVALID unless `text` has 1 to `max` characters of a-z, 0-9, '-' and '_'. `what`: "a table".
must_check outcome key_name_check(const char *what, const char *text, size_t max, struct why *why);

#endif

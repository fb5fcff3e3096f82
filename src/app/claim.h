// SPDX-License-Identifier: Apache-2.0
//
// The claim of an open house: whoever can read the data folder makes the first operator in the
// browser.
//
//     serve starts, the house is open --> <data>/claim, 0600, one line: "7F3K-..."
//     POST /v1/house/claim {code, login, password} --> operator; the house is closed, the file goes
#ifndef APP_CLAIM_H
#define APP_CLAIM_H

#include "base/outcome.h"

enum { CLAIM_BYTES = 32 };

// Makes the file where there is none.
must_check outcome claim_offer(const char *data, struct why *why);

// Whether `code` is the file's. NOT_FOUND without a file.
must_check outcome claim_check(const char *data, const char *code, bool *out, struct why *why);

// Takes the file away.
void claim_withdraw(const char *data);

#endif

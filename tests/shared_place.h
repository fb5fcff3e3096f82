// SPDX-License-Identifier: Apache-2.0
//
// What the tests of all rooms share: a check that prints its sentence, and a folder of their own.
#ifndef TESTS_SHARED_PLACE_H
#define TESTS_SHARED_PLACE_H

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail // cmocka's; ours is base/outcome.h

// A call whose sentence is worth printing takes `&why_` as its last argument inside.
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        struct why why_ = {""};                                                                    \
        const outcome result_ = (call);                                                            \
        if (result_ != OK) {                                                                       \
            print_error("%s: outcome %d, %s\n", #call, (int)result_, why_.text);                   \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)

// A new folder under TMPDIR or /tmp; `out` has room for 128 bytes.
static inline void folder_new(char *out)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(out, 128, "%s/primrose-test-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(out));
}

#endif

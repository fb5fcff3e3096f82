// SPDX-License-Identifier: Apache-2.0
//
// Damages a real package in one place, judges it, and mends it again.
#ifndef TESTS_MEDIA_DAMAGE_H
#define TESTS_MEDIA_DAMAGE_H

#include "media/lint.h"

enum { DAMAGE_ARENA_BYTES = 1 << 28, DAMAGE_FILE_BYTES_MAX = 4 * 1024 * 1024 };

// What is done to one file of the package: every `find` becomes `with`; or, where `patch` is told,
// the bytes `patch_at` behind the n-th `find` are overwritten.
struct damage {
    enum lint_rule rule;
    const char *file;
    const char *find;
    const char *with;
    size_t nth; // of a patch, from 1
    size_t patch_at;
    size_t patch_len;
};

// Fails the test unless the damage makes its rule tell a finding. The file is as before afterwards.
void damage_is_seen(const char *folder, const struct damage *damage);

// Judges a folder; fails the test when that is not possible.
struct lint_report lint_of(struct arena *arena, const char *folder);

bool lint_saw(const struct lint_report *report, enum lint_rule rule);
void lint_print(const struct lint_report *report); // for whoever reads a failed run

#endif

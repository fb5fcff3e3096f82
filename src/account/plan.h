// SPDX-License-Identifier: Apache-2.0
//
// Plans: what a member may do at once and how well, as data.
//
//     id        streams  per title  highest  downloads  catalogue
//     house        3         2        uhd        25        yes       there unless it is replaced
//     mobile       1         1        sd         10        yes
//     pay-as-you-go 3        2        uhd         0        no        only what was bought or rented
#ifndef ACCOUNT_PLAN_H
#define ACCOUNT_PLAN_H

#include "account/accounts.h"
#include "base/random.h"
#include "store/rows.h"

enum { PLANS_MAX = 50, PLAN_NAME_BYTES = 64, PLAN_STREAMS_MAX = 100, PLAN_DOWNLOADS_MAX = 1000 };

enum picture_class { PICTURE_SD, PICTURE_HD, PICTURE_UHD, PICTURE_CLASSES };

const char *picture_class_word(enum picture_class class); // "sd", "hd", "uhd"

struct plan {
    char id[32];
    char name[PLAN_NAME_BYTES];
    uint32_t streams;           // of an account at once
    uint32_t streams_per_title; // of them
    enum picture_class highest;
    uint32_t downloads; // at once, over all devices; 0: none
    bool has_catalogue; // may watch what is included in the catalogue
    uint64_t version;   // of the row, 0: the one that is built in; not part of the record
};

// INVALID for numbers out of range.
must_check outcome plan_check(const struct plan *plan, struct why *why);

// NOT_FOUND.
must_check outcome plan_load(const struct accounts *accounts, const char *id, struct plan *out,
                             struct why *why);

// All, by id, into `out` of PLANS_MAX.
must_check outcome plan_list(const struct accounts *accounts, struct plan *out, size_t *out_count,
                             struct why *why);

// Makes or replaces the plan; its version is the one it was read with, 0 for a new one. CONFLICT.
must_check outcome plan_save(const struct accounts *accounts, struct deed deed, struct plan *plan,
                             struct why *why);

#endif

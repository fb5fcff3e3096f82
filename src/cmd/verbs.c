// SPDX-License-Identifier: Apache-2.0
#include "cmd/verb.h"

// name of the struct in the verb's file; the order is that of the overview
#define VERBS(X)                                                                                   \
    X(verb_demo)                                                                                   \
    X(verb_ingest)                                                                                 \
    X(verb_worker)                                                                                 \
    X(verb_jobs)                                                                                   \
    X(verb_check)                                                                                  \
    X(verb_captions)                                                                               \
    X(verb_package)                                                                                \
    X(verb_inspect)                                                                                \
    X(verb_keys)                                                                                   \
    X(verb_serve)                                                                                  \
    X(verb_signin)                                                                                 \
    X(verb_signout)                                                                                \
    X(verb_download)                                                                               \
    X(verb_play)                                                                                   \
    X(verb_simulate)                                                                               \
    X(verb_swarm)                                                                                  \
    X(verb_placement)                                                                              \
    X(verb_capacity)                                                                               \
    X(verb_members)                                                                                \
    X(verb_config)                                                                                 \
    X(verb_completion)                                                                             \
    X(verb_manual)

#define VERB_DECLARE(name) extern const struct verb name;
VERBS(VERB_DECLARE)
#undef VERB_DECLARE

#define VERB_ROW(name) &name,
const struct verb *const verbs[] = {VERBS(VERB_ROW)};
#undef VERB_ROW

const size_t verb_count = TABLE_COUNT(verbs);

// SPDX-License-Identifier: Apache-2.0
//
// Worker processes on this machine: started, replaced when they die, ended with their parent.
//
//     pool_open --fork, exec--> primrose worker --data DIR     x count
//     pool_tend                 reaps the dead, starts others in their place
//     pool_close --SIGTERM-->   they give their jobs back and exit; SIGKILL for those that do not
//
// Workers get SIGTERM when the thread that started them is gone, however it went.
#ifndef STUDIO_POOL_H
#define STUDIO_POOL_H

#include "base/outcome.h"

#include <stddef.h>

enum { POOL_WORKERS_MAX = 256 };

struct pool;

struct pool_options {
    const char *const *command; // program and arguments, NULL at the end; borrowed
    size_t count;               // 0 .. POOL_WORKERS_MAX
    const char *log;            // file that their stderr is appended to; NULL: ours
};

must_check outcome pool_open(const struct pool_options *options, struct pool **out,
                             struct why *why);
// UNAVAILABLE when workers end by themselves again and again: nothing will come of it. The sentence
// names the log.
must_check outcome pool_tend(struct pool *pool, struct why *why);
size_t pool_deaths(const struct pool *pool); // replaced so far
void pool_close(struct pool **pool);         // tolerates NULL; waits for them

#endif

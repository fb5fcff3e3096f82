// SPDX-License-Identifier: Apache-2.0
#include "license/pace.h"

#include <stdio.h>

outcome pace_take(struct cache_store *cache, const struct pace *pace, const char *who,
                  struct why *why)
{
    char key[CACHE_KEY_BYTES];
    int64_t count = 0;
    if (pace->limit == 0) return OK;
    (void)snprintf(key, sizeof key, "pace/%s/%s", pace->what, who);
    TRY(cache->ops->add(cache, key, 1, pace->window_ms, &count, why));
    if (count <= pace->limit) return OK;
    return fail(why, EXHAUSTED, "more than %lld in %lld seconds: wait, then try again",
                (long long)pace->limit, (long long)(pace->window_ms / 1000));
}

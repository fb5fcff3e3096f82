// SPDX-License-Identifier: Apache-2.0
#include "drm/secret.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

outcome secret_take(size_t bytes, void **out, struct why *why)
{
    assert(bytes > 0);
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return fail(why, NO_MEMORY, "no memory for %zu bytes of keys", bytes);
    (void)mlock(at, bytes);
    (void)madvise(at, bytes, MADV_DONTDUMP);
    (void)madvise(at, bytes, MADV_WIPEONFORK);
    *out = at;
    return OK;
}

void secret_drop(void *at, size_t bytes)
{
    if (at == NULL) return;
    explicit_bzero(at, bytes);
    (void)munmap(at, bytes);
}

void secret_guard(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

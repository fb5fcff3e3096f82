// SPDX-License-Identifier: Apache-2.0
//
// A disk that syncs SYNC_MS milliseconds a time, for every program alike: preloaded, it waits
// before each fsync and fdatasync. The one of this machine may have a cache that says "done" at
// once.
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_a_turn(void)
{
    const char *text = getenv("SYNC_MS");
    const long us = text == NULL ? 0 : (long)(strtod(text, NULL) * 1000);
    (void)nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

int fsync(int fd)
{
    int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_a_turn();
    return real(fd);
}

int fdatasync(int fd)
{
    int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_a_turn();
    return real(fd);
}

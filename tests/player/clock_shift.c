// SPDX-License-Identifier: Apache-2.0
//
// Preloaded by tests: the wall clock of a whole process tree stands CLOCK_SHIFT_S seconds beside
// the machine's, as if somebody had set it. The programs themselves have no such switch.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int ask_clock(clockid_t id, struct timespec *out);

static ask_clock *ask;
static long shift_s;

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("CLOCK_SHIFT_S");
    void *found = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&ask, &found, sizeof ask);
    shift_s = text == NULL ? 0 : strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    const int result = ask == NULL ? -1 : ask(id, out);
    if (result == 0 && id == CLOCK_REALTIME) out->tv_sec += shift_s;
    return result;
}

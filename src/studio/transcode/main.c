// SPDX-License-Identifier: Apache-2.0
//
// primrose-transcode: decodes and encodes behind a wall. Not for people: the program starts it
// itself, with a socket as descriptor 3, and talks to it as studio/transcode/wire.h says.
#include "base/options.h"
#include "base/sandbox.h"
#include "media/av.h"
#include "media/encoder.h"
#include "studio/transcode/serve.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKET_FD = 3 };

static const uint64_t output_bytes_max = (uint64_t)1 << 40; // of one file; a guard, not a quota

// Keeps freed memory for the next job: an encoder's pictures are a hundred megabytes and more, and
// pages that are given back to the kernel cost a fault and a wipe each when they are taken again.
static void keep_memory(void)
{
    enum { KEPT_BYTES_MAX = 1 << 30 };
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
}

// Encoders start some five threads each; eight MiB of stack for each of them count as memory that a
// job may not have.
static void keep_stacks_small(void)
{
    enum { STACK_BYTES = 2 << 20 };
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return; // then they are as large as usual
    if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
        (void)pthread_setattr_default_np(&attributes);
    (void)pthread_attr_destroy(&attributes);
}

// x265 asks libnuma where its threads may run, and libnuma says on standard error that behind this
// wall it may not know. Its manual has programs answer in its place.
void numa_warn(int number, char *where, ...);
void numa_error(char *where);

void numa_warn(int number, char *where, ...)
{
    (void)number;
    (void)where;
}

void numa_error(char *where)
{
    (void)where;
}

int main(int count, char **words)
{
    struct why why = {""};
    uint64_t threads = 0, memory_bytes_max = 0;
    if (count != 3 || slice_u64(slice_of(words[1]), ENCODER_THREADS_MAX, &threads, &why) != OK ||
        threads == 0 ||
        slice_u64(slice_of(words[2]), UINT64_MAX / 2, &memory_bytes_max, &why) != OK) {
        (void)fprintf(stderr,
                      "primrose-transcode is started by primrose: THREADS MEMORY_BYTES, with "
                      "a socket as descriptor 3\n");
        return 2;
    }
    const struct sandbox_limits limits = {memory_bytes_max, output_bytes_max, 256};
    av_log_capture();
    keep_memory();
    keep_stacks_small();
    outcome result = sandbox_close_others(SOCKET_FD, &why);
    if (result == OK) result = sandbox_enter(&limits, &why);
    if (result == OK) {
        const outcome ended = transcode_serve(SOCKET_FD, (uint32_t)threads, &why);
        _exit(ended == UNAVAILABLE
                  ? 0
                  : 1); // the client is gone; what libraries do at exit, they may not do here
    }
    (void)fprintf(stderr, "primrose-transcode: %s\n", why.text);
    return 1;
}

// SPDX-License-Identifier: Apache-2.0
//
// Prints the hash of as many random decisions as the argument says: the native half of the test
// that native code and WebAssembly decide alike (abr_alike.mjs).
#include "abr_drive.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    struct drive drive = drive_begin(2463534242U);
    uint32_t hash = 2166136261U;
    for (unsigned long i = 0; i < count; i++) {
        int32_t lower = -1;
        drive_decide(&drive, &lower);
        hash = drive_hash(hash, &drive, lower);
    }
    printf("%08x\n", (unsigned)hash);
    return 0;
}

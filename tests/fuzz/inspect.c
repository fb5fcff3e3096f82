// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a media file: the tree of boxes, the init segment, and every box as a segment.
#include "media/box_tree.h"
#include "media/segment_scan.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 16 * 1024 * 1024, PLACES_MAX = 64 };

static void scan(int fd, uint64_t size)
{
    autoarena arena = arena_init(ROOM);
    struct media_init init;
    struct scanned_segment segment;
    const struct byte_range all = {0, 0};
    if (media_init_read(&arena, fd, size, all, &init, NULL) != OK) return;
    (void)media_init_has_brand(&init, BOX_TYPE('c', 'm', 'f', 'c'));
    uint64_t at = 0;
    for (int i = 0; i < PLACES_MAX && at < size; i++) {
        struct box box;
        const struct byte_range rest = {at, size - at};
        if (segment_scan(fd, size, rest, &init, &segment, NULL) != OK) return;
        if (box_read(fd, size, at, &box, NULL) != OK) return;
        at += box.size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    autofd fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0 || fd_write(fd, (struct slice){data, size}, NULL) != OK) abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    autojson *tree = NULL;
    if (box_tree(path, &tree, NULL) == OK) {
        autobuffer text = buffer_init((size_t)4 * ROOM);
        if (json_format(tree, &text, NULL) == INVALID) abort();
    }
    scan(fd, size);
    return 0;
}

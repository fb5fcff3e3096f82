// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "media/lint_internal.h"
#include "media/protection_check.h"

#include <fcntl.h>

static bool is_encrypted(const struct lint_media *media)
{
    return media->init.entry_type == BOX_TYPE('e', 'n', 'c', 'v') ||
           media->init.entry_type == BOX_TYPE('e', 'n', 'c', 'a');
}

// Byte ranges of one file, whose init is its head.
static bool is_one_file(const struct rendition *rendition)
{
    return rendition->init_count == 1 && rendition->inits[0].range.offset == 0 &&
           rendition->segment_count > 0 && rendition->segments[0].range.size > 0;
}

static outcome check_file(struct lint *lint, int fd, const char *name, struct why *why)
{
    autoarena arena = arena_init(lint->arena->cap_bytes);
    struct protection_report report;
    struct mp4 *mp4 = NULL;
    TRY(mp4_open_fd(&arena, fd, name, &mp4, why));
    outcome result = OK;
    for (size_t i = 0; i < mp4_track_count(mp4) && result == OK; i++) {
        const struct mp4_track *track = mp4_track_at(mp4, i);
        result = track->is_encrypted ? protection_check(&arena, mp4, i, NULL, &report, why)
                 : track->is_usable  ? OK
                                     : fail(why, UNSUPPORTED, "%s", track->reason.text);
    }
    mp4_close(&mp4);
    return result;
}

void lint_check_protection(struct lint *lint, const struct lint_media *media)
{
    struct why why = {""};
    if (!is_encrypted(media) || !is_one_file(media->rendition)) return;
    autofd fd = openat(lint->folder, media->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return; // named otherwise than it lies there: other rules speak of that
    if (check_file(lint, fd, media->name, &why) != OK)
        lint_find(lint, RULE_PROTECTION, media->name, "%s", why.text);
}

// SPDX-License-Identifier: Apache-2.0
#include "player/play_download.h"

#include "base/clock.h"

#include <stdlib.h>

static outcome load(const char *folder, struct bundle *bundle, struct buffer *kept, struct why *why)
{
    TRY(bundle_load(folder, bundle, why));
    if (bundle->over[0] != '\0')
        return fail(why, DENIED, "this download has ended: %.300s", bundle->over);
    const bool is_late = clock_wall_ms(clock_system()) >= bundle->ends_ms;
    if (!bundle->is_protected && is_late) // the licence of a protected one knows better
        return fail(why, DENIED, "the time to play this download is over");
    if (!bundle->is_complete)
        return fail(why, NOT_FOUND,
                    "this download is not complete: `primrose download %.250s` goes on", folder);
    return bundle->is_protected ? bundle_licence(folder, kept, why) : OK;
}

outcome play_download_open(const char *folder, struct bundle **out, struct buffer *kept,
                           struct why *why)
{
    struct bundle *bundle = malloc(sizeof *bundle);
    if (bundle == NULL) return fail(why, NO_MEMORY, "no memory for a download");
    const outcome result = load(folder, bundle, kept, why);
    if (result == OK)
        *out = bundle;
    else
        free(bundle);
    return result;
}

void play_download_begun(const char *folder, struct bundle *bundle)
{
    if (bundle->started_ms != 0) return;
    bundle->started_ms = clock_wall_ms(clock_system());
    (void)!bundle_save(folder, bundle, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/manifest_set.h"

#include "media/dash.h"

#include <assert.h>
#include <stdio.h>

// Manifests of one track: its playlist, and for video the one of its key pictures.
static size_t track_manifests(const struct track *track)
{
    return track->kind == TRACK_VIDEO ? 2 : 1;
}

size_t manifest_count(const struct presentation *presentation)
{
    size_t count = 2;
    for (size_t i = 0; i < presentation->track_count; i++)
        count += track_manifests(&presentation->tracks[i]);
    return count;
}

outcome manifest_make(const struct presentation *presentation, size_t index, char *name,
                      struct buffer *out, struct why *why)
{
    assert(index < manifest_count(presentation));
    if (index == 0) {
        (void)snprintf(name, HLS_NAME_BYTES, "%s", HLS_MULTIVARIANT_FILE);
        return hls_multivariant(presentation, out, why);
    }
    if (index == 1) {
        (void)snprintf(name, HLS_NAME_BYTES, "%s", DASH_MANIFEST_FILE);
        return dash_manifest(presentation, out, why);
    }
    const struct track *track = presentation->tracks;
    size_t left = index - 2;
    for (; left >= track_manifests(track); track++)
        left -= track_manifests(track);
    if (left == 1) {
        hls_iframe_name(track, name);
        return hls_iframes(presentation, track, out, why);
    }
    hls_media_name(track, name);
    return hls_media(presentation, track, out, why);
}

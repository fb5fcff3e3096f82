// SPDX-License-Identifier: Apache-2.0
#include "media/protection_hls.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *format, *media_type;
} formats[DRM_SYSTEM_COUNT] = {
    [DRM_CLEARKEY] = {"org.w3.clearkey", "text/plain"},
    [DRM_WIDEVINE] = {"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", "text/plain"},
    [DRM_PLAYREADY] = {"com.microsoft.playready", "text/plain;charset=UTF-16"},
    [DRM_FAIRPLAY] = {"com.apple.streamingkeydelivery", NULL},
};

static outcome put_uri(enum drm_system system, const struct pssh_content *content,
                       struct buffer *out, struct why *why)
{
    if (system == DRM_FAIRPLAY) {
        char uri[SKD_BYTES];
        fairplay_uri(content->key_ids, uri);
        return buffer_put_text(out, uri, why);
    }
    autobuffer data = buffer_init(PLAYREADY_BYTES_MAX);
    if (system == DRM_CLEARKEY) // the key id alone, as hls.js reads it; nobody else does
        TRY(buffer_put(&data, (struct slice){content->key_ids->bytes, KEY_ID_BYTES}, why));
    else if (system == DRM_PLAYREADY)
        TRY(playready_object_put(content, &data, why));
    else
        TRY(pssh_put(system, content, &data, why));
    TRY(buffer_format(out, why, "data:%s;base64,", formats[system].media_type));
    return base64_put(buffer_slice(&data), out, why);
}

static outcome put_key(const char *tag, enum drm_system system,
                       const struct presentation *presentation, const struct track *track,
                       struct buffer *out, struct why *why)
{
    const struct track_protection *protection = &track->protection;
    const struct pssh_content content = {protection->scheme, &protection->key_id, 1,
                                         presentation->license_url};
    char hex[2 * KEY_ID_BYTES + 1];
    hex_format(protection->key_id.bytes, KEY_ID_BYTES, hex);
    TRY(buffer_format(out, why, "#%s:METHOD=%s,URI=\"", tag,
                      protection->scheme == SCHEME_CENC ? "SAMPLE-AES-CTR" : "SAMPLE-AES"));
    TRY(put_uri(system, &content, out, why));
    TRY(buffer_put_text(out, "\"", why));
    if (system != DRM_FAIRPLAY) TRY(buffer_format(out, why, ",KEYID=0x%s", hex));
    return buffer_format(out, why, ",KEYFORMAT=\"%s\",KEYFORMATVERSIONS=\"1\"\n",
                         formats[system].format);
}

static outcome put_keys(const char *tag, const struct presentation *presentation,
                        const struct track *track, struct buffer *out, struct why *why)
{
    for (int i = 0; i < DRM_SYSTEM_COUNT; i++)
        if ((presentation->systems >> i & 1u) != 0)
            TRY(put_key(tag, (enum drm_system)i, presentation, track, out, why));
    return OK;
}

outcome hls_keys_put(const struct presentation *presentation, const struct track *track,
                     size_t segment, struct buffer *out, struct why *why)
{
    const struct track_protection *protection = &track->protection;
    if (protection->scheme == SCHEME_NONE) return OK;
    if (segment == protection->clear_segments)
        return put_keys("EXT-X-KEY", presentation, track, out, why);
    return segment == 0 ? buffer_put_text(out, "#EXT-X-KEY:METHOD=NONE\n", why) : OK;
}

// The first track that uses its key speaks for all of them.
static bool is_first_use(const struct presentation *presentation, const struct track *track)
{
    for (const struct track *other = presentation->tracks; other < track; other++)
        if (other->protection.scheme != SCHEME_NONE &&
            key_id_equal(&other->protection.key_id, &track->protection.key_id))
            return false;
    return track->protection.scheme != SCHEME_NONE;
}

outcome hls_session_keys_put(const struct presentation *presentation, struct buffer *out,
                             struct why *why)
{
    for (size_t i = 0; i < presentation->track_count; i++)
        if (is_first_use(presentation, &presentation->tracks[i]))
            TRY(put_keys("EXT-X-SESSION-KEY", presentation, &presentation->tracks[i], out, why));
    return OK;
}

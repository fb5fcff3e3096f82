// SPDX-License-Identifier: Apache-2.0
#include "drm/pssh.h"

#include <openssl/evp.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *uuid;
    uint8_t id[KEY_ID_BYTES]; // of the pssh box; that of ClearKey is the common one
} systems[DRM_SYSTEM_COUNT] = {
    [DRM_CLEARKEY] = {"clearkey",
                      "e2719d58-a985-b3c9-781a-b030af78d30e",
                      {0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2, 0x4d, 0x02, 0xac, 0xe3, 0x3c, 0x1e, 0x52,
                       0xe2, 0xfb, 0x4b}},
    [DRM_WIDEVINE] = {"widevine",
                      "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
                      {0xed, 0xef, 0x8b, 0xa9, 0x79, 0xd6, 0x4a, 0xce, 0xa3, 0xc8, 0x27, 0xdc, 0xd5,
                       0x1d, 0x21, 0xed}},
    [DRM_PLAYREADY] = {"playready",
                       "9a04f079-9840-4286-ab92-e65be0885f95",
                       {0x9a, 0x04, 0xf0, 0x79, 0x98, 0x40, 0x42, 0x86, 0xab, 0x92, 0xe6, 0x5b,
                        0xe0, 0x88, 0x5f, 0x95}},
    [DRM_FAIRPLAY] = {"fairplay",
                      "94ce86fb-07ff-4f43-adb8-93d2fa968ca2",
                      {0x94, 0xce, 0x86, 0xfb, 0x07, 0xff, 0x4f, 0x43, 0xad, 0xb8, 0x93, 0xd2, 0xfa,
                       0x96, 0x8c, 0xa2}},
};

const char *drm_system_word(enum drm_system system)
{
    return systems[system].word;
}

const char *drm_system_uuid(enum drm_system system)
{
    return systems[system].uuid;
}

outcome drm_system_parse(const char *word, enum drm_system *out, struct why *why)
{
    for (int i = 0; i < DRM_SYSTEM_COUNT; i++) {
        if (strcmp(word, systems[i].word) != 0) continue;
        *out = (enum drm_system)i;
        return OK;
    }
    return fail(why, INVALID,
                "\"%.40s\" is no protection system: clearkey, widevine, playready or fairplay",
                word);
}

void fairplay_uri(const struct key_id *id, char out[SKD_BYTES])
{
    char text[KEY_ID_TEXT_BYTES];
    (void)snprintf(out, SKD_BYTES, "skd://%s", key_id_format(id, text));
}

outcome base64_put(struct slice bytes, struct buffer *out, struct why *why)
{
    enum { INPUT_MAX = 1 << 24 };
    if (bytes.len > INPUT_MAX)
        return fail(why, TOO_LARGE, "%zu bytes are too many for base64 text", bytes.len);
    TRY(buffer_reserve(out, (bytes.len + 2) / 3 * 4 + 1, why));
    const int len = EVP_EncodeBlock(out->at + out->len, bytes.at, (int)bytes.len);
    out->len += (size_t)len;
    return OK;
}

// WidevinePsshData, as protocol buffers write it: key ids as bytes, the scheme as a number.
static outcome put_widevine(const struct pssh_content *content, struct buffer *out, struct why *why)
{
    enum { KEY_IDS = 2 << 3 | 2, SCHEME = 9 << 3 };
    for (size_t i = 0; i < content->key_count; i++) {
        TRY(buffer_put_u8(out, KEY_IDS, why));
        TRY(buffer_put_u8(out, KEY_ID_BYTES, why));
        TRY(buffer_put(out, (struct slice){content->key_ids[i].bytes, KEY_ID_BYTES}, why));
    }
    TRY(buffer_put_u8(out, SCHEME, why));
    uint32_t scheme = cenc_scheme_type(content->scheme);
    for (; scheme > 0x7f; scheme >>= 7)
        TRY(buffer_put_u8(out, (uint8_t)(0x80u | (scheme & 0x7fu)), why));
    return buffer_put_u8(out, (uint8_t)scheme, why);
}

static outcome put_nothing(const struct pssh_content *content, struct buffer *out, struct why *why)
{
    return OK;
}

static outcome put_box(enum drm_system system, const struct pssh_content *content,
                       struct buffer *out, struct why *why)
{
    static outcome (*const data[])(const struct pssh_content *, struct buffer *, struct why *) = {
        [DRM_CLEARKEY] = put_nothing,
        [DRM_WIDEVINE] = put_widevine,
        [DRM_PLAYREADY] = playready_object_put,
    };
    const bool lists_keys = system == DRM_CLEARKEY;
    const size_t start = out->len;
    TRY(buffer_put_u32be(out, 0, why));
    TRY(buffer_put_text(out, "pssh", why));
    TRY(buffer_put_u32be(out, lists_keys ? 1u << 24 : 0, why));
    TRY(buffer_put(out, (struct slice){systems[system].id, KEY_ID_BYTES}, why));
    if (lists_keys) TRY(buffer_put_u32be(out, (uint32_t)content->key_count, why));
    for (size_t i = 0; lists_keys && i < content->key_count; i++)
        TRY(buffer_put(out, (struct slice){content->key_ids[i].bytes, KEY_ID_BYTES}, why));
    const size_t size_at = out->len;
    TRY(buffer_put_u32be(out, 0, why));
    TRY(data[system](content, out, why));
    buffer_patch_u32be(out, size_at, (uint32_t)(out->len - size_at - 4));
    buffer_patch_u32be(out, start, (uint32_t)(out->len - start));
    return OK;
}

outcome pssh_put(enum drm_system system, const struct pssh_content *content, struct buffer *out,
                 struct why *why)
{
    assert(content->key_count >= 1 && content->key_count <= PSSH_KEYS_MAX);
    if (system == DRM_FAIRPLAY)
        return fail(why, UNSUPPORTED, "FairPlay is signalled in playlists alone, not in media");
    const size_t before = out->len;
    const outcome result = put_box(system, content, out, why);
    if (result != OK) out->len = before;
    return result;
}

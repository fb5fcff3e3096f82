// SPDX-License-Identifier: Apache-2.0
#include "media/protector.h"

#include "drm/sample_map.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ENTRIES_BYTES_MAX = 64 * 1024 * 1024, // 200,000 samples of 40 subsamples
    SAMPLES_MAX = 1024 * 1024,
};

_Static_assert(2 + 6 * SUBSAMPLES_MAX <= UINT8_MAX, "saiz tells sizes in a byte");
_Static_assert(8 + 2 + 6 * SUBSAMPLES_MAX_CENC <= UINT8_MAX, "with an IV too");

struct protector {
    struct protection_order order;
    struct track_encryption encryption;
    struct sample_mapper *mapper;
    struct sample_cipher *cipher;
    uint8_t iv[CENC_IV_BYTES]; // of the next sample
    struct buffer entries, sizes;
};

static const enum sample_syntax syntaxes[CODEC_COUNT] = {
    [CODEC_AVC] = SYNTAX_AVC,    [CODEC_HEVC] = SYNTAX_HEVC,  [CODEC_AV1] = SYNTAX_AV1,
    [CODEC_AAC] = SYNTAX_WHOLE,  [CODEC_AC3] = SYNTAX_WHOLE,  [CODEC_EAC3] = SYNTAX_WHOLE,
    [CODEC_OPUS] = SYNTAX_WHOLE, [CODEC_FLAC] = SYNTAX_WHOLE,
};

static outcome prepare(struct protector *protector, const struct stream *stream, struct why *why)
{
    const struct protection_order *order = &protector->order;
    const bool is_video = stream->kind == TRACK_VIDEO;
    const struct content_key *key;
    const enum key_class class =
        is_video ? key_class_of_picture(stream->video.facts.width, stream->video.facts.height)
                 : KEY_FOR_AUDIO;
    TRY(key_set_find(order->keys, class, &key, why));
    track_encryption_choose(order->scheme, is_video ? SAMPLE_VIDEO : SAMPLE_AUDIO, &key->id,
                            &protector->encryption);
    for (size_t i = 0; i < CENC_IV_BYTES; i++)
        protector->iv[i] = protector->encryption.iv[i];
    TRY(sample_cipher_open(&protector->encryption, key, CIPHER_ENCRYPT, &protector->cipher, why));
    return sample_mapper_open(syntaxes[stream->codec], order->scheme, stream->config,
                              &protector->mapper, why);
}

outcome protector_open(const struct stream *stream, const struct protection_order *order,
                       struct protector **out, struct why *why)
{
    assert(order->scheme != SCHEME_NONE);
    struct protector *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory to encrypt a track");
    *made = (struct protector){.order = *order,
                               .entries = buffer_init(ENTRIES_BYTES_MAX),
                               .sizes = buffer_init(SAMPLES_MAX)};
    const outcome result = prepare(made, stream, why);
    if (result != OK) {
        protector_close(&made);
        return result;
    }
    *out = made;
    return OK;
}

void protector_close(struct protector **protector)
{
    if (*protector == NULL) return;
    sample_mapper_close(&(*protector)->mapper);
    sample_cipher_close(&(*protector)->cipher);
    buffer_release(&(*protector)->entries);
    buffer_release(&(*protector)->sizes);
    free(*protector);
    *protector = NULL;
}

const struct track_encryption *protector_encryption(const struct protector *protector)
{
    return &protector->encryption;
}

uint32_t protector_clear_lead_ms(const struct protector *protector)
{
    return protector->order.clear_lead_ms;
}

outcome protector_headers(const struct protector *protector, struct buffer *out, struct why *why)
{
    const struct pssh_content content = {.scheme = protector->encryption.scheme,
                                         .key_ids = &protector->encryption.key_id,
                                         .key_count = 1,
                                         .license_url = protector->order.license_url};
    for (int i = 0; i < DRM_SYSTEM_COUNT; i++)
        if (i != DRM_FAIRPLAY && (protector->order.systems >> i & 1u) != 0)
            TRY(pssh_put((enum drm_system)i, &content, out, why));
    return OK;
}

static outcome put_entry(struct protector *protector, const struct subsample_map *map,
                         struct why *why)
{
    struct buffer *entries = &protector->entries;
    const size_t before = entries->len;
    const struct slice iv = {protector->iv, protector->encryption.sample_iv_bytes};
    TRY(buffer_put(entries, iv, why));
    if (map->count > 0) TRY(buffer_put_u16be(entries, (uint16_t)map->count, why));
    for (size_t i = 0; i < map->count; i++) {
        TRY(buffer_put_u16be(entries, map->items[i].clear_bytes, why));
        TRY(buffer_put_u32be(entries, map->items[i].protected_bytes, why));
    }
    return buffer_put_u8(&protector->sizes, (uint8_t)(entries->len - before), why);
}

static outcome take_sample(struct protector *protector, enum protection_act act, uint8_t *bytes,
                           size_t size, bool *has_subsamples, struct why *why)
{
    struct subsample_map map;
    TRY(sample_map(protector->mapper, (struct slice){bytes, size}, &map, why));
    if (act == LEAVE_CLEAR) return OK;
    *has_subsamples = *has_subsamples || map.count > 0;
    TRY(put_entry(protector, &map, why));
    TRY(sample_cipher_apply(protector->cipher, bytes, size, protector->iv, &map, why));
    sample_iv_next(&protector->encryption, sample_protected_bytes(&map, size), protector->iv);
    return OK;
}

outcome protector_segment(struct protector *protector, enum protection_act act,
                          const struct sample *samples, size_t count, uint8_t *media,
                          struct fragment_protection *out, struct why *why)
{
    struct why inner = {""};
    bool has_subsamples = false;
    protector->entries.len = 0;
    protector->sizes.len = 0;
    for (size_t i = 0; i < count; i++) {
        const outcome result =
            take_sample(protector, act, media, samples[i].size, &has_subsamples, &inner);
        if (result != OK) return fail(why, result, "sample %zu: %s", i + 1, inner.text);
        media += samples[i].size;
    }
    *out = (struct fragment_protection){.is_clear = act == LEAVE_CLEAR,
                                        .has_subsamples = has_subsamples};
    if (protector->entries.len > 0) {
        out->entries = buffer_slice(&protector->entries);
        out->sizes = buffer_slice(&protector->sizes);
    }
    return OK;
}

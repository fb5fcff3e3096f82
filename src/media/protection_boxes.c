// SPDX-License-Identifier: Apache-2.0
#include "media/protection_boxes.h"

enum { HAS_SUBSAMPLES = 2 };

static void put_tenc(struct box_writer *writer, const struct track_encryption *encryption)
{
    const bool has_pattern = encryption->skip_blocks > 0;
    full_box_begin(writer, BOX_TYPE('t', 'e', 'n', 'c'), has_pattern ? 1 : 0, 0);
    put_u8(writer, 0);
    put_u8(writer, (uint8_t)(encryption->crypt_blocks << 4 | encryption->skip_blocks));
    put_u8(writer, 1); // protected
    put_u8(writer, encryption->sample_iv_bytes);
    put_bytes(writer, (struct slice){encryption->key_id.bytes, KEY_ID_BYTES});
    if (encryption->sample_iv_bytes == 0) {
        put_u8(writer, encryption->constant_iv_bytes);
        put_bytes(writer, (struct slice){encryption->iv, encryption->constant_iv_bytes});
    }
    box_end(writer);
}

void sinf_put(struct box_writer *writer, uint32_t clear_type,
              const struct track_encryption *encryption)
{
    enum { SCHEME_VERSION = 0x10000 };
    box_begin(writer, BOX_TYPE('s', 'i', 'n', 'f'));
    box_begin(writer, BOX_TYPE('f', 'r', 'm', 'a'));
    put_u32(writer, clear_type);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 'c', 'h', 'm'), 0, 0);
    put_u32(writer, cenc_scheme_type(encryption->scheme));
    put_u32(writer, SCHEME_VERSION);
    box_end(writer);
    box_begin(writer, BOX_TYPE('s', 'c', 'h', 'i'));
    put_tenc(writer, encryption);
    box_end(writer);
    box_end(writer);
}

static bool is_uniform(struct slice sizes)
{
    for (size_t i = 1; i < sizes.len; i++)
        if (sizes.at[i] != sizes.at[0]) return false;
    return true;
}

static void put_saiz(struct box_writer *writer, struct slice sizes)
{
    const bool has_table = !is_uniform(sizes);
    full_box_begin(writer, BOX_TYPE('s', 'a', 'i', 'z'), 0, 0);
    put_u8(writer, has_table ? 0 : sizes.at[0]);
    put_u32(writer, (uint32_t)sizes.len);
    if (has_table) put_bytes(writer, sizes);
    box_end(writer);
}

void fragment_protection_put(struct box_writer *writer,
                             const struct fragment_protection *protection, size_t samples,
                             size_t moof_at)
{
    if (protection->sizes.len == 0) return;
    put_saiz(writer, protection->sizes);
    full_box_begin(writer, BOX_TYPE('s', 'a', 'i', 'o'), 0, 0);
    put_u32(writer, 1);
    const size_t offset_at = writer->buffer->len;
    put_u32(writer, 0);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 'e', 'n', 'c'), 0,
                   protection->has_subsamples ? HAS_SUBSAMPLES : 0);
    put_u32(writer, (uint32_t)samples);
    if (writer->result == OK)
        buffer_patch_u32be(writer->buffer, offset_at, (uint32_t)(writer->buffer->len - moof_at));
    put_bytes(writer, protection->entries);
    box_end(writer);
}

// SPDX-License-Identifier: Apache-2.0
#include "media/box_signs.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/random.h"
#include "clip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void box(struct buffer *out, const char *type, size_t body)
{
    assert_int_equal(buffer_put_u32be(out, (uint32_t)(8 + body), NULL), OK);
    assert_int_equal(buffer_put_text(out, type, NULL), OK);
    for (size_t i = 0; i < body; i++)
        assert_int_equal(buffer_put_u8(out, 0, NULL), OK);
}

static struct box_signs signs_of(struct slice bytes)
{
    const char *path = clip_path("boxes");
    assert_int_equal(file_write_atomic(path, bytes, 0644, NULL), OK);
    autofd fd = clip_open(path);
    struct box_signs signs;
    autosealed *file = NULL;
    assert_int_equal(sealed_file_open(fd, NULL, &file, NULL), OK);
    assert_int_equal(box_signs_read(file, &signs, NULL), OK);
    return signs;
}

static void order_cuts_and_fragments_are_seen(void **state)
{
    (void)state;
    autobuffer file = buffer_init(4096);
    box(&file, "ftyp", 8);
    box(&file, "mdat", 100);
    box(&file, "moov", 0);
    struct box_signs signs = signs_of(buffer_slice(&file));
    assert_true(signs.is_iso);
    assert_false(signs.is_cut);
    assert_false(signs.is_faststart);
    assert_false(signs.is_fragmented);
    signs = signs_of(slice_part(buffer_slice(&file), 0, 60)); // inside mdat
    assert_true(signs.is_cut);
    signs = signs_of(slice_part(buffer_slice(&file), 0, 124)); // without moov
    assert_true(signs.is_cut);

    buffer_drop(&file, file.len);
    box(&file, "ftyp", 8);
    box(&file, "moov", 0);
    box(&file, "moof", 20);
    box(&file, "mdat", 20);
    signs = signs_of(buffer_slice(&file));
    assert_true(signs.is_faststart);
    assert_true(signs.is_fragmented);
    assert_false(signs.is_cut);
}

static void other_files_and_padding_are_let_be(void **state)
{
    (void)state;
    assert_false(signs_of(slice_of("")).is_iso);
    assert_false(signs_of(slice_of("Once upon a time there was a file.")).is_iso);
    autobuffer file = buffer_init(4096);
    box(&file, "ftyp", 8);
    box(&file, "moov", 0);
    box(&file, "mdat", 10);
    assert_int_equal(buffer_put(&file, (struct slice){(const uint8_t[12]){0}, 12}, NULL), OK);
    assert_false(signs_of(buffer_slice(&file)).is_cut);
}

static void encrypted_entries_are_found_however_deep(void **state)
{
    (void)state;
    // moov(trak(mdia(minf(stbl(stsd(encv))))))
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl"};
    autobuffer file = buffer_init(4096);
    const uint32_t entry = 8 + 78, list = 8 + 8 + entry;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(buffer_put_u32be(&file, list + 8 * (uint32_t)(5 - i), NULL), OK);
        assert_int_equal(buffer_put_text(&file, path[i], NULL), OK);
    }
    assert_int_equal(buffer_put_u32be(&file, list, NULL), OK);
    assert_int_equal(buffer_put_text(&file, "stsd", NULL), OK);
    assert_int_equal(buffer_put_u64be(&file, 1, NULL), OK);
    box(&file, "encv", 78);
    assert_true(signs_of(buffer_slice(&file)).is_encrypted);
    // Torn and bent in every way, it is read without harm.
    struct prng prng = prng_init(3);
    for (int round = 0; round < 300; round++) {
        autobuffer bent = buffer_init(4096);
        assert_int_equal(buffer_put(&bent, buffer_slice(&file), NULL), OK);
        bent.at[prng_below(&prng, bent.len)] ^= (uint8_t)(1u << prng_below(&prng, 8));
        (void)signs_of(slice_part(buffer_slice(&bent), 0, prng_below(&prng, bent.len) + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_cuts_and_fragments_are_seen),
        cmocka_unit_test(other_files_and_padding_are_let_be),
        cmocka_unit_test(encrypted_entries_are_found_however_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

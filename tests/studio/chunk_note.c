// SPDX-License-Identifier: Apache-2.0
#include "studio/chunk_note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_note_survives_being_written_and_read(void **state)
{
    (void)state;
    uint32_t sizes[] = {48213, 1022, 0, UINT32_MAX};
    const struct chunk_note note = {{4213, 981204}, sizes, 4};
    autoarena arena = arena_init(1 << 20);
    autobuffer text = buffer_init(CHUNK_NOTE_BYTES_MAX);
    struct chunk_note read;
    assert_int_equal(chunk_note_format(&note, &text, NULL), OK);
    assert_true(slice_is(buffer_slice(&text), "{\"psnr_cdb\":4213,\"ssim_ppm\":981204,"
                                              "\"samples\":[48213,1022,0,4294967295]}"));
    assert_int_equal(chunk_note_parse(buffer_slice(&text), &arena, &read, NULL), OK);
    assert_int_equal(read.quality.psnr_cdb, 4213);
    assert_int_equal(read.quality.ssim_ppm, 981204);
    assert_int_equal(read.sample_count, 4);
    assert_memory_equal(read.sample_bytes, sizes, sizeof sizes);
    assert_int_equal(chunk_note_bytes(&read), 48213u + 1022u + (uint64_t)UINT32_MAX);
}

static void what_no_chunk_can_have_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{\"psnr_cdb\":4213,\"ssim_ppm\":981204,\"samples\":[]}",
        "{\"psnr_cdb\":4213,\"ssim_ppm\":981204,\"samples\":[-1]}",
        "{\"psnr_cdb\":4213,\"ssim_ppm\":981204,\"samples\":[4294967296]}",
        "{\"psnr_cdb\":4213,\"ssim_ppm\":981204,\"samples\":[1.5]}",
        "{\"psnr_cdb\":4213,\"ssim_ppm\":1000001,\"samples\":[1]}",
        "{\"ssim_ppm\":1,\"samples\":[1]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        autoarena arena = arena_init(1 << 20);
        struct chunk_note note;
        assert_int_equal(chunk_note_parse(slice_of(texts[i]), &arena, &note, NULL), INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_survives_being_written_and_read),
        cmocka_unit_test(what_no_chunk_can_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

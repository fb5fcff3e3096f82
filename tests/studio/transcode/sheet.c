// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/sheet.h"

#include "base/file.h"
#include "studio/transcode/prepare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void fill(AVFrame *picture, int luma, int chroma)
{
    for (int plane = 0; plane < 3; plane++)
        memset(picture->data[plane], plane == 0 ? luma : chroma,
               (size_t)picture->linesize[plane] *
                   (size_t)(plane == 0 ? picture->height : picture->height / 2));
}

static void tiles_go_to_their_places_in_full_range(void **state)
{
    (void)state;
    autosheet sheet = {.picture = NULL};
    AVFrame *tile = NULL;
    assert_int_equal(sheet_init(&sheet, 3, 2, 16, 8, NULL), OK);
    assert_int_equal(picture_make(&(struct prepared){16, 8, RANGE_SDR}, &tile, NULL), OK);
    fill(tile, 235, 240);
    sheet_put(&sheet, 4, tile); // second row, second column
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 48; x++) {
            const bool is_inside = x >= 16 && x < 32 && y >= 8;
            assert_int_equal(sheet.picture->data[0][y * sheet.picture->linesize[0] + x],
                             is_inside ? 255 : 0);
            assert_int_equal(sheet.picture->data[1][y / 2 * sheet.picture->linesize[1] + x / 2],
                             is_inside ? 255 : 128);
        }
    fill(tile, 16, 128);
    sheet_put(&sheet, 4, tile);
    assert_int_equal(sheet.picture->data[0][8 * sheet.picture->linesize[0] + 16], 0);
    assert_int_equal(sheet.picture->data[1][4 * sheet.picture->linesize[1] + 8], 128);
    av_frame_free(&tile);
}

static void quality_changes_the_size_and_bytes_are_jpeg(void **state)
{
    (void)state;
    autosheet sheet = {.picture = NULL};
    assert_int_equal(sheet_init(&sheet, 1, 1, 64, 64, NULL), OK);
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
            sheet.picture->data[0][y * sheet.picture->linesize[0] + x] = (uint8_t)(x * y * 7);
    uint64_t low = 0, high = 0;
    autofd fd = memfd_create("jpeg", MFD_CLOEXEC);
    assert_int_equal(sheet_write(&sheet, fd, 10, &low, NULL), OK);
    uint8_t head[3];
    assert_int_equal(fd_read_at(fd, head, 3, 0, NULL), OK);
    assert_memory_equal(head, "\xff\xd8\xff", 3);
    assert_int_equal(sheet_write(&sheet, fd, 95, &high, NULL), OK);
    assert_true(high > 2 * low);
    assert_int_equal(lseek(fd, 0, SEEK_END), low + high);
    assert_int_equal(sheet_write(&sheet, fd, 0, &low, NULL), INVALID);
    assert_int_equal(sheet_write(&sheet, fd, 101, &low, NULL), INVALID);
}

static void sheets_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[][4] = {
        {0, 1, 16, 16}, {1, 0, 16, 16}, {1, 1, 15, 16}, {1, 1, 16, 0}, {2000, 1, 16, 16}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct sheet sheet = {.picture = NULL};
        assert_int_equal(
            sheet_init(&sheet, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], NULL), INVALID);
        assert_null(sheet.picture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_go_to_their_places_in_full_range),
        cmocka_unit_test(quality_changes_the_size_and_bytes_are_jpeg),
        cmocka_unit_test(sheets_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

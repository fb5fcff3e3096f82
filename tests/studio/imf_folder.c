// SPDX-License-Identifier: Apache-2.0
//
// A real package of the shared folder, whole and damaged.
#include "studio/imf_folder.h"

#include "../media/clip.h"
#include "base/file.h"
#include "studio/intake.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 16 * 1024 * 1024 };

static void a_real_package_is_read_and_verified(void **state)
{
    (void)state;
    const char *folder = clip_shared("imf-phdr");
    autoarena arena = arena_init(ROOM);
    struct imf_folder imf;
    struct why why = {""};
    assert_true(imf_folder_is(folder));
    if (imf_folder_open(folder, "", &arena, &imf, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(imf.package.asset_count, 4);
    assert_int_equal(imf.composition.track_count, 2);
    assert_int_equal(imf.composition.tracks[0].kind, IMF_IMAGE);
    assert_int_equal(imf.composition.tracks[0].resources[0].duration, 24);
    assert_int_equal(imf.composition.tracks[1].resources[0].edit_rate.frames, 48000);
    assert_true(imf_is_whole(&imf.composition.tracks[0]));
    for (size_t i = 0; i < imf.package.asset_count; i++)
        if (imf.package.assets[i].is_listed)
            assert_int_equal(imf_folder_verify(folder, &imf.package.assets[i], NULL), OK);
    struct imf_asset wrong = *imf_find(&imf.package, imf.composition.id);
    wrong.hash[3] ^= 1;
    assert_int_equal(imf_folder_verify(folder, &wrong, &why), CORRUPT);
    wrong.size++;
    assert_int_equal(imf_folder_verify(folder, &wrong, &why), CORRUPT);
    assert_int_equal(imf_folder_open(folder, "CPL_none.xml", &arena, &imf, NULL), NOT_FOUND);
}

static void its_picture_is_the_master_and_its_sound_a_sidecar(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct intake *intake = arena_take(&arena, sizeof *intake);
    struct why why = {""};
    if (intake_open(clip_shared("imf-phdr"), NULL, &arena, intake, &why) != OK)
        fail_msg("%s", why.text);
    assert_true(intake->is_imf && !intake->has_file);
    assert_non_null(strstr(intake->master, "/VIDEO_23e9a145-"));
    assert_int_equal(intake->file.audio_count, 1);
    assert_non_null(strstr(intake->file.audio[0].file, "AUDIO_a2a83e0a-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_package_is_read_and_verified),
        cmocka_unit_test(its_picture_is_the_master_and_its_sound_a_sidecar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "studio/sequence.h"

#include "studio_place.h"

#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct fixture {
    char folder[128];
    struct arena arena;
    struct picture_sequence sequence;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_new(fixture->folder);
    fixture->arena = arena_init(4 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

static void put(struct fixture *fixture, const char *const *names)
{
    for (; *names != NULL; names++)
        file_new(fixture->folder, *names, "picture");
}

static outcome find(struct fixture *fixture, const char *pattern, struct why *why)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s%s%s", fixture->folder, pattern[0] == '\0' ? "" : "/",
                   pattern);
    fixture->sequence = (struct picture_sequence){.folder = NULL};
    return sequence_find(path, &fixture->arena, &fixture->sequence, why);
}

static void pictures_are_put_in_order_and_gaps_are_found(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    const struct picture_sequence *found = &fixture->sequence;
    char path[PATH_MAX];
    put(fixture, (const char *const[]){"a_0012.dpx", "a_0009.dpx", "a_0010.dpx", "a_0015.dpx",
                                       ".a_0001.dpx", "notes.txt", NULL});
    assert_true(sequence_is(fixture->folder));
    assert_ok(find(fixture, "", &why_));
    assert_int_equal(found->count, 4);
    assert_int_equal(found->missing, 3);
    assert_int_equal(found->gap_after, 10);
    assert_string_equal(found->stream.type, "dpx ");
    sequence_path(found, 0, path);
    assert_non_null(strstr(path, "/a_0009.dpx"));
    const int fd = memfd_create("out", 0);
    fixture->sequence.stream.rate = (struct frame_rate){24, 1};
    assert_int_equal(sequence_write(found, fd, NULL, &why), INVALID);
    assert_non_null(strstr(why.text, "3 pictures are missing"));
    (void)close(fd);
}

static void numbers_may_have_no_zeros_in_front(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    char path[PATH_MAX];
    put(fixture, (const char *const[]){"f9.tif", "f10.tif", "f11.tif", NULL});
    assert_ok(find(fixture, "", &why_));
    assert_int_equal(fixture->sequence.missing, 0);
    sequence_path(&fixture->sequence, 0, path);
    assert_non_null(strstr(path, "/f9.tif"));
    sequence_path(&fixture->sequence, 2, path);
    assert_non_null(strstr(path, "/f11.tif"));
    put(fixture, (const char *const[]){"f012.tif", NULL});
    assert_int_equal(find(fixture, "", &why), INVALID);
    assert_non_null(strstr(why.text, "different lengths"));
}

static void a_pattern_chooses_among_several(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    put(fixture, (const char *const[]){"a_01.exr", "a_02.exr", "b_01.exr", "a_01.dpx", NULL});
    assert_int_equal(find(fixture, "", &why), INVALID);
    assert_non_null(strstr(why.text, "two sequences"));
    assert_ok(find(fixture, "a_%02d.exr", &why_));
    assert_int_equal(fixture->sequence.count, 2);
    assert_int_equal(fixture->sequence.stream.colour.transfer, 8); // EXR is linear light
    assert_int_equal(find(fixture, "a_%04d.exr", NULL), NOT_FOUND);
    assert_int_equal(find(fixture, "c_%02d.exr", NULL), NOT_FOUND);
    assert_int_equal(find(fixture, "a_%02d.jpg", NULL), UNSUPPORTED);
    assert_int_equal(find(fixture, "a_%s.exr", NULL), INVALID);
    assert_int_equal(find(fixture, "a_%02d_%02d.exr", NULL), INVALID);
    assert_int_equal(find(fixture, "a_%", NULL), INVALID);
}

static void camera_raw_and_empty_folders_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    assert_false(sequence_is(fixture->folder));
    assert_false(sequence_is("/nowhere"));
    assert_int_equal(find(fixture, "", NULL), NOT_FOUND);
    put(fixture, (const char *const[]){"cover.png", NULL}); // no number
    assert_false(sequence_is(fixture->folder));
    put(fixture, (const char *const[]){"r_1.dng", NULL});
    assert_true(sequence_is(fixture->folder));
    assert_int_equal(find(fixture, "", &why), UNSUPPORTED);
    assert_non_null(strstr(why.text, "camera raw"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pictures_are_put_in_order_and_gaps_are_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(numbers_may_have_no_zeros_in_front, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pattern_chooses_among_several, set_up, tear_down),
        cmocka_unit_test_setup_teardown(camera_raw_and_empty_folders_are_refused, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

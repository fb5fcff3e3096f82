// SPDX-License-Identifier: Apache-2.0
#include "media/box_tree.h"

#include "base/file.h"
#include "clip.h"
#include "package_made.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *tree_of(const char *path)
{
    json_t *tree = NULL;
    struct why why = {""};
    if (box_tree(path, &tree, &why) != OK) fail_msg("%s", why.text);
    return tree;
}

// The n-th box of that type anywhere in the tree, in file order.
static json_t *find(json_t *node, const char *type, size_t *n)
{
    json_t *list = json_object_get(node, "boxes");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *box = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(box, "type")), type) == 0 && (*n)-- == 0)
            return box;
        json_t *inside = find(box, type, n);
        if (inside != NULL) return inside;
    }
    return NULL;
}

static json_t *field(json_t *tree, const char *type, size_t n, const char *name)
{
    json_t *box = find(tree, type, &n);
    if (box == NULL) fail_msg("no %s box", type);
    json_t *value = json_object_get(json_object_get(box, "fields"), name);
    if (value == NULL) fail_msg("%s tells no %s", type, name);
    return value;
}

// The boxes of a list tile their parent: each begins where the one before ended.
static void tiles(json_t *list, json_int_t at)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *box = json_array_get(list, i);
        assert_int_equal(json_integer_value(json_object_get(box, "offset")), at);
        at += json_integer_value(json_object_get(box, "size"));
    }
}

static void a_track_file_is_told_box_by_box(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 28);
    struct package_report made;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/v-180p.mp4", package_made(&arena, &made));
    autojson *tree = tree_of(path);
    const struct track *track = &made.presentation.tracks[0];
    assert_string_equal(json_string_value(field(tree, "ftyp", 0, "major")), "cmf2");
    assert_int_equal(json_integer_value(field(tree, "mdhd", 0, "timescale")), track->timescale);
    assert_int_equal(json_integer_value(field(tree, "avc1", 0, "width")), 320);
    assert_int_equal(json_integer_value(field(tree, "sidx", 0, "count")), 4);
    for (size_t i = 0; i < track->segment_count; i++) {
        assert_int_equal(json_integer_value(field(tree, "tfdt", i, "decode_time")),
                         track->segments[i].decode_time);
        assert_int_equal(json_integer_value(field(tree, "mfhd", i, "sequence")), i + 1);
    }
    assert_int_equal(json_integer_value(field(tree, "trun", 0, "count")), 50);
    tiles(json_object_get(tree, "boxes"), 0);
    assert_null(json_object_get(tree, "fault"));
}

static void priming_is_seen_in_the_edit_list(void **state)
{
    (void)state;
    autojson *tree = tree_of(package_input_made("sound.mp4"));
    json_t *edit = json_array_get(field(tree, "elst", 0, "edits"), 0);
    assert_int_equal(json_integer_value(json_object_get(edit, "media_time")), 1024);
    assert_string_equal(json_string_value(field(tree, "hdlr", 0, "handler")), "soun");
    assert_int_equal(json_integer_value(field(tree, "mp4a", 0, "channels")), 2);
}

static void a_cut_off_file_is_told_as_far_as_it_goes(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 28);
    struct package_report made;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/v-180p.mp4", package_made(&arena, &made));
    autojson *tree =
        tree_of(clip_cut("cut.mp4", path, made.presentation.tracks[0].segments[2].offset + 100));
    assert_non_null(strstr(json_string_value(json_object_get(tree, "fault")), "cut off"));
    size_t n = 1;
    assert_non_null(find(tree, "moof", &n));
}

static void what_is_no_such_file_is_refused(void **state)
{
    (void)state;
    json_t *tree = NULL;
    struct why why = {""};
    const char *path = clip_path("text.txt");
    assert_int_equal(
        file_write_atomic(path, slice_of("Dear editor, please find enclosed"), 0644, NULL), OK);
    assert_int_equal(box_tree(path, &tree, &why), UNSUPPORTED);
    assert_int_equal(file_write_atomic(path, slice_of(""), 0644, NULL), OK);
    assert_int_equal(box_tree(path, &tree, &why), UNSUPPORTED);
    assert_int_equal(box_tree("/nonexistent/file.mp4", &tree, &why), NOT_FOUND);
    assert_null(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_track_file_is_told_box_by_box),
        cmocka_unit_test(priming_is_seen_in_the_edit_list),
        cmocka_unit_test(a_cut_off_file_is_told_as_far_as_it_goes),
        cmocka_unit_test(what_is_no_such_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

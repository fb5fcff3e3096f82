// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/primrose-file-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) != OK || path_exists(folder);
}

static const char *in_folder(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void what_was_written_is_read_back_within_the_cap(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(in_folder("a"), slice_of("hello"), 0600, NULL), OK);
    assert_int_equal(file_write_atomic(in_folder("a"), slice_of("goodbye"), 0600, NULL), OK);
    autobuffer whole = buffer_init(100), small = buffer_init(3);
    assert_int_equal(file_read(in_folder("a"), &whole, NULL), OK);
    assert_true(slice_is(buffer_slice(&whole), "goodbye"));
    assert_int_equal(file_read(in_folder("a"), &small, NULL), TOO_LARGE);
    assert_int_equal(small.len, 0);
    assert_int_equal(file_read(in_folder("b"), &whole, NULL), NOT_FOUND);
}

static void an_atomic_write_that_fails_leaves_no_part_behind(void **state)
{
    (void)state;
    struct why why = {""};
    assert_int_equal(folder_make(in_folder("full/of"), NULL), OK);
    assert_int_not_equal(file_write_atomic(in_folder("full"), slice_of("x"), 0600, &why), OK);
    assert_true(why.text[0] != '\0');
    char command[300];
    (void)snprintf(command, sizeof command, "%s", in_folder("full"));
    assert_true(path_exists(command));
    assert_int_equal(folder_remove(in_folder("full"), NULL), OK);
    assert_int_equal(rmdir(folder), -1); // the file of the first test alone is left
    assert_int_equal(unlink(in_folder("a")), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(folder_make(folder, NULL), OK);
}

static void reads_at_an_offset_say_when_the_file_is_short(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(in_folder("c"), slice_of("0123456789"), 0600, NULL), OK);
    autofd fd = open(in_folder("c"), O_RDONLY | O_CLOEXEC);
    uint8_t bytes[4];
    struct why why = {""};
    assert_int_equal(fd_read_at(fd, bytes, 4, 6, NULL), OK);
    assert_memory_equal(bytes, "6789", 4);
    assert_int_equal(fd_read_at(fd, bytes, 4, 8, &why), CORRUPT);
    assert_non_null(strstr(why.text, "2 bytes early"));
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    assert_int_equal(folder_make(in_folder("x/y/z"), NULL), OK);
    assert_int_equal(folder_make(in_folder("x/y/z"), NULL), OK);
    assert_int_equal(file_write_atomic(in_folder("x/file"), slice_of("1"), 0600, NULL), OK);
    assert_int_equal(folder_make(in_folder("x/file"), NULL), CONFLICT);
    assert_int_equal(folder_remove(in_folder("nothing-here"), NULL), OK);
}

static void a_file_that_was_written_anew_is_seen_to_have_changed(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(in_folder("m"), slice_of("1"), 0600, NULL), OK);
    struct file_mark mark = file_mark(in_folder("m"));
    assert_false(file_has_changed(in_folder("m"), &mark));
    assert_int_equal(file_write_atomic(in_folder("m"), slice_of("2"), 0600, NULL), OK);
    assert_true(file_has_changed(in_folder("m"), &mark));
    assert_false(file_has_changed(in_folder("m"), &mark));
    assert_int_equal(unlink(in_folder("m")), 0);
    assert_true(file_has_changed(in_folder("m"), &mark));
    assert_false(file_has_changed(in_folder("m"), &mark));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back_within_the_cap),
        cmocka_unit_test(an_atomic_write_that_fails_leaves_no_part_behind),
        cmocka_unit_test(reads_at_an_offset_say_when_the_file_is_short),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(a_file_that_was_written_anew_is_seen_to_have_changed),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

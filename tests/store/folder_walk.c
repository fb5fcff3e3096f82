// SPDX-License-Identifier: Apache-2.0
#include "store/folder_walk.h"

#include "place.h"

#include <fcntl.h>

struct seen {
    char text[400];
    int root;
    enum { ONLY_LOOK, REMOVE } then;
};

static outcome see(void *context, const char *path, struct why *why)
{
    struct seen *seen = context;
    strncat(seen->text, path, sizeof seen->text - strlen(seen->text) - 1);
    strncat(seen->text, " ", sizeof seen->text - strlen(seen->text) - 1);
    if (seen->then == REMOVE && unlinkat(seen->root, path, 0) != 0)
        return fail(why, UNAVAILABLE, "cannot remove %s", path);
    return OK;
}

static void a_walk_sorts_passes_over_the_excepted_and_survives_removal(void **state)
{
    (void)state;
    char folder[128], path[300];
    folder_new(folder);
    static const char *const files[] = {"b",   "a0",  "a/d/e",  "a/c",
                                        "a.x", "a-b", "skip/f", "a/skip"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        char *slash = strrchr(path, '/');
        *slash = '\0';
        assert_ok(folder_make(path, &why_));
        *slash = '/';
        assert_ok(file_write_atomic(path, slice_of("x"), 0600, &why_));
    }
    autofd root = open(folder, O_RDONLY | O_DIRECTORY);
    assert_true(root >= 0);
    struct seen all = {.root = root};
    assert_ok(folder_walk(root, "", "skip", see, &all, &why_));
    assert_string_equal(all.text, "a-b a.x a/c a/d/e a/skip a0 b ");
    struct seen some = {.root = root};
    assert_ok(folder_walk(root, "a/", "skip", see, &some, &why_));
    assert_string_equal(some.text, "a/c a/d/e a/skip ");
    struct seen gone = {.root = root, .then = REMOVE};
    assert_ok(folder_walk(root, "a", "skip", see, &gone, &why_));
    assert_string_equal(gone.text, "a-b a.x a/c a/d/e a/skip a0 ");
    struct seen left = {.root = root};
    assert_ok(folder_walk(root, "", NULL, see, &left, &why_));
    assert_string_equal(left.text, "b skip/f ");
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_sorts_passes_over_the_excepted_and_survives_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

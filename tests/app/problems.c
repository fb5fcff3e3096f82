// SPDX-License-Identifier: Apache-2.0
#include "app/problems.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void make_page(struct buffer *out)
{
    *out = buffer_init(1 << 20);
    assert_int_equal(problem_pages(out, NULL), OK);
}

// `test-app-problems --write docs/problems.md` writes it anew.
static void the_docs_have_a_page_for_every_code(void **state)
{
    (void)state;
    char path[512];
    struct buffer page;
    autobuffer kept = buffer_init(1 << 20);
    const char *source = getenv("PRIMROSE_SOURCE");
    (void)snprintf(path, sizeof path, "%s/docs/problems.md", source == NULL ? "." : source);
    make_page(&page);
    assert_int_equal(file_read(path, &kept, NULL), OK);
    if (!slice_equal(buffer_slice(&kept), buffer_slice(&page)))
        fail_msg("docs/problems.md is old: run test-app-problems --write docs/problems.md");
    buffer_release(&page);
}

static void each_code_is_there_once_and_has_a_page(void **state)
{
    (void)state;
    for (enum problem i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        autobuffer page = buffer_init(1 << 16);
        assert_int_equal(problem_page(problem_code(i), &page, NULL), OK);
        assert_non_null(strstr(buffer_text(&page), problem_title(i)));
        assert_in_range(problem_status(i), 400, 599);
        for (enum problem j = PROBLEM_NONE + 1; j < i; j++)
            assert_string_not_equal(problem_code(i), problem_code(j));
    }
    autobuffer page = buffer_init(1 << 16);
    assert_int_equal(problem_page("no-memory", &page, NULL), OK);
    assert_int_equal(problem_page("none-such", &page, NULL), NOT_FOUND);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        struct buffer page;
        make_page(&page);
        return file_write_atomic(argv[2], buffer_slice(&page), 0644, NULL) != OK;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_docs_have_a_page_for_every_code),
        cmocka_unit_test(each_code_is_there_once_and_has_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

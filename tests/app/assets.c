// SPDX-License-Identifier: Apache-2.0
#include "app/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_asset_is_found_by_its_path(void **state)
{
    (void)state;
    assert_true(asset_count >= 4); // shell, script, style, icon
    for (size_t i = 0; i < asset_count; i++) {
        const struct asset *asset = &asset_table[i];
        if (strcmp(asset->path, "/watch/") != 0) // nothing is watched there
            assert_ptr_equal(asset_find(slice_of(asset->path)), asset);
        if (i > 0) assert_true(strcmp(asset_table[i - 1].path, asset->path) < 0);
        assert_true(asset->bytes.len > 0);
        assert_true(strlen(asset->type) > 0);
        assert_true(slice_starts(slice_of(asset->etag), "W/\""));
        assert_int_equal(asset->is_immutable, slice_starts(slice_of(asset->path), "/assets/"));
    }
}

static void compressed_bytes_are_one_gzip_member_and_smaller(void **state)
{
    (void)state;
    size_t packed = 0;
    for (size_t i = 0; i < asset_count; i++) {
        const struct asset *asset = &asset_table[i];
        if (asset->gzip.len == 0) continue;
        packed++;
        assert_true(asset->gzip.len < asset->bytes.len);
        assert_memory_equal(asset->gzip.at, "\x1f\x8b\x08", 3);
        const uint8_t *end = asset->gzip.at + asset->gzip.len; // ISIZE, little-endian
        const size_t size =
            (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
        assert_int_equal(size, asset->bytes.len);
    }
    assert_true(packed > 0);
}

static void pages_of_the_app_give_the_shell(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool is_shell;
    } cases[] = {
        {"/", true},
        {"/title/demo", true},
        {"/series/demo", true},
        {"/person/anna", true},
        {"/sign-in", true},
        {"/profiles", true},
        {"/profiles/", false},
        {"/operators/members", true},
        {"/operators/members/member_01J", true},
        {"/operators/members/", false},
        {"/operators/members/a/b", false},
        {"/operators//a", false},
        {"/operators/", false},
        {"/title/", false},
        {"/series/", false},
        {"/title/demo/more", false},
        {"/watch", false},
        {"/titles", false},
        {"", false},
        {"/assets/", false},
        {"/v1/titles", false},
        {"/assets/../", false},
        {"/favicon.svg.gz", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct asset *found = asset_find(slice_of(cases[i].path));
        if (cases[i].is_shell)
            assert_ptr_equal(found, asset_shell());
        else
            assert_null(found);
    }
    assert_null(asset_find((struct slice){NULL, 0}));
    assert_null(asset_find(slice_of("/watch/")));
}

// The page that plays is the shell with the engine asked for at once.
static void the_playing_page_asks_for_the_engine(void **state)
{
    (void)state;
    const struct asset *page = asset_find(slice_of("/watch/title_01J"));
    assert_non_null(page);
    assert_string_equal(page->path, "/watch/");
    struct slice rest = page->bytes, part;
    size_t engine = 0, rule = 0;
    while (slice_cut(&rest, '"', &part)) {
        if (!slice_starts(part, "/assets/")) continue;
        assert_non_null(asset_find(part));
        engine += slice_starts(part, "/assets/shaka-player");
        rule += slice_ends(part, ".wasm");
    }
    assert_int_equal(engine, 1);
    assert_int_equal(rule, 1);
}

// Every path in quotes that the shell asks for is carried too.
static void the_shell_names_only_what_is_there(void **state)
{
    (void)state;
    struct slice rest = asset_shell()->bytes, part;
    size_t named = 0;
    while (slice_cut(&rest, '"', &part)) {
        if (!slice_starts(part, "/assets/") && !slice_is(part, "/favicon.svg")) continue;
        assert_non_null(asset_find(part));
        named++;
    }
    assert_true(named >= 3);
}

// A single one that is not answered undoes the worker's installation, and no title can be kept.
static void the_worker_keeps_only_what_is_there(void **state)
{
    (void)state;
    const struct asset *worker = asset_find(slice_of("/worker.js"));
    assert_non_null(worker);
    struct slice rest = worker->bytes, part;
    size_t kept = 0;
    while (slice_cut(&rest, '"', &part)) {
        if (!slice_starts(part, "/")) continue;
        assert_non_null(asset_find(part));
        kept++;
    }
    assert_true(kept >= 4); // shell, script, style, icon
}

// The policy forbids them: a page that held one would be broken in every browser.
static void the_shell_has_no_inline_script_or_style(void **state)
{
    (void)state;
    struct slice rest = asset_shell()->bytes, part;
    while (slice_cut(&rest, '<', &part)) {
        assert_false(slice_starts(part, "style"));
        if (slice_starts(part, "script")) assert_true(slice_ends(slice_trim(part), "\">"));
    }
    assert_non_null(strstr(ASSET_CONTENT_SECURITY_POLICY, "script-src 'self' 'wasm-unsafe-eval';"));
    assert_null(strstr(ASSET_CONTENT_SECURITY_POLICY, "'unsafe-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_asset_is_found_by_its_path),
        cmocka_unit_test(compressed_bytes_are_one_gzip_member_and_smaller),
        cmocka_unit_test(pages_of_the_app_give_the_shell),
        cmocka_unit_test(the_playing_page_asks_for_the_engine),
        cmocka_unit_test(the_shell_names_only_what_is_there),
        cmocka_unit_test(the_worker_keeps_only_what_is_there),
        cmocka_unit_test(the_shell_has_no_inline_script_or_style),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

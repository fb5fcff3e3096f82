// SPDX-License-Identifier: Apache-2.0
//
// Short forms for the tests of the manifest readers.
#ifndef TESTS_MEDIA_MANIFEST_READ_H
#define TESTS_MEDIA_MANIFEST_READ_H

#include "media/manifest_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define READ_URL "https://cdn.example/film/main"

static inline struct manifest *read_manifest(struct arena *arena, const char *text)
{
    struct manifest *manifest = NULL;
    struct why why = {""};
    if (manifest_parse(arena, slice_of(text), READ_URL, &manifest, &why) != OK)
        fail_msg("%s", why.text);
    return manifest;
}

static inline void read_refused(const char *text, outcome wanted, const char *says)
{
    autoarena arena = arena_init(8 * 1024 * 1024);
    struct manifest *manifest = NULL;
    struct why why = {""};
    assert_int_equal(manifest_parse(&arena, slice_of(text), READ_URL, &manifest, &why), wanted);
    assert_null(manifest);
    if (strstr(why.text, says) == NULL) fail_msg("\"%s\" says nothing of \"%s\"", why.text, says);
}

static inline void segment_is_at(const struct rendition *rendition, size_t index, const char *url)
{
    autobuffer text = buffer_init(8192);
    assert_int_equal(segment_url(rendition, index, &text, NULL), OK);
    assert_string_equal(buffer_text(&text), url);
}

#endif

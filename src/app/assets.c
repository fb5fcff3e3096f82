// SPDX-License-Identifier: Apache-2.0
#include "app/assets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// The app's own routes (web/src/router.ts): by themselves, or with one or two path segments behind.
static const char *const page_paths[] = {"/account",  "/claim",  "/devices", "/downloads",
                                         "/profiles", "/search", "/sign-in"};
static const struct {
    const char *prefix;
    size_t parts_max;
} page_prefixes[] = {
    {"/operators/", 2}, {"/person/", 1}, {"/series/", 1}, {"/title/", 1}, {"/watch/", 1}};

static int path_order(const void *key, const void *entry)
{
    const struct slice *path = key;
    const struct asset *asset = entry;
    const size_t len = strlen(asset->path);
    const size_t common = path->len < len ? path->len : len;
    const int order = common == 0 ? 0 : memcmp(path->at, asset->path, common);
    if (order != 0) return order;
    return path->len < len ? -1 : path->len > len;
}

static const struct asset *table_find(struct slice path)
{
    return bsearch(&path, asset_table, asset_count, sizeof asset_table[0], path_order);
}

static bool has_parts(struct slice path, size_t most)
{
    struct slice part;
    size_t count = 0;
    for (; count <= most && slice_cut(&path, '/', &part); count++)
        if (part.len == 0) return false;
    return count > 0 && count <= most;
}

const struct asset *asset_shell(void)
{
    const struct asset *shell = table_find(slice_of("/"));
    assert(shell != NULL); // web/build.mjs always writes it
    return shell;
}

// The shell of a page of the app's, NULL for a path that is none.
static const struct asset *page_shell(struct slice path)
{
    for (size_t i = 0; i < sizeof page_paths / sizeof page_paths[0]; i++)
        if (slice_is(path, page_paths[i])) return asset_shell();
    for (size_t i = 0; i < sizeof page_prefixes / sizeof page_prefixes[0]; i++) {
        const char *prefix = page_prefixes[i].prefix;
        if (!slice_starts(path, prefix)) continue;
        const struct slice parts = slice_part(path, strlen(prefix), path.len);
        if (!has_parts(parts, page_prefixes[i].parts_max)) return NULL;
        const struct asset *own = table_find(slice_of(prefix));
        return own == NULL ? asset_shell() : own;
    }
    return NULL;
}

const struct asset *asset_find(struct slice path)
{
    const struct asset *shell = page_shell(path);
    return shell != NULL || slice_is(path, "/watch/") ? shell : table_find(path);
}

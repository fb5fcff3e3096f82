// SPDX-License-Identifier: Apache-2.0
#include "app/assets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// The app's own routes (web/src/router.ts): one path segment follows each.
static const char *const page_prefixes[] = {"/operators/", "/title/", "/watch/"};

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

static bool is_page(struct slice path)
{
    for (size_t i = 0; i < sizeof page_prefixes / sizeof page_prefixes[0]; i++) {
        if (!slice_starts(path, page_prefixes[i])) continue;
        const struct slice id = slice_part(path, strlen(page_prefixes[i]), path.len);
        return id.len > 0 && memchr(id.at, '/', id.len) == NULL;
    }
    return false;
}

const struct asset *asset_shell(void)
{
    const struct asset *shell = table_find(slice_of("/"));
    assert(shell != NULL); // web/build.mjs always writes it
    return shell;
}

const struct asset *asset_find(struct slice path)
{
    return is_page(path) ? asset_shell() : table_find(path);
}

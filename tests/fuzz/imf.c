// SPDX-License-Identifier: Apache-2.0
//
// The three documents of an IMF package on any bytes; the first byte says which. What the reader
// accepts keeps to its own limits.
#include "media/imf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 64 * 1024 * 1024 };

static void check(bool is_true)
{
    if (!is_true) abort();
}

static void check_package(const struct imf_package *package)
{
    for (size_t i = 0; i < package->asset_count; i++) {
        const struct imf_asset *asset = &package->assets[i];
        check(strlen(asset->id) == IMF_ID_BYTES - 1);
        check(asset->path[0] != '\0' && asset->path[0] != '/' &&
              strstr(asset->path, "/../") == NULL);
        check(strncmp(asset->path, "../", 3) != 0);
    }
}

static void check_composition(const struct imf_composition *composition)
{
    for (size_t i = 0; i < composition->track_count; i++)
        for (size_t k = 0; k < composition->tracks[i].resource_count; k++) {
            const struct imf_resource *resource = &composition->tracks[i].resources[k];
            check(resource->edit_rate.frames > 0 && resource->edit_rate.seconds > 0);
            check(resource->entry + resource->duration <= resource->intrinsic);
            check(resource->duration > 0 && resource->repeat > 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autoarena arena = arena_init(ROOM);
    if (size == 0) return 0;
    const struct slice text = {data + 1, size - 1};
    struct imf_package package = {.assets = NULL};
    struct imf_composition *composition = arena_take(&arena, sizeof *composition);
    if (data[0] == '1' && imf_asset_map(&arena, text, &package, NULL) == OK)
        check_package(&package);
    if (data[0] == '2' && imf_packing_list(&arena, text, &package, NULL) == OK)
        check(package.asset_count == 0);
    if (data[0] == '3' && imf_composition(&arena, text, composition, NULL) == OK)
        check_composition(composition);
    return 0;
}

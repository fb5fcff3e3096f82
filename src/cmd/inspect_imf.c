// SPDX-License-Identifier: Apache-2.0
#include "cmd/inspect_imf.h"

#include "studio/imf_folder.h"

#include <stdio.h>

enum { ARENA_BYTES = 256 * 1024 * 1024 };

struct describing {
    const char *folder;
    struct arena *arena;
    struct imf_package package;
};

static void put_rate(json_t *object, struct frame_rate rate)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%u/%u", rate.frames, rate.seconds);
    (void)json_object_set_new(object, "edit_rate", json_string(text));
}

static json_t *describe_track(const struct describing *describing, const struct imf_track *track)
{
    json_t *resources = json_array();
    for (size_t i = 0; i < track->resource_count; i++) {
        const struct imf_resource *resource = &track->resources[i];
        const struct imf_asset *asset = imf_find(&describing->package, resource->asset);
        json_t *item =
            json_pack("{s:s, s:I, s:I, s:i}", "file", asset == NULL ? resource->asset : asset->path,
                      "entry", (json_int_t)resource->entry, "duration",
                      (json_int_t)resource->duration, "repeat", (int)resource->repeat);
        put_rate(item, resource->edit_rate);
        if (asset == NULL)
            (void)json_object_set_new(item, "fault", json_string("it is not in the package"));
        (void)json_array_append_new(resources, item);
    }
    return json_pack("{s:s, s:s, s:o}", "kind", imf_kind_word(track->kind), "id", track->id,
                     "resources", resources);
}

static outcome describe_compositions(const struct describing *describing, json_t *out,
                                     struct why *why)
{
    struct imf_composition *composition = ARENA_NEW(describing->arena, struct imf_composition);
    if (composition == NULL) return fail(why, NO_MEMORY, "no memory for a package");
    for (size_t i = 0; i < describing->package.asset_count; i++) {
        const struct imf_asset *asset = &describing->package.assets[i];
        struct why fault = {""};
        const outcome read = imf_folder_composition(describing->folder, asset, describing->arena,
                                                    composition, &fault);
        if (read == NO_MEMORY) return fail(why, read, "%s", fault.text);
        if (read != OK) continue; // an XML file of another kind; what is damaged its hash tells
        json_t *tracks = json_array();
        for (size_t k = 0; k < composition->track_count; k++)
            (void)json_array_append_new(tracks,
                                        describe_track(describing, &composition->tracks[k]));
        json_t *item =
            json_pack("{s:s, s:s, s:s, s:s, s:o}", "file", asset->path, "id", composition->id,
                      "title", composition->title, "kind", composition->kind, "tracks", tracks);
        put_rate(item, composition->edit_rate);
        (void)json_array_append_new(out, item);
    }
    return OK;
}

static void describe_assets(const struct describing *describing, json_t *out)
{
    for (size_t i = 0; i < describing->package.asset_count; i++) {
        const struct imf_asset *asset = &describing->package.assets[i];
        struct why fault = {"it is not in the asset map"};
        if (!asset->is_listed) continue; // the packing lists themselves
        const bool is_whole =
            asset->path[0] != '\0' && imf_folder_verify(describing->folder, asset, &fault) == OK;
        json_t *item = json_pack("{s:s, s:s, s:I}", "id", asset->id, "file", asset->path, "bytes",
                                 (json_int_t)asset->size);
        if (!is_whole) (void)json_object_set_new(item, "fault", json_string(fault.text));
        (void)json_array_append_new(out, item);
    }
}

outcome imf_describe(const char *folder, json_t **out, struct why *why)
{
    autoarena arena = arena_init(ARENA_BYTES);
    struct describing describing = {.folder = folder, .arena = &arena};
    autojson *compositions = json_array();
    autojson *assets = json_array();
    TRY(imf_folder_lists(folder, &arena, &describing.package, why));
    TRY(describe_compositions(&describing, compositions, why));
    describe_assets(&describing, assets);
    json_t *json = json_pack("{s:s, s:O, s:O}", "folder", folder, "compositions", compositions,
                             "assets", assets);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for a package");
    *out = json;
    return OK;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

bool imf_is_sound(const json_t *package)
{
    const json_t *assets = json_object_get(package, "assets");
    for (size_t i = 0; i < json_array_size(assets); i++)
        if (json_object_get(json_array_get(assets, i), "fault") != NULL) return false;
    return json_array_size(json_object_get(package, "compositions")) > 0;
}

static void print_track(const json_t *track)
{
    const json_t *resources = json_object_get(track, "resources");
    for (size_t i = 0; i < json_array_size(resources); i++) {
        const json_t *resource = json_array_get(resources, i);
        printf("  %-6s %s  %lld units of %s from %lld on", i == 0 ? text_of(track, "kind") : "",
               text_of(resource, "file"), number_of(resource, "duration"),
               text_of(resource, "edit_rate"), number_of(resource, "entry"));
        if (number_of(resource, "repeat") > 1)
            printf(", %lld times", number_of(resource, "repeat"));
        if (json_object_get(resource, "fault") != NULL)
            printf("  (%s)", text_of(resource, "fault"));
        putchar('\n');
    }
}

bool imf_print(const json_t *package)
{
    const json_t *compositions = json_object_get(package, "compositions");
    const json_t *assets = json_object_get(package, "assets");
    for (size_t i = 0; i < json_array_size(compositions); i++) {
        const json_t *composition = json_array_get(compositions, i);
        const json_t *tracks = json_object_get(composition, "tracks");
        printf("%s: \"%s\", %s a second\n", text_of(composition, "file"),
               text_of(composition, "title"), text_of(composition, "edit_rate"));
        for (size_t k = 0; k < json_array_size(tracks); k++)
            print_track(json_array_get(tracks, k));
    }
    for (size_t i = 0; i < json_array_size(assets); i++) {
        const json_t *asset = json_array_get(assets, i);
        const json_t *fault = json_object_get(asset, "fault");
        printf("%-7s %s  %lld bytes%s%s\n", fault == NULL ? "whole" : "FAULT",
               text_of(asset, "file")[0] == '\0' ? text_of(asset, "id") : text_of(asset, "file"),
               number_of(asset, "bytes"), fault == NULL ? "" : ": ",
               fault == NULL ? "" : json_string_value(fault));
    }
    printf("%s: %zu compositions, %zu files%s\n", text_of(package, "folder"),
           json_array_size(compositions), json_array_size(assets),
           imf_is_sound(package) ? "" : ", not all of them whole");
    return imf_is_sound(package);
}

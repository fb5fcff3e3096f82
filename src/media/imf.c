// SPDX-License-Identifier: Apache-2.0
#include "media/imf.h"

#include "base/base64.h"
#include "media/xml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES_MAX = 1000 };

// --- values ----------------------------------------------------------------------------------

// "urn:uuid:3AA56098-7709-..." to small letters without its prefix.
static outcome read_id(const xmlNode *node, struct arena *arena, char out[IMF_ID_BYTES],
                       struct why *why)
{
    const char *text = "";
    TRY(xml_text(node, arena, &text, why));
    const struct slice whole = slice_of(text);
    const struct slice id = slice_part(whole, 9, whole.len);
    bool is_uuid = slice_starts(whole, "urn:uuid:") && id.len == IMF_ID_BYTES - 1;
    for (size_t i = 0; is_uuid && i < id.len; i++) {
        const uint8_t byte = id.at[i];
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool is_digit = byte >= '0' && byte <= '9';
        const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'f';
        is_uuid = is_dash ? byte == '-' : is_digit || is_letter;
        out[i] = is_letter ? (char)(byte | 0x20) : (char)byte;
    }
    out[is_uuid ? IMF_ID_BYTES - 1 : 0] = '\0';
    if (is_uuid) return OK;
    return fail(why, INVALID, "line %d: \"%.60s\" is no urn:uuid (ST 2067-3 clause 5)",
                (int)xmlGetLineNo(node), text);
}

static outcome child_id(const xmlNode *parent, const char *name, struct arena *arena,
                        char out[IMF_ID_BYTES], struct why *why)
{
    const xmlNode *node = xml_child(parent, name);
    if (node == NULL)
        return fail(why, INVALID, "line %d: %s has no %s", (int)xmlGetLineNo(parent),
                    (const char *)parent->name, name);
    return read_id(node, arena, out, why);
}

static outcome child_text(const xmlNode *parent, const char *name, struct arena *arena,
                          const char **out, struct why *why)
{
    const xmlNode *node = xml_child(parent, name);
    *out = "";
    return node == NULL ? OK : xml_text(node, arena, out, why);
}

static outcome child_number(const xmlNode *parent, const char *name, struct arena *arena,
                            uint64_t *out, struct why *why)
{
    const char *text;
    TRY(child_text(parent, name, arena, &text, why));
    if (text[0] == '\0') return OK;
    if (slice_u64(slice_of(text), INT64_MAX, out, NULL) == OK) return OK;
    return fail(why, INVALID, "line %d: %s \"%.40s\" is no number", (int)xmlGetLineNo(parent), name,
                text);
}

// "24000 1001"
static outcome child_rate(const xmlNode *parent, struct arena *arena, struct frame_rate *out,
                          struct why *why)
{
    const char *text;
    uint64_t frames = 0, seconds = 0;
    TRY(child_text(parent, "EditRate", arena, &text, why));
    if (text[0] == '\0') return OK;
    struct slice rest = slice_of(text), part;
    const bool is_rate = slice_cut(&rest, ' ', &part) &&
                         slice_u64(part, 1000000, &frames, NULL) == OK &&
                         slice_u64(slice_trim(rest), 1000000, &seconds, NULL) == OK;
    if (!is_rate || frames == 0 || seconds == 0)
        return fail(why, INVALID, "line %d: EditRate \"%.40s\" is no ratio (ST 2067-3 clause 6)",
                    (int)xmlGetLineNo(parent), text);
    *out = (struct frame_rate){(uint32_t)frames, (uint32_t)seconds};
    return OK;
}

static outcome open_document(struct slice text, const char *root, struct xml_document **out,
                             struct why *why)
{
    struct xml_document *document = NULL;
    TRY(xml_open(text, &document, why));
    if (!xml_is(xml_root(document), root)) {
        const outcome result = fail(why, INVALID, "the first element is %.40s, not %s",
                                    (const char *)xml_root(document)->name, root);
        xml_close(&document);
        return result;
    }
    *out = document;
    return OK;
}

// --- asset map and packing list --------------------------------------------------------------

const struct imf_asset *imf_find(const struct imf_package *package, const char *id)
{
    for (size_t i = 0; i < package->asset_count; i++)
        if (strcmp(package->assets[i].id, id) == 0) return &package->assets[i];
    return NULL;
}

// A path inside the package, and nowhere else (ST 429-9 clause 7).
static bool is_inside(const char *path)
{
    struct slice rest = slice_of(path), part;
    if (path[0] == '\0' || path[0] == '/' || strlen(path) > PATH_BYTES_MAX ||
        strchr(path, ':') != NULL || strchr(path, '\\') != NULL)
        return false;
    while (slice_cut(&rest, '/', &part))
        if (part.len == 0 || slice_is(part, ".") || slice_is(part, "..")) return false;
    return true;
}

static size_t count_assets(const xmlNode *list)
{
    size_t count = 0;
    for (const xmlNode *asset = xml_child(list, "Asset"); asset != NULL;
         asset = xml_next(asset, "Asset"))
        count++;
    return count;
}

static outcome map_asset(struct arena *arena, const xmlNode *node, struct imf_asset *out,
                         struct why *why)
{
    const char *flag;
    TRY(child_id(node, "Id", arena, out->id, why));
    const xmlNode *packing = xml_child(node, "PackingList");
    TRY(child_text(node, "PackingList", arena, &flag, why));
    out->is_packing_list = packing != NULL && strcmp(flag, "false") != 0;
    const xmlNode *chunks = xml_child(node, "ChunkList");
    const xmlNode *chunk = chunks == NULL ? NULL : xml_child(chunks, "Chunk");
    if (chunk == NULL)
        return fail(why, INVALID, "line %d: the asset has no chunk (ST 429-9 clause 6)",
                    (int)xmlGetLineNo(node));
    if (xml_next(chunk, "Chunk") != NULL)
        return fail(why, UNSUPPORTED, "line %d: the asset lies in several chunks: join them",
                    (int)xmlGetLineNo(node));
    TRY(child_text(chunk, "Path", arena, &out->path, why));
    if (is_inside(out->path)) return OK;
    return fail(why, INVALID,
                "line %d: \"%.60s\" is no path inside the package (ST 429-9 clause 7)",
                (int)xmlGetLineNo(chunk), out->path);
}

static outcome read_map(struct arena *arena, const xmlNode *root, struct imf_package *out,
                        struct why *why)
{
    const xmlNode *list = xml_child(root, "AssetList");
    if (list == NULL) return fail(why, INVALID, "the asset map has no AssetList");
    const size_t count = count_assets(list);
    if (count > IMF_ASSETS_MAX)
        return fail(why, TOO_LARGE, "the asset map has more than %d assets", IMF_ASSETS_MAX);
    out->assets = arena_take_array(arena, count, sizeof *out->assets);
    if (out->assets == NULL) return fail(why, NO_MEMORY, "no memory for an asset map");
    out->asset_count = 0;
    for (const xmlNode *node = xml_child(list, "Asset"); node != NULL;
         node = xml_next(node, "Asset"))
        TRY(map_asset(arena, node, &out->assets[out->asset_count++], why));
    return OK;
}

outcome imf_asset_map(struct arena *arena, struct slice text, struct imf_package *out,
                      struct why *why)
{
    struct xml_document *document = NULL;
    struct imf_package package = {.assets = NULL};
    TRY(open_document(text, "AssetMap", &document, why));
    const outcome result = read_map(arena, xml_root(document), &package, why);
    xml_close(&document);
    if (result == OK) *out = package;
    return result;
}

static outcome list_asset(struct arena *arena, const xmlNode *node, struct imf_package *package,
                          struct why *why)
{
    char id[IMF_ID_BYTES], algorithm[80] = "";
    const char *hash, *given = "";
    uint64_t size = 0;
    TRY(child_id(node, "Id", arena, id, why));
    TRY(child_text(node, "Hash", arena, &hash, why));
    TRY(child_number(node, "Size", arena, &size, why));
    const xmlNode *how = xml_child(node, "HashAlgorithm");
    if (how != NULL) TRY(xml_attribute(how, "Algorithm", arena, &given, why));
    (void)snprintf(algorithm, sizeof algorithm, "%s", given);
    if (algorithm[0] != '\0' && !slice_ends(slice_of(algorithm), "#sha1"))
        return fail(why, UNSUPPORTED, "line %d: hashes by %s are not known, SHA-1 is (ST 2067-2)",
                    (int)xmlGetLineNo(node), algorithm);
    for (size_t i = 0; i < package->asset_count; i++) {
        struct imf_asset *asset = &package->assets[i];
        if (strcmp(asset->id, id) != 0) continue;
        uint8_t bytes[IMF_HASH_BYTES];
        size_t len = 0;
        if (base64_parse(BASE64_PADDED, slice_of(hash), bytes, sizeof bytes, &len, NULL) != OK ||
            len != IMF_HASH_BYTES)
            return fail(why, INVALID, "line %d: \"%.40s\" is no SHA-1 in base64 (ST 2067-2)",
                        (int)xmlGetLineNo(node), hash);
        memcpy(asset->hash, bytes, IMF_HASH_BYTES);
        asset->size = size;
        asset->is_listed = true;
    }
    return OK;
}

outcome imf_packing_list(struct arena *arena, struct slice text, struct imf_package *package,
                         struct why *why)
{
    struct xml_document *document = NULL;
    TRY(open_document(text, "PackingList", &document, why));
    const xmlNode *list = xml_child(xml_root(document), "AssetList");
    outcome result = list == NULL ? fail(why, INVALID, "the packing list has no AssetList") : OK;
    if (result == OK && count_assets(list) > IMF_ASSETS_MAX)
        result = fail(why, TOO_LARGE, "the packing list has more than %d assets", IMF_ASSETS_MAX);
    for (const xmlNode *node = list == NULL ? NULL : xml_child(list, "Asset");
         result == OK && node != NULL; node = xml_next(node, "Asset"))
        result = list_asset(arena, node, package, why);
    xml_close(&document);
    return result;
}

// --- composition -----------------------------------------------------------------------------

const char *imf_kind_word(enum imf_kind kind)
{
    static const char *const words[] = {"image", "audio", "text", "other"};
    return words[kind];
}

static enum imf_kind kind_of(const xmlNode *sequence)
{
    static const struct {
        const char *name;
        enum imf_kind kind;
    } names[] = {
        {"MainImageSequence", IMF_IMAGE},      {"MainAudioSequence", IMF_AUDIO},
        {"SubtitlesSequence", IMF_TEXT},       {"HearingImpairedCaptionsSequence", IMF_TEXT},
        {"ForcedNarrativeSequence", IMF_TEXT}, {"VisuallyImpairedTextSequence", IMF_TEXT},
        {"CommentarySequence", IMF_TEXT},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (xml_is(sequence, names[i].name)) return names[i].kind;
    return IMF_OTHER;
}

static outcome read_resource(struct arena *arena, const xmlNode *node, struct frame_rate edit_rate,
                             struct imf_resource *out, struct why *why)
{
    uint64_t repeat = 1;
    out->edit_rate = edit_rate;
    TRY(child_id(node, "TrackFileId", arena, out->asset, why));
    TRY(child_rate(node, arena, &out->edit_rate, why));
    TRY(child_number(node, "IntrinsicDuration", arena, &out->intrinsic, why));
    TRY(child_number(node, "EntryPoint", arena, &out->entry, why));
    TRY(child_number(node, "RepeatCount", arena, &repeat, why));
    out->duration = out->intrinsic > out->entry ? out->intrinsic - out->entry : 0;
    TRY(child_number(node, "SourceDuration", arena, &out->duration, why));
    if (out->entry > out->intrinsic || out->duration > out->intrinsic - out->entry ||
        out->duration == 0)
        return fail(why, INVALID,
                    "line %d: the resource reaches past its file's end (ST 2067-3 clause 6.11)",
                    (int)xmlGetLineNo(node));
    if (repeat == 0 || repeat > 100000)
        return fail(why, INVALID, "line %d: RepeatCount is 1 or more", (int)xmlGetLineNo(node));
    out->repeat = (uint32_t)repeat;
    return OK;
}

static outcome find_track(struct imf_composition *composition, enum imf_kind kind, const char *id,
                          struct imf_track **out, struct why *why)
{
    for (size_t i = 0; i < composition->track_count; i++) {
        if (strcmp(composition->tracks[i].id, id) != 0) continue;
        *out = &composition->tracks[i];
        return OK;
    }
    if (composition->track_count == IMF_TRACKS_MAX)
        return fail(why, TOO_LARGE, "the composition has more than %d tracks", IMF_TRACKS_MAX);
    struct imf_track *track = &composition->tracks[composition->track_count++];
    track->kind = kind;
    memcpy(track->id, id, IMF_ID_BYTES);
    *out = track;
    return OK;
}

// A sequence continues the track of its id in each segment.
static outcome read_sequence(struct arena *arena, const xmlNode *sequence,
                             struct imf_composition *composition, struct why *why)
{
    char id[IMF_ID_BYTES];
    struct imf_track *track = NULL;
    const xmlNode *list = xml_child(sequence, "ResourceList");
    if (list == NULL || xml_child(sequence, "TrackId") == NULL) return OK; // markers and the like
    TRY(child_id(sequence, "TrackId", arena, id, why));
    TRY(find_track(composition, kind_of(sequence), id, &track, why));
    assert(track != NULL);
    size_t count = track->resource_count;
    for (const xmlNode *node = xml_child(list, "Resource"); node != NULL;
         node = xml_next(node, "Resource"))
        count += xml_child(node, "TrackFileId") != NULL;
    if (count > IMF_RESOURCES_MAX)
        return fail(why, TOO_LARGE, "a track has more than %d resources", IMF_RESOURCES_MAX);
    struct imf_resource *all = arena_take_array(arena, count, sizeof *all);
    if (all == NULL) return fail(why, NO_MEMORY, "no memory for a composition");
    if (track->resource_count > 0)
        memcpy(all, track->resources, track->resource_count * sizeof *all);
    track->resources = all;
    for (const xmlNode *node = xml_child(list, "Resource"); node != NULL;
         node = xml_next(node, "Resource"))
        if (xml_child(node, "TrackFileId") != NULL)
            TRY(read_resource(arena, node, composition->edit_rate,
                              &track->resources[track->resource_count++], why));
    return OK;
}

static outcome read_composition(struct arena *arena, const xmlNode *root,
                                struct imf_composition *out, struct why *why)
{
    TRY(child_id(root, "Id", arena, out->id, why));
    TRY(child_text(root, "ContentTitle", arena, &out->title, why));
    TRY(child_text(root, "ContentKind", arena, &out->kind, why));
    out->edit_rate = (struct frame_rate){24, 1};
    TRY(child_rate(root, arena, &out->edit_rate, why));
    const xmlNode *segments = xml_child(root, "SegmentList");
    if (segments == NULL)
        return fail(why, INVALID, "the composition has no SegmentList (ST 2067-3 clause 6)");
    for (const xmlNode *segment = xml_child(segments, "Segment"); segment != NULL;
         segment = xml_next(segment, "Segment")) {
        const xmlNode *list = xml_child(segment, "SequenceList");
        for (const xmlNode *sequence = list == NULL ? NULL : xml_child(list, NULL);
             sequence != NULL; sequence = xml_next(sequence, NULL))
            TRY(read_sequence(arena, sequence, out, why));
    }
    return OK;
}

outcome imf_composition(struct arena *arena, struct slice text, struct imf_composition *out,
                        struct why *why)
{
    struct xml_document *document = NULL;
    struct imf_composition *made = ARENA_NEW(arena, struct imf_composition);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory for a composition");
    TRY(open_document(text, "CompositionPlaylist", &document, why));
    const outcome result = read_composition(arena, xml_root(document), made, why);
    xml_close(&document);
    if (result == OK) *out = *made;
    return result;
}

bool imf_is_whole(const struct imf_track *track)
{
    const struct imf_resource *only = track->resources;
    return track->resource_count == 1 && only->entry == 0 && only->duration == only->intrinsic &&
           only->repeat == 1;
}

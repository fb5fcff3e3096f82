// SPDX-License-Identifier: Apache-2.0
//
// primrose package: already encoded streams in, a folder for HLS and DASH out.
#include "base/file.h"
#include "base/json.h"
#include "catalog/title_keys.h"
#include "cmd/protect.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"
#include "media/packager.h"
#include "store/stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct package_options {
    struct option_texts videos, audios, texts;
    const char *out;
    int64_t segment_ms, clear_lead_ms;
    const char *scheme, *license_url;
    struct option_texts keys, systems;
    const char *title, *data, *ring;
    bool is_json;
};

static const struct option options[] = {
    {.name = "video",
     .kind = OPTION_TEXTS,
     .value = "FILE",
     .doc = "A video rendition: the first video track of FILE, or track N of FILE#N. Repeatable.",
     .offset = offsetof(struct package_options, videos)},
    {.name = "audio",
     .kind = OPTION_TEXTS,
     .value = "FILE[:LANG[:ROLE]]",
     .doc = "Every audio track of FILE, or track N of FILE#N. Repeatable.",
     .offset = offsetof(struct package_options, audios)},
    {.name = "text",
     .kind = OPTION_TEXTS,
     .value = "FILE:LANG[:ROLE]",
     .doc = "Captions: WebVTT, SRT, SCC, EBU STL or TTML. "
            "Roles: subtitle, caption (SDH), forced. "
            "Repeatable.",
     .offset = offsetof(struct package_options, texts)},
    {.name = "out",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .doc = "The folder to make. It appears whole or not at all.",
     .offset = offsetof(struct package_options, out)},
    {.name = "segment",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .initial = "2s",
     .doc = "How long segments are; they start at the key frames nearest to this grid.",
     .offset = offsetof(struct package_options, segment_ms),
     .min = 100,
     .max = 60000},
    {.name = "drm",
     .kind = OPTION_CHOICE,
     .value = "cbcs|cenc",
     .doc = "Encrypt video and audio: cbcs plays everywhere, cenc on older players. "
            "Keys are given with --key, or are those of a title.",
     .offset = offsetof(struct package_options, scheme)},
    {.name = "key",
     .kind = OPTION_TEXTS,
     .value = "KID:KEY[:CLASS]",
     .doc = "A content key in hex, for all tracks or for class audio, sd, hd or uhd. Repeatable.",
     .offset = offsetof(struct package_options, keys)},
    {.name = "title",
     .kind = OPTION_TEXT,
     .value = "ID",
     .doc = "Encrypt with the content keys of this title, made where missing and kept wrapped by "
            "the key ring.",
     .offset = offsetof(struct package_options, title)},
    {.name = "data",
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     .doc = "With --title: where titles and their wrapped keys are kept.",
     .offset = offsetof(struct package_options, data)},
    {.name = "ring",
     .kind = OPTION_TEXT,
     .value = "FILE|pkcs11:...",
     .config = "keys.ring",
     .doc = "With --title. " PROTECT_RING_DOC,
     .offset = offsetof(struct package_options, ring)},
    {.name = "clear-lead",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .doc = "Leave the segments clear that start before TIME.",
     .offset = offsetof(struct package_options, clear_lead_ms),
     .max = 3600000},
    {.name = "drm-system",
     .kind = OPTION_TEXTS,
     .value = "SYSTEM",
     .doc = "A system that manifests name: clearkey (the default), widevine, playready, fairplay. "
            "Repeatable.",
     .offset = offsetof(struct package_options, systems)},
    {.name = "license-url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .doc = "Where ClearKey and PlayReady players ask for licences.",
     .offset = offsetof(struct package_options, license_url)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .doc = "Print the report as a JSON object.",
     .offset = offsetof(struct package_options, is_json)},
};

enum { INPUTS_MAX = 3 * OPTION_TEXTS_MAX, ARENA_BYTES = PACKAGE_ARENA_BYTES + 1024 * 1024 };

// Cuts what follows the last `separator` off and returns it, or NULL when there is none in the
// file's name.
static const char *cut_last(char *text, char separator)
{
    char *at = strrchr(text, separator);
    if (at == NULL || strchr(at, '/') != NULL) return NULL;
    *at = '\0';
    return at + 1;
}

static outcome parse_number(char *path, uint32_t *out, struct why *why)
{
    if (path_exists(path)) return OK;
    const char *digits = cut_last(path, '#');
    if (digits == NULL) return OK;
    uint64_t number = 0;
    if (slice_u64(slice_of(digits), UINT16_MAX, &number, NULL) != OK || number == 0)
        return fail(why, INVALID, "%s#%.20s: tracks are numbered from 1", path, digits);
    *out = (uint32_t)number;
    return OK;
}

// "FILE", "FILE#2", "FILE:de", "FILE#2:de:dub"; a file whose own name has these signs is found
// first.
static outcome parse_input(struct arena *arena, const char *text, enum track_kind kind,
                           struct package_input *out, struct why *why)
{
    char *path = arena_copy(arena, slice_of(text));
    if (path == NULL) return fail(why, NO_MEMORY, "no memory for the inputs");
    struct package_input input = {
        .kind = kind, .path = path, .role = kind == TRACK_TEXT ? ROLE_SUBTITLE : ROLE_MAIN};
    const char *last = NULL, *first = NULL;
    if (!path_exists(path) && kind != TRACK_VIDEO) {
        last = cut_last(path, ':');
        if (last != NULL && !path_exists(path)) first = cut_last(path, ':');
    }
    input.language = first != NULL ? first : last;
    if (first != NULL) TRY(track_role_parse(last, &input.role, why));
    TRY(parse_number(path, &input.number, why));
    if (kind == TRACK_TEXT && input.language == NULL)
        return fail(why, INVALID, "--text %s: say its language, as in %s:en", text, text);
    *out = input;
    return OK;
}

static outcome parse_inputs(struct arena *arena, const struct package_options *chosen,
                            struct package_input *out, size_t *count, struct why *why)
{
    const struct {
        const struct option_texts *texts;
        enum track_kind kind;
    } lists[] = {{&chosen->videos, TRACK_VIDEO},
                 {&chosen->audios, TRACK_AUDIO},
                 {&chosen->texts, TRACK_TEXT}};
    size_t made = 0;
    for (size_t i = 0; i < TABLE_COUNT(lists); i++)
        for (size_t k = 0; k < lists[i].texts->count; k++)
            TRY(parse_input(arena, lists[i].texts->items[k], lists[i].kind, &out[made++], why));
    *count = made;
    return OK;
}

// What the options ask of encryption, checked together. `scheme` of `out` stays 0 for none.
static outcome parse_protection(const struct package_options *chosen, struct key_set *keys,
                                struct protection_order *out, struct why *why)
{
    struct protection_order order = {.keys = keys,
                                     .clear_lead_ms = (uint32_t)chosen->clear_lead_ms,
                                     .license_url = chosen->license_url};
    if (chosen->scheme == NULL) {
        if (chosen->keys.count + chosen->systems.count > 0 || chosen->clear_lead_ms > 0 ||
            chosen->license_url != NULL || chosen->title != NULL)
            return fail(why, INVALID, "say how to encrypt: --drm cbcs, or --drm cenc");
        return OK;
    }
    if ((chosen->keys.count == 0) == (chosen->title == NULL))
        return fail(why, INVALID,
                    "--drm needs content keys, from one place: --key KID:KEY, or --title ID");
    order.scheme = protect_scheme(chosen->scheme);
    for (size_t i = 0; i < chosen->keys.count; i++)
        TRY(key_set_add(keys, chosen->keys.items[i], why));
    TRY(protect_systems(&chosen->systems, order.scheme, &order.systems, why));
    *out = order;
    return OK;
}

// A key of the title for each class: which ones its tracks are of is known only later.
static outcome load_keys(const struct package_options *chosen, const struct config *config,
                         struct key_set *keys, struct why *why)
{
    const struct store_places places = store_places_of(config, chosen->data);
    const uint32_t classes =
        1u << KEY_FOR_AUDIO | 1u << KEY_FOR_SD | 1u << KEY_FOR_HD | 1u << KEY_FOR_UHD;
    autostores stores = {0};
    autoring *ring = NULL;
    TRY(protect_ring(chosen->ring, chosen->data, &ring, why));
    TRY(stores_open_at(&stores, &places, clock_system(), why));
    return title_keys_load(stores.tables, ring, chosen->title, classes,
                           clock_wall_ms(clock_system()), keys, why);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double track_seconds(const struct track *track)
{
    return media_time_seconds((struct media_time){(int64_t)track->duration, track->timescale});
}

static json_t *track_json(const struct track *track)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:I}", "name", track->name, "file", track->file,
                  "kind", track_kind_word(track->kind), "role", track_role_word(track->role),
                  "duration_s", track_seconds(track), "bytes", (json_int_t)track->file_size);
    if (json == NULL) return NULL;
    if (track->language[0] != '\0')
        (void)json_object_set_new(json, "language", json_string(track->language));
    if (track->kind == TRACK_TEXT) return json;
    if (track->protection.scheme != SCHEME_NONE) {
        char key_id[KEY_ID_TEXT_BYTES];
        (void)json_object_set_new(
            json, "protection",
            json_pack("{s:s, s:s, s:I}", "scheme", cenc_scheme_word(track->protection.scheme),
                      "key_id", key_id_format(&track->protection.key_id, key_id), "clear_segments",
                      (json_int_t)track->protection.clear_segments));
    }
    (void)json_object_update_new(
        json, json_pack("{s:s, s:I, s:I, s:I}", "codec", track->codec, "segments",
                        (json_int_t)track->segment_count, "bandwidth_peak_bps",
                        (json_int_t)track->bandwidth_peak_bps, "bandwidth_average_bps",
                        (json_int_t)track->bandwidth_average_bps));
    if (track->kind == TRACK_VIDEO)
        (void)json_object_update_new(
            json,
            json_pack("{s:I, s:I, s:f}", "width", (json_int_t)track->video.width, "height",
                      (json_int_t)track->video.height, "frame_rate",
                      (double)track->video.frame_rate.frames / track->video.frame_rate.seconds));
    else
        (void)json_object_update_new(
            json, json_pack("{s:I, s:I, s:I}", "sample_rate", (json_int_t)track->audio.sample_rate,
                            "channels", (json_int_t)track->audio.channels, "priming_samples",
                            (json_int_t)track->audio.priming_ticks));
    return json;
}

static outcome print_json(const struct package_report *report, const char *folder, double cpu_s,
                          struct why *why)
{
    autojson *tracks = json_array();
    autojson *warnings = json_array();
    for (size_t i = 0; i < report->presentation.track_count; i++)
        (void)json_array_append_new(tracks, track_json(&report->presentation.tracks[i]));
    for (size_t i = 0; i < report->warning_count; i++)
        (void)json_array_append_new(warnings, json_string(report->warnings[i]));
    autojson *all = json_pack("{s:s, s:f, s:I, s:f, s:O, s:O}", "folder", folder, "duration_s",
                              media_time_seconds(report->presentation.duration), "media_bytes",
                              (json_int_t)report->media_bytes, "cpu_s", cpu_s, "tracks", tracks,
                              "warnings", warnings);
    if (all == NULL || json_dumpf(all, stdout, JSON_INDENT(2)) != 0)
        return fail(why, UNAVAILABLE, "the report could not be printed");
    putchar('\n');
    return OK;
}

static void print_lines(const struct package_report *report, const char *folder, double cpu_s)
{
    for (size_t i = 0; i < report->presentation.track_count; i++) {
        const struct track *track = &report->presentation.tracks[i];
        printf("%-20s %-28s %-6s", track->file, track->codec, track->language);
        if (track->kind != TRACK_TEXT)
            printf(" %5zu segments  peak %8.1f kb/s  average %8.1f kb/s", track->segment_count,
                   track->bandwidth_peak_bps / 1000.0, track->bandwidth_average_bps / 1000.0);
        if (track->protection.scheme != SCHEME_NONE) {
            char key_id[KEY_ID_TEXT_BYTES];
            printf("  %s %s", cenc_scheme_word(track->protection.scheme),
                   key_id_format(&track->protection.key_id, key_id));
        }
        putchar('\n');
    }
    for (size_t i = 0; i < report->warning_count; i++)
        printf("warning: %s\n", report->warnings[i]);
    printf("%s: %.3f s, %.1f MB, %.2f s of processor time\n", folder,
           media_time_seconds(report->presentation.duration), (double)report->media_bytes / 1e6,
           cpu_s);
}

static int run(const struct invocation *call)
{
    const struct package_options *chosen = call->options;
    struct why why = {""};
    autoarena arena = arena_init(ARENA_BYTES);
    struct package_input inputs[INPUTS_MAX];
    struct package_job job = {
        .inputs = inputs, .segment_ms = (uint32_t)chosen->segment_ms, .folder = chosen->out};
    outcome result = chosen->out == NULL ? fail(&why, INVALID, "say where to: --out DIR") : OK;
    if (result == OK) result = parse_inputs(&arena, chosen, inputs, &job.input_count, &why);
    autokeys keys = {.count = 0};
    struct protection_order protection = {.scheme = SCHEME_NONE};
    if (result == OK) result = parse_protection(chosen, &keys, &protection, &why);
    if (protection.scheme != SCHEME_NONE) job.protection = &protection;
    if (result == OK && chosen->videos.count + chosen->audios.count == 0)
        result = fail(&why, INVALID, "nothing to play: give at least one --video or --audio");
    if (result != OK) return verb_misuse(call, &why);

    struct package_report report;
    if (chosen->title != NULL) result = load_keys(chosen, call->config, &keys, &why);
    if (result == OK) result = package_run(&arena, &job, &report, &why);
    if (result != OK) return verb_end(call, result, &why);
    if (chosen->is_json)
        result = print_json(&report, chosen->out, cpu_seconds(), &why);
    else
        print_lines(&report, chosen->out, cpu_seconds());
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"package --video film.mp4 --audio film.mp4:en --text film.srt:en --out film",
     "one rendition with its sound and captions"},
    {"package --video 1080.mp4 --video 480.mp4 --audio 1080.mp4#2 --out film --json",
     "two renditions, a chosen sound track, a report for a script"},
    {"package --video film.mp4 --audio film.mp4 --out film --drm cbcs "
     "--key KID:KEY",
     "encrypted under one raw key"},
    {"package --video film.mp4 --out film --drm cbcs --title film-1",
     "encrypted with the keys of a title"},
};

const struct verb verb_package = {
    .name = "package",
    .stage = STAGE_STUDIO,
    .operands = "",
    .summary = "make encoded streams playable over HLS and DASH",
    .story =
        "Takes MP4, MOV and CMAF files whose video is AVC, HEVC or AV1 and whose audio is AAC, "
        "AC-3, E-AC-3, Opus or FLAC, and writes one CMAF file per track with an HLS and a DASH "
        "manifest over the same bytes. Nothing is encoded again; all videos are cut at key "
        "frames that they have in common.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct package_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

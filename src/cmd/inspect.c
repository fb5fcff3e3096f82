// SPDX-License-Identifier: Apache-2.0
//
// primrose inspect: the boxes of a file, or a judgement on a packaged folder.
#include "base/json.h"
#include "cmd/inspect_imf.h"
#include "cmd/verb.h"
#include "media/box_tree.h"
#include "media/lint.h"
#include "media/protection_check.h"
#include "studio/imf_folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_ARENA_BYTES = 64 * 1024 * 1024,     // headers of 64 tracks
    FOLDER_ARENA_BYTES = 1024 * 1024 * 1024, // a ten-hour title of 60 tracks needs about 200 MiB
    TYPE_COLUMNS = 28,
};

struct inspect_options {
    struct option_texts keys;
    bool is_json;
    bool lists_rules;
};

static const struct option options[] = {
    {.name = "key",
     .kind = OPTION_TEXTS,
     .value = "KID:KEY",
     .doc = "Of a file: decrypt with this key, in hex, and check that every header can be read. "
            "Repeatable.",
     .offset = offsetof(struct inspect_options, keys)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .doc = "Print a JSON object instead of lines.",
     .offset = offsetof(struct inspect_options, is_json)},
    {.name = "rules",
     .kind = OPTION_FLAG,
     .doc = "List what a folder is checked for and exit.",
     .offset = offsetof(struct inspect_options, lists_rules)},
};

// One line of fields: "timescale 12800, duration 0".
static void print_fields(const json_t *fields)
{
    const char *key;
    json_t *value;
    const char *separator = "  ";
    // The macro of jansson takes a json_t that is not const.
    for (void *at = json_object_iter((json_t *)(uintptr_t)fields); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)fields, at)) {
        key = json_object_iter_key(at);
        value = json_object_iter_value(at);
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
        printf("%s%s %s", separator, key,
               json_is_string(value) ? json_string_value(value)
               : text == NULL        ? "?"
                                     : text);
        free(text);
        separator = ", ";
    }
}

static void print_box(const json_t *box, int depth)
{
    const json_t *children = json_object_get(box, "boxes");
    const json_t *fields = json_object_get(box, "fields");
    const json_t *fault = json_object_get(box, "fault");
    const int indent = 2 * depth;
    printf("%*s%-*s %12lld %12lld", indent, "",
           TYPE_COLUMNS - indent > 0 ? TYPE_COLUMNS - indent : 0,
           json_string_value(json_object_get(box, "type")),
           (long long)json_integer_value(json_object_get(box, "offset")),
           (long long)json_integer_value(json_object_get(box, "size")));
    if (fields != NULL)
        print_fields(fields);
    else if (json_object_get(box, "meaning") != NULL)
        printf("  (%s)", json_string_value(json_object_get(box, "meaning")));
    if (fault != NULL) printf("  FAULT: %s", json_string_value(fault));
    putchar('\n');
    for (size_t i = 0; i < json_array_size(children); i++)
        print_box(json_array_get(children, i), depth + 1);
}

static outcome print_json(const json_t *json, struct why *why)
{
    if (json_dumpf(json, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF)
        return fail(why, UNAVAILABLE, "the result could not be printed");
    return OK;
}

static json_t *protection_json(const struct mp4_track *track,
                               const struct protection_report *report, outcome result,
                               const struct why *why)
{
    const struct track_encryption *encryption = &track->encryption.encryption;
    char id[KEY_ID_TEXT_BYTES];
    json_t *json = json_pack(
        "{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "track", (json_int_t)track->id, "scheme",
        cenc_scheme_word(encryption->scheme), "key_id", key_id_format(&encryption->key_id, id),
        "samples", (json_int_t)report->samples, "protected", (json_int_t)report->protected_samples,
        "subsamples", (json_int_t)report->subsamples, "bytes", (json_int_t)report->bytes,
        "protected_bytes", (json_int_t)report->protected_bytes, "decrypted",
        (json_int_t)report->decrypted_samples);
    if (result != OK && json != NULL)
        (void)json_object_set_new(json, "fault", json_string(why->text));
    return json;
}

// What the samples of each encrypted track say, as an array; a fault is part of it.
static outcome check_tracks(const char *path, const struct key_set *keys, json_t *out,
                            struct why *why)
{
    autoarena arena = arena_init(FILE_ARENA_BYTES);
    struct mp4 *mp4 = NULL;
    if (mp4_open(&arena, path, &mp4, NULL) != OK) return OK; // the tree has said what is wrong
    outcome result = OK;
    for (size_t i = 0; i < mp4_track_count(mp4) && result == OK; i++) {
        struct protection_report report = {.samples = 0};
        struct why fault = {""};
        if (!mp4_track_at(mp4, i)->is_encrypted) continue;
        const outcome checked = protection_check(&arena, mp4, i, keys, &report, &fault);
        if (json_array_append_new(
                out, protection_json(mp4_track_at(mp4, i), &report, checked, &fault)) != 0)
            result = fail(why, NO_MEMORY, "no memory to check encrypted samples");
    }
    mp4_close(&mp4);
    return result;
}

static outcome check_protection(const struct inspect_options *chosen, const char *path,
                                json_t *tree, struct why *why)
{
    autokeys keys = {.count = 0};
    autojson *tracks = json_array();
    for (size_t i = 0; i < chosen->keys.count; i++)
        TRY(key_set_add(&keys, chosen->keys.items[i], why));
    if (tracks == NULL) return fail(why, NO_MEMORY, "no memory to check encrypted samples");
    TRY(check_tracks(path, &keys, tracks, why));
    if (json_array_size(tracks) > 0) (void)json_object_set(tree, "protection", tracks);
    return OK;
}

// Prints the findings on encrypted tracks; true when one has a fault.
static bool print_protection(const json_t *tracks)
{
    bool has_fault = false;
    for (size_t i = 0; i < json_array_size(tracks); i++) {
        const json_t *track = json_array_get(tracks, i);
        const json_t *fault = json_object_get(track, "fault");
        const json_int_t bytes = json_integer_value(json_object_get(track, "bytes"));
        const json_int_t hidden = json_integer_value(json_object_get(track, "protected_bytes"));
        printf("track %lld: %s, key %s: %lld of %lld samples in %lld subsamples, %.1f %% of bytes, "
               "%lld decrypted\n",
               (long long)json_integer_value(json_object_get(track, "track")),
               json_string_value(json_object_get(track, "scheme")),
               json_string_value(json_object_get(track, "key_id")),
               (long long)json_integer_value(json_object_get(track, "protected")),
               (long long)json_integer_value(json_object_get(track, "samples")),
               (long long)json_integer_value(json_object_get(track, "subsamples")),
               bytes == 0 ? 0 : 100 * (double)hidden / (double)bytes,
               (long long)json_integer_value(json_object_get(track, "decrypted")));
        if (fault != NULL) printf("FAULT: %s\n", json_string_value(fault));
        has_fault = has_fault || fault != NULL;
    }
    return has_fault;
}

static bool has_fault(const json_t *tree)
{
    const json_t *tracks = json_object_get(tree, "protection");
    bool found = json_object_get(tree, "fault") != NULL;
    for (size_t i = 0; i < json_array_size(tracks); i++)
        found = found || json_object_get(json_array_get(tracks, i), "fault") != NULL;
    return found;
}

static int inspect_file(const struct invocation *call, const char *path)
{
    const struct inspect_options *chosen = call->options;
    autojson *tree = NULL;
    struct why why = {""};
    outcome result = box_tree(path, &tree, &why);
    if (result == OK) result = check_protection(chosen, path, tree, &why);
    if (result == OK && chosen->is_json) result = print_json(tree, &why);
    if (result != OK) return verb_end(call, result, &why);
    if (chosen->is_json) return has_fault(tree) ? 1 : 0;
    printf("%-*s %12s %12s\n", TYPE_COLUMNS, "box", "offset", "size");
    const json_t *boxes = json_object_get(tree, "boxes");
    for (size_t i = 0; i < json_array_size(boxes); i++)
        print_box(json_array_get(boxes, i), 0);
    const json_t *fault = json_object_get(tree, "fault");
    if (fault != NULL) printf("FAULT: %s\n", json_string_value(fault));
    return print_protection(json_object_get(tree, "protection")) || fault != NULL ? 1 : 0;
}

static json_t *report_json(const char *path, const struct lint_report *report)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct finding *finding = &report->findings[i];
        const struct lint_rule_info *rule = lint_rule_info(finding->rule);
        (void)json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s}", "severity",
                                                        severity_word(rule->severity), "rule",
                                                        rule->id, "where", finding->where,
                                                        "sentence", finding->sentence));
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "folder", path, "manifests",
                     (json_int_t)report->manifest_count, "renditions",
                     (json_int_t)report->rendition_count, "segments",
                     (json_int_t)report->segment_count, "errors", (json_int_t)report->error_count,
                     "warnings", (json_int_t)report->warning_count, "findings", findings);
}

static int inspect_folder(const struct invocation *call, const char *path)
{
    const struct inspect_options *chosen = call->options;
    autoarena arena = arena_init(FOLDER_ARENA_BYTES);
    struct lint_report report;
    struct why why = {""};
    outcome result = lint_folder(&arena, path, &report, &why);
    if (result != OK) return verb_end(call, result, &why);
    if (chosen->is_json) {
        autojson *json = report_json(path, &report);
        result =
            json == NULL ? fail(&why, NO_MEMORY, "no memory to print") : print_json(json, &why);
        if (result != OK) return verb_end(call, result, &why);
        return report.error_count > 0 ? 1 : 0;
    }
    for (size_t i = 0; i < report.finding_count; i++) {
        const struct finding *finding = &report.findings[i];
        const struct lint_rule_info *rule = lint_rule_info(finding->rule);
        printf("%-7s %-13s %s: %s\n", severity_word(rule->severity), rule->id, finding->where,
               finding->sentence);
    }
    if (report.finding_count < report.error_count + report.warning_count)
        printf("... and %zu more\n",
               report.error_count + report.warning_count - report.finding_count);
    printf("%s: %zu manifests, %zu renditions, %zu segments: %zu errors, %zu warnings\n", path,
           report.manifest_count, report.rendition_count, report.segment_count, report.error_count,
           report.warning_count);
    return report.error_count > 0 ? 1 : 0;
}

static int inspect_package(const struct invocation *call, const char *path)
{
    const struct inspect_options *chosen = call->options;
    autojson *package = NULL;
    struct why why = {""};
    outcome result = imf_describe(path, &package, &why);
    if (result == OK && chosen->is_json) result = print_json(package, &why);
    if (result != OK) return verb_end(call, result, &why);
    const bool is_sound = chosen->is_json ? imf_is_sound(package) : imf_print(package);
    return is_sound ? 0 : 1;
}

static int list_rules(void)
{
    for (int rule = 0; rule < LINT_RULE_COUNT; rule++) {
        const struct lint_rule_info *info = lint_rule_info((enum lint_rule)rule);
        printf("%-7s %-13s %s\n", severity_word(info->severity), info->id, info->truth);
    }
    return 0;
}

static int run(const struct invocation *call)
{
    const struct inspect_options *chosen = call->options;
    struct stat facts;
    struct why why = {"name a file or a folder to inspect"};
    if (chosen->lists_rules) return list_rules();
    if (call->operands->count == 0) return verb_misuse(call, &why);
    const char *path = call->operands->items[0];
    if (stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode)) return inspect_file(call, path);
    return imf_folder_is(path) ? inspect_package(call, path) : inspect_folder(call, path);
}

static const struct example examples[] = {
    {"inspect v-1080p.mp4", "print the box tree of a file with the key fields"},
    {"inspect package/", "check a packaged folder, ours or another packager's"},
    {"inspect v-1080p.mp4 --key KID:KEY", "decrypt every sample and check what was encrypted"},
    {"inspect imf/", "print what an IMF package plays, and hash its files"},
    {"inspect --rules", "list what a folder is checked for"},
};

const struct verb verb_inspect = {
    .name = "inspect",
    .stage = STAGE_STUDIO,
    .operands = "FILE|DIR",
    .operands_min = 0,
    .operands_max = 1,
    .summary = "print a file's boxes, or check a packaged folder",
    .story = "A file is printed as the tree of its boxes, whatever packager wrote it; of encrypted "
             "tracks every subsample is checked, with their key every header too. A folder is "
             "checked: its manifests against the standards, against each other and against every "
             "segment's bytes. Each finding names a rule, the place and what is wrong; the exit "
             "status is 1 when one of them is an error. An IMF package (a folder with an "
             "ASSETMAP.xml) is printed as its compositions, with the size and SHA-1 of every "
             "file compared.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct inspect_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};

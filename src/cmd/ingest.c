// SPDX-License-Identifier: Apache-2.0
//
// primrose ingest: a master in, a title on the shelf.
#include "studio/ingest.h"
#include "base/json.h"
#include "base/program.h"
#include "cmd/ingest_view.h"
#include "cmd/protect.h"
#include "cmd/share.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ingest_verb_options {
    const char *id;
    const char *ladder, *per_title;
    const char *data, *queue, *blobs;
    const char *workers;
    const char *rules;
    const char *drm, *ring, *studio_ring;
    struct option_texts systems;
    int64_t priority, chunk_segments;
    bool is_json;
};

static const struct option options[] = {
    {.name = "id",
     .kind = OPTION_TEXT,
     .value = "ID",
     .offset = offsetof(struct ingest_verb_options, id),
     .doc = "What the title is called in addresses; else title.json's id, or the file's name."},
    {.name = "ladder",
     .kind = OPTION_TEXT,
     .value = "NAME|FILE",
     .config = "studio.ladder",
     .offset = offsetof(struct ingest_verb_options, ladder),
     .doc = "Renditions to encode: demo, mission, av1, or a JSON file."},
    {.name = "per-title",
     .kind = OPTION_CHOICE,
     .value = "auto|on|off",
     .config = "studio.per_title",
     .offset = offsetof(struct ingest_verb_options, per_title),
     .doc = "Probe some shots and choose each rung's size and quantiser for this title, so that it "
            "looks as the ladder would have it look for fewer bits; auto: from five minutes on."},
    {.name = "data",
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     .offset = offsetof(struct ingest_verb_options, data),
     .doc = "Where titles are kept."},
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "store.queue",
     .offset = offsetof(struct ingest_verb_options, queue),
     .doc = "Where jobs stand: redis://host:port; else in the data folder."},
    {.name = "store",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "store.blobs",
     .offset = offsetof(struct ingest_verb_options, blobs),
     .doc = "Where objects are kept: s3://bucket?endpoint=URL; else in the data folder."},
    {.name = "workers",
     .kind = OPTION_TEXT,
     .value = "N|auto",
     .initial = "auto",
     .offset = offsetof(struct ingest_verb_options, workers),
     .doc = "Worker processes to start here; auto is what the configuration says, 0 leaves the "
            "work to workers that run already."},
    {.name = "chunk-segments",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "4",
     .min = 1,
     .max = GRID_CHUNK_SEGMENTS_MAX,
     .offset = offsetof(struct ingest_verb_options, chunk_segments),
     .doc = "Segments of 2 s that a job encodes. Fewer let a large fleet finish sooner; more cost "
            "less processor time."},
    {.name = "priority",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "0",
     .min = -1000,
     .max = 1000,
     .offset = offsetof(struct ingest_verb_options, priority),
     .doc = "Before titles with a higher number, behind those with a lower one; equals take turns. "
            "primrose jobs priority changes it later."},
    {.name = "rules",
     .kind = OPTION_TEXT,
     .value = "NAME|FILE|off",
     .initial = "house",
     .offset = offsetof(struct ingest_verb_options, rules),
     .doc = "Rules that the master must keep before it is encoded, as primrose check has them; "
            "off: none."},
    {.name = "drm",
     .kind = OPTION_CHOICE,
     .value = "cbcs|cenc|none",
     .config = "studio.drm",
     .offset = offsetof(struct ingest_verb_options, drm),
     .doc = "How video and audio are encrypted before they are stored, with keys of the key ring: "
            "cbcs plays everywhere, cenc on older players; none leaves the title clear."},
    {.name = "drm-system",
     .kind = OPTION_TEXTS,
     .value = "SYSTEM",
     .offset = offsetof(struct ingest_verb_options, systems),
     .doc = "A system that manifests name: clearkey (the default), widevine, playready, fairplay. "
            "Repeatable."},
    {.name = "ring",
     .kind = OPTION_TEXT,
     .value = "FILE|pkcs11:...",
     .config = "keys.ring",
     .offset = offsetof(struct ingest_verb_options, ring),
     .doc = PROTECT_RING_DOC},
    {.name = "studio-ring",
     .kind = OPTION_TEXT,
     .value = "FILE|pkcs11:...|none",
     .config = "keys.studio",
     .offset = offsetof(struct ingest_verb_options, studio_ring),
     .doc = PROTECT_STUDIO_DOC},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct ingest_verb_options, is_json),
     .doc = "Print what was made as one JSON object."},
};

static atomic_int is_stopped;

static void stop(int number)
{
    (void)number;
    atomic_store(&is_stopped, 1);
}

static void listen_for_stop(void)
{
    struct sigaction action = {.sa_handler = stop};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
}

static size_t processors(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > POOL_WORKERS_MAX ? POOL_WORKERS_MAX : (size_t)count;
}

static outcome choose_workers(const struct invocation *call, const char *text, size_t *out,
                              struct why *why)
{
    uint64_t count = 0;
    if (strcmp(text, "auto") == 0) {
        const char *configured = config_value(call->config, "studio.workers");
        if (slice_u64(slice_of(configured), POOL_WORKERS_MAX, &count, NULL) != OK)
            return fail(why, INVALID, "studio.workers is \"%.40s\": 0 to %d are allowed",
                        configured, POOL_WORKERS_MAX);
        *out = count == 0 ? processors() : (size_t)count;
        return OK;
    }
    if (slice_u64(slice_of(text), POOL_WORKERS_MAX, &count, NULL) != OK)
        return fail(why, INVALID, "--workers is \"%.40s\": auto, or 0 to %d", text,
                    POOL_WORKERS_MAX);
    *out = (size_t)count;
    return OK;
}

static outcome print_json(const struct ingest_result *result, struct why *why)
{
    autojson *stages = json_object();
    for (int stage = 0; stage < INGEST_STAGE_COUNT && stages != NULL; stage++)
        (void)json_object_set_new(stages, ingest_stage_word((enum ingest_stage)stage),
                                  json_integer((result->stage_us[stage] + 500) / 1000));
    autojson *all = json_pack(
        "{s:s, s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:I, s:b, s:I, s:I, s:O}",
        "id", result->title_id, "version", result->version, "was_published",
        (int)result->was_published, "check", qc_verdict_word(result->check), "check_findings",
        (json_int_t)result->check_findings, "duration_ms", (json_int_t)result->duration_ms,
        "frames", (json_int_t)result->frames, "renditions", (json_int_t)result->renditions,
        "audio_tracks", (json_int_t)result->audio_tracks, "text_tracks",
        (json_int_t)result->text_tracks, "chunks", (json_int_t)result->chunks, "jobs",
        (json_int_t)result->jobs, "jobs_resumed", (json_int_t)result->jobs_resumed, "worker_deaths",
        (json_int_t)result->worker_deaths, "published_bytes", (json_int_t)result->published_bytes,
        "retakes_bucket", (json_int_t)result->retakes[RETAKE_BUCKET], "retakes_quality",
        (json_int_t)result->retakes[RETAKE_QUALITY], "chunks_offending",
        (json_int_t)result->offending, "is_tuned", (int)result->is_tuned, "fixed_bps",
        (json_int_t)result->fixed_bps, "tuned_bps", (json_int_t)result->tuned_bps, "stages_ms",
        stages);
    if (all == NULL || json_dumpf(all, stdout, JSON_COMPACT) != 0)
        return fail(why, NO_MEMORY, "the report could not be printed");
    putchar('\n');
    return OK;
}

static void print(const struct ingest_result *result)
{
    printf("%s %s: %.1f s of film, %zu renditions, %zu audio and %zu caption tracks, %.1f MB\n",
           result->title_id, result->was_published ? "was published already" : "is published",
           (double)result->duration_ms / 1e3, result->renditions, result->audio_tracks,
           result->text_tracks, (double)result->published_bytes / 1e6);
    if (result->is_tuned)
        printf("its own ladder: %.0f kb/s for all rungs together, the fixed one's %.0f; see "
               "reports/%s/%s-ladder.txt\n",
               (double)result->tuned_bps / 1e3, (double)result->fixed_bps / 1e3, result->title_id,
               result->version);
    if (result->retakes[RETAKE_BUCKET] + result->retakes[RETAKE_QUALITY] > 0)
        printf("encoded again: %zu chunks for the decoder's buffer (%zu still overrun it), %zu for "
               "quality; see reports/%s/%s-encode.json\n",
               result->retakes[RETAKE_BUCKET], result->offending, result->retakes[RETAKE_QUALITY],
               result->title_id, result->version);
    printf("/media/%s/%s/main.m3u8\n", result->title_id, result->version);
}

static outcome choose_protection(const struct ingest_verb_options *chosen,
                                 struct ingest_protection *out, struct why *why)
{
    const enum cenc_scheme scheme = protect_scheme(chosen->drm);
    if (scheme == SCHEME_NONE && chosen->systems.count > 0)
        return fail(why, INVALID, "a clear title names no system: give --drm cbcs or --drm cenc");
    out->scheme = scheme;
    return protect_systems(&chosen->systems, scheme, &out->systems, why);
}

// One of the option's own words.
static enum ladder_choice choose_per_title(const char *text)
{
    static const char *const words[] = {
#define CHOICE_WORD(name, word) word,
        LADDER_CHOICES(CHOICE_WORD)
#undef CHOICE_WORD
    };
    int choice = 0;
    while (choice < LADDER_CHOICE_COUNT - 1 && strcmp(text, words[choice]) != 0)
        choice++;
    return (enum ladder_choice)choice;
}

static int run(const struct invocation *call)
{
    const struct ingest_verb_options *chosen = call->options;
    struct ingest_view view = ingest_view_init(stderr);
    char self[PATH_MAX] = "";
    struct ingest_options wanted = {
        .path = call->operands->items[0],
        .id = chosen->id,
        .ladder = chosen->ladder,
        .per_title = choose_per_title(chosen->per_title),
        .data = chosen->data,
        .queue = chosen->queue,
        .blobs = chosen->blobs,
        .studio_ring = chosen->studio_ring,
        .chunk_segments = (uint32_t)chosen->chunk_segments,
        .priority = (int32_t)chosen->priority,
        .worker = self,
        .clock = clock_system(),
        .stop = &is_stopped,
        .progressed = ingest_view_hear,
        .context = &view,
    };
    struct why why = {""};
    struct qc_rules rules;
    const bool is_checked = strcmp(chosen->rules, "off") != 0;
    if (is_checked && share_rules(chosen->rules, &rules, &why) != OK)
        return verb_misuse(call, &why);
    if (is_checked) wanted.rules = &rules;
    if (choose_workers(call, chosen->workers, &wanted.workers, &why) != OK ||
        choose_protection(chosen, &wanted.protection, &why) != OK)
        return verb_misuse(call, &why);
    const outcome found = program_path(self, &why);
    if (found != OK) return verb_end(call, found, &why);
    listen_for_stop();
    struct store_places places = store_places_of(call->config, chosen->data);
    places.queue = chosen->queue;
    places.blobs = chosen->blobs;
    struct studio_seal seal;
    autostores stores = {0};
    autoring *ring = NULL;
    struct ingest_result result;
    outcome done = stores_open_at(&stores, &places, clock_system(), &why);
    if (done == OK)
        done = protect_studio_make(chosen->studio_ring, chosen->data, &stores, &seal, &why);
    if (done == OK && wanted.protection.scheme != SCHEME_NONE)
        done = protect_ring(chosen->ring, chosen->data, &ring, &why);
    wanted.protection.ring = ring;
    if (done == OK) done = ingest(&stores, &wanted, &result, &why);
    if (done == OK && chosen->is_json)
        done = print_json(&result, &why);
    else if (done == OK)
        print(&result);
    return verb_end(call, done, &why);
}

static const struct example examples[] = {
    {"ingest film-1/", "a folder with a master, sidecars and a title.json"},
    {"ingest master.mov --id film-1 --ladder demo", "one file, four renditions"},
    {"ingest trailer/ --drm none", "clear: anyone who has the files can watch it"},
    {"ingest film-1/ --workers 0 --json", "leave the work to `primrose worker`s elsewhere"},
};

const struct verb verb_ingest = {
    .name = "ingest",
    .stage = STAGE_STUDIO,
    .operands = "MASTER",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "turn a master into a published title",
    .story = "Checks the master, cuts it into chunks, has worker processes encode them side by "
             "side, packages the result once for HLS and DASH, and publishes it with one write. "
             "Interrupted at any point, even by SIGKILL, the same command goes on from the chunks "
             "that are done.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct ingest_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
